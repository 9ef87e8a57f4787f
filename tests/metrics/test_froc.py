import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.froc import froc, froc_sensitivity

TRUTHS = [np.array([[0, 0, 10, 10], [20, 20, 30, 30]]), np.array([[0, 0, 10, 10]])]
FOUND = [
    np.array([[1, 1, 9, 9, 0.9], [2, 2, 8, 8, 0.8], [50, 50, 60, 60, 0.7], [21, 21, 29, 29, 0.2]]),
    np.array([[40, 40, 50, 50, 0.95], [1, 1, 9, 9, 0.6]]),
]


def test_the_curve_of_a_hand_worked_example():
    curve = froc(FOUND, TRUTHS)
    assert curve.thresholds.tolist() == [math.inf, 0.95, 0.9, 0.8, 0.7, 0.6, 0.2]
    assert curve.false_positives.tolist() == [0, 0.5, 0.5, 0.5, 1, 1, 1]
    assert curve.sensitivity == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 1])


def test_the_sensitivity_is_read_by_interpolation_and_stays_level_at_the_right():
    assert froc_sensitivity(FOUND, TRUTHS, rates=(0.5,)) == pytest.approx(1 / 3)
    assert froc_sensitivity(FOUND, TRUTHS, rates=(0.75,)) == pytest.approx(1 / 3)
    assert froc_sensitivity(FOUND, TRUTHS, rates=(1.0,)) == 1
    assert froc_sensitivity(FOUND, TRUTHS, rates=(8.0,)) == 1
    assert froc_sensitivity(FOUND, TRUTHS) == pytest.approx((0 + 0 + 1 / 3 + 4) / 7)


def test_a_second_hit_of_an_object_is_neither_hit_nor_false():
    once = froc_sensitivity([FOUND[0][:1]], [TRUTHS[1]])
    assert froc_sensitivity([FOUND[0][:2]], [TRUTHS[1]]) == once == 1


def test_a_hit_by_overlap_needs_the_overlap():
    truth, near = np.array([[0, 0, 10, 10]]), np.array([[0, 0, 10, 2, 0.5]])
    assert froc_sensitivity([near], [truth], hit="iou", iou=0.2) == 1
    assert froc_sensitivity([near], [truth], hit="iou", iou=0.21) == 0


def test_a_detection_of_another_class_is_false():
    truth, found = np.array([[0, 0, 10, 10, 1]]), np.array([[0, 0, 10, 10, 0.5, 2]])
    assert froc([found], [truth]).false_positives[-1] == 1


def test_without_objects_the_value_is_nan_and_without_detections_zero():
    assert math.isnan(froc_sensitivity(FOUND, [np.empty((0, 4))] * 2))
    assert froc_sensitivity([None, None], TRUTHS) == 0
    assert math.isnan(froc_sensitivity([None], [[]]))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_curve_rises_and_neither_the_order_of_images_nor_of_boxes_matters(seed, images):
    rng = np.random.default_rng(seed)
    corners = [rng.integers(0, 30, (rng.integers(0, 6), 3)) for _ in range(2 * images)]
    rows = [np.column_stack([each, each + rng.integers(1, 20, each.shape)]) for each in corners]
    truths = rows[:images]
    predictions = [np.column_stack([each, rng.integers(0, 4, len(each)) / 4]) for each in rows[images:]]
    curve = froc(predictions, truths)
    assert (np.diff(curve.false_positives) >= 0).all()
    value = froc_sensitivity(predictions, truths)
    assert math.isnan(value) == (not any(map(len, truths)))
    assert math.isnan(value) or ((np.diff(curve.sensitivity) >= 0).all() and 0 <= value <= 1)
    assert froc_sensitivity([each[::-1] for each in predictions[::-1]], truths[::-1]) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("options", [{"rates": ()}, {"rates": (0.0,)}, {"rates": (math.nan,)}, {"hit": "near"}, {"iou": 0.0}])
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match=r"rates are|hit is"):
        froc_sensitivity(FOUND, TRUTHS, **options)
