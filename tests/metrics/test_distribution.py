import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from vesalius.metrics.distribution import fid, kid, mmd


def sets(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (n, d)), rng.normal(0.3, 1.5, (m, d))


def test_fid_is_the_formula_with_a_matrix_root():
    made, real = sets(400, 300, 6)
    covariances = np.cov(made.T), np.cov(real.T)
    apart = made.mean(axis=0) - real.mean(axis=0)
    root = sqrtm(covariances[0] @ covariances[1]).real
    assert fid(made, real) == pytest.approx(apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * root), rel=1e-10)


def test_fid_of_known_normal_distributions():
    made = np.random.default_rng(0).standard_normal((200_000, 2)) * [1, 3]
    real = np.random.default_rng(1).standard_normal((200_000, 2)) * [2, 1] + [0, 5]
    assert fid(made, real) == pytest.approx(25 + 1 + 4, rel=0.01)


def test_fid_of_fewer_images_than_features_loses_no_digits():
    same = np.random.default_rng(0).random((20, 64))
    assert fid(same, same) < 1e-12
    assert fid(same + 0.1, same) == pytest.approx(0.64, rel=1e-12)
    made, real = sets(3, 5, 40)
    assert fid(made, real) == pytest.approx(fid(*(np.pad(each, ((0, 0), (0, 9))) for each in (made, real))), rel=1e-12)


def test_fid_by_parts_is_fid_at_once(monkeypatch):
    made, real = sets(3000, 2500, 3)
    whole = fid(made, real)
    monkeypatch.setattr("vesalius.metrics.distribution._ROWS", 100)
    assert fid(made, real) == pytest.approx(whole, rel=1e-10)


def plain_mmd(made, real, kernel):
    n, m = len(made), len(real)
    within = sum(kernel(a, b) for i, a in enumerate(made) for j, b in enumerate(made) if i != j) / (n * (n - 1))
    within += sum(kernel(a, b) for i, a in enumerate(real) for j, b in enumerate(real) if i != j) / (m * (m - 1))
    return within - 2 * sum(kernel(a, b) for a in made for b in real) / (n * m)


def test_kid_and_mmd_are_their_sums_over_pairs():
    made, real = sets(9, 9, 4)
    assert kid(made, real) == pytest.approx(plain_mmd(made, real, lambda a, b: (a @ b / 4 + 1) ** 3), rel=1e-10)
    made, real = sets(9, 7, 4)
    gaussian = plain_mmd(made, real, lambda a, b: math.exp(-((a - b) ** 2).sum() / (2 * 1.7**2)))
    assert mmd(made, real, bandwidth=1.7) == pytest.approx(gaussian, rel=1e-10)


def test_the_default_bandwidth_is_the_median_distance():
    made, real = sets(20, 29, 3)
    pooled = np.concatenate([made, real])
    median = np.median([math.dist(a, b) for i, a in enumerate(pooled) for b in pooled[:i]])
    assert mmd(made, real) == pytest.approx(mmd(made, real, bandwidth=median), rel=1e-9)


def test_subsets_are_seeded_and_average_to_the_whole():
    made, real = sets(60, 50, 3)
    first = kid(made, real, subset_size=20)
    assert kid(made, real, subset_size=20) == first
    assert kid(made, real, subset_size=20, seed=1) != first
    assert kid(made, real, subset_size=20, subsets=2000) == pytest.approx(kid(made[:50], real), abs=0.5)


def test_unbiased_estimates_are_centred_at_zero_for_one_distribution():
    rng = np.random.default_rng(0)
    values = [kid(rng.random((20, 3)), rng.random((20, 3))) for _ in range(300)]
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(300)
    assert min(values) < 0


@settings(max_examples=40)
@given(st.integers(0, 6), st.integers(0, 6), st.integers(1, 5), st.integers(0, 99), st.booleans())
def test_small_sets_give_a_value_nan_or_one_sentence(n, m, d, seed, constant):
    made, real = sets(n, m, d, seed)
    if constant:
        made, real = made * 0, real * 0
    for metric, low in ((fid, 0), (kid, -math.inf), (mmd, -math.inf)):
        try:
            value = metric(made, real)
        except ValueError as error:
            assert "empty" in str(error) and min(n, m) == 0
        else:
            assert math.isnan(value) == (min(n, m) < 2 or (metric is mmd and constant))
            assert math.isnan(value) or value >= low


def test_sets_may_change_places_and_the_order_of_images_does_not_matter():
    made, real = sets(30, 40, 5)
    for metric in (fid, mmd):
        value = metric(made, real)
        assert metric(real, made) == pytest.approx(value, rel=1e-9)
        assert metric(made[::-1], real[::-1]) == pytest.approx(value, rel=1e-9)


def test_an_encoder_makes_features_of_images():
    class Mean:
        name = "mean and spread"

        def __call__(self, images):
            return np.array([[image.mean(), image.std()] for image in images])

    rng = np.random.default_rng(0)
    made, real = rng.random((12, 5, 5)), rng.random((15, 6, 4)) * 2
    assert fid(made, real, encoder=Mean()) == fid(Mean()(made), Mean()(real))


@pytest.mark.parametrize("metric", [fid, kid, mmd])
@pytest.mark.parametrize(
    ("made", "real", "sentence"),
    [
        (np.zeros((4, 2)), np.zeros((4, 3)), "n×d and m×d"),
        (np.zeros((4, 2, 2)), np.zeros((4, 2, 2)), "name the encoder"),
        (np.full((4, 2), np.nan), np.zeros((4, 2)), "NaN"),
    ],
)
def test_bad_features_are_refused(metric, made, real, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(made, real)


def test_bad_options_are_refused():
    made, real = sets(4, 4, 2)
    with pytest.raises(ValueError, match="bandwidth"):
        mmd(made, real, bandwidth=0)
    with pytest.raises(ValueError, match="subset"):
        kid(made, real, subset_size=1)
