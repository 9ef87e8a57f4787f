"""The one word that a finding ends in."""

import math
from typing import Literal, get_args

from vesalius.statistics._checks import check_between

Verdict = Literal["better", "worse", "tied", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def decide(value: float, *, p: float, p_equivalence: float, alpha: float = 0.05) -> Verdict:
    """The verdict on a difference, from p values that are already corrected for multiple comparisons.

    Equivalence is asked first: the margin was declared as the difference that doesn't matter, so a difference shown to lie
    within it is "tied" even if it is also shown to differ from 0 (as any difference is with enough records). Then a difference
    from 0 is "better" or "worse" by its sign. What shows neither is "undecided", which is not the same as tied.

    Args:
        value: difference `a - b`, oriented so that higher is better for a.
        p: two-sided, for no difference.
        p_equivalence: of the equivalence test, NaN where no margin was declared.
        alpha: level of both tests.

    Returns:
        "better", "worse", "tied" or "undecided".

    Raises:
        ValueError: a value that is not finite, p outside [0, 1], or alpha outside (0, 1).

    >>> decide(0.003, p=0.01, p_equivalence=0.001)
    'tied'
    >>> decide(0.03, p=0.01, p_equivalence=0.9)
    'better'
    """
    check_between("alpha", alpha, 0, 1)
    if not math.isfinite(value):
        raise ValueError(f"value must be finite, not {value}.")
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], not be {p}.")
    if not (math.isnan(p_equivalence) or 0 <= p_equivalence <= 1):
        raise ValueError(f"p_equivalence must lie in [0, 1] or be NaN, not be {p_equivalence}.")
    if p_equivalence < alpha:
        return "tied"
    if p < alpha and value != 0:
        return "better" if value > 0 else "worse"
    return "undecided"
