import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from tests.statistics.monte_carlo import assert_oversized, assert_size
from vesalius.statistics import mcnemar, paired_bootstrap, permutation, wilcoxon


@pytest.mark.parametrize(("b", "c", "both"), [(12, 4, 30), (6, 16, 139), (0, 5, 5), (3, 3, 0)])
def test_mcnemar_agrees_with_statsmodels(b, c, both):
    first, second = np.repeat([1, 0, 1], [b, c, both]), np.repeat([0, 1, 1], [b, c, both])
    assert mcnemar(first, second).p == pytest.approx(statsmodels_mcnemar([[both, b], [c, 0]], exact=True).pvalue)


def test_mcnemar_gives_the_published_p():
    first, second = np.repeat([1, 0, 1], [6, 16, 139]), np.repeat([0, 1, 1], [6, 16, 139])
    assert mcnemar(first, second).p == pytest.approx(0.052479, abs=5e-7)  # contingencytables (R), response to therapy


def test_few_clusters_are_enumerated_as_by_scipy():
    a, b = np.random.default_rng(1).normal(size=(2, 11))
    theirs = stats.permutation_test(
        (a, b), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert permutation(a, b).p == pytest.approx(theirs.pvalue)


def test_drawn_signs_agree_with_enumeration():
    difference = np.random.default_rng(2).normal(0.4, 1, 16)
    exact = permutation(difference, np.zeros(16)).p
    tiny = np.concatenate([difference, [1e-12]])  # the seventeenth cluster changes the method and nothing else
    assert permutation(tiny, np.zeros(17), resamples=40_000).p == pytest.approx(exact, abs=0.006)


def test_binary_and_general_draws_agree_with_mcnemar():
    a, b = np.repeat([1, 0, 1], [20, 8, 100]), np.repeat([0, 1, 1], [20, 8, 100])
    assert permutation(a, b, resamples=40_000).p == pytest.approx(mcnemar(a, b).p, abs=0.005)
    uneven = (a - b) * (1 + 1e-6 * np.arange(128))
    assert permutation(uneven, np.zeros(128), resamples=40_000).p == pytest.approx(mcnemar(a, b).p, rel=0.6)


@pytest.mark.parametrize("n", [50, 500])
def test_paired_tests_keep_their_size(n):
    samples = np.random.default_rng(3).laplace(size=(1000, n))
    assert_size([permutation(sample, np.zeros(n), resamples=500).p for sample in samples])
    assert_size([wilcoxon(sample, np.zeros(n)).p for sample in samples])


@pytest.mark.parametrize("clusters", [12, 50, 200])
def test_permutation_by_cluster_keeps_its_size_and_by_record_does_not(clusters):
    generator = np.random.default_rng(4)
    right, naive = [], []
    for _ in range(1000 if clusters == 50 else 500):
        labels = np.repeat(np.arange(clusters), generator.integers(1, 9, clusters))
        difference = generator.normal(size=clusters)[labels] + generator.normal(size=len(labels))
        zero = np.zeros_like(difference)
        right.append(permutation(difference, zero, clusters=labels, resamples=400).p)
        naive.append(permutation(difference, zero, resamples=400).p)
    assert_size(right)
    assert_oversized(naive)


def test_no_drawn_p_value_is_below_what_the_draws_can_show():
    scores = np.arange(1.0, 41.0)
    assert permutation(scores, np.zeros(40), resamples=500).p == 1 / 501
    assert paired_bootstrap(scores, np.zeros(40), resamples=500).p > 0


def test_equal_arms_have_p_of_one():
    scores = np.random.default_rng(5).random(30)
    assert permutation(scores, scores).p == 1
    assert wilcoxon(scores, scores).p == 1
    assert mcnemar(scores > 0.5, scores > 0.5).p == 1


def test_wilcoxon_drops_pairs_without_difference():
    a, b = np.array([3.0, 5, 4, 6, 7]), np.array([1.0, 2, 4, 6, 3])
    assert wilcoxon(a, b).p == wilcoxon(a[[0, 1, 4]], b[[0, 1, 4]]).p
