import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from tests.statistics.monte_carlo import assert_coverage, assert_oversized, assert_size, holds
from vesalius.statistics import auroc, compare_auroc, delong


def draw(generator, positives, negatives, separation, arms=1):
    """Truth and scores whose errors the arms share in part."""
    truth = np.repeat([1, 0], [positives, negatives])
    shared = generator.normal(size=len(truth))
    return truth, [separation * truth + 0.7 * shared + np.sqrt(0.51) * generator.normal(size=len(truth)) for _ in range(arms)]


def delong_by_definition(truth, scores):
    """Areas and their covariance, by the kernel over all pairs."""
    kernels = []
    for score in scores:
        difference = score[truth == 1][:, None] - score[truth == 0][None, :]
        kernels.append((difference > 0) + 0.5 * (difference == 0))
    positives, negatives = kernels[0].shape
    covariance = np.cov([k.mean(1) for k in kernels]) / positives + np.cov([k.mean(0) for k in kernels]) / negatives
    return np.array([k.mean() for k in kernels]), covariance


@pytest.mark.parametrize("ties", [False, True])
def test_auroc_agrees_with_mann_whitney_and_scikit_learn(ties):
    truth, (score,) = draw(np.random.default_rng(1), 40, 60, 1)
    score = np.round(score) if ties else score
    statistic = stats.mannwhitneyu(score[truth == 1], score[truth == 0]).statistic
    assert auroc(truth, score) == pytest.approx(statistic / (40 * 60))
    assert auroc(truth, score) == pytest.approx(roc_auc_score(truth, score))


@pytest.mark.parametrize("ties", [False, True])
def test_delong_is_the_variance_by_definition(ties):
    truth, scores = draw(np.random.default_rng(2), 30, 50, 1, arms=2)
    scores = [np.round(score, 0 if ties else 9) for score in scores]
    areas, covariance = delong_by_definition(truth, scores)
    found = compare_auroc(truth, *scores)
    assert found.value == pytest.approx(areas[0] - areas[1])
    assert found.standard_error**2 == pytest.approx(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    single = delong(truth, scores[0])
    error = np.sqrt(covariance[0, 0]) / (areas[0] * (1 - areas[0]))
    half = stats.norm.ppf(0.975) * error
    expected = [1 / (1 + np.exp(-(np.log(areas[0] / (1 - areas[0])) + side * half))) for side in (-1, 1)]
    assert (single.low, single.high) == pytest.approx(tuple(expected))


def test_ratings_of_hanley_and_mcneil_1982():
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    truth = np.repeat([0, 1], [58, 51])
    score = np.concatenate([np.repeat(np.arange(5), normal), np.repeat(np.arange(5), abnormal)])
    assert auroc(truth, score) == pytest.approx(0.893, abs=5e-4)
    assert compare_auroc(truth, score, np.zeros(109)).standard_error == pytest.approx(0.032, abs=2e-3)


@pytest.mark.parametrize(("positives", "negatives", "separation"), [(25, 25, 1), (10, 40, 1.5), (250, 250, 1), (50, 450, 2)])
def test_delong_covers_and_the_paired_test_keeps_its_size(positives, negatives, separation):
    generator = np.random.default_rng(3)
    truth_area = stats.norm.cdf(separation / np.sqrt(2))
    covered, p = [], []
    for _ in range(2000):
        truth, scores = draw(generator, positives, negatives, separation, arms=2)
        covered.append(holds(delong(truth, scores[0]), truth_area))
        p.append(compare_auroc(truth, *scores).p)
    assert_coverage(covered, shortfall=0.01)
    assert_size(p)


def test_repeated_records_fool_delong():
    generator = np.random.default_rng(4)
    drawn = [draw(generator, 25, 25, 1, arms=2) for _ in range(1000)]
    assert_oversized([compare_auroc(np.tile(t, 4), np.tile(a, 4), np.tile(b, 4)).p for t, (a, b) in drawn])


def test_complete_separation_has_a_bound_that_covers():
    truth = np.repeat([0, 1], [50, 30])
    found = delong(truth, truth)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 30))
    assert delong(truth, -truth).high == pytest.approx(1 - found.low)


def test_equal_rankings_are_equal():
    truth, (score,) = draw(np.random.default_rng(5), 20, 20, 1)
    found = compare_auroc(truth, score, np.exp(score), margin=0.05)
    assert (found.value, found.p, found.p_equivalence) == (0, 1, pytest.approx(0.95**20))


def test_one_class_has_no_area():
    assert np.isnan(auroc([1, 1], [0.1, 0.2]))
    with pytest.raises(ValueError, match="two records of each class"):
        delong([1, 1, 0], [0.1, 0.2, 0.3])
