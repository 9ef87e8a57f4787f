"""Squared error of predicted survival, weighted for censoring."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Floats, as_numbers
from vesalius.metrics.censored import Censored, followed_to, read_survival, weights
from vesalius.metrics.metric import NOT_NEGATIVE, metric

NAN = float("nan")
_ROWS = 1 << 15
"""Numbers of a block of rows that stay in the cache while they are used."""

_UNDEFINED = "follow-up ends before a time, or a record has no probability"


def brier_curve(
    survival: ArrayLike, truths: ArrayLike, *, times: ArrayLike | None = None, training: ArrayLike | None = None
) -> Floats:
    """Brier score of predicted survival at each of many times, with inverse probability of censoring weights (Graf et al. 1999).

    BS(t) = Σ [S_i(t)² δ_i 1(T_i ≤ t) / G(T_i-) + (1 - S_i(t))² 1(T_i > t) / G(t)] / n. Who is censored up to t has no part.

    Args:
        survival: n×T, probability to live beyond each time.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        times: T ascending times; None for 1, 2, … T.
        training: m×2, the set that the censoring curve G is of; None for the truths themselves.

    Returns:
        T scores; NaN where nobody is followed beyond the time and the last record is censored; none if a probability is missing
        or there is no record.

    Raises:
        ValueError: if the shapes do not fit, times do not ascend, a probability is outside [0, 1], a truth is no censored time,
            or follow-up of the training set ends before an event or a time at which others live.

    >>> brier_curve([[0.9, 0.2], [0.8, 0.6], [0.5, 0.5]], [[2, 1], [3, 0], [1, 1]]).round(3)
    array([0.1 , 0.15])
    """
    read = read_survival(survival, truths, times)
    if read is None:
        return np.empty(0)
    return _scores(*read, training)


def _scores(said_NT: Floats, true: Censored, at: Floats, training: ArrayLike | None) -> Floats:
    weight = weights(true, training, up_to=float(at[-1]))
    beyond = true.times.max() > at
    seen = weight.censoring.at(at)
    if (beyond & ((seen <= 0) | (at > weight.end))).any() and training is not None:
        raise ValueError(f"times must lie within the follow-up of the training set, which ends at {weight.end:g}.")
    inverse = np.divide(1.0, seen, out=np.zeros(len(at)), where=beyond)
    total = np.zeros(len(at))
    rows = max(1, _ROWS // len(at))
    for start in range(0, len(said_NT), rows):
        block = slice(start, start + rows)
        alive = true.times[block, None] > at
        error = np.square(said_NT[block] - alive)
        error *= np.where(alive, inverse, weight.events[block, None])
        total += error.sum(axis=0)
    total[~followed_to(true, at)] = NAN
    return total / len(said_NT)


@metric(
    family="survival", unit="set", range=NOT_NEGATIVE, higher_is_better=False, undefined=_UNDEFINED, properties={"record order"}
)
def survival_brier(survival: ArrayLike, truths: ArrayLike, *, horizon: float = 1.0, training: ArrayLike | None = None) -> float:
    """Brier score of the predicted survival at one time, weighted for censoring (Graf et al. 1999), as `brier_curve`.

    With the censoring curve of the set itself the weights sum to n and the score is at most 1.

    Args:
        survival: n probabilities to live beyond the horizon.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        horizon: the time, in the unit of the truths.
        training: m×2, the set that the censoring curve is of; None for the truths themselves.

    Returns:
        The score; NaN if follow-up ends before the horizon, a probability is missing or there is no record.

    Raises:
        ValueError: as `brier_curve`.

    >>> survival_brier([0.9, 0.8, 0.5], [[2, 1], [3, 0], [1, 1]], horizon=1.0).__round__(3)
    0.1
    """
    said = as_numbers("survival", survival)
    if said.ndim != 1:
        raise ValueError(f"survival {said.shape} is one probability a record here; take integrated_brier for several times.")
    scores = brier_curve(said[:, None], truths, times=[horizon], training=training)
    return float(scores[0]) if len(scores) else NAN


@metric(
    family="survival", unit="set", range=NOT_NEGATIVE, higher_is_better=False, undefined=_UNDEFINED, properties={"record order"}
)
def integrated_brier(
    survival: ArrayLike, truths: ArrayLike, *, times: ArrayLike | None = None, training: ArrayLike | None = None
) -> float:
    """Mean of `brier_curve` over time, by trapezoids from the first to the last time (Graf et al. 1999).

    Args:
        survival: n×T, probability to live beyond each time; two times at least.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        times: T ascending times; None for 1, 2, … T.
        training: m×2, the set that the censoring curve is of; None for the truths themselves.

    Returns:
        The mean; NaN if follow-up ends before the last time, a probability is missing or there is no record.

    Raises:
        ValueError: if there is one time only, or as `brier_curve`.

    >>> integrated_brier([[0.9, 0.2], [0.8, 0.6], [0.5, 0.5]], [[2, 1], [3, 0], [1, 1]]).__round__(3)
    0.125
    """
    read = read_survival(survival, truths, times)
    if np.ndim(survival) == 2 and np.shape(survival)[1] < 2:
        raise ValueError("integrated_brier needs two times at least; take survival_brier for one.")
    if read is None:
        return NAN
    at = read[2]
    return float(np.trapezoid(_scores(*read, training), at) / (at[-1] - at[0]))
