import numpy as np
import pytest

from vesalius.metrics import METRICS
from vesalius.records import Choices, Image, Mask, Record
from vesalius.tasks import Measure, Split, Task, plain

MASKS = {f"mask_{place}": Mask(np.full((2, 3), place - 1, np.uint8), ("lesion",)) for place in (1, 2)}
RECORD = Record(id="1", subject_id="1", fields={"image": Image(np.zeros((2, 3))), **MASKS})


def task(**options):
    return Task(
        name="toy",
        family="segmentation",
        source=None,
        inputs=("image",),
        target="mask_1",
        split=lambda records: Split(records, [], records),
        measures=(Measure(METRICS["dice"], margin=0.1),),
        **options,
    )


def test_the_truth_is_the_target_or_all_readings_in_their_order():
    assert task().truth(RECORD).tolist() == [[0, 0, 0], [0, 0, 0]]
    both = task(readings=("mask_2", "mask_1")).truth(RECORD)
    assert both.shape == (2, 2, 3) and both[0].all() and not both[1].any()


def test_readings_are_not_seen():
    assert list(task(readings=tuple(MASKS)).blind(RECORD).fields) == ["image"]


def test_an_image_can_be_a_target_and_options_cannot():
    assert plain(RECORD.fields["image"]).shape == (2, 3)
    with pytest.raises(TypeError, match="options are shown"):
        plain(Choices(("a", "b")))
