"""Area under the ROC curve, with DeLong's variance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import BoolArray, FloatArray, as_binary, as_numbers, check_level, check_margin, check_same_shape
from vesalius.statistics._distributions import normal_quantile
from vesalius.statistics._inference import t_difference
from vesalius.statistics.estimate import Difference, Estimate


def auroc(truth: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a positive outscores a negative, ties counting half (Mann and Whitney 1947).

    Args:
        truth: 1 for positives, 0 for negatives [N].
        score: higher means more likely positive [N].

    Returns:
        The area; NaN where one class is absent, as can happen in a resample.

    Raises:
        ValueError: truth other than 0 and 1, NaN, no values, different lengths.

    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    labels, scores = _check(truth, score)
    positives, negatives = np.sort(scores[labels]), np.sort(scores[~labels])
    if len(positives) == 0 or len(negatives) == 0:
        return math.nan
    below = negatives.searchsorted(positives, "left").sum() + negatives.searchsorted(positives, "right").sum()
    return float(below) / (2 * len(positives) * len(negatives))


@dataclass(frozen=True, slots=True)
class _Placements:
    """Share of the other class that each record outscores, positives and negatives apart."""

    positives: FloatArray
    negatives: FloatArray

    @property
    def area(self) -> float:
        return float(self.positives.mean())

    def variance(self) -> float:
        """DeLong's variance of the mean placement."""
        return float(self.positives.var(ddof=1)) / len(self.positives) + float(self.negatives.var(ddof=1)) / len(self.negatives)


def _split(labels: BoolArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    positives, negatives = scores[labels], scores[~labels]
    if len(positives) < 2 or len(negatives) < 2:
        raise ValueError(
            f"DeLong's variance needs two records of each class; there are {len(positives)} positive "
            f"and {len(negatives)} negative."
        )
    return positives, negatives


def _place(labels: BoolArray, scores: FloatArray) -> _Placements:
    """Placements in the order of the records, as a comparison of two scores needs them."""
    positives, negatives = _split(labels, scores)
    orders = np.argsort(positives), np.argsort(negatives)
    ranked = _place_ranked(positives[orders[0]], negatives[orders[1]])
    placed = _Placements(np.empty(len(positives)), np.empty(len(negatives)))
    placed.positives[orders[0]], placed.negatives[orders[1]] = ranked.positives, ranked.negatives
    return placed


def _place_ranked(positives: FloatArray, negatives: FloatArray) -> _Placements:
    """Placements of ascending scores: the two searches of one class tell where the other stands too."""
    at_least, above = (negatives.searchsorted(positives, side) for side in ("left", "right"))
    up_to, below = (np.cumsum(np.bincount(found, minlength=len(negatives) + 1))[:-1] for found in (at_least, above))
    return _Placements(
        (at_least + above) / (2 * len(negatives)),
        1 - (up_to + below) / (2 * len(positives)),
    )


def delong(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """AUROC with DeLong's interval on the logit scale (DeLong et al. 1988; placements in O(n log n), Sun and Xu 2014).

    The logit keeps the interval inside (0, 1) and its coverage near the level where the area is high (Pepe 2003). At an area of
    exactly 1 or 0 DeLong's variance is 0 and the logit infinite. The interval then is Clopper and Pearson's for
    k = min(positives, negatives) successes of k: complete separation implies that k disjoint pairs are all in order, which has
    probability at most `area ** k`, so the bound holds for every distribution.

    Args:
        truth: 1 for positives, 0 for negatives [N].
        score: higher means more likely positive [N].
        level: coverage of the interval.

    Returns:
        The area with its interval; the method names the counts of positives and negatives.

    Raises:
        ValueError: fewer than two positives or negatives, NaN, different lengths, a level outside (0, 1).

    >>> e = delong([0, 0, 0, 1, 1, 1], [0.1, 0.4, 0.5, 0.3, 0.8, 0.9])
    >>> round(e.value, 3), e.method
    (0.778, 'DeLong, logit; 3 positive, 3 negative')
    """
    check_level(level)
    labels, scores = _check(truth, score)
    placed = _place_ranked(*(np.sort(side) for side in _split(labels, scores)))
    area, n = placed.area, len(labels)
    counts = f"{len(placed.positives)} positive, {len(placed.negatives)} negative"
    if area in (0.0, 1.0):
        bound = ((1 - level) / 2) ** (1 / min(len(placed.positives), len(placed.negatives)))
        low, high = (bound, 1.0) if area == 1 else (0.0, 1 - bound)
        return Estimate(area, low, high, level, n, n, f"exact bound of complete separation; {counts}")
    logit = math.log(area / (1 - area))
    half = normal_quantile((1 + level) / 2) * math.sqrt(placed.variance()) / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-end)) for end in (logit - half, logit + half))
    return Estimate(area, low, high, level, n, n, f"DeLong, logit; {counts}")


def compare_auroc(
    truth: ArrayLike, score_a: ArrayLike, score_b: ArrayLike, *, margin: float | None = None, level: float = 0.95
) -> Difference:
    """Difference of the AUROC of two scores of the same records (DeLong et al. 1988), with a normal reference.

    For one seed and independent records; `compare_statistics` with `auroc` covers seeds and clusters. Where the placements have
    no spread (the same ranking twice, or complete separation by both) the rule of `compare_means` holds, with as many units as
    the smaller class has records.

    Args:
        truth: 1 for positives, 0 for negatives [N].
        score_a: by the first arm [N].
        score_b: by the second arm [N].
        margin: difference of no importance, for the equivalence test.
        level: coverage of the interval.

    Returns:
        `AUROC(a) - AUROC(b)`.

    Raises:
        ValueError: fewer than two positives or negatives, NaN, different lengths, a level outside (0, 1).

    >>> d = compare_auroc([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.5, 0.4, 0.8, 0.9], [0.3, 0.6, 0.5, 0.4, 0.8, 0.9])
    >>> round(d.value, 3), round(d.p, 2)
    (0.111, 0.48)
    """
    check_level(level)
    check_margin(margin)
    labels, first = _check(truth, score_a)
    second = _check(truth, score_b)[1]
    a, b = _place(labels, first), _place(labels, second)
    paired = _Placements(a.positives - b.positives, a.negatives - b.negatives)
    n, error = len(labels), math.sqrt(paired.variance())
    return t_difference(
        a.area - b.area,
        error if error > 1e-12 else 0.0,
        math.inf,
        level=level,
        margin=margin,
        n=n,
        clusters=n,
        seeds=1,
        method="DeLong, paired; one seed: interval covers records only",
        units=min(len(a.positives), len(a.negatives)),
        reach=1.0,
    )


def _check(truth: ArrayLike, score: ArrayLike) -> tuple[BoolArray, FloatArray]:
    labels, scores = as_binary("truth", truth), as_numbers("score", score)
    check_same_shape(truth=labels, score=scores)
    return labels, scores
