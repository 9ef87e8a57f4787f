"""Scores of answers and of class probabilities."""

import numpy as np
from numpy.typing import NDArray

from vesalius import statistics
from vesalius.metrics.metric import metric


@metric(family="classification", unanswered=0.0, properties={"symmetric", "identity", "label order"})
def accuracy(prediction: str, truth: str) -> float:
    """1 where the answer is the true one, else 0.

    >>> accuracy("B", "B"), accuracy("A", "B")
    (1.0, 0.0)
    """
    return float(prediction == truth)


@metric(
    family="classification",
    unit="set",
    undefined="only one class is there, or a record has no score",
    properties={"identity", "record order"},
)
def auroc(scores: NDArray[np.float64], truths: NDArray[np.integer]) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties half (Hanley and McNeil 1982).

    Args:
        scores: n numbers, higher for the positive class.
        truths: n integers, 1 for positive and 0 for negative.

    Returns:
        The area; NaN if only one class is there or a score is missing.

    >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    scores = np.asarray(scores, dtype=float)
    if np.isnan(scores).any() or len(np.unique(truths)) < 2:
        return float("nan")
    return float(statistics.auroc(np.asarray(truths), scores))
