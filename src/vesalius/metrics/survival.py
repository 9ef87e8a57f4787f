"""Concordance of predicted risk, or of predicted survival, with censored times."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius import statistics
from vesalius.metrics.censored import read_risks, read_survival, weights
from vesalius.metrics.metric import metric
from vesalius.statistics.concordance import event_pairs

NAN = float("nan")
_UNDEFINED = "no pair is comparable, or a record has no risk"


@metric(family="survival", unit="set", undefined=_UNDEFINED, properties={"record order"})
def c_index(risks: NDArray[np.float64], truths: NDArray[np.float64]) -> float:
    """Harrell's concordance: among comparable pairs, how often the earlier event had the higher risk, ties half (Harrell 1982).

    A pair is comparable if the earlier time is an event, or at equal times one is an event and the other censored.

    Args:
        risks: n numbers, higher for an earlier event.
        truths: n×2, time and whether the event was seen (1) or censored (0). Times of 0 are times like any other.

    Returns:
        The index; NaN if no pair is comparable, a risk is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a time is negative or not finite, an event is not 0 or 1, or a risk is infinite.

    >>> c_index(np.array([3.0, 2.0, 1.0]), np.array([[1.0, 1], [2.0, 1], [3.0, 0]]))
    1.0
    """
    read = read_risks(risks, truths)
    if read is None:
        return NAN
    said, true = read
    return statistics.c_index(true.times, true.events, said)


@metric(family="survival", unit="set", undefined=_UNDEFINED, properties={"record order"})
def uno_c(risks: ArrayLike, truths: ArrayLike, *, tau: float | None = None, training: ArrayLike | None = None) -> float:
    """Uno's concordance: comparable pairs weighted with 1 / G(T-)², so that censoring does not change its aim (Uno et al. 2011).

    G is the Kaplan-Meier curve of censoring just before the event of the pair. Pairs are comparable as in `c_index`; equal risks
    count half. Only events before tau take part.

    Args:
        risks: n numbers, higher for an earlier event.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        tau: end of the time that counts; None for all of it.
        training: m×2, the set that the censoring curve is of; None for the truths themselves.

    Returns:
        The index, in O(n log n); NaN if no pair is comparable, a risk is missing or there is no record.

    Raises:
        ValueError: as `c_index`, or if an event before tau lies beyond the follow-up of the training set.

    >>> uno_c([4.0, 1.0, 3.0, 2.0], [[1, 1], [2, 0], [3, 1], [4, 1]]).__round__(3), uno_c([1, 1], [[1, 1], [2, 0]])
    (1.0, 0.5)
    """
    read = read_risks(risks, truths)
    if read is None:
        return NAN
    said, true = read
    end = np.inf if tau is None else np.nextafter(tau, -np.inf)
    squared = weights(true, training, up_to=end).events ** 2
    concordant, comparable = event_pairs(true.times, true.events, said)
    total = float(squared @ comparable)
    return min(1.0, float(squared @ concordant) / total) if total else NAN


@metric(family="survival", unit="set", undefined=_UNDEFINED, properties={"record order"})
def time_dependent_c(survival: ArrayLike, truths: ArrayLike, *, times: ArrayLike | None = None) -> float:
    """Antolini's concordance: at the time of an event, had its subject the lower predicted survival? (Antolini et al. 2005).

    P(S_i(T_i) < S_j(T_i)) over the comparable pairs of `c_index`, equal survival half, so that curves may cross. The curves are
    steps: the value at T_i is that at the last given time up to T_i, and 1 before the first, where all pairs are ties. With
    curves that never cross and times that include every event it is `c_index`.

    Args:
        survival: n×T, probability to live beyond each time.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        times: T ascending times; None for 1, 2, … T.

    Returns:
        The index, in O(T n log n); NaN if no pair is comparable, a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, times do not ascend, a probability is outside [0, 1], or as `c_index`.

    >>> time_dependent_c([[0.2, 0.1], [0.9, 0.3], [0.8, 0.7]], [[1, 1], [2, 1], [3, 0]])
    1.0
    """
    read = read_survival(survival, truths, times)
    if read is None:
        return NAN
    said_NT, true, at = read
    order = np.argsort(true.times)
    observed, events = true.times[order], true.events[order]
    ends = np.concatenate([[0], observed.searchsorted(at), [len(observed)]])
    concordant = comparable = 0.0
    for step, (start, end) in enumerate(pairwise(ends)):
        own = slice(start, end)
        if not events[own].any():
            continue
        said = said_NT[order[start:], step - 1] if step else np.ones(len(order))
        mine, later = said[: end - start], np.sort(said[end - start :])
        agree, compared = event_pairs(observed[own], events[own], -mine)
        above = 2 * len(later) - later.searchsorted(mine, "left") - later.searchsorted(mine, "right")
        concordant += agree.sum() + 0.5 * above[events[own]].sum()
        comparable += compared.sum() + len(later) * np.count_nonzero(events[own])
    return float(concordant / comparable) if comparable else NAN
