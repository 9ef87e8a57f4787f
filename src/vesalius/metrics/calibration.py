"""Whether probabilities are as high as the share of events: expected calibration error and the reliability curve."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Booleans, Floats, Integers, read_binary, read_multiclass, read_top_label
from vesalius.metrics.metric import metric

NAN = float("nan")
BINS = 15
MOST_BINS = 1000
Binning = Literal["width", "mass", "sweep"]
"""Bins of equal width; of equal mass; or as many of equal mass as keep the observed shares in order."""

_UNDEFINED = "a record has no score"


class ReliabilityCurve(NamedTuple):
    """Of each bin that has records, from the lowest: mean predicted probability, share of events, number of records."""

    predicted: Floats
    observed: Floats
    counts: Integers

    @property
    def error(self) -> float:
        """Mean distance of predicted and observed, weighted with the records: the expected calibration error."""
        return float(np.abs(self.predicted - self.observed) @ self.counts / self.counts.sum())


def reliability_curve(
    probabilities: ArrayLike, truths: ArrayLike, *, binning: Binning = "width", bins: int = BINS
) -> ReliabilityCurve:
    """Predicted probability and observed share by bin (DeGroot and Fienberg 1983).

    Bins hold (low, high], the first its low end too. With "mass" the edges are the quantiles of the probabilities with linear
    interpolation, so that equal ones stay together and a bin may be empty. "sweep" takes bins of equal mass and the largest
    number up to which every smaller number too has observed shares that never fall (Roelofs et al. 2022), 1,000 at the most.

    Args:
        probabilities: n of the positive class, or n×K of which the largest is taken: the confidence (Guo et al. 2017).
        truths: n integers, 1 and 0, or classes from 0. Of n×K the event is that the first of the largest is the true class.
        binning: which bins.
        bins: how many; "sweep" finds the number.

    Returns:
        The bins that have records; none if a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a truth is no class, a probability is outside [0, 1], a row does not sum to 1, or
            there are no bins.

    >>> reliability_curve([0.1, 0.3, 0.8, 0.9], [0, 1, 1, 1], bins=2).observed
    array([0.5, 1. ])
    """
    if bins < 1:
        raise ValueError(f"bins must be a positive number, not {bins}.")
    if np.ndim(probabilities) == 2:
        read = read_top_label(probabilities, truths)
    else:
        read = read_binary(probabilities, truths, probabilities=True)
    if read is None:
        return ReliabilityCurve(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    return _curve(*read, binning, bins)


def _curve(said: Floats, happened: Booleans, binning: Binning, bins: int) -> ReliabilityCurve:
    if binning == "width":
        return _of_width(said, happened, bins)
    order = np.argsort(said)
    ranked = said[order]
    sums = np.concatenate([[0.0], np.cumsum(ranked)]), np.concatenate([[0], np.cumsum(happened[order])])
    if binning == "mass":
        return _of_mass(ranked, sums, bins)
    found = _of_mass(ranked, sums, 1)
    for more in range(2, min(len(said), MOST_BINS) + 1):
        curve = _of_mass(ranked, sums, more)
        if (np.diff(curve.observed) < 0).any():
            break
        found = curve
    return found


def _of_width(said: Floats, happened: Booleans, bins: int) -> ReliabilityCurve:
    where = np.linspace(0, 1, bins + 1)[1:-1].searchsorted(said)
    counts = np.bincount(where, minlength=bins)
    there = counts > 0
    predicted, observed = (np.bincount(where, weights, bins)[there] / counts[there] for weights in (said, happened))
    return ReliabilityCurve(predicted, observed, counts[there])


def equal_mass(ranked: Floats, bins: int) -> Integers:
    """Where bins of equal mass start and end in ascending values; equal values share a bin, and empty bins are left out.

    >>> equal_mass(np.array([1.0, 2.0, 2.0, 2.0, 3.0, 4.0]), 3)
    array([0, 4, 6])
    """
    whole, part = np.divmod(np.arange(1, bins) * (len(ranked) - 1), bins)
    edges = ranked[whole] + part / bins * (ranked[np.minimum(whole + 1, len(ranked) - 1)] - ranked[whole])
    return np.unique(np.concatenate([[0], ranked.searchsorted(edges, "right"), [len(ranked)]]))


def _of_mass(ranked: Floats, sums: tuple[Floats, Integers], bins: int) -> ReliabilityCurve:
    ends = equal_mass(ranked, bins)
    counts = np.diff(ends)
    return ReliabilityCurve(np.diff(sums[0][ends]) / counts, np.diff(sums[1][ends]) / counts, counts)


def _error(probabilities: ArrayLike, truths: ArrayLike, binning: Binning, bins: int = BINS) -> float:
    curve = reliability_curve(probabilities, truths, binning=binning, bins=bins)
    return curve.error if len(curve.counts) else NAN


@metric(
    family="classification", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"identity", "record order"}
)
def ece(probabilities: ArrayLike, truths: ArrayLike, *, bins: int = BINS) -> float:
    """Expected calibration error in bins of equal width, Σ_b n_b |observed_b - predicted_b| / n (Naeini et al. 2015).

    Args:
        probabilities: n of the positive class, or n×K of which the largest is taken (Guo et al. 2017).
        truths: n integers, 1 and 0, or classes from 0.
        bins: how many.

    Returns:
        The error; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: as `reliability_curve`.

    >>> ece([0.1, 0.3, 0.8, 0.9], [0, 1, 1, 1], bins=2).__round__(3)
    0.225
    """
    return _error(probabilities, truths, "width", bins)


@metric(
    family="classification", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"identity", "record order"}
)
def ece_equal_mass(probabilities: ArrayLike, truths: ArrayLike, *, bins: int = BINS) -> float:
    """Expected calibration error in bins of as many records each (Nguyen and O'Connor 2015), edges as `reliability_curve`.

    Args:
        probabilities: n of the positive class, or n×K of which the largest is taken.
        truths: n integers, 1 and 0, or classes from 0.
        bins: how many.

    Returns:
        The error; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: as `reliability_curve`.

    >>> ece_equal_mass([0.1, 0.3, 0.35, 0.4], [0, 1, 1, 1], bins=2).__round__(4)
    0.4625
    """
    return _error(probabilities, truths, "mass", bins)


@metric(
    family="classification", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"identity", "record order"}
)
def ece_sweep(probabilities: ArrayLike, truths: ArrayLike) -> float:
    """Expected calibration error in the most bins of equal mass whose observed shares are in order (Roelofs et al. 2022).

    The number of bins is found from the data, which takes away most of the bias of a fixed one.

    Args:
        probabilities: n of the positive class, or n×K of which the largest is taken.
        truths: n integers, 1 and 0, or classes from 0.

    Returns:
        The error; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: as `reliability_curve`.

    >>> ece_sweep([0.1, 0.3, 0.8, 0.9], [0, 1, 0, 1]).__round__(3)
    0.325
    """
    return _error(probabilities, truths, "sweep")


@metric(family="classification", unit="set", higher_is_better=False, undefined=_UNDEFINED, properties={"record order"})
def classwise_ece(probabilities: ArrayLike, truths: ArrayLike, *, bins: int = BINS) -> float:
    """Mean over the classes of the calibration error of each against the rest, equal width (Kull et al. 2019).

    Args:
        probabilities: n×K, the rows sum to 1.
        truths: n classes from 0.
        bins: how many.

    Returns:
        The mean error; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: as `reliability_curve`.

    >>> classwise_ece([[0.6, 0.4], [0.6, 0.4]], [0, 1]).__round__(3)
    0.1
    """
    if bins < 1:
        raise ValueError(f"bins must be a positive number, not {bins}.")
    read = read_multiclass(probabilities, truths)
    if read is None:
        return NAN
    said_NK, true = read
    return float(np.mean([_of_width(said_NK[:, k], true == k, bins).error for k in range(said_NK.shape[1])]))
