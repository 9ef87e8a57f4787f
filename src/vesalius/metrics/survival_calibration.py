"""Whether as many had the event by a time as was predicted."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Floats, Integers, as_numbers
from vesalius.metrics.calibration import equal_mass
from vesalius.metrics.censored import Censored, followed_to, kaplan_meier, read_survival
from vesalius.metrics.metric import metric

NAN = float("nan")
GROUPS = 10
_UNDEFINED = "follow-up ends before the horizon, or a record has no probability"


class HorizonCalibration(NamedTuple):
    """Of each group of predicted risk, from the lowest: mean predicted risk, observed risk, number of records."""

    predicted: Floats
    observed: Floats
    counts: Integers


def horizon_calibration_curve(
    survival: ArrayLike, truths: ArrayLike, *, horizon: float = 1.0, groups: int = GROUPS
) -> HorizonCalibration:
    """Predicted and observed risk by the horizon in groups of equal size (D'Agostino and Nam 2003).

    The observed risk of a group is 1 less its Kaplan-Meier curve at the horizon. Equal predictions stay together, so that there
    may be fewer groups. Where a group, but not the set, is followed less long, its last value is carried forward.

    Args:
        survival: n probabilities to live beyond the horizon.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        horizon: the time, in the unit of the truths.
        groups: how many.

    Returns:
        The groups; none if follow-up ends before the horizon, a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a probability is outside [0, 1], a truth is no censored time, or no groups.

    >>> horizon_calibration_curve([0.9, 0.8, 0.3, 0.2], [[2, 0], [3, 0], [1, 1], [2, 0]], groups=2).observed
    array([0. , 0.5])
    """
    if groups < 1:
        raise ValueError(f"groups must be a positive number, not {groups}.")
    read = _read(survival, truths, horizon)
    if read is None:
        return HorizonCalibration(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    risk, true = read
    order = np.argsort(risk)
    ends = equal_mass(risk[order], groups)
    members = [order[start:end] for start, end in pairwise(ends)]
    predicted = np.array([risk[group].mean() for group in members])
    observed = np.array([_observed(Censored(true.times[group], true.events[group]), horizon) for group in members])
    return HorizonCalibration(predicted, observed, np.diff(ends))


def _read(survival: ArrayLike, truths: ArrayLike, horizon: float) -> tuple[Floats, Censored] | None:
    """Predicted risk by the horizon, with the truths."""
    said = as_numbers("survival", survival)
    if said.ndim != 1:
        raise ValueError(f"survival {said.shape} must be one probability a record, that of living beyond the horizon.")
    read = read_survival(said[:, None], truths, [horizon])
    if read is None or not followed_to(read[1], horizon):
        return None
    return 1 - said, read[1]


def _observed(true: Censored, horizon: float) -> float:
    return 1 - float(kaplan_meier(np.column_stack(true)).at(horizon))


@metric(family="survival", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"record order"})
def horizon_calibration_error(survival: ArrayLike, truths: ArrayLike, *, horizon: float = 1.0, groups: int = GROUPS) -> float:
    """Mean distance of predicted and observed risk over `horizon_calibration_curve`, weighted with the records of each group.

    The grouped form of the integrated calibration index (Austin et al. 2020), which takes a spline instead.

    Args:
        survival: n probabilities to live beyond the horizon.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        horizon: the time, in the unit of the truths.
        groups: how many.

    Returns:
        The error; NaN if follow-up ends before the horizon, a probability is missing or there is no record.

    Raises:
        ValueError: as `horizon_calibration_curve`.

    >>> horizon_calibration_error([0.9, 0.8, 0.3, 0.2], [[2, 0], [3, 0], [1, 1], [2, 0]], groups=2).__round__(3)
    0.2
    """
    curve = horizon_calibration_curve(survival, truths, horizon=horizon, groups=groups)
    if not len(curve.counts):
        return NAN
    return float(np.abs(curve.predicted - curve.observed) @ curve.counts / curve.counts.sum())


@metric(family="survival", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"record order"})
def calibration_in_the_large(survival: ArrayLike, truths: ArrayLike, *, horizon: float = 1.0) -> float:
    """Distance of the mean predicted risk from the Kaplan-Meier risk by the horizon (Crowson et al. 2016).

    Args:
        survival: n probabilities to live beyond the horizon.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        horizon: the time, in the unit of the truths.

    Returns:
        The distance; NaN if follow-up ends before the horizon, a probability is missing or there is no record.

    Raises:
        ValueError: as `horizon_calibration_curve`.

    >>> calibration_in_the_large([0.9, 0.8, 0.3, 0.2], [[2, 0], [3, 0], [1, 1], [2, 0]]).__round__(3)
    0.2
    """
    read = _read(survival, truths, horizon)
    return NAN if read is None else abs(_observed(read[1], horizon) - float(read[0].mean()))


def observed_expected_ratio(survival: ArrayLike, truths: ArrayLike, *, horizon: float = 1.0) -> float:
    """Kaplan-Meier risk by the horizon over the mean predicted risk; above 1 the risk was underestimated (Debray et al. 2017).

    Args:
        survival: n probabilities to live beyond the horizon.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        horizon: the time, in the unit of the truths.

    Returns:
        The ratio; NaN if follow-up ends before the horizon, no risk was predicted, a probability is missing or no record there.

    Raises:
        ValueError: as `horizon_calibration_curve`.

    >>> observed_expected_ratio([0.9, 0.8, 0.3, 0.2], [[2, 0], [3, 0], [1, 1], [2, 0]]).__round__(3)
    0.556
    """
    read = _read(survival, truths, horizon)
    if read is None or not read[0].any():
        return NAN
    return _observed(read[1], horizon) / float(read[0].mean())
