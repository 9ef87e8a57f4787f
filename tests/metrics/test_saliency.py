import math

import numpy as np
import pytest

from vesalius.metrics import (
    deletion_auc,
    energy_inside,
    insertion_auc,
    pointing_accuracy,
    pointing_game,
    randomisation_similarity,
)

MASK = np.zeros((4, 5), int)
MASK[1:3, 1:3] = 1
SCORES = [pointing_game, energy_inside]


def test_a_flat_map_scores_as_chance_does():
    flat = np.full(MASK.shape, 0.3)
    assert pointing_game(flat, MASK) == pytest.approx(MASK.mean())
    assert energy_inside(flat, MASK) == pytest.approx(MASK.mean())


def test_with_one_peak_the_pointing_game_is_that_of_points():
    rng = np.random.default_rng(0)
    for heat in rng.random((20, *MASK.shape)):
        peak = np.argwhere(heat == heat.max())
        assert pointing_game(heat, MASK) == pointing_accuracy(peak, MASK)


@pytest.mark.parametrize("score", SCORES)
def test_a_map_of_zeros_points_nowhere_and_an_empty_mask_cannot_be_found(score):
    assert score(np.zeros(MASK.shape), MASK) == 0
    assert math.isnan(score(np.ones(MASK.shape), np.zeros_like(MASK)))


@pytest.mark.parametrize("score", SCORES)
def test_scale_does_not_matter_even_where_sums_would_be_infinite(score):
    heat = np.random.default_rng(0).random(MASK.shape)
    assert score(heat, MASK) == pytest.approx(score(heat * 1e308, MASK)) == pytest.approx(score(heat * 1e-300, MASK))


@pytest.mark.parametrize("score", SCORES)
def test_negative_maps_and_other_shapes_are_refused(score):
    with pytest.raises(ValueError, match="not negative"):
        score(np.full(MASK.shape, -1.0), MASK)
    with pytest.raises(ValueError, match="differ in shape"):
        score(np.ones((2, 2)), MASK)


def test_areas_are_those_of_straight_lines():
    down, up = np.linspace(1, 0, 17), np.linspace(0, 1, 17)
    assert deletion_auc([down, up]) == pytest.approx(0.5) == insertion_auc([down, up])
    early = np.array([1.0] + [0.0] * 16)
    assert deletion_auc([early, 1 - early]) == pytest.approx(1 / 32)
    assert insertion_auc([early, 1 - early]) == pytest.approx(31 / 32)


def test_what_is_no_pair_of_probability_curves_is_refused():
    for curves in ([0.5, 0.5], [[0.5], [0.5]], [[0.5, 2.0], [0.5, 0.5]], [[0.1, 0.2]]):
        with pytest.raises(ValueError, match="2×S"):
            deletion_auc(curves)
    with pytest.raises(ValueError, match="between -1 and 1"):
        randomisation_similarity([1.5])
