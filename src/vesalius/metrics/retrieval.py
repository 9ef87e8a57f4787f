"""Ranked documents against their relevance: one query a record, or all queries × documents at once.

Every metric takes scores, higher first, and grades of the same documents. A score of NaN says that a document was not retrieved:
it pays nothing, but if it is relevant it was missed. Documents of equal score have no order: the value is the mean over all their
orders (McSherry and Najork 2008), so that no system gains from the order of a file. Give all documents of the query that are
relevant, or that were judged; those that the system never saw have NaN.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._ranking import Floats, Ranked, checked, chunks
from vesalius.metrics.metric import metric

Gain = Literal["linear", "exponential"]
RankingMetric = Literal["ndcg", "average_precision", "reciprocal_rank", "recall_at_k", "precision_at_k", "hit_at_k"]

_NONE_RELEVANT = "no document is relevant"
_LARGEST_EXPONENT = 1000


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RELEVANT, properties={"identity"})
def ndcg(scores: ArrayLike, grades: ArrayLike, *, k: int = 10, gain: Gain = "linear") -> float:
    """Normalised discounted cumulative gain of the first k, DCG / DCG of the best order (Järvelin and Kekäläinen 2002).

    DCG = Σ gain(grade at rank r) / log₂(1+r). Gain is the grade itself, as in trec_eval, or 2^grade − 1 (Burges et al. 2005).

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades, 0 for not relevant.
        k: how many ranks count; more than n: all.
        gain: linear or exponential.

    Returns:
        0 to 1; ties are averaged; NaN if no document is relevant.

    Raises:
        ValueError: if shapes differ, nothing is given, k is below 1, or a grade is negative, infinite or missing, or above 1000
            with the exponential gain.

    >>> ndcg([0.9, 0.8, 0.7], [0, 2, 1]).__round__(3)
    0.67
    """
    return float(_one("ndcg", scores, grades, k, gain))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RELEVANT, properties={"identity"})
def average_precision(scores: ArrayLike, grades: ArrayLike) -> float:
    """Mean over the relevant documents of the precision at their rank; its mean over queries is MAP (Buckley and Voorhees 2000).

    Relevant is a grade above 0; a relevant document that was not retrieved counts 0.

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades, 0 for not relevant.

    Returns:
        0 to 1; ties are averaged; NaN if no document is relevant.

    Raises:
        ValueError: as ``ndcg``.

    >>> average_precision([0.9, 0.8, 0.7], [1, 0, 1]).__round__(3)
    0.833
    """
    return float(_one("average_precision", scores, grades))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RELEVANT, properties={"identity"})
def reciprocal_rank(scores: ArrayLike, grades: ArrayLike) -> float:
    """1 / rank of the first relevant document; its mean over queries is MRR (Voorhees 1999).

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades; relevant is a grade above 0.

    Returns:
        0 to 1; 0 if none of the relevant was retrieved; ties are averaged; NaN if no document is relevant.

    Raises:
        ValueError: as ``ndcg``.

    >>> reciprocal_rank([0.9, 0.8], [0, 1]), reciprocal_rank([0.5, 0.5], [0, 1])
    (0.5, 0.75)
    """
    return float(_one("reciprocal_rank", scores, grades))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RELEVANT, properties={"identity"})
def recall_at_k(scores: ArrayLike, grades: ArrayLike, *, k: int = 10) -> float:
    """Share of the R relevant documents that are among the first k, hits / R.

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades; relevant is a grade above 0.
        k: how many ranks count.

    Returns:
        0 to 1; below 1 for any order if there are more than k; ties are averaged; NaN if no document is relevant.

    Raises:
        ValueError: as ``ndcg``.

    >>> recall_at_k([0.9, 0.8, 0.7], [1, 0, 1], k=2)
    0.5
    """
    return float(_one("recall_at_k", scores, grades, k))


@metric(family="retrieval", unanswered=0.0, properties={"identity"})
def precision_at_k(scores: ArrayLike, grades: ArrayLike, *, k: int = 10) -> float:
    """Share of the first k places that hold a relevant document, hits / k; a place that is empty holds none, as in trec_eval.

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades; relevant is a grade above 0.
        k: how many ranks count, also where fewer documents are there.

    Returns:
        0 to 1; ties are averaged; no document relevant: 0.

    Raises:
        ValueError: as ``ndcg``.

    >>> precision_at_k([0.9, 0.8, 0.7], [1, 0, 1], k=2)
    0.5
    """
    return float(_one("precision_at_k", scores, grades, k))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RELEVANT, properties={"identity"})
def hit_at_k(scores: ArrayLike, grades: ArrayLike, *, k: int = 10) -> float:
    """1 if a relevant document is among the first k, else 0; with ties the chance of it.

    Args:
        scores: n numbers, higher first; NaN if not retrieved.
        grades: n grades; relevant is a grade above 0.
        k: how many ranks count.

    Returns:
        0 to 1; NaN if no document is relevant.

    Raises:
        ValueError: as ``ndcg``.

    >>> hit_at_k([0.9, 0.8, 0.7], [0, 0, 1], k=2)
    0.0
    """
    return float(_one("hit_at_k", scores, grades, k))


def rank_queries(
    scores_QD: ArrayLike,
    grades_QD: ArrayLike,
    *,
    metrics: tuple[RankingMetric, ...] = ("ndcg", "average_precision"),
    k: int = 10,
    gain: Gain = "linear",
) -> dict[str, Floats]:
    """Several ranking metrics of many queries from one sort; each value is that of the metric on the query alone.

    Args:
        scores_QD: queries × documents, higher first; NaN if not retrieved, also to fill up queries with fewer documents.
        grades_QD: queries × documents, 0 for not relevant.
        metrics: names of ranking metrics.
        k: how many ranks count, in those that have it.
        gain: of nDCG.

    Returns:
        For each name one value a query.

    Raises:
        ValueError: as ``ndcg``.

    >>> rank_queries([[0.9, 0.8], [0.1, 0.2]], [[1, 0], [1, 0]], metrics=("reciprocal_rank",))
    {'reciprocal_rank': array([1. , 0.5])}
    """
    if k < 1 or k != int(k):
        raise ValueError(f"k is {k}; give a whole number from 1.")
    pieces: dict[str, list[Floats]] = {name: [] for name in metrics}
    for ranked in chunks(*checked(scores_QD, grades_QD)):
        for name in metrics:
            # All are shares; the mean of a tie group may exceed one by the last bit.
            pieces[name].append(np.minimum(_VALUES[name](ranked, int(k), gain), 1.0))
    return {name: np.concatenate(found) for name, found in pieces.items()}


def _one(name: RankingMetric, scores: ArrayLike, grades: ArrayLike, k: int = 10, gain: Gain = "linear") -> float:
    if np.ndim(scores) != 1:
        raise ValueError("give the scores of one query; for queries × documents call rank_queries.")
    return float(rank_queries(scores, grades, metrics=(name,), k=k, gain=gain)[name][0])


def _over(values: Floats, whole: NDArray[np.int64] | Floats) -> Floats:
    """Their quotient, NaN where the whole is 0."""
    quotients: Floats = np.divide(values, whole, out=np.full(len(values), np.nan), where=whole > 0, dtype=float)
    return quotients


def _ndcg(ranked: Ranked, k: int, gain: Gain) -> Floats:
    k = min(k, ranked.grades_QD.shape[1])
    discounts = 1 / np.log2(np.arange(2, k + 2))
    best = np.sort(ranked.true_QD, axis=1)[:, ::-1][:, :k]
    gains = ranked.evened(_gains(ranked.grades_QD, gain))[:, :k]
    return _over(gains @ discounts, _gains(best, gain) @ discounts)


def _gains(grades: Floats, gain: Gain) -> Floats:
    if gain == "exponential" and grades.max() > _LARGEST_EXPONENT:
        raise ValueError(f"a grade of {grades.max():g} has no exponential gain; give lower grades, or take the linear gain.")
    return grades if gain == "linear" else np.exp2(grades) - 1


def _average_precision(ranked: Ranked, k: int, gain: Gain) -> Floats:
    relevant = ranked.grades_QD > 0
    ranks = np.arange(1, relevant.shape[1] + 1)
    sums = np.divide(np.cumsum(relevant, axis=1), ranks, where=relevant, out=np.zeros(relevant.shape)).sum(axis=1)
    for query in np.flatnonzero(ranked.mixed_Q()):
        sums[query] = _expected_precisions(ranked, int(query))
    return _over(sums, ranked.relevant_Q)


def _expected_precisions(ranked: Ranked, query: int) -> float:
    """Sum of the precisions at relevant ranks, expected over the orders of ties (McSherry and Najork 2008, AP)."""
    starts, sizes, relevant = ranked.tie_groups(query)
    before = np.cumsum(relevant) - relevant
    place = np.arange(ranked.grades_QD.shape[1]) - np.repeat(starts, sizes)
    share, others = relevant / sizes, (relevant - 1) / np.maximum(sizes - 1, 1)
    precisions = np.repeat(before + 1, sizes) + np.repeat(others, sizes) * place
    return float((np.repeat(share, sizes) * precisions / (1 + np.arange(len(place)))).sum())


def _reciprocal_rank(ranked: Ranked, k: int, gain: Gain) -> Floats:
    relevant = ranked.grades_QD > 0
    found = relevant.any(axis=1)
    values = np.where(found, 1 / (1 + relevant.argmax(axis=1)), 0.0)
    for query in np.flatnonzero(ranked.mixed_Q()):
        start, size, hits = _first_relevant_group(ranked, int(query))
        place = np.arange(size - hits + 1)
        values[query] = (_none_before(size, hits) * hits / (size - place) / (start + 1 + place)).sum()
    return np.where(ranked.relevant_Q > 0, values, np.nan)


def _first_relevant_group(ranked: Ranked, query: int) -> tuple[int, int, int]:
    starts, sizes, relevant = ranked.tie_groups(query)
    group = int(np.flatnonzero(relevant)[0])
    return int(starts[group]), int(sizes[group]), int(relevant[group])


def _none_before(size: int, hits: int) -> Floats:
    """Chance that the first i of a tie group hold none of its relevant ones, for i from 0 to as many as can."""
    place = np.arange(size - hits)
    return np.cumprod(np.append(1.0, (size - hits - place) / (size - place)))


def _hits(ranked: Ranked, k: int) -> Floats:
    """How many of the first k are relevant, expected over the orders of ties."""
    hits: Floats = ranked.evened((ranked.grades_QD > 0).astype(float))[:, :k].sum(axis=1)
    return hits


def _recall(ranked: Ranked, k: int, gain: Gain) -> Floats:
    return _over(_hits(ranked, k), ranked.relevant_Q)


def _precision(ranked: Ranked, k: int, gain: Gain) -> Floats:
    return _hits(ranked, k) / k


def _hit(ranked: Ranked, k: int, gain: Gain) -> Floats:
    values = (ranked.grades_QD[:, :k] > 0).any(axis=1).astype(float)
    for query in np.flatnonzero(ranked.mixed_Q()):
        start, size, hits = _first_relevant_group(ranked, int(query))
        drawn = min(max(k - start, 0), size)
        values[query] = 1 - (_none_before(size, hits)[drawn] if drawn <= size - hits else 0.0)
    return np.where(ranked.relevant_Q > 0, values, np.nan)


_VALUES: dict[str, Callable[[Ranked, int, Gain], Floats]] = {
    "ndcg": _ndcg,
    "average_precision": _average_precision,
    "reciprocal_rank": _reciprocal_rank,
    "recall_at_k": _recall,
    "precision_at_k": _precision,
    "hit_at_k": _hit,
}
