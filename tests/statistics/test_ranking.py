import numpy as np
import pytest
from scipy.stats import wilcoxon

from vesalius.statistics import significance_ranking

CASES = np.linspace(0.5, 0.9, 12)
STEPS = np.linspace(0.01, 0.12, 12)
WORKED = {
    # a beats b and c, b beats c: 2, 1, 0 points.
    "liver, dice": {"a": CASES, "b": CASES - STEPS, "c": CASES - 2.5 * STEPS},
    # b beats a and c, which do not differ: 0, 2, 0 points and ranks 2, 1, 2.
    "tumour, dice": {"a": CASES, "b": CASES + STEPS, "c": CASES},
    # Differences of both signs: nobody beats anybody.
    "liver, nsd": {"a": CASES, "b": CASES + STEPS * (-1.0) ** np.arange(12), "c": CASES - STEPS * (-1.0) ** np.arange(12)},
}


def test_the_worked_example():
    found = significance_ranking(WORKED)
    assert found.names == ("a", "b", "c")
    assert found.points == {"liver, dice": (2, 1, 0), "tumour, dice": (0, 2, 0), "liver, nsd": (0, 0, 0)}
    assert found.ranks == {"liver, dice": (1, 2, 3), "tumour, dice": (2, 1, 2), "liver, nsd": (1, 1, 1)}
    assert found.mean_ranks == pytest.approx((4 / 3, 4 / 3, 2.0))


def test_equal_mean_ranks_keep_the_order_given():
    turned = {task: dict(sorted(own.items(), reverse=True)) for task, own in WORKED.items()}
    assert significance_ranking(turned).names == ("b", "a", "c")
    del turned["tumour, dice"]
    assert significance_ranking(turned).names == ("a", "b", "c")


def test_a_large_but_rare_difference_earns_no_point():
    # The mean of a is higher, its ranks are not: what the signed-rank test looks at.
    a = CASES - STEPS
    a[0] += 5
    assert a.mean() > CASES.mean()
    assert significance_ranking({"x": {"a": a, "b": CASES}}).names == ("b", "a")


def test_the_test_is_one_sided():
    difference = np.array([1.0, 2, 3, 4, 5, -6, 7, 8, 9, 10, 11, -2.5])
    both = wilcoxon(difference).pvalue
    alpha = 0.75 * both
    found = significance_ranking({"x": {"a": difference, "b": np.zeros(12)}}, alpha=alpha)
    assert found.points["x"] == (1, 0)


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({}, "no sub-task"),
        ({"x": {"a": [1.0]}}, "one algorithm alone"),
        ({"x": {"a": [1.0], "b": [2.0]}, "y": {"a": [1.0], "c": [2.0]}}, "where another sub-task has"),
        ({"x": {"a": [1.0], "b": [2.0, 3.0]}}, "the same cases"),
        ({"x": {"a": [np.nan], "b": [2.0]}}, "NaN"),
    ],
)
def test_what_cannot_be_ranked_is_refused(scores, told):
    with pytest.raises(ValueError, match=told):
        significance_ranking(scores)
