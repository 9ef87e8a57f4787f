import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.counting import count_error, count_exact
from vesalius.metrics.points import (
    match_points,
    point_distance,
    point_f1,
    point_mask_f1,
    point_precision,
    point_recall,
    pointing_accuracy,
)

NONE = np.empty((0, 2))
CROWD = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5).map(lambda rows: np.array(rows).reshape(-1, 2))
METRICS = (point_f1, point_precision, point_recall)


def best_by_trial(one, two, tolerance):
    """Most matches, then least distance, over all injections of the smaller side."""
    if len(one) > len(two):
        one, two = two, one
    best = (0, 0.0)
    for places in itertools.permutations(range(len(two)), len(one)):
        distances = np.sqrt(((one - two[list(places)]) ** 2).sum(axis=1)) if len(one) else np.empty(0)
        near = distances[distances <= tolerance]
        best = min(best, (-len(near), float(near.sum())))
    return -best[0], best[1]


@settings(max_examples=60)
@given(CROWD, CROWD, st.sampled_from([1.0, 2.0, 5.0]))
def test_the_matching_is_the_best_of_all(one, two, tolerance):
    matches = match_points(one, two, tolerance=tolerance)
    count, distance = best_by_trial(one, two, tolerance)
    assert len(matches.predicted) == count
    assert matches.distances.sum() == pytest.approx(distance)
    assert len(set(matches.predicted)) == len(set(matches.true)) == count


def test_a_greedy_matching_would_lose_a_pair():
    predicted, true = [[0, 4], [0, 0]], [[0, 2], [0, 7]]  # the nearest pair first leaves (0, 0) and (0, 7)
    assert point_f1(predicted, true, tolerance=3) == 1
    assert point_f1([[0, 0], [0, 2]], [[0, 1], [0, 4]], tolerance=2) == 1


@settings(max_examples=40)
@given(CROWD, CROWD)
def test_shares_are_in_range_symmetric_and_best_for_the_truth(one, two):
    assert all(0 <= metric(one, two) <= 1 for metric in METRICS)
    assert point_f1(one, two) == point_f1(two, one)
    assert point_precision(one, two) == point_recall(two, one)
    assert all(metric(one, one) == 1 for metric in METRICS)
    assert point_f1(one + 3, two + 3) == point_f1(one, two)
    distance = point_distance(one, two)
    assert math.isnan(distance) if not point_f1(one, two) or not len(one) else 0 <= distance <= 5


def test_empty_sides_have_their_values():
    point = [[1.0, 1.0]]
    for metric in METRICS:
        assert (metric(NONE, NONE), metric(NONE, point), metric(point, []), metric(point, point)) == (1, 0, 0, 1)
    assert math.isnan(point_distance(NONE, NONE))


def test_the_tolerance_is_inclusive_and_in_millimetres_with_a_spacing():
    assert point_f1([[0, 0]], [[0, 5]], tolerance=5) == 1
    assert point_f1([[0, 0]], [[0, 5]], tolerance=5, spacing=(1.0, 1.1)) == 0
    assert point_distance([[0, 0, 0]], [[1, 0, 0]], spacing=(3.0, 1.0, 1.0)) == 3


def test_many_points_need_no_matrix_of_all_pairs():
    grid = np.stack(np.meshgrid(np.arange(150), np.arange(150)), axis=-1).reshape(-1, 2) * 10.0
    assert point_f1(grid + 1, grid[::-1], tolerance=2) == 1


@pytest.mark.parametrize(
    ("prediction", "truth", "options", "sentence"),
    [
        ([1.0, 2.0], NONE, {}, "N×2 or N×3"),
        ([[1.0]], NONE, {}, "N×2 or N×3"),
        ([[1.0, 2.0]], [[1.0, 2.0, 3.0]], {}, "coordinates"),
        ([[1.0, np.nan]], NONE, {}, "NaN"),
        ([[1.0, 2.0]], NONE, {"tolerance": 0.0}, "tolerance"),
        ([[1.0, 2.0]], NONE, {"tolerance": np.nan}, "tolerance"),
        ([[1.0, 2.0]], NONE, {"spacing": (1.0,)}, "spacing"),
        ([[1.0, 2.0]], NONE, {"spacing": (1.0, -1.0)}, "spacing"),
    ],
)
def test_bad_points_are_refused(prediction, truth, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        point_f1(prediction, truth, **options)


MASK = np.array([[1, 1, 0], [0, 0, 7]])


def test_each_instance_takes_one_point():
    assert point_mask_f1([[0, 0], [1, 2]], MASK) == 1
    assert point_mask_f1([[0, 0], [0, 1]], MASK) == 0.5
    assert point_mask_f1([[9, 9], [-1, 0]], MASK) == 0
    assert point_mask_f1(NONE, MASK) == 0
    assert point_mask_f1(NONE, MASK * 0) == 1
    assert point_mask_f1([[0, 0]], MASK * 0) == 0


def test_positions_go_to_the_nearest_pixel():
    assert point_mask_f1([[0.4, 0.4]], np.array([[1, 0], [0, 0]])) == 1
    assert pointing_accuracy([[0.6, 0.0]], np.array([[1, 0], [0, 0]])) == 0


def test_the_pointing_game_is_nan_without_a_target_and_zero_without_a_point():
    assert math.isnan(pointing_accuracy([[0, 0]], MASK * 0))
    assert pointing_accuracy(NONE, MASK) == 0
    assert pointing_accuracy([[0, 0], [0, 1], [0, 2], [5, 5]], MASK > 0) == 0.5


@pytest.mark.parametrize(
    "mask", [np.zeros((2, 2)), np.zeros(4, int), np.empty((0, 2), int), -np.eye(2, dtype=int), np.zeros((2, 2, 2), int)]
)
def test_bad_masks_are_refused(mask):
    with pytest.raises(ValueError, match=r"a mask to point at|coordinates"):
        point_mask_f1([[0.0, 0.0]], mask)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=5))
def test_counts_by_class_are_averaged_and_must_all_be_right(pairs):
    first, second = (list(each) for each in zip(*pairs, strict=True))
    assert count_error(first, second) == pytest.approx(np.mean([abs(a - b) for a, b in pairs]))
    assert count_exact(first, second) == float(first == second)
    assert count_error(first, first) == 0


@pytest.mark.parametrize(("prediction", "truth"), [(-1, 2), (math.nan, 2), (2, math.inf), ([1, 2], 2), ([], []), ([[1]], [[1]])])
def test_bad_counts_are_refused(prediction, truth):
    for metric in (count_error, count_exact):
        with pytest.raises(ValueError, match="count"):
            metric(prediction, truth)
