import base64
import io

import numpy as np
from PIL import Image

from vesalius.report.figures.overlays import panel, plane

TRUTH = np.zeros((6, 8), np.uint8)
TRUTH[1:4, 2:5] = 1


def image():
    buffer = io.BytesIO()
    Image.new("L", (8, 6), 40).save(buffer, "PNG")
    return plane({"png": base64.b64encode(buffer.getvalue()).decode(), "spacing": None})


def layer(markup):
    """The last picture of a panel."""
    encoded = markup.split("data:image/png;base64,")[-1].split('"')[0]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def test_a_heat_map_is_dense_where_it_is_high_and_the_truth_is_dashed_over_it():
    heat = np.zeros((6, 8))
    heat[2, 3], heat[0, 0] = 4.0, 1.0
    drawn = panel(image(), name="i", define=False, label="", truth=TRUTH, heat=heat)
    alpha = layer(drawn)[..., 3].astype(float)
    assert alpha[2, 3] == alpha.max() > 0 and alpha[5, 7] == 0
    assert abs(alpha[0, 0] / alpha[2, 3] - 0.25) < 0.02
    assert 'class="truth"' in drawn and 'class="mask"' not in drawn


def test_a_heat_map_of_zeros_shows_the_image():
    drawn = panel(image(), name="i", define=False, label="", truth=TRUTH, heat=np.zeros((6, 8)))
    assert layer(drawn)[..., 3].max() == 0


def test_a_mask_is_outlined_as_before():
    drawn = panel(image(), name="i", define=False, label="", truth=TRUTH, mask=TRUTH)
    assert 'class="truth"' in drawn and 'class="mask"' in drawn
    alone = panel(image(), name="i", define=True, label="", truth=TRUTH)
    assert 'class="mask"' in alone and 'class="truth"' not in alone
