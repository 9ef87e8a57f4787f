import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.pareto import pareto_front

POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


def test_mock_arms_of_known_cost_and_accuracy_land_on_the_known_front():
    rng = np.random.default_rng(0)
    arms = {
        "coin": (0, 0.25, True),
        "base": (100, 0.60, True),
        "agent": (900, 0.80, True),
        "oracle": (5000, 1.0, True),
        "waste": (5000, 0.60, False),
        "worse": (200, 0.40, False),
    }
    correct = {name: rng.random(4000) < accuracy for name, (_, accuracy, _) in arms.items()}
    mask = pareto_front([cost for cost, _, _ in arms.values()], [each.mean() for each in correct.values()])
    assert dict(zip(arms, mask.tolist(), strict=True)) == {name: front for name, (_, _, front) in arms.items()}


@given(POINTS)
def test_a_system_is_off_the_front_exactly_if_another_dominates_it(points):
    mask = pareto_front([cost for cost, _ in points], [accuracy for _, accuracy in points])
    for (cost, accuracy), front in zip(points, mask, strict=True):
        dominated = any(c <= cost and a >= accuracy and (c, a) != (cost, accuracy) for c, a in points)
        assert front != dominated
    assert mask.any()


def test_unknown_cost_is_off_the_front_and_keeps_none_off_it():
    assert pareto_front([np.nan, 1, 2], [0.9, 0.5, 0.6]).tolist() == [False, True, True]


def test_costs_and_accuracies_must_pair():
    with pytest.raises(ValueError, match="one number a system"):
        pareto_front([1, 2], [0.5])
