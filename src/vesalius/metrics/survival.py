"""Scores of predicted risk against censored times."""

import numpy as np
from numpy.typing import NDArray

from vesalius import statistics
from vesalius.metrics.metric import metric


@metric(
    family="survival",
    unit="set",
    undefined="no pair is comparable, or a record has no risk",
    properties={"record order"},
)
def c_index(risks: NDArray[np.float64], truths: NDArray[np.float64]) -> float:
    """Harrell's concordance: among comparable pairs, how often the earlier event had the higher risk, ties half (Harrell 1982).

    Args:
        risks: n numbers, higher for an earlier event.
        truths: n×2, time and whether the event was seen (1) or censored (0).

    Returns:
        The index; NaN if no pair is comparable or a risk is missing.

    >>> c_index(np.array([3.0, 2.0, 1.0]), np.array([[1.0, 1], [2.0, 1], [3.0, 0]]))
    1.0
    """
    risks = np.asarray(risks, dtype=float)
    times, events = truths[:, 0], truths[:, 1].astype(bool)
    comparable = events.any() and (times > times[events].min()).any()
    if np.isnan(risks).any() or not comparable:
        return float("nan")
    return float(statistics.c_index(times, events, risks))
