"""Drawing resampled means fast, and reading intervals from draws."""

import math

import numpy as np

from vesalius.statistics._checks import FloatArray
from vesalius.statistics._distributions import normal_cdf, normal_quantile, t_cdf, t_quantile

_CHUNK = 1 << 16  # drawn indices that stay in the cache while they are used
_LARGEST_SHARE_UNDEFINED = 0.1


def resampled_means(sums: FloatArray, sizes: FloatArray, resamples: int, generator: np.random.Generator) -> FloatArray:
    """Means of resampled units, each unit with the sum of its records and their number.

    Few distinct units are drawn as multinomial counts, which is the same distribution at a fraction of the cost.
    """
    pairs = sums if (sizes == sizes[0]).all() else sums + 1j * sizes
    distinct, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    # Taken in order of appearance, the draws for -x are the draws for x negated: swapping two arms swaps the interval.
    order = np.argsort(first)
    first, counts = first[order], counts[order]
    if len(distinct) <= max(3, min(64, len(sums) // 16)):
        drawn = generator.multinomial(len(sums), counts / len(sums), resamples).astype(np.float64)
        return np.asarray((drawn @ sums[first]) / (drawn @ sizes[first]))
    return _gathered_means(sums, sizes, resamples, generator)


def _gathered_means(sums: FloatArray, sizes: FloatArray, resamples: int, generator: np.random.Generator) -> FloatArray:
    count = len(sums)
    equal = bool((sizes == sizes[0]).all())
    means = np.empty(resamples)
    rows = max(1, _CHUNK // count)
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        chosen = generator.integers(0, count, (stop - start, count))
        total = sums.take(chosen).sum(axis=1)
        means[start:stop] = total / (count * sizes[0] if equal else sizes.take(chosen).sum(axis=1))
    return means


def expanded_quantile(level: float, units: int) -> float:
    """Normal quantile that widens a percentile interval to what a t interval would be (Hesterberg 2015, section 5.4).

    The bootstrap variance of a mean is too small by `(n - 1) / n` and its percentiles are normal rather than t; at n = 50 both
    together cost about 1 % of coverage, at n = 10 more than 5 %.
    """
    return math.sqrt(units / (units - 1)) * t_quantile((1 + level) / 2, units - 1)


def percentile_interval(draws: FloatArray, level: float, units: int) -> tuple[float, float]:
    """Expanded percentile interval."""
    tail = normal_cdf(-expanded_quantile(level, units))
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def bca_interval(draws: FloatArray, value: float, jackknife: FloatArray, level: float, units: int) -> tuple[float, float]:
    """Bias-corrected and accelerated interval (Efron 1987), its normal quantile expanded as for percentiles."""
    below = (np.count_nonzero(draws < value) + 0.5 * np.count_nonzero(draws == value)) / len(draws)
    edge = 0.5 / len(draws)
    bias = normal_quantile(min(max(below, edge), 1 - edge))
    pull = jackknife.mean() - jackknife
    spread = float(pull @ pull)
    acceleration = float((pull**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    quantile = expanded_quantile(level, units)
    shares = []
    for z in (bias - quantile, bias + quantile):
        slope = 1 - acceleration * z
        # A slope that is not positive means the pole was crossed: the end of the interval lies beyond every draw.
        shares.append(normal_cdf(bias + z / slope) if slope > 0 else float(z > 0))
    low, high = np.quantile(draws, shares)
    return float(low), float(high)


def tail_p(draws: FloatArray, null: float, units: int, *, upper: bool) -> float:
    """One-sided p value that inverts the expanded percentile interval: share of draws on the far side of the null.

    `upper` asks for draws at or above the null (evidence that the true value lies below it).
    """
    beyond = np.count_nonzero(draws >= null if upper else draws <= null)
    share = (1 + beyond) / (1 + len(draws))
    return t_cdf(normal_quantile(min(share, 1 - 1e-12)) / math.sqrt(units / (units - 1)), units - 1)


def keep_defined(draws: FloatArray) -> FloatArray:
    """Draws without those that hold a NaN, over the last axis; at most a tenth may."""
    defined = ~np.isnan(draws).any(axis=tuple(range(1, draws.ndim)))
    undefined = len(draws) - np.count_nonzero(defined)
    if undefined > _LARGEST_SHARE_UNDEFINED * len(draws):
        raise ValueError(
            f"The statistic is NaN on {undefined} of {len(draws)} resamples (a class or event is too rare to appear in all); "
            "more than a tenth, so an interval would describe only the rest."
        )
    return draws[defined]


def describe_undefined(resamples: int, defined: int) -> str:
    """What the method says of resamples that were skipped."""
    return "" if defined == resamples else f"; {resamples - defined} of {resamples} resamples undefined and skipped"
