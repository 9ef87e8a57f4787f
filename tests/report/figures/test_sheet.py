import io

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.trials.toys import Questions
from vesalius.errors import UserError
from vesalius.records import Mask
from vesalius.report.figures.sheet import contact_sheet, examples_of
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.graders import Graders


def test_a_sheet_has_a_row_for_each_source_and_is_the_same_every_time():
    one, two = contact_sheet([Fundus(count=3, size=48)]), contact_sheet([Fundus(count=3, size=48), Graders(count=3)])
    heights = [Pillow.open(io.BytesIO(png)).height for png in (one, two)]
    assert heights[1] > 1.8 * heights[0]
    assert one == contact_sheet([Fundus(count=3, size=48)])


def test_outlines_are_drawn_in_the_second_picture_of_a_pair():
    values = np.asarray(Pillow.open(io.BytesIO(contact_sheet([Graders(count=3)]))).convert("RGB")).astype(int)
    coloured = np.ptp(values[40:], axis=-1) > 60
    columns = np.flatnonzero(coloured.any(axis=0))
    assert len(columns) and not coloured[:, 14:164].any() and coloured[:, 170:320].any()


def test_records_of_different_labels_are_shown_those_with_findings_first():
    captions = [example.caption for example in examples_of(ChestXray(count=16, size=48))]
    assert sorted(captions) == ["effusion", "nodule", "opacity"]


def test_a_volume_is_shown_where_its_rarest_label_is():
    examples = examples_of(CtPhantom(count=1, size=32, lesions=1, lesion_size=0.15))
    assert [example.caption for example in examples] == ["axial", "coronal", "sagittal"]
    for example in examples:
        (mask,) = example.outlines
        assert isinstance(mask, Mask) and len(mask.names) in mask.labels


def test_a_source_without_images_is_a_user_error():
    with pytest.raises(UserError, match="no field 'image'"):
        contact_sheet([Questions()])
