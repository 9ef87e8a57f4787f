"""Who has had the event by a time, against who has not: cumulative cases, dynamic controls."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Floats
from vesalius.metrics.censored import Censored, kaplan_meier, read_risks, read_survival, read_times, weights
from vesalius.metrics.metric import metric

NAN = float("nan")


class DynamicAUC(NamedTuple):
    """Area under the cumulative/dynamic ROC curve at each time, NaN where there is no case or no control."""

    times: Floats
    areas: Floats


def dynamic_auc_curve(
    predictions: ArrayLike, truths: ArrayLike, *, times: ArrayLike | None = None, training: ArrayLike | None = None
) -> DynamicAUC:
    """AUC(t): the chance that who has had the event by t had a higher risk than who lives beyond t, ties half.

    Cases T ≤ t are weighted with 1 / G(T-), with G the Kaplan-Meier curve of censoring; controls T > t alike, so their weight
    cancels (Uno et al. 2007; Hung and Chiang 2010).

    Args:
        predictions: n risks, higher for an earlier event; or n×T survival probabilities, lower for an earlier one.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        times: T ascending times. None for the median event time (of n risks) or 1, 2, … T (of survival probabilities).
        training: m×2, the set that the censoring curve is of; None for the truths themselves.

    Returns:
        The times and areas; no area if a prediction is missing or there is no record or no event.

    Raises:
        ValueError: if the shapes do not fit, times do not ascend, a probability is outside [0, 1], a risk is infinite, a truth is
            no censored time, or an event up to the last time lies beyond the follow-up of the training set.

    >>> dynamic_auc_curve([3, 1, 2, 0], [[1, 1], [2, 1], [3, 0], [4, 0]], times=[1, 2]).areas
    array([1.  , 0.75])
    """
    nothing = DynamicAUC(np.empty(0), np.empty(0))
    if np.ndim(predictions) == 2:
        read = read_survival(predictions, truths, times)
        if read is None:
            return nothing
        said_NT, true, at = read
        columns = [-said_NT[:, column] for column in range(len(at))]
    else:
        risks = read_risks(predictions, truths)
        if risks is None or (times is None and not risks[1].events.any()):
            return nothing
        said, true = risks
        at = read_times(_median_event(true) if times is None else times, 1 if times is None else np.size(times))
        columns = [said]
    return DynamicAUC(at, _areas(columns, true, at, training))


def _median_event(true: Censored) -> float:
    """The lower median, so that it is the time of an event."""
    return float(np.quantile(true.times[true.events], 0.5, method="lower"))


def _areas(columns: list[Floats], true: Censored, at: Floats, training: ArrayLike | None) -> Floats:
    weight = weights(true, training, up_to=float(at[-1])).events if len(at) else np.empty(0)
    areas = np.full(len(at), NAN)
    for step, time in enumerate(at):
        if step < len(columns):
            rank = np.unique(columns[step], return_inverse=True)[1]
            count = int(rank.max()) + 1
        control = true.times > time
        cases = np.bincount(rank, np.where(control, 0.0, weight), count)
        controls = np.bincount(rank[control], minlength=count)
        pairs = cases.sum() * controls.sum()
        if pairs > 0:
            areas[step] = min(1.0, cases @ (np.cumsum(controls) - 0.5 * controls) / pairs)
    return areas


@metric(
    family="survival",
    unit="set",
    undefined="at a time that counts there is no case or no control, or a record has no prediction",
    properties={"record order"},
)
def cumulative_dynamic_auc(
    predictions: ArrayLike, truths: ArrayLike, *, times: ArrayLike | None = None, training: ArrayLike | None = None
) -> float:
    """Mean of AUC(t) over the times, each weighted with the share of events since the time before (Lambert and Chevret 2016).

    Σ AUC(t_j) (S(t_{j-1}) - S(t_j)) / (1 - S(t_T)), with S the Kaplan-Meier curve of the truths and S(t_0) = 1. A time without an
    event since the one before has no weight.

    Args:
        predictions: n risks, higher for an earlier event; or n×T survival probabilities, lower for an earlier one.
        truths: n×2, time and whether the event was seen (1) or censored (0).
        times: T ascending times. None for the median event time (of n risks) or 1, 2, … T (of survival probabilities).
        training: m×2, the set that the censoring curve is of; None for the truths themselves.

    Returns:
        The mean; NaN if a time with weight has no control, none has weight, a prediction is missing or there is no record.

    Raises:
        ValueError: as `dynamic_auc_curve`.

    >>> cumulative_dynamic_auc([3, 1, 2, 0], [[1, 1], [2, 1], [3, 0], [4, 0]], times=[1, 2])
    0.875
    """
    curve = dynamic_auc_curve(predictions, truths, times=times, training=training)
    if not len(curve.times):
        return NAN
    shares = -np.diff(kaplan_meier(truths).at(curve.times), prepend=1.0)
    counts = shares > 0
    return min(1.0, float(curve.areas[counts] @ shares[counts] / shares.sum())) if counts.any() else NAN
