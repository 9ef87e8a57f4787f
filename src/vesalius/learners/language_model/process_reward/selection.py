"""Which of several solutions is believed."""

from collections.abc import Sequence
from math import prod
from statistics import fmean
from typing import Literal

from vesalius.learners.language_model.process_reward.solutions import Solution

Aggregate = Literal["min", "last", "mean", "product"]
"""From the scores of its steps to that of a solution: a chain is as strong as its weakest step; or what the last step says."""

Select = Literal["best", "vote"]
"""The solution of the highest score; or the best one among those that give the answer whose scores have the highest sum."""

_DIGITS = 5
"""To which scores count as equal: two solutions that share their weakest step differ by rounding alone."""


def aggregated(scores: Sequence[float], aggregate: Aggregate) -> float:
    """One score of a solution; 0 where it has no step.

    >>> [aggregated([0.8, 0.5], how) for how in ("min", "last", "mean", "product")]
    [0.5, 0.5, 0.65, 0.4]
    """
    if not scores:
        return 0.0
    match aggregate:
        case "min":
            value = min(scores)
        case "last":
            value = scores[-1]
        case "mean":
            value = fmean(scores)
        case "product":
            value = prod(scores)
    return round(value, _DIGITS)


def majority(solutions: Sequence[Solution]) -> int:
    """Place of the first solution with the most frequent answer (self-consistency, Wang et al. 2023).

    Of equally frequent answers the one that came first is taken; where nothing was answered, the first solution.
    """
    return vote(solutions, [1.0] * len(solutions))


def vote(solutions: Sequence[Solution], values: Sequence[float]) -> int:
    """Place of the solution of the highest value among those with the answer whose values have the highest sum.

    >>> sampled = [Solution(steps=(), letter=letter, outcome="answered") for letter in "ABB"]
    >>> vote(sampled, [0.9, 0.3, 0.4]), vote(sampled, [0.9, 0.4, 0.6])
    (0, 2)
    """
    sums: dict[str, float] = {}
    for one, value in zip(solutions, values, strict=True):
        if one.letter is not None:
            sums[one.letter] = sums.get(one.letter, 0.0) + value
    if not sums:
        return 0
    # a sum of rounded scores must not decide by its last bits either
    winner = max(sums, key=lambda letter: round(sums[letter], _DIGITS))
    return max((place for place, one in enumerate(solutions) if one.letter == winner), key=lambda place: values[place])


def best(solutions: Sequence[Solution], scores: Sequence[Sequence[float]], aggregate: Aggregate) -> int:
    """Place of the answered solution of the highest score; of equal ones the one whose steps have the higher mean."""
    answered = [place for place, one in enumerate(solutions) if one.letter is not None]
    ranks = {place: (aggregated(scores[place], aggregate), aggregated(scores[place], "mean")) for place in answered}
    return max(answered, key=lambda place: ranks[place], default=0)


def chosen(solutions: Sequence[Solution], scores: Sequence[Sequence[float]], aggregate: Aggregate, select: Select) -> int:
    """Place of the solution that is believed.

    Args:
        solutions: of one question, at least one.
        scores: of each one's steps, 0 to 1.
        aggregate: how steps make the score of a solution.
        select: how solutions are compared.

    >>> sampled = [Solution(steps=(" x.", " y."), letter=letter, outcome="answered") for letter in "ABB"]
    >>> scores = [[0.9, 0.6], [0.5, 0.8], [0.7, 0.5]]
    >>> chosen(sampled, scores, "min", "best"), chosen(sampled, scores, "min", "vote")
    (0, 1)
    """
    if select == "best":
        return best(solutions, scores, aggregate)
    return vote(solutions, [aggregated(one, aggregate) for one in scores])
