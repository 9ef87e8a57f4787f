import numpy as np
import pytest

from vesalius.metrics import fid, radiomic_features, radiomic_fid, radiomic_kid, radiomic_mmd
from vesalius.metrics.radiomic import QUANTILES

METRICS = (radiomic_fid, radiomic_kid, radiomic_mmd)


def images(seed, count=40, blur=0):
    made = np.random.default_rng(seed).normal(size=(count, 16, 16)).cumsum(axis=1)
    for _ in range(blur):
        made = (made + np.roll(made, 1, axis=1) + np.roll(made, 1, axis=2) + np.roll(made, (1, 1), axis=(1, 2))) / 4
    return made


def test_features_by_hand():
    checkers = np.indices((8, 8)).sum(axis=0)[None] % 2.0
    features = radiomic_features(checkers)[0]
    assert features[: len(QUANTILES)] == pytest.approx([0, 0, 0.5, 1, 1])
    rows, columns, diagonals = np.exp(features[5:8])
    assert (
        rows == pytest.approx(0, abs=1e-5) and columns == pytest.approx(0, abs=1e-5) and diagonals == pytest.approx(4, abs=1e-5)
    )
    assert features[-16:] == pytest.approx(0.5)


def test_the_grid_of_means_is_the_layout():
    ramp = np.tile(np.repeat(np.arange(4.0), 4), (16, 1))[None]
    assert radiomic_features(ramp)[0, -16:].reshape(4, 4) == pytest.approx(np.tile(np.arange(4.0), (4, 1)))


@pytest.mark.parametrize("metric", METRICS)
def test_more_of_the_same_is_nearer_than_what_is_blurred_brighter_or_all_alike(metric):
    real = images(0)
    same = metric(images(1), real)
    for spoilt in (images(1, blur=2), images(1) + 5, np.repeat(images(1, 1), 40, axis=0) + images(2) * 0.01):
        assert metric(spoilt, real) > same


@pytest.mark.parametrize("metric", METRICS)
def test_another_scale_of_intensities_in_both_changes_nothing(metric):
    made, real = images(1, blur=1), images(0)
    assert metric(255 * made + 7, 255 * real + 7) == pytest.approx(metric(made, real), rel=1e-6, abs=1e-9)


def test_a_channel_has_features_of_its_own():
    grey = images(0)
    colour = np.stack([grey, grey], axis=-1)
    assert radiomic_features(colour).shape == (40, 60)
    assert radiomic_fid(colour, np.stack([grey, 2 * grey], axis=-1)) > 0


def test_equal_sets_are_at_no_distance():
    assert radiomic_fid(images(0), images(0)) == pytest.approx(0, abs=1e-6)
    assert fid(radiomic_features(images(0)), radiomic_features(images(0))) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_small_or_unequal_images_are_refused(metric):
    with pytest.raises(ValueError, match="8 pixels"):
        metric(np.zeros((3, 4, 4)), np.zeros((3, 4, 4)))
    with pytest.raises(ValueError, match="differ in size"):
        metric(np.zeros((3, 16, 16)), np.zeros((3, 16, 8)))
