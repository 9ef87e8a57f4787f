"""Tests of two arms on the same records, one seed."""

import math

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import (
    BoolArray,
    FloatArray,
    as_binary,
    as_numbers,
    check_level,
    check_margin,
    check_resamples,
    check_same_shape,
)
from vesalius.statistics._clusters import check_several, group
from vesalius.statistics._distributions import binomial_cdf, normal_cdf
from vesalius.statistics.estimate import Difference, Test
from vesalius.statistics.power import smallest_detectable_binary
from vesalius.statistics.proportions import tango, tango_test

_ENUMERATED = 16
_CHUNK = 1 << 20


def mcnemar(a: ArrayLike, b: ArrayLike) -> Test:
    """Exact McNemar test: among discordant pairs each arm is as likely to be the right one (McNemar 1947, exact binomial).

    Args:
        a: 1 where the first arm is right [N].
        b: 1 where the second arm is right [N].

    Returns:
        The smaller discordant count as statistic, and the two-sided p value.

    Raises:
        ValueError: values other than 0 and 1, no values, different lengths.

    >>> mcnemar([1, 1, 1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1]).p
    0.125
    """
    first, second = _binary_pair(a, b)
    only_first, only_second = _discordant(first, second)
    smaller = min(only_first, only_second)
    p = min(1.0, 2 * float(binomial_cdf(smaller, only_first + only_second, 0.5)))
    return Test(float(smaller), p, len(first), "McNemar, exact")


def compare_binary(a: ArrayLike, b: ArrayLike, *, margin: float | None = None, level: float = 0.95) -> Difference:
    """Difference of two paired proportions: exact McNemar p, Tango's score interval, equivalence by Tango's score test.

    For one seed and independent records; use `compare_means` for more seeds or for clusters. The exact p is more conservative
    than the interval, so that an interval may leave out 0 by a hair at `p` just above `1 - level`. Without a discordant pair
    the score interval still has its width.

    Args:
        a: 1 where the first arm is right [N].
        b: 1 where the second arm is right [N].
        margin: difference of no importance, below 1.
        level: coverage of the interval.

    Returns:
        `mean(a) - mean(b)`; the standard error is that of the normal (Wald) form, and `smallest_detectable` is for the
        observed share of discordant pairs and the exact test.

    Raises:
        ValueError: values other than 0 and 1, no values, different lengths, a level outside (0, 1).

    >>> d = compare_binary([1, 1, 1, 0, 1, 1, 1, 1], [0, 0, 1, 0, 0, 1, 0, 1], margin=0.1)
    >>> d.value, d.p, d.low > 0
    (0.5, 0.125, True)
    """
    check_level(level)
    check_margin(margin)
    first, second = _binary_pair(a, b)
    n = len(first)
    only_first, only_second = _discordant(first, second)
    interval = tango(only_first, only_second, n, level=level)
    discordant = (only_first + only_second) / n
    p_equivalence = math.nan
    if margin is not None:
        above_low = normal_cdf(-tango_test(only_first, only_second, n, null=-margin))
        below_high = normal_cdf(tango_test(only_first, only_second, n, null=margin))
        p_equivalence = max(above_low, below_high)
    return Difference(
        value=interval.value,
        low=interval.low,
        high=interval.high,
        level=level,
        standard_error=math.sqrt(max(discordant - interval.value**2, 0.0) / n),
        degrees_of_freedom=math.inf,
        p=mcnemar(first, second).p,
        p_equivalence=p_equivalence,
        smallest_detectable=smallest_detectable_binary(discordant, n, alpha=1 - level),
        margin=margin,
        n=n,
        clusters=n,
        seeds=1,
        method="McNemar exact, Tango score interval; one seed: interval covers records only",
    )


def permutation(a: ArrayLike, b: ArrayLike, *, clusters: ArrayLike | None = None, resamples: int = 10_000, seed: int = 0) -> Test:
    """Sign-flip test of the mean difference: under no effect the arms of a cluster can be swapped (Fisher 1935).

    With up to 16 clusters that differ at all, every assignment is enumerated and p is exact. Beyond, signs are drawn and
    `p = (1 + count) / (1 + resamples)`, which never understates (Phipson and Smyth 2010).

    Args:
        a: score of each record by the first arm [N].
        b: score of each record by the second arm [N].
        clusters: the subject of each record [N]; a subject's records are swapped together.
        resamples: number of sign assignments drawn.
        seed: of the random generator.

    Returns:
        The mean difference as statistic, and the two-sided p value.

    Raises:
        ValueError: NaN, no values, different lengths, one cluster.

    >>> permutation([3.0, 5.0, 4.0, 6.0], [1.0, 2.0, 2.0, 5.0]).p
    0.125
    """
    check_resamples(resamples)
    first, second = as_numbers("a", a), as_numbers("b", b)
    check_same_shape(a=first, b=second)
    groups = group(clusters, len(first))
    check_several(groups)
    sums = groups.sum(first - second)
    moving = np.abs(sums[sums != 0])
    # Sums that differ only by rounding count as equally far.
    threshold = abs(float(sums.sum())) - 1e-9 * float(moving.sum())
    if len(moving) <= _ENUMERATED:
        signs = 1 - 2 * ((np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving))) & 1)
        p, method = float(np.mean(np.abs(signs @ moving) >= threshold)), "sign flips, all"
    else:
        totals = _flipped(moving, resamples, np.random.default_rng(seed))
        p = (1 + int(np.count_nonzero(np.abs(totals) >= threshold))) / (1 + resamples)
        method = f"sign flips, {resamples} drawn"
    return Test(float(sums.sum()) / len(first), p, len(first), method)


def _flipped(sizes: FloatArray, resamples: int, generator: np.random.Generator) -> FloatArray:
    """Sums with random signs; few distinct sizes are drawn as binomial counts."""
    distinct, counts = np.unique(sizes, return_counts=True)
    if len(distinct) <= max(3, min(64, len(sizes) // 16)):
        positive = generator.binomial(counts, 0.5, (resamples, len(counts)))
        return np.asarray((2.0 * positive - counts) @ distinct)
    totals = np.empty(resamples)
    rows = max(1, _CHUNK // len(sizes))
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        bits = np.unpackbits(generator.integers(0, 256, (size, -(-len(sizes) // 8)), dtype=np.uint8), axis=1)
        totals[start : start + size] = 2 * (bits[:, : len(sizes)].astype(np.float64) @ sizes) - sizes.sum()
    return totals


def wilcoxon(a: ArrayLike, b: ArrayLike) -> Test:
    """Signed-rank test of paired scores (Wilcoxon 1945), by `scipy.stats.wilcoxon`.

    Pairs without a difference are dropped before ranking, as Wilcoxon did; where no pair differs p is 1. The p value is exact
    up to 50 differing pairs without ties, normal beyond.

    Args:
        a: score of each record by the first arm [N].
        b: score of each record by the second arm [N].

    Returns:
        The smaller rank sum as statistic, and the two-sided p value.

    Raises:
        ValueError: NaN, no values, different lengths.

    >>> wilcoxon([3.0, 5.0, 4.0, 6.0], [1.0, 2.0, 3.0, 2.0]).p
    0.125
    """
    first, second = as_numbers("a", a), as_numbers("b", b)
    check_same_shape(a=first, b=second)
    difference = first - second
    differing = difference[difference != 0]
    if len(differing) == 0:
        return Test(0.0, 1.0, len(first), "Wilcoxon signed-rank")
    from scipy.stats import wilcoxon as signed_rank

    found = signed_rank(differing)
    return Test(float(found.statistic), float(found.pvalue), len(first), "Wilcoxon signed-rank")


def _binary_pair(a: ArrayLike, b: ArrayLike) -> tuple[BoolArray, BoolArray]:
    first, second = as_binary("a", a), as_binary("b", b)
    check_same_shape(a=first, b=second)
    return first, second


def _discordant(first: BoolArray, second: BoolArray) -> tuple[int, int]:
    return int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first))
