from importlib.util import find_spec

import pytest

from vesalius.conformance.detection import agreements, coco_figures, coco_objects, scenes
from vesalius.metrics.detection import box_mean_average_precision

PEERS = ("pycocotools", "monai")


@pytest.mark.skipif(not any(map(find_spec, PEERS)), reason=f"none of {', '.join(PEERS)} is installed")
def test_values_agree_to_13_digits_but_where_a_note_says_why_not():
    found = list(agreements())
    assert {each.metric for each in found if not each.note and each.digits < 13} == set()
    assert all(each.digits < 3 for each in found if each.note), "a note explains a difference that is not there"


@pytest.mark.skipif(not find_spec("pycocotools"), reason="pycocotools is not installed")
def test_with_tied_scores_pycocotools_depends_on_the_order_of_the_images_and_ours_does_not():
    predictions, truths = scenes(40, 2, decimals=1)
    theirs = coco_figures(*coco_objects(predictions, truths), only_map=True)
    reversed_ = coco_figures(*coco_objects(predictions[::-1], truths[::-1]), only_map=True)
    assert abs(theirs - reversed_) > 1e-4
    ours = box_mean_average_precision(predictions, truths)
    assert box_mean_average_precision(predictions[::-1], truths[::-1]) == pytest.approx(ours, abs=1e-12)
