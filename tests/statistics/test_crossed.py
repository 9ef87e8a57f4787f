import numpy as np
import pytest
from scipy import stats

from tests.statistics.monte_carlo import assert_coverage, assert_oversized, assert_size, holds
from vesalius.statistics import (
    auroc,
    bootstrap_mean,
    clopper_pearson,
    compare_means,
    compare_statistics,
    hierarchical_bootstrap,
    mean_over_seeds,
    statistic_over_seeds,
)

SEEDS = 5


def draw_scores(generator, clusters, *, seeds=SEEDS, of_seeds=1.0, largest=1):
    """Labels and scores, seeds × records, of mean 0; seeds count for as much as clusters at `of_seeds=1`."""
    labels = np.repeat(np.arange(clusters), generator.integers(1, largest + 1, clusters))
    seed = of_seeds * np.sqrt(seeds / clusters) * generator.normal(size=(seeds, 1))
    scores = seed + generator.normal(size=clusters)[labels] + 0.5 * generator.normal(size=(seeds, len(labels)))
    return labels, scores


@pytest.mark.parametrize("clusters", [50, 500])
@pytest.mark.parametrize("largest", [1, 6])
@pytest.mark.parametrize("of_seeds", [0.0, 1.0, 3.0])
def test_mean_over_seeds_covers_its_level(clusters, largest, of_seeds):
    generator = np.random.default_rng(1)
    covered = []
    for _ in range(1000):
        labels, scores = draw_scores(generator, clusters, of_seeds=of_seeds, largest=largest)
        covered.append(holds(mean_over_seeds(scores, clusters=labels), 0))
    assert_coverage(covered, shortfall=0.015)


@pytest.mark.parametrize("clusters", [50, 500])
def test_mean_of_one_seed_covers_its_level(clusters):
    generator = np.random.default_rng(2)
    drawn = [draw_scores(generator, clusters, seeds=1, of_seeds=0, largest=6) for _ in range(1500)]
    assert_coverage([holds(mean_over_seeds(scores, clusters=labels), 0) for labels, scores in drawn], shortfall=0.005)


@pytest.mark.parametrize("clusters", [50, 500])
def test_compare_means_keeps_its_size_and_leaving_out_seeds_records_or_clusters_does_not(clusters):
    generator = np.random.default_rng(3)
    right, records_only, seeds_only, unclustered = [], [], [], []
    for _ in range(1000):
        labels, scores = draw_scores(generator, clusters, largest=6)
        zero = np.zeros_like(scores)
        right.append(compare_means(scores, zero, clusters=labels).p)
        records_only.append(compare_means(scores.mean(0), zero[0], clusters=labels).p)
        seeds_only.append(stats.ttest_1samp(scores.mean(1), 0).pvalue)
        unclustered.append(stats.ttest_1samp(scores.ravel(), 0).pvalue)
    assert_size(right)
    assert_oversized(records_only)
    assert_oversized(seeds_only)
    assert_oversized(unclustered)


def test_equivalence_keeps_its_size_at_the_margin():
    generator = np.random.default_rng(4)
    p = []
    for _ in range(1000):
        labels, scores = draw_scores(generator, 100, largest=3)
        p.append(compare_means(scores + 0.4, np.zeros_like(scores), clusters=labels, margin=0.4).p_equivalence)
    assert_size(p)


@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_the_variance_is_the_formula_of_the_module(sizes):
    generator = np.random.default_rng(5)
    labels, scores = draw_scores(generator, 30, largest=1 if sizes == "equal" else 5)
    theta, n = scores.mean(1), scores.shape[1]
    residual = np.array([[(row - row.mean())[labels == g].sum() / n for g in range(30)] for row in scores])
    covariance = 30 / 29 * residual @ residual.T
    of_seeds, of_records = theta.var(ddof=1) / SEEDS, covariance[~np.eye(SEEDS, dtype=bool)].mean()
    found = compare_means(scores, np.zeros_like(scores), clusters=labels)
    assert found.standard_error == pytest.approx(np.sqrt(of_seeds + of_records))
    degrees = (of_seeds + of_records) ** 2 / (of_seeds**2 / (SEEDS - 1) + of_records**2 / 29)
    assert found.degrees_of_freedom == pytest.approx(degrees)
    if sizes == "equal":
        assert covariance == pytest.approx(np.cov(scores) / 30)


def test_one_seed_of_lone_records_is_the_paired_t_test_of_scipy():
    a, b = np.random.default_rng(6).normal(size=(2, 40))
    ours, theirs = compare_means(a, b), stats.ttest_rel(a, b)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval()))
    assert "one seed: interval covers records only" in ours.method


def test_negative_covariance_by_chance_counts_as_none():
    scores = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1.2], [1.1, 0, 1, 0], [0, 1, 0, 1]])
    found = compare_means(scores, np.zeros_like(scores))
    assert found.standard_error == pytest.approx(scores.mean(1).std(ddof=1) / 2)
    assert found.degrees_of_freedom == pytest.approx(3)


def test_a_mean_by_resampling_agrees_with_the_closed_form():
    labels, scores = draw_scores(np.random.default_rng(7), 60, largest=4)
    resampled = statistic_over_seeds(lambda s, i: scores[s, i].mean(), SEEDS, len(labels), clusters=labels, resamples=4000)
    closed = mean_over_seeds(scores, clusters=labels)
    assert resampled.value == pytest.approx(closed.value)
    assert resampled.high - resampled.low == pytest.approx(closed.high - closed.low, rel=0.05)


def draw_auroc_arms(generator, subjects, per_subject):
    """Two equally good arms of three seeds; truth by subject; an arm errs in the same way on the records of a subject."""
    labels = np.repeat(np.arange(subjects), per_subject)
    truth = (np.arange(subjects) % 2)[labels]
    arms = []
    for _ in range(2):
        own = generator.normal(size=subjects)[labels]
        quality = 1.2 + 0.3 * generator.normal(size=(3, 1))
        arms.append(quality * truth + own + 0.5 * generator.normal(size=(3, len(labels))))
    return labels, truth, arms


@pytest.mark.parametrize(("subjects", "per_subject", "replications"), [(50, 2, 600), (250, 2, 300)])
def test_compare_statistics_keeps_its_size_on_auroc_and_the_naive_test_does_not(subjects, per_subject, replications):
    generator = np.random.default_rng(8)
    right, naive = [], []
    for _ in range(replications):
        labels, truth, (a, b) = draw_auroc_arms(generator, subjects, per_subject)
        arms = [lambda s, i, arm=arm, truth=truth: auroc(truth[i], arm[s, i]) for arm in (a, b)]
        found = compare_statistics(*arms, 3, len(truth), clusters=labels, resamples=100)
        right.append(found.p)
        pooled = [auroc(np.tile(truth, 3), arm.ravel()) for arm in (a, b)]
        spread = np.sqrt(sum(area * (1 - area) for area in pooled) / (3 * len(truth) / 2))
        naive.append(2 * stats.norm.sf(abs(pooled[0] - pooled[1]) / spread))
    assert_size(right)
    assert_oversized(naive)


def test_resamples_without_a_class_are_skipped_and_counted():
    truth, score = np.repeat([0, 1], [27, 3]), np.random.default_rng(9).normal(size=(2, 30))
    found = statistic_over_seeds(lambda s, i: auroc(truth[i], score[s, i]), 2, 30, resamples=500)
    assert "resamples undefined and skipped" in found.method
    truth = np.repeat([0, 1], [29, 1])
    with pytest.raises(ValueError, match="more than a tenth"):
        statistic_over_seeds(lambda s, i: auroc(truth[i], score[s, i]), 2, 30, resamples=500)


def test_arms_that_never_differ_are_tied_only_with_enough_records():
    few, many = np.full((3, 148), 0.3), np.full((3, 149), 0.3)
    assert compare_means(few, few, margin=0.02).p_equivalence == pytest.approx(0.98**148)
    assert compare_means(few, few, margin=0.02).p_equivalence > 0.05 > compare_means(many, many, margin=0.02).p_equivalence
    found = compare_means(many, many, margin=0.02)
    assert (found.value, found.p, np.isnan(found.smallest_detectable)) == (0, 1, True)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 149))  # one-sided Clopper-Pearson of 0 of 149
    assert found.low == pytest.approx(-found.high)
    assert "no spread" in found.method


@pytest.mark.parametrize("n", [5, 50])
def test_a_constant_difference_is_as_sure_as_the_number_of_records_makes_it(n):
    most, little = compare_means(np.ones(n), np.zeros(n)), compare_means(np.full(n, 0.1), np.zeros(n))
    assert most.p == pytest.approx(2 ** (1 - n))  # the sign test
    assert most.p < little.p
    assert (little.p < 0.05) == (not holds(little, 0))


def test_scores_that_are_all_right_have_the_exact_interval():
    for interval in (mean_over_seeds(np.ones(40)), bootstrap_mean(np.ones(40))):
        assert (interval.low, interval.high) == pytest.approx((clopper_pearson(40, 40).low, 1))


def test_hierarchical_bootstrap_covers_too_little_where_few_seeds_make_the_variance():
    generator = np.random.default_rng(10)
    seeds_dominate, records_dominate, ratio = [], [], []
    for replication in range(500):
        few = generator.normal(size=(SEEDS, 1)) + 0.1 * generator.normal(size=(SEEDS, 40))
        found, honest = hierarchical_bootstrap(few, resamples=500, seed=replication), mean_over_seeds(few)
        seeds_dominate.append(holds(found, 0))
        ratio.append((found.high - found.low) / (honest.high - honest.low))
        many = np.broadcast_to(generator.normal(size=40), (SEEDS, 40))
        records_dominate.append(holds(hierarchical_bootstrap(many, resamples=500, seed=replication), 0))
    assert 0.76 < np.mean(seeds_dominate) < 0.88
    assert np.mean(ratio) == pytest.approx(0.62, abs=0.02)
    assert_coverage(records_dominate, shortfall=0.02)
