import numpy as np
import pytest
from scipy import stats

from tests.statistics.monte_carlo import assert_coverage, assert_oversized, assert_size, holds
from vesalius.statistics import bootstrap, bootstrap_mean, paired_bootstrap
from vesalius.statistics._resampling import _gathered_means, resampled_means


def draw_clusters(generator, clusters, deviation=1.0):
    """Labels and values of clusters of 1 to 9 records whose mean is 0 and that share half of their variance."""
    labels = np.repeat(np.arange(clusters), generator.integers(1, 10, clusters))
    shared = generator.normal(size=clusters)[labels]
    return labels, deviation * (shared + generator.normal(size=len(labels)))


@pytest.mark.parametrize(("n", "replications"), [(50, 2000), (500, 1000)])
def test_bootstrap_mean_covers_its_level(n, replications):
    generator = np.random.default_rng(1)
    samples = generator.normal(size=(replications, n))
    assert_coverage([holds(bootstrap_mean(sample, resamples=1000), 0) for sample in samples])


@pytest.mark.parametrize("n", [50, 500])
def test_bootstrap_mean_of_binary_scores_covers_its_level_on_average_over_proportions(n):
    generator = np.random.default_rng(2)
    proportions = generator.uniform(0.2, 0.8, 2000)
    samples = generator.random((2000, n)) < proportions[:, None]
    assert_coverage([holds(bootstrap_mean(sample, resamples=1000), p) for sample, p in zip(samples, proportions, strict=True)])


def test_the_expansion_is_what_keeps_coverage_in_small_samples():
    samples = np.random.default_rng(3).normal(size=(2000, 10))
    assert_coverage([holds(bootstrap_mean(sample, resamples=1000), 0) for sample in samples], shortfall=0.01)
    plain = [
        np.quantile(sample[np.random.default_rng(0).integers(0, 10, (1000, 10))].mean(1), [0.025, 0.975]) for sample in samples
    ]
    assert np.mean([low <= 0 <= high for low, high in plain]) < 0.92


@pytest.mark.parametrize(("n", "replications", "resamples"), [(50, 1000, 400), (500, 400, 300)])
def test_bca_covers_a_skewed_statistic(n, replications, resamples):
    generator = np.random.default_rng(4)

    def log_variance(values):
        return np.log(np.square(values - values.sum() / len(values)).sum())

    truth = np.log(1 / 12)
    samples = generator.random((replications, n))
    intervals = [bootstrap(log_variance, sample, kind="bca", resamples=resamples, seed=i) for i, sample in enumerate(samples)]
    assert_coverage([holds(interval, truth + np.log(n)) for interval in intervals], shortfall=0.01)


def test_bca_agrees_with_scipy():
    values = np.random.default_rng(5).exponential(size=400)
    ours = bootstrap(np.std, values, kind="bca", resamples=5000)
    theirs = stats.bootstrap((values,), np.std, n_resamples=5000, method="BCa", rng=0).confidence_interval
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.06 * width)


@pytest.mark.parametrize("clustered", [False, True])
def test_counts_and_gathered_indices_draw_the_same_distribution(clustered):
    generator = np.random.default_rng(6)
    sums = generator.integers(-1, 2, 300).astype(float)
    sizes = generator.integers(1, 3, 300).astype(float) if clustered else np.ones(300)
    counted = resampled_means(sums, sizes, 4000, np.random.default_rng(1))
    gathered = _gathered_means(sums, sizes, 4000, np.random.default_rng(2))
    assert stats.ks_2samp(counted, gathered).pvalue > 0.01


def test_the_fast_mean_agrees_with_the_general_bootstrap():
    labels, values = draw_clusters(np.random.default_rng(7), 60)
    fast = bootstrap_mean(values, clusters=labels, resamples=4000)
    general = bootstrap(np.mean, values, clusters=labels, resamples=4000)
    assert fast.clusters == general.clusters == 60
    assert (fast.low, fast.high) == pytest.approx((general.low, general.high), abs=0.05)


@pytest.mark.parametrize(("clusters", "replications"), [(50, 1500), (300, 600)])
def test_paired_bootstrap_keeps_its_size_with_clusters_and_the_naive_one_does_not(clusters, replications):
    generator = np.random.default_rng(8)
    right, naive, covered = [], [], []
    for _ in range(replications):
        labels, difference = draw_clusters(generator, clusters)
        found = paired_bootstrap(difference, np.zeros_like(difference), clusters=labels, resamples=1000)
        right.append(found.p)
        covered.append(holds(found, 0))
        naive.append(paired_bootstrap(difference, np.zeros_like(difference), resamples=300).p)
    assert_size(right)
    assert_coverage(covered, shortfall=0.005)
    assert_oversized(naive)


@pytest.mark.parametrize("n", [50, 500])
def test_paired_bootstrap_keeps_its_size_on_binary_scores(n):
    generator = np.random.default_rng(9)
    scores = generator.random((2, 1500, n)) < generator.choice([0.3, 0.9], (1500, n))
    assert_size([paired_bootstrap(a, b, resamples=1000).p for a, b in zip(*scores, strict=True)])


def test_equivalence_by_bootstrap_keeps_its_size_at_the_margin():
    samples = np.random.default_rng(10).normal(0.3, 1, (2000, 100))
    assert_size([paired_bootstrap(sample, np.zeros(100), margin=0.3, resamples=1000).p_equivalence for sample in samples])


def test_p_value_and_interval_of_the_bootstrap_say_the_same():
    for sample in np.random.default_rng(11).normal(0.25, 1, (300, 60)):
        found = paired_bootstrap(sample, np.zeros(60), resamples=2000)
        if abs(found.p - 0.05) > 0.004:  # one draw that is added to the count decides at the edge
            assert (found.p < 0.05) == (not holds(found, 0))


def test_an_undefined_statistic_is_skipped_and_counted_or_refused():
    truth = np.repeat([0, 1], [17, 3])

    def prevalence(labels):
        return labels.mean() if labels.any() else np.nan

    found = bootstrap(prevalence, truth, resamples=1000)
    assert "of 1000 resamples undefined and skipped" in found.method
    with pytest.raises(ValueError, match="more than a tenth"):
        bootstrap(prevalence, np.repeat([0, 1], [19, 1]), resamples=1000)


def test_bca_of_a_constant_statistic_has_no_width():
    found = bootstrap(lambda values: 2.0, [1.0, 2.0, 3.0], kind="bca", resamples=200)
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)
