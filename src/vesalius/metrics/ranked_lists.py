"""Retrieval metrics of an answer that is a list: the ids of documents, best first, with commas between them.

The truth is the id of the right document, or several with commas, in any order. Each metric is that of ``metrics.retrieval`` with
the list as the order; a right document that is not listed was missed, and one that is listed twice counts where it stands first.
"""

import math

from vesalius.metrics.metric import metric
from vesalius.metrics.retrieval import average_precision, ndcg, precision_at_k, recall_at_k, reciprocal_rank

_NONE_RIGHT = "no document is right"


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RIGHT, properties={"identity"})
def listed_precision_at_1(listed: str, right: str) -> float:
    """1 if the first document of the list is a right one, else 0; its mean is P@1.

    Args:
        listed: ids, best first, with commas between them; may be empty.
        right: ids of the right documents.

    Returns:
        0 or 1; NaN if no document is right.

    Raises:
        ValueError: if either is no text.

    >>> listed_precision_at_1("d3,d1", "d3"), listed_precision_at_1("d3,d1", "d1")
    (1.0, 0.0)
    """
    scores, grades = _judged(listed, right)
    return precision_at_k(scores, grades, k=1) if any(grades) else math.nan


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RIGHT, properties={"identity"})
def listed_recall_at_10(listed: str, right: str) -> float:
    """Share of the right documents that are among the first ten of the list, hits / right ones; more than ten can't all be.

    Args:
        listed: ids, best first, with commas between them; may be empty.
        right: ids of the right documents.

    Returns:
        0 to 1; NaN if no document is right.

    Raises:
        ValueError: if either is no text.

    >>> listed_recall_at_10("d3,d1", "d1,d2")
    0.5
    """
    return recall_at_k(*_judged(listed, right), k=10)


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RIGHT, properties={"identity"})
def listed_reciprocal_rank(listed: str, right: str) -> float:
    """1 / rank of the first right document in the list; its mean is MRR (Voorhees 1999).

    Args:
        listed: ids, best first, with commas between them; may be empty.
        right: ids of the right documents.

    Returns:
        0 to 1; 0 if none is listed; NaN if no document is right.

    Raises:
        ValueError: if either is no text.

    >>> listed_reciprocal_rank("d3,d1", "d1")
    0.5
    """
    return reciprocal_rank(*_judged(listed, right))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RIGHT, properties={"identity"})
def listed_average_precision(listed: str, right: str) -> float:
    """Mean over the right documents of the precision at their rank, 0 if not listed; its mean is MAP (Buckley and Voorhees 2000).

    Args:
        listed: ids, best first, with commas between them; may be empty.
        right: ids of the right documents.

    Returns:
        0 to 1; NaN if no document is right.

    Raises:
        ValueError: if either is no text.

    >>> listed_average_precision("d1,d3,d2", "d1,d2").__round__(3)
    0.833
    """
    return average_precision(*_judged(listed, right))


@metric(family="retrieval", unanswered=0.0, undefined=_NONE_RIGHT, properties={"identity"})
def listed_ndcg_at_10(listed: str, right: str) -> float:
    """Normalised discounted gain of the first ten, Σ grade / log₂(1 + rank), right ones graded 1 (Järvelin and Kekäläinen 2002).

    Args:
        listed: ids, best first, with commas between them; may be empty.
        right: ids of the right documents.

    Returns:
        0 to 1; NaN if no document is right.

    Raises:
        ValueError: if either is no text.

    >>> listed_ndcg_at_10("d3,d1", "d1").__round__(3)
    0.631
    """
    return ndcg(*_judged(listed, right), k=10)


def _judged(listed: str, right: str) -> tuple[list[float], list[int]]:
    """Scores and grades of all documents that either names; one that nobody asked for where neither names any."""
    found, wanted = _names(listed), _names(right)
    documents = [*found, *(name for name in wanted if name not in found)]
    if not documents:
        return [math.nan], [0]
    scores = [float(-rank) for rank in range(len(found))] + [math.nan] * (len(documents) - len(found))
    return scores, [int(name in wanted) for name in documents]


def _names(text: str) -> dict[str, None]:
    if not isinstance(text, str):
        raise ValueError(f"{type(text).__name__} is no list of ids; give a text with commas between them.")
    return dict.fromkeys(name for name in (part.strip() for part in text.split(",")) if name)
