"""Right-censored times: reading them, the Kaplan-Meier curve, the censoring curve and the weights that it gives."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import Booleans, Floats, as_numbers


class Censored(NamedTuple):
    """Observed times and whether each is an event."""

    times: Floats
    events: Booleans


def read_censored(truths: ArrayLike) -> Censored:
    """Times and events of n records.

    A time of 0 is a time like any other: an event there lowers the curve at 0, a record censored there is never at risk later.

    Args:
        truths: n×2, time and whether the event was seen (1) or censored (0).

    Raises:
        ValueError: if there are not two columns, a time is negative, infinite or missing, or an event is not 0 or 1.

    >>> read_censored([[2.0, 1], [0.0, 0]]).events
    array([ True, False])
    """
    table = as_numbers("truths", truths)
    if table.size == 0:
        return Censored(np.empty(0), np.empty(0, dtype=bool))
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"truths {table.shape} must be n×2: time, and whether the event was seen (1) or censored (0).")
    times, events = np.ascontiguousarray(table[:, 0]), table[:, 1] == 1
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("times are finite and not negative; leave out records of unknown follow-up.")
    if not (events | (table[:, 1] == 0)).all():
        raise ValueError("events are 1 where seen and 0 where censored; give no other value.")
    return Censored(times, events)


def read_risks(risks: ArrayLike, truths: ArrayLike) -> tuple[Floats, Censored] | None:
    """One number a record beside its time; None if there is no record or one has no number.

    >>> read_risks([np.nan], [[2.0, 1]]) is None
    True
    """
    said, true = as_numbers("risks", risks), read_censored(truths)
    if said.shape != true.times.shape:
        raise ValueError(f"risks {said.shape} and truths of {len(true.times)} records: give one number a record.")
    if not said.size or np.isnan(said).any():
        return None
    if np.isinf(said).any():
        raise ValueError("risks hold an infinite value; give finite ones.")
    return said, true


def read_survival(survival: ArrayLike, truths: ArrayLike, times: ArrayLike | None) -> tuple[Floats, Censored, Floats] | None:
    """Survival probabilities n×T beside the T times they are for; None if there is no record or one has no probability.

    Without times they are 1, 2, … T, the steps of a discrete-time model.

    >>> read_survival([[0.9, 0.4]], [[2.0, 1]], None)[2]
    array([1., 2.])
    """
    said_NT, true = as_numbers("survival", survival), read_censored(truths)
    if said_NT.ndim != 2 or len(said_NT) != len(true.times):
        raise ValueError(f"survival {said_NT.shape} must be n×T for the {len(true.times)} records of truths.")
    at = read_times(times, said_NT.shape[1])
    if not said_NT.size or np.isnan(said_NT).any():
        return None
    if said_NT.min() < 0 or said_NT.max() > 1:
        raise ValueError("survival probabilities lie between 0 and 1; give P(T > t), not a hazard or a risk.")
    return said_NT, true, at


def read_times(times: ArrayLike | None, count: int) -> Floats:
    """Ascending times, one a column; 1, 2, … without them.

    >>> read_times(None, 3)
    array([1., 2., 3.])
    """
    if times is None:
        return np.arange(1.0, count + 1)
    at = np.atleast_1d(as_numbers("times", times))
    if at.shape != (count,) or not np.isfinite(at).all() or (at < 0).any() or (np.diff(at) <= 0).any():
        raise ValueError(f"times must be {count} ascending numbers from 0 on, one a column of the predictions.")
    return at


class SurvivalCurve(NamedTuple):
    """A step function: the distinct observed times and the probability P(T > t) from each on; 1 before the first."""

    times: Floats
    survival: Floats

    def at(self, times: ArrayLike) -> Floats:
        """P(T > t); beyond the last time the last value is carried forward."""
        return self._value(np.searchsorted(self.times, times, "right"))

    def before(self, times: ArrayLike) -> Floats:
        """P(T ≥ t), the value just before each time."""
        return self._value(np.searchsorted(self.times, times, "left"))

    def _value(self, steps: NDArray[np.integer] | np.integer) -> Floats:
        return np.asarray(np.concatenate([[1.0], self.survival])[steps])


def kaplan_meier(truths: ArrayLike) -> SurvivalCurve:
    """Product-limit estimate of survival, Π (1 - d_t / r_t) over the event times up to t (Kaplan and Meier 1958).

    At one time events come before censorings: who is censored at t was still at risk at t.

    Args:
        truths: n×2, time and whether the event was seen (1) or censored (0).

    Raises:
        ValueError: if there is no record, or as `read_censored`.

    >>> kaplan_meier([[1, 1], [2, 0], [2, 1], [4, 1]]).survival
    array([0.75, 0.5 , 0.  ])
    """
    times, at_risk, events, _ = _steps(read_censored(truths))
    return SurvivalCurve(times, np.cumprod(1 - events / at_risk, dtype=np.float64))


def censoring_curve(truths: ArrayLike) -> SurvivalCurve:
    """Product-limit estimate of G(t) = P(C > t), the chance not to be censored up to t; at one time events come first.

    Times `kaplan_meier` it is the share of records that are observed beyond t.

    Args:
        truths: n×2, time and whether the event was seen (1) or censored (0).

    Raises:
        ValueError: if there is no record, or as `read_censored`.

    >>> censoring_curve([[1, 1], [2, 0], [2, 1], [4, 1]]).survival
    array([1. , 0.5, 0.5])
    """
    return _censoring(read_censored(truths))


def _censoring(true: Censored) -> SurvivalCurve:
    times, at_risk, events, censored = _steps(true)
    return SurvivalCurve(times, np.cumprod(1 - censored / np.maximum(at_risk - events, 1), dtype=np.float64))


def _steps(true: Censored) -> tuple[Floats, Floats, Floats, Floats]:
    """Distinct times, and at each the records at risk, the events and the censorings."""
    if not len(true.times):
        raise ValueError("truths hold no record; a survival curve needs one.")
    order = np.argsort(true.times)
    times, events = true.times[order], true.events[order].astype(float)
    starts = np.flatnonzero(np.concatenate([[True], times[1:] != times[:-1]]))
    died = np.add.reduceat(events, starts)
    left = np.diff(starts, append=len(times))
    return times[starts], (len(times) - starts).astype(float), died, left - died


class Weights(NamedTuple):
    """Inverse probabilities of being seen: of each event just before its time (0 for the censored), and G itself."""

    events: Floats
    censoring: SurvivalCurve
    end: float


def weights(true: Censored, training: ArrayLike | None, *, up_to: float = np.inf) -> Weights:
    """1 / G(T-) of every event up to a time, with G from the training set or, without one, from the set itself.

    G is taken just before the event, P(C ≥ T), because an event is seen if censoring comes at its time or later. In the set
    itself it is then never 0.

    Raises:
        ValueError: if the training set is empty, or an event lies where its follow-up has ended.

    >>> weights(read_censored([[1, 1], [2, 0], [3, 1]]), None).events
    array([1., 0., 2.])
    """
    censoring = _censoring(true) if training is None else censoring_curve(training)
    end = float(censoring.times[-1])
    needed = true.events & (true.times <= up_to)
    seen = censoring.before(true.times[needed])
    if (seen <= 0).any() or (true.times[needed] > end).any():
        raise ValueError(f"an event lies beyond the follow-up of the training set, which ends at {end:g}; give an earlier time.")
    inverse = np.zeros(len(true.times))
    inverse[needed] = 1 / seen
    return Weights(inverse, censoring, end)


def followed_to(true: Censored, times: ArrayLike) -> Booleans:
    """Whether survival up to each time is known: a record goes beyond it, or the last ones all had the event.

    >>> followed_to(read_censored([[1, 1], [3, 0]]), [2.0, 3.0]), followed_to(read_censored([[1, 1], [3, 1]]), [5.0])
    (array([ True, False]), array([ True]))
    """
    last = true.times.max()
    return np.asarray(last > np.asarray(times)) | bool(true.events[true.times == last].all())
