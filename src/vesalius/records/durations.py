"""Units of time in which survival is told."""

from collections.abc import Mapping

DAYS: Mapping[str, float] = {
    "hours": 1 / 24,
    "days": 1.0,
    "weeks": 7.0,
    "months": 365.25 / 12,
    "quarters": 365.25 / 4,
    "years": 365.25,
}
"""How many days each is, the shortest first."""


def unit_for(days: float, steps: int) -> str:
    """The shortest unit of which so many steps reach a time; years where none does.

    >>> unit_for(28, 30), unit_for(28, 16), unit_for(4000, 16)
    ('days', 'weeks', 'years')
    """
    return next((name for name, length in DAYS.items() if length * steps >= days), "years")
