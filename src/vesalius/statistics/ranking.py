"""Algorithms ranked over many sub-tasks by how many others each beats significantly, as in the Medical Segmentation Decathlon."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import FloatArray, as_numbers


@dataclass(frozen=True, slots=True)
class Ranking:
    """Points and ranks, algorithms in order of their mean rank.

    Attributes:
        names: of the algorithms, the best first.
        mean_ranks: over the sub-tasks, 1 for one that is ahead in all of them.
        points: by sub-task, how many others each algorithm beats significantly, in the order of ``names``.
        ranks: by sub-task, in the order of ``names``; those of equal points share the better rank.
    """

    names: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    points: Mapping[str, tuple[int, ...]]
    ranks: Mapping[str, tuple[int, ...]]


def significance_ranking(scores: Mapping[str, Mapping[str, ArrayLike]], *, alpha: float = 0.05) -> Ranking:
    """In each sub-task one point for every other algorithm beaten in a one-sided Wilcoxon test; then ranks, and their mean.

    A sub-task is one region and one metric of a task. The p values are not corrected, as in the challenge: points describe, and a
    rank is no finding (Antonelli et al. 2022, https://doi.org/10.1038/s41467-022-30695-9, Methods; Maier-Hein et al. 2018).

    Args:
        scores: by sub-task, by algorithm, one score a case, the same cases in the same order; higher is better. Give 0 where an
            algorithm has no answer.
        alpha: below which p counts as significant.

    Returns:
        Points, ranks and mean ranks; algorithms of equal mean rank stand in the order given.

    Raises:
        ValueError: if there is no sub-task or only one algorithm, sub-tasks have other algorithms, cases differ in number, or a
            score is NaN.

    >>> cases = [0.5, 0.6, 0.7, 0.8, 0.9, 0.75]
    >>> scores = {"liver dice": {"a": cases, "b": [case - 0.1 - case / 50 for case in cases]}}
    >>> found = significance_ranking(scores)
    >>> found.names, found.points["liver dice"], found.mean_ranks
    (('a', 'b'), (1, 0), (1.0, 2.0))
    """
    if not scores:
        raise ValueError("scores: no sub-task to rank by.")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha} is not between 0 and 1.")
    names = tuple(next(iter(scores.values())))
    if len(names) < 2:
        raise ValueError("scores: one algorithm alone has no rank.")
    points = {task: _points(task, own, names, alpha) for task, own in scores.items()}
    ranks = {task: tuple(1 + sum(other > own for other in won) for own in won) for task, won in points.items()}
    mean_ranks = np.mean([ranks[task] for task in scores], axis=0)
    order = np.argsort(mean_ranks, kind="stable").tolist()
    return Ranking(
        names=tuple(names[place] for place in order),
        mean_ranks=tuple(float(mean_ranks[place]) for place in order),
        points={task: tuple(won[place] for place in order) for task, won in points.items()},
        ranks={task: tuple(own[place] for place in order) for task, own in ranks.items()},
    )


def _points(task: str, own: Mapping[str, ArrayLike], names: tuple[str, ...], alpha: float) -> tuple[int, ...]:
    if set(own) != set(names):
        raise ValueError(f"{task}: scores of {sorted(own)} where another sub-task has {sorted(names)}.")
    values = {name: as_numbers(name, own[name]) for name in names}
    if len({len(numbers) for numbers in values.values()}) > 1:
        raise ValueError(f"{task}: every algorithm needs a score for the same cases.")
    won = dict.fromkeys(names, 0)
    for one, other in permutations(names, 2):
        won[one] += _beats(values[one], values[other], alpha)
    return tuple(won[name] for name in names)


def _beats(one: FloatArray, other: FloatArray, alpha: float) -> bool:
    """One-sided signed-rank test, pairs without a difference left out."""
    difference = one - other
    differing = difference[difference != 0]
    if len(differing) == 0:
        return False
    from scipy.stats import wilcoxon

    return bool(wilcoxon(differing, alternative="greater").pvalue < alpha)
