"""Screening of documents for a systematic review: how much work a ranking saves (technology-assisted review, CLEF TAR).

Scores and grades are those of all documents of one review. A score of NaN says that a document was not shown or not ranked.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._ranking import Floats, Ranked, checked, chunks
from vesalius.metrics.metric import NOT_NEGATIVE, metric

ScreeningMetric = Literal["wss", "last_relevant", "total_cost"]

_NONE_RELEVANT = "no document is relevant"


@metric(family="retrieval", range=(-1.0, 1.0), undefined=_NONE_RELEVANT, properties={"identity"})
def wss(scores: ArrayLike, grades: ArrayLike, *, recall: float = 0.95) -> float:
    """Work saved over sampling at a recall, (N − r)/N − (1 − recall), r the rank where it is reached (Cohen et al. 2006).

    Recall is reached at the ⌈recall·R⌉-th of R relevant documents. A ranking at random gives about 0, one without effect on the
    end of the work up to recall − 1.

    Args:
        scores: N numbers, higher is screened first; what is NaN is screened last, in any order.
        grades: N grades; relevant is a grade above 0.
        recall: the share to be found, above 0 to 1; WSS@95 by default.

    Returns:
        recall − 1 to recall; ties are averaged over their orders; NaN if no document is relevant.

    Raises:
        ValueError: if shapes differ, nothing is given, recall is out of range, or a grade is negative, infinite or missing.

    >>> wss([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 0, 0, 0]).__round__(2)
    0.75
    """
    return _one("wss", scores, grades, recall)


@metric(family="retrieval", range=NOT_NEGATIVE, higher_is_better=False, undefined=_NONE_RELEVANT, properties={"identity"})
def last_relevant(scores: ArrayLike, grades: ArrayLike) -> float:
    """Rank of the last relevant document, in documents screened until all are found (CLEF TAR 2017, Kanoulas et al.).

    Args:
        scores: N numbers, higher is screened first; what is NaN is screened last, in any order.
        grades: N grades; relevant is a grade above 0.

    Returns:
        1 to N; ties are averaged over their orders; NaN if no document is relevant.

    Raises:
        ValueError: if shapes differ, nothing is given, or a grade is negative, infinite or missing.

    >>> last_relevant([0.9, 0.8, 0.7], [1, 1, 0]), last_relevant([0.5, 0.5, 0.5], [1, 0, 0])
    (2.0, 2.0)
    """
    return _one("last_relevant", scores, grades)


@metric(family="retrieval", range=NOT_NEGATIVE, higher_is_better=False)
def total_cost(scores: ArrayLike, grades: ArrayLike) -> float:
    """Documents shown, plus the uniform penalty for what was missed, n + (m/R)(N − n) (CLEF TAR 2017, Kanoulas et al.).

    n of N documents are shown, at a cost of one each; of the R relevant ones m are not. Order does not matter, where to stop
    does. The overview divides by R; its script divides by the relevant documents found.

    Args:
        scores: N numbers; NaN for a document that is not shown.
        grades: N grades; relevant is a grade above 0.

    Returns:
        0 to N, in documents; no document relevant: n.

    Raises:
        ValueError: if shapes differ, nothing is given, or a grade is negative, infinite or missing.

    >>> total_cost([0.9, 0.8, float("nan"), float("nan")], [1, 0, 1, 0])
    3.0
    """
    return _one("total_cost", scores, grades)


def screen_reviews(
    scores_QD: ArrayLike,
    grades_QD: ArrayLike,
    *,
    metrics: tuple[ScreeningMetric, ...] = ("wss", "last_relevant", "total_cost"),
    recall: float = 0.95,
) -> dict[str, Floats]:
    """Several screening metrics of many reviews with equally many documents, from one sort.

    Returns:
        For each name one value a review, that of the metric on the review alone.

    Raises:
        ValueError: as ``wss``.

    >>> screen_reviews([[0.9, 0.8], [0.1, 0.2]], [[1, 0], [1, 0]], metrics=("last_relevant",))
    {'last_relevant': array([1., 2.])}
    """
    if not 0 < recall <= 1:
        raise ValueError(f"recall is {recall}; give a share above 0 and up to 1.")
    pieces: dict[str, list[Floats]] = {name: [] for name in metrics}
    for ranked in chunks(*checked(scores_QD, grades_QD), screening=True):
        documents, relevant = ranked.grades_QD.shape[1], ranked.relevant_Q
        for name in metrics:
            if name == "total_cost":
                values = _costs(ranked)
            elif name == "last_relevant":
                values = _rank_of(ranked, relevant)
            else:
                needed = np.array([max(math.ceil(recall * each - 1e-9), 1) for each in relevant])
                values = (documents - _rank_of(ranked, needed)) / documents - (1 - recall)
            pieces[name].append(values)
    return {name: np.concatenate(found) for name, found in pieces.items()}


def _one(name: ScreeningMetric, scores: ArrayLike, grades: ArrayLike, recall: float = 0.95) -> float:
    if np.ndim(scores) != 1:
        raise ValueError("give the scores of one review; for reviews × documents call screen_reviews.")
    return float(screen_reviews(scores, grades, metrics=(name,), recall=recall)[name][0])


def _rank_of(ranked: Ranked, nth_Q: np.ndarray) -> Floats:
    """Rank at which the nth relevant document is seen, expected over the orders of ties; NaN if there is none."""
    found = np.cumsum(ranked.grades_QD > 0, axis=1)
    ranks = 1.0 + (found >= nth_Q[:, None]).argmax(axis=1)
    for query in np.flatnonzero(ranked.mixed_Q()):
        starts, sizes, relevant = ranked.tie_groups(int(query))
        seen = np.cumsum(relevant)
        group = int(np.searchsorted(seen, nth_Q[query]))
        within = nth_Q[query] - (seen[group] - relevant[group])
        ranks[query] = starts[group] + within * (sizes[group] + 1) / (relevant[group] + 1)
    return np.where(ranked.relevant_Q > 0, ranks, np.nan)


def _costs(ranked: Ranked) -> Floats:
    documents, relevant = ranked.grades_QD.shape[1], ranked.relevant_Q
    shown = np.arange(documents) < ranked.retrieved_Q[:, None]
    missed = np.count_nonzero((ranked.grades_QD > 0) & ~shown, axis=1)
    return np.asarray(ranked.retrieved_Q + missed / np.maximum(relevant, 1) * (documents - ranked.retrieved_Q), dtype=float)
