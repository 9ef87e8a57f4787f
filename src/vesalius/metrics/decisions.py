"""What deciding by a probability is worth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Booleans, Floats, as_numbers, read_binary
from vesalius.metrics.metric import metric

NAN = float("nan")
PERCENTS = tuple(percent / 100 for percent in range(1, 100))


@metric(
    family="classification",
    unit="set",
    range=(-float("inf"), 1.0),
    undefined="a record has no score",
    properties={"record order"},
)
def net_benefit(probabilities: ArrayLike, truths: ArrayLike, *, threshold: float = 0.5) -> float:
    """Net benefit of treating from a threshold on, TP/n - FP/n · p_t/(1 - p_t) (Vickers and Elkin 2006).

    In true positives a record; at most the prevalence, and 0 for treating nobody. A probability at the threshold is treated.

    Args:
        probabilities: n of the positive class.
        truths: n integers, 1 for positive and 0 for negative.
        threshold: p_t in [0, 1), the probability at which treating and not treating are worth the same.

    Returns:
        The net benefit, also of a single class; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, a truth is not 0 or 1, a probability or the threshold is outside its range.

    >>> net_benefit([0.1, 0.3, 0.6, 0.9], [0, 0, 0, 1], threshold=0.2).__round__(3)
    0.125
    """
    return float(decision_curve(probabilities, truths, thresholds=[threshold]).model[0])


class DecisionCurve(NamedTuple):
    """Net benefit by threshold of deciding by the model and of treating all; treating none is worth 0."""

    thresholds: Floats
    model: Floats
    treat_all: Floats


def decision_curve(probabilities: ArrayLike, truths: ArrayLike, *, thresholds: ArrayLike = PERCENTS) -> DecisionCurve:
    """Net benefit at many thresholds (Vickers and Elkin 2006), in O((n + T) log n).

    Args:
        probabilities: n of the positive class.
        truths: n integers, 1 for positive and 0 for negative.
        thresholds: T numbers in [0, 1).

    Returns:
        The curve; NaN throughout if a probability is missing or there is no record.

    Raises:
        ValueError: as `net_benefit`.

    >>> decision_curve([0.1, 0.3, 0.6, 0.9], [0, 0, 0, 1], thresholds=[0.2, 0.5]).model
    array([0.125, 0.   ])
    """
    at = np.atleast_1d(as_numbers("thresholds", thresholds))
    if at.ndim != 1 or not ((at >= 0) & (at < 1)).all():
        raise ValueError("thresholds are probabilities from 0 to below 1; leave 1 out, where a false positive has no price.")
    read = read_binary(probabilities, truths, probabilities=True)
    if read is None:
        return DecisionCurve(at, np.full(len(at), NAN), np.full(len(at), NAN))
    said, labels = read
    price, share = at / (1 - at), float(labels.mean())
    true, false = (_at_or_above(said, of, at) / len(said) for of in (labels, ~labels))
    return DecisionCurve(at, true - price * false, share - price * (1 - share))


def _at_or_above(said: Floats, of: Booleans, at: Floats) -> Floats:
    ranked = np.sort(said[of])
    return np.asarray(len(ranked) - ranked.searchsorted(at), dtype=float)
