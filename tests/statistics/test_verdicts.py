import math

import pytest

from vesalius.statistics import compare_means, decide, wilson, win_tie_loss


@pytest.mark.parametrize(
    ("value", "p", "p_equivalence", "verdict"),
    [
        (0.1, 0.01, math.nan, "better"),
        (-0.1, 0.01, math.nan, "worse"),
        (0.1, 0.2, math.nan, "undecided"),
        (0.1, 0.2, 0.3, "undecided"),
        (0.001, 0.7, 0.01, "tied"),
        (0.001, 0.01, 0.01, "tied"),
        (0.0, 0.01, math.nan, "undecided"),
        (0.1, 0.05, 0.05, "undecided"),
    ],
)
def test_a_verdict_asks_for_equivalence_first_and_never_takes_no_difference_for_a_tie(value, p, p_equivalence, verdict):
    assert decide(value, p=p, p_equivalence=p_equivalence) == verdict


def test_swapped_arms_swap_the_verdict():
    a, b = [1.0, 2, 3, 4, 5, 7], [0.9, 1.7, 2.8, 3.8, 4.7, 6.5]
    there, back = compare_means(a, b), compare_means(b, a)
    assert decide(there.value, p=there.p, p_equivalence=there.p_equivalence) == "better"
    assert decide(back.value, p=back.p, p_equivalence=back.p_equivalence) == "worse"


def test_every_verdict_is_counted_with_its_interval():
    table = win_tie_loss({"a": "better", "b": "better", "c": "worse", "d": "undecided", "e": "undecided"}, level=0.9)
    assert table.tasks == sum(table.counts.values()) == 5
    assert table.counts["tied"] == 0
    assert table.shares["better"] == wilson(2, 5, level=0.9)
