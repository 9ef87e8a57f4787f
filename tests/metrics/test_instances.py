import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vesalius.metrics._components import components
from vesalius.metrics.instances import lesion_f1, overlaps, panoptic_quality
from vesalius.metrics.lesions import lesion_froc, lesion_hits

INSTANCES = arrays(np.int32, (5, 6), elements=st.integers(0, 6))


def panoptic_by_hand(prediction, truth):
    numbers = [[number for number in np.unique(mask) if number] for mask in (prediction, truth)]
    total = 0.0
    for ours in numbers[0]:
        for theirs in numbers[1]:
            a, b = prediction == ours, truth == theirs
            iou = (a & b).sum() / (a | b).sum()
            total += iou if iou > 0.5 else 0
    return 2 * total / (len(numbers[0]) + len(numbers[1])) if any(numbers) else 1.0


@given(INSTANCES, INSTANCES, st.sampled_from([1, 97, 10**6, 10**12]))
@settings(max_examples=80)
def test_panoptic_quality_is_that_of_its_formula(prediction, truth, factor):
    expected = panoptic_by_hand(prediction, truth)
    assert panoptic_quality(prediction.astype(np.int64) * factor, truth.astype(np.int64) * factor) == pytest.approx(expected)


def test_overlaps_of_large_masks_are_merged_over_pieces():
    rng = np.random.default_rng(0)
    prediction, truth = rng.integers(0, 4, (2, 700, 800))
    pairs = overlaps(prediction, truth)
    for ours, theirs, shared in zip(pairs.predicted_P, pairs.true_P, pairs.shared_P):
        assert shared == ((prediction == ours + 1) & (truth == theirs + 1)).sum()
    assert len(pairs.shared_P) == 9


def test_half_overlap_is_no_match():
    assert panoptic_quality(np.array([1, 1, 1, 0]), np.array([0, 1, 1, 1])) == 0.0  # IoU 2/4
    assert panoptic_quality(np.array([1, 1, 1, 1]), np.array([0, 1, 1, 1])) == 0.75


def test_lesions_by_hand():
    truth, prediction = np.zeros((2, 10, 10), int)
    truth[1, 1], truth[5, 5:8], truth[8, 1] = 1, 1, 1
    prediction[1, 1], prediction[5, 7:9], prediction[3, 8] = 1, 1, 1
    assert lesion_f1(prediction, truth) == pytest.approx(2 / 3)  # two of three found, two of three right


def test_lesions_touch_by_corners():
    assert lesion_f1(np.eye(4, dtype=int), np.eye(4, dtype=int)[:, ::-1]) == 0.0
    assert components(np.eye(4) > 0)[1] == 1


def test_more_components_than_a_short_number_has():
    mask = np.zeros((520, 520), bool)
    mask[::2, ::2] = True
    assert components(mask)[1] == 260**2


def volumes():
    truth = np.zeros((2, 1, 20), int)
    truth[0, 0, 2], truth[0, 0, 10:12], truth[1, 0, 5] = 1, 1, 1
    probability = np.zeros((2, 1, 20))
    probability[0, 0, 2], probability[0, 0, 11], probability[0, 0, 17] = 0.9, 0.4, 0.6
    probability[1, 0, 15] = 0.8
    return list(probability), list(truth)


def test_candidates_of_a_volume():
    probabilities, truths = volumes()
    hits = lesion_hits(probabilities[0], truths[0])
    assert hits.lesion_scores.tolist() == [0.9, 0.4] and hits.false_scores.tolist() == [0.6]
    missed = lesion_hits(probabilities[1], truths[1])
    assert missed.lesion_scores.tolist() == [-np.inf] and missed.false_scores.tolist() == [0.8]


def test_froc_by_hand():
    """From (0, 1/3) on, level to 1 false alarm a volume, where the second lesion of three is found."""
    expected = np.mean([1 / 3] * 3 + [2 / 3] * 4)
    assert lesion_froc(*volumes()) == pytest.approx(expected)


def test_froc_does_not_depend_on_the_order_of_volumes():
    probabilities, truths = volumes()
    assert lesion_froc(probabilities[::-1], truths[::-1]) == lesion_froc(probabilities, truths)


def test_froc_without_lesions_is_undefined():
    assert np.isnan(lesion_froc([np.ones((3, 3))], [np.zeros((3, 3), int)]))
    assert np.isnan(lesion_froc([], []))


def test_froc_of_nothing_predicted_is_zero():
    assert lesion_froc([np.zeros((3, 3))], [np.ones((3, 3), int)]) == 0.0


@pytest.mark.parametrize(
    ("probability", "truth", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 2), int), "differ in shape"),
        (np.array([np.nan]), np.array([1]), "missing"),
        (np.array([0.5]), np.array([0.5]), "whole numbers"),
    ],
)
def test_bad_probabilities_are_refused(probability, truth, message):
    with pytest.raises(ValueError, match=message):
        lesion_hits(probability, truth)


def test_as_many_maps_as_masks():
    with pytest.raises(ValueError, match="one of each a volume"):
        lesion_froc([np.zeros(3)], [])


@given(
    st.lists(
        st.tuples(arrays(float, (6, 6), elements=st.floats(0, 1)), arrays(np.uint8, (6, 6), elements=st.integers(0, 1))),
        max_size=4,
    )
)
@settings(max_examples=50)
def test_froc_lies_in_its_range(records):
    value = lesion_froc([probability for probability, _ in records], [truth for _, truth in records])
    assert np.isnan(value) or 0 <= value <= 1
