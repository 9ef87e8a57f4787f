import numpy as np
import pytest

from vesalius.metrics import collective_insight, generalised_energy_distance, iou
from vesalius.metrics.ambiguity import combined_sensitivity, diversity_agreement, maximum_dice_matching


def stack(*rows):
    return np.array([[list(map(int, row))] for row in rows])


def masks(seed, count):
    return (np.random.default_rng(seed).random((count, 6, 7)) < 0.4).astype(np.uint8)


def test_energy_distance_is_the_sum_over_pairs_written_out():
    made, true = masks(0, 3), masks(1, 5)

    def mean(first, second):
        return np.mean([1 - iou(one, other) for one in first for other in second])

    written = 2 * mean(made, true) - mean(made, made) - mean(true, true)
    assert generalised_energy_distance(made, true) == pytest.approx(written)


def test_energy_distance_knows_how_often_and_not_only_what():
    a, b = "1100", "0011"
    often = stack(a, a, a, b)
    assert generalised_energy_distance(stack(a, a, a, b, a, a, a, b), often) == pytest.approx(0)
    assert generalised_energy_distance(stack(a, b), often) == pytest.approx(0.125)
    assert generalised_energy_distance(stack(a), often) == pytest.approx(0.125)


def test_samples_without_diversity_are_farther_than_the_distribution_itself():
    true = np.concatenate([masks(seed, 1) for seed in range(4)])
    same = np.repeat(true[:1], 4, axis=0)
    assert generalised_energy_distance(same, true) > 0 == generalised_energy_distance(true, true)
    assert collective_insight(same, true) < 1 == collective_insight(true, true)


def test_empty_masks_agree_with_empty_ones_and_with_nothing_else():
    nothing, something = stack("0000"), stack("1100")
    assert generalised_energy_distance(nothing, nothing) == 0
    assert generalised_energy_distance(nothing, something) == 2
    assert collective_insight(nothing, nothing) == 1
    assert collective_insight(nothing, something) == 0


def test_parts_of_collective_insight_by_hand():
    true, made = stack("1100", "0110"), stack("1100", "1100")
    assert combined_sensitivity(made, true) == pytest.approx(2 / 3)
    assert maximum_dice_matching(made, true) == pytest.approx((1 + 0.5) / 2)
    # Annotators differ by (1, 0, -1, 0), whose variance is 1/2; the samples do not differ, and there is one pair on each side.
    assert diversity_agreement(made, true) == pytest.approx(1 - (0.5 + 0.5) / 2)
    assert collective_insight(made, true) == pytest.approx(3 / (1.5 + 4 / 3 + 2))


def test_diversity_is_compared_at_both_ends():
    true = stack("1000", "1000", "0111")
    assert diversity_agreement(stack("1000", "1000"), true) == pytest.approx(1 - np.var([1, -1, -1, -1]) / 2)
    assert diversity_agreement(true[[2, 0, 1]], true) == 1


@pytest.mark.parametrize("metric", [collective_insight, generalised_energy_distance])
def test_other_labels_sizes_and_empty_stacks_are_refused(metric):
    with pytest.raises(ValueError, match="0 or 1"):
        metric(stack("1200"), stack("1100"))
    with pytest.raises(ValueError, match="one size"):
        metric(stack("110"), stack("1100"))
    with pytest.raises(ValueError, match="at least one prediction"):
        metric(stack("1100")[:0], stack("1100"))
