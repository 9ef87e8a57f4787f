import functools
import math

import numpy as np
import pytest

from tests.metrics.test_classification import in_range_or_nan_or_refused
from vesalius.metrics import fairness, parity
from vesalius.metrics.classification import accuracy, auroc
from vesalius.metrics.metric import METRICS
from vesalius.metrics.probabilities import brier

FEW = {"resamples": 200}


def draw(n=400, gap=0.0, seed=0):
    """Scores that separate the classes less well in the second group."""
    generator = np.random.default_rng(seed)
    groups, truth = generator.integers(0, 2, n), generator.integers(0, 2, n)
    return truth * (1.5 - gap * groups) + generator.normal(size=n), truth, groups


def test_values_by_group_are_those_of_the_group_alone():
    scores, truth, groups = draw()
    found = fairness.group_values(auroc, scores, truth, groups, **FEW)
    assert found.groups == (0, 1)
    for group, estimate in zip(found.groups, found.estimates, strict=True):
        assert estimate.value == auroc(scores[groups == group], truth[groups == group])
        assert estimate.low < estimate.value < estimate.high


def test_gap_worst_and_equity_scaled_by_hand():
    scores, truth, groups = draw(gap=1.0)
    first, second = (auroc(scores[groups == g], truth[groups == g]) for g in (0, 1))
    overall = auroc(scores, truth)
    assert fairness.group_gap(auroc, scores, truth, groups, **FEW).value == pytest.approx(first - second)
    worst = fairness.worst_group(auroc, scores, truth, groups, **FEW)
    assert (worst.group, worst.estimate.value) == (1, pytest.approx(second))
    scaled = fairness.equity_scaled(auroc, scores, truth, groups, **FEW)
    assert scaled.value == pytest.approx(overall / (1 + abs(overall - first) + abs(overall - second)))
    assert scaled.low < scaled.value < overall


def test_equal_groups_have_no_gap_and_lose_nothing_by_scaling():
    scores, truth, _ = draw(100)
    twice = np.tile(scores, 2), np.tile(truth, 2), np.repeat([0, 1], 100)
    assert fairness.group_gap(auroc, *twice, **FEW).value == 0
    assert fairness.equity_scaled(auroc, *twice, **FEW).value == pytest.approx(auroc(scores, truth))


def test_the_worst_of_an_error_is_the_largest():
    p, truth, groups = np.array([0.9, 0.1] * 20), np.array([1, 0] * 10 + [0, 1] * 10), np.repeat(["a", "b"], 20)
    assert fairness.worst_group(brier, p, truth, groups, **FEW).group == "b"
    with pytest.raises(ValueError, match="reward inequity"):
        fairness.equity_scaled(METRICS["brier"], p, truth, groups)


def test_a_record_without_an_answer_has_the_declared_score():
    said = np.array(["A", None, "A", "A"], dtype=object)
    found = fairness.group_values(accuracy, said, ["A"] * 4, ["f", "f", "m", "m"], **FEW)
    assert [estimate.value for estimate in found.estimates] == [0.5, 1.0]


def test_any_function_serves_as_a_metric():
    scores, truth, groups = draw()
    of_set = functools.partial(METRICS["net_benefit"].function, threshold=0.2)
    p = 1 / (1 + np.exp(-scores))
    assert fairness.group_gap(of_set, p, truth, groups, **FEW).value >= 0


def test_repeated_subjects_widen_the_interval_only_if_they_are_named():
    scores, truth, groups = draw(100, gap=0.8)
    again = [np.tile(column, 4) for column in (scores, truth, groups)]
    naive = fairness.group_gap(auroc, *again, **FEW)
    clustered = fairness.group_gap(auroc, *again, clusters=np.tile(np.arange(100), 4), **FEW)
    assert clustered.high - clustered.low > 1.4 * (naive.high - naive.low)
    assert clustered.clusters == 100


def test_a_group_without_a_value_is_named():
    scores, truth, groups = draw(60)
    truth[groups == 1] = 0
    with pytest.raises(ValueError, match="NaN in the group 1"):
        fairness.group_gap(auroc, scores, truth, groups)
    values = fairness.group_values(auroc, scores, truth, groups, **FEW).estimates
    assert math.isnan(values[1].value) and math.isnan(values[1].low)


def test_equalized_odds_and_parity_by_hand():
    decided = np.array([1, 1, 0, 0, 1, 0, 1, 0] * 10)
    truth = np.array([1, 1, 0, 0, 1, 1, 0, 0] * 10)
    groups = np.array(list("ffffmmmm") * 10)
    odds = parity.equalized_odds(decided, truth, groups, **FEW)
    assert odds.value == 0.5 and odds.low < 0.5 < odds.high
    assert parity.demographic_parity(decided, groups, **FEW).value == 0
    packed = np.column_stack([truth, groups == "m"])
    assert parity.equalized_odds_difference(decided, packed) == 0.5
    assert parity.demographic_parity_difference(decided, packed) == 0
    assert parity.equalized_odds_difference(truth, packed) == 0


def test_undefined_parity():
    assert math.isnan(parity.equalized_odds_difference([1, 0], [[1, 0], [0, 0]]))
    assert math.isnan(parity.equalized_odds_difference([1, 0], [[1, 0], [0, 1]]))
    assert parity.demographic_parity_difference([1, 0], [[1, 0], [0, 1]]) == 1
    assert math.isnan(parity.demographic_parity_difference([np.nan, 0], [[1, 0], [0, 1]]))
    for name in ("equalized_odds_difference", "demographic_parity_difference"):
        for said, true in (([], []), ([1], [1]), ([0.5], [[1, 1]]), ([1, 0], [[1, np.nan], [0, 1]]), ([1], [[2, 0]])):
            in_range_or_nan_or_refused(name, said, true)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: fairness.group_gap(auroc, [0.1, 0.2], [0, 1], [0, 0]), "two groups"),
        (lambda: fairness.group_gap(auroc, [0.1, 0.2], [0, 1], [0]), "one group for each"),
        (lambda: fairness.group_gap(auroc, [0.1], [0, 1], [0, 1]), "as many of each"),
        (lambda: fairness.group_values(auroc, [0.1, 0.2], [0, 1], [None, "f"]), "missing value"),
        (lambda: parity.equalized_odds([0.5, 1], [0, 1], [0, 1]), "threshold"),
        (lambda: parity.demographic_parity([np.nan, 1], [0, 1]), "without a decision"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(call, names):
    with pytest.raises(ValueError, match=names):
        call()
