"""Queries with their documents in the order of the scores, the shared ground of the ranking metrics."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_CELLS_AT_A_TIME = 262_144


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Some queries, documents sorted by falling score, those that were not retrieved last.

    Attributes:
        grades_QD: relevance in that order; 0 for a document that was not retrieved, unless screening.
        true_QD: all grades, in any order.
        tied_QD: whether a document has the score of the one before it; the first column is False.
        retrieved_Q: how many documents were retrieved.
    """

    grades_QD: Floats
    true_QD: Floats
    tied_QD: NDArray[np.bool_]
    retrieved_Q: NDArray[np.int64]

    @property
    def relevant_Q(self) -> NDArray[np.int64]:
        """How many documents are relevant, retrieved or not."""
        counts: NDArray[np.int64] = np.count_nonzero(self.true_QD, axis=1)
        return counts

    def mixed_Q(self) -> NDArray[np.bool_]:
        """Whether documents of different relevance share a score."""
        relevant = self.grades_QD > 0
        mixed: NDArray[np.bool_] = (self.tied_QD[:, 1:] & (relevant[:, 1:] != relevant[:, :-1])).any(axis=1)
        return mixed

    def tie_groups(self, query: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Of one query, by group: how many documents rank before it, its size, how many of it are relevant."""
        starts = np.flatnonzero(~self.tied_QD[query])
        relevant = np.add.reduceat(self.grades_QD[query] > 0, starts, dtype=np.int64)
        return starts, np.diff(starts, append=self.tied_QD.shape[1]), relevant

    def evened(self, gains_QD: Floats) -> Floats:
        """Gains in this order, with each tie group's mean in place of its members'."""
        rows = np.flatnonzero((self.tied_QD[:, 1:] & (gains_QD[:, 1:] != gains_QD[:, :-1])).any(axis=1))
        if not len(rows):
            return gains_QD
        evened = gains_QD.copy()
        for row in rows:
            group = np.cumsum(~self.tied_QD[row]) - 1
            evened[row] = (np.bincount(group, gains_QD[row]) / np.bincount(group))[group]
        return evened


def checked(scores: ArrayLike, grades: ArrayLike) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Both as queries × documents; one query may be given without its axis.

    Raises:
        ValueError: if shapes differ, there is no document, or a grade is missing, negative or infinite.

    >>> checked([0.5, 0.1], [1, 0])[0].shape
    (1, 2)
    """
    scores_QD, grades_QD = np.atleast_2d(np.asarray(scores)), np.atleast_2d(np.asarray(grades))
    if scores_QD.shape != grades_QD.shape or scores_QD.ndim != 2 or scores_QD.size == 0:
        raise ValueError(f"scores {scores_QD.shape} and grades {grades_QD.shape}: give one score and one grade a document.")
    if scores_QD.dtype.kind not in "fiub" or grades_QD.dtype.kind not in "fiub":
        raise ValueError("scores and grades are numbers; NaN is the score of a document that was not retrieved.")
    if not (grades_QD.min() >= 0 and np.isfinite(grades_QD.max())):
        raise ValueError("grades are finite and not negative; give a document that was not judged the grade 0.")
    return scores_QD, grades_QD


def chunks(scores_QD: NDArray[np.generic], grades_QD: NDArray[np.generic], *, screening: bool = False) -> Iterator[Ranked]:
    """The queries in order, a few at a time, so that memory stays below a copy of the input."""
    step = max(1, _CELLS_AT_A_TIME // scores_QD.shape[1])
    for start in range(0, len(scores_QD), step):
        yield _ranked(scores_QD[start : start + step].astype(float), grades_QD[start : start + step].astype(float), screening)


def _ranked(scores_QD: Floats, true_QD: Floats, screening: bool) -> Ranked:
    """Sort by falling score; NaN is sorted last by numpy."""
    missing = np.isnan(scores_QD)
    some_missing = missing.any()
    order = np.argsort(-scores_QD, axis=1)
    sorted_QD = np.take_along_axis(scores_QD, order, axis=1)
    tied_QD = np.zeros(scores_QD.shape, dtype=bool)
    np.equal(sorted_QD[:, 1:], sorted_QD[:, :-1], out=tied_QD[:, 1:])
    grades_QD = true_QD
    if some_missing and screening:
        tied_QD[:, 1:] |= np.isnan(sorted_QD[:, 1:]) & np.isnan(sorted_QD[:, :-1])
    elif some_missing:
        grades_QD = np.where(missing, 0.0, true_QD)
    retrieved_Q = scores_QD.shape[1] - np.count_nonzero(missing, axis=1)
    return Ranked(np.take_along_axis(grades_QD, order, axis=1), true_QD, tied_QD, retrieved_Q)
