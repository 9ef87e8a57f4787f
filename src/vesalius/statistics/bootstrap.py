"""Bootstrap intervals, by record or by cluster."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.statistics._checks import (
    FloatArray,
    as_numbers,
    check_level,
    check_margin,
    check_resamples,
    check_same_shape,
)
from vesalius.statistics._clusters import Clusters, check_several, group
from vesalius.statistics._inference import score_range, t_difference, without_spread
from vesalius.statistics._resampling import (
    bca_interval,
    describe_undefined,
    keep_defined,
    percentile_interval,
    resampled_means,
    tail_p,
)
from vesalius.statistics.estimate import Difference, Estimate

Kind = Literal["percentile", "bca"]
Statistic = Callable[..., float]


def bootstrap(
    statistic: Statistic,
    *arrays: ArrayLike,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
    clusters: ArrayLike | None = None,
    kind: Kind = "percentile",
) -> Estimate:
    """Bootstrap interval of any statistic (Efron 1979; expanded percentiles of Hesterberg 2015; BCa of Efron 1987).

    The percentiles are those of `Phi(-sqrt(n / (n - 1)) t)`, n the number of independent units, so that small samples keep
    their coverage; BCa uses the same quantile, with the acceleration from a jackknife that leaves out one cluster at a time.

    Args:
        statistic: takes the resampled arrays, gives a number; NaN where it is undefined.
        *arrays: arrays with one row a record, resampled together.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.
        clusters: the subject of each record; whole subjects are resampled.
        kind: "percentile", or "bca" for statistics whose distribution is skewed or biased.

    Returns:
        The statistic of the arrays as given, with its interval.

    Raises:
        ValueError: no rows, arrays of different lengths, one cluster, a statistic that is undefined on the data or on more than
            a tenth of the resamples.

    >>> e = bootstrap(np.median, [1.0, 2.0, 4.0, 7.0, 9.0, 12.0], resamples=1000)
    >>> e.value, e.low <= 5.5 <= e.high
    (5.5, True)
    """
    check_level(level)
    check_resamples(resamples)
    rows = _as_rows(arrays)
    groups = group(clusters, len(rows[0]))
    check_several(groups)
    value = float(statistic(*rows))
    if not math.isfinite(value):
        raise ValueError(f"The statistic is {value} on the data itself.")
    generator = np.random.default_rng(seed)
    drawn = np.array([_on(statistic, rows, groups.resample(generator)) for _ in range(resamples)])
    draws = keep_defined(drawn)
    if kind == "bca":
        jackknife = keep_defined(_jackknife(statistic, rows, groups))
        low, high = bca_interval(draws, value, jackknife, level, groups.count)
    else:
        low, high = percentile_interval(draws, level, groups.count)
    method = f"bootstrap, {'BCa' if kind == 'bca' else 'expanded percentile'}{describe_undefined(resamples, len(draws))}"
    return Estimate(value, low, high, level, len(rows[0]), groups.count, method)


def _as_rows(arrays: tuple[ArrayLike, ...]) -> list[NDArray[Any]]:
    rows = [np.asarray(array) for array in arrays]
    if not rows or any(array.ndim == 0 or len(array) == 0 for array in rows):
        raise ValueError("The bootstrap needs at least one array, each with at least one row.")
    if len({len(array) for array in rows}) > 1:
        raise ValueError(f"The arrays differ in length: {', '.join(str(len(array)) for array in rows)}.")
    if any(array.dtype.kind == "f" and np.isnan(array).any() for array in rows):
        raise ValueError("The arrays hold NaN; drop or impute it first.")
    return rows


def _on(statistic: Statistic, rows: list[NDArray[Any]], records: NDArray[np.intp]) -> float:
    return float(statistic(*(array[records] for array in rows)))


def _jackknife(statistic: Statistic, rows: list[NDArray[Any]], groups: Clusters) -> FloatArray:
    everyone = np.arange(groups.count)
    return np.array([_on(statistic, rows, groups.records_of(everyone[everyone != left_out])) for left_out in everyone])


def bootstrap_mean(
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Expanded percentile interval of a mean; `bootstrap(np.mean, ...)` at a small part of its cost (Hesterberg 2015).

    With clusters the mean is over records, and whole clusters are resampled. Values without any spread have the interval of the
    rule of three, as in `compare_means`.

    Args:
        values: one number a record [N].
        clusters: the subject of each record [N].
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The mean with its interval.

    Raises:
        ValueError: NaN, no values, a level outside (0, 1), one cluster.

    >>> bootstrap_mean([0, 1, 1, 1, 0, 1, 1, 1]).value
    0.75
    """
    check_level(level)
    check_resamples(resamples)
    numbers = as_numbers("values", values)
    groups = group(clusters, len(numbers))
    check_several(groups)
    value, method = float(numbers.mean()), "bootstrap, expanded percentile"
    draws = _draw_means(numbers, groups, resamples, seed)
    units, n = groups.count, len(numbers)
    if np.ptp(draws) <= 1e-12 * np.abs(numbers).max():
        return without_spread(value, level=level, n=n, clusters=units, method=method, units=units, span=score_range(numbers))
    low, high = percentile_interval(draws, level, units)
    return Estimate(value, low, high, level, n, units, method)


def _draw_means(numbers: FloatArray, groups: Clusters, resamples: int, seed: int) -> FloatArray:
    generator = np.random.default_rng(seed)
    return resampled_means(groups.sum(numbers), groups.sizes.astype(np.float64), resamples, generator)


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    margin: float | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """Bootstrap of the mean difference of two arms scored on the same records (Efron 1979; Hesterberg 2015).

    The interval is the expanded percentile interval, and both p values invert it: `p < 1 - level` where the interval leaves out
    0, `p_equivalence < alpha` where the interval of level `1 - 2 alpha` lies inside the margin. No p is below what the number
    of resamples can show (one draw beyond is added to the count). The standard error is that of the draws times
    `sqrt(n / (n - 1))`.

    Args:
        a: score of each record by the first arm [N].
        b: score of each record by the second arm [N].
        clusters: the subject of each record [N].
        margin: difference of no importance, for the equivalence test.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        `mean(a) - mean(b)`. Without any spread the rule of `compare_means` holds.

    Raises:
        ValueError: NaN, no values, different lengths, a level outside (0, 1), one cluster.

    >>> d = paired_bootstrap([1, 1, 0, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1, 0, 0], margin=0.1)
    >>> d.value, d.low >= 0, d.p_equivalence > 0.9
    (0.375, True, True)
    """
    check_level(level)
    check_resamples(resamples)
    check_margin(margin)
    first, second = as_numbers("a", a), as_numbers("b", b)
    check_same_shape(a=first, b=second)
    groups = group(clusters, len(first))
    check_several(groups)
    draws = _draw_means(first - second, groups, resamples, seed)
    value, units, method = float((first - second).mean()), groups.count, "paired bootstrap, expanded percentile"
    spread = float(draws.std(ddof=1)) * math.sqrt(units / (units - 1))
    without = spread <= 1e-12 * float(max(np.abs(first).max(), np.abs(second).max()))
    bottom, top = score_range(first, second)
    difference = t_difference(
        value,
        0.0 if without else spread,
        units - 1.0,
        level=level,
        margin=margin,
        n=len(first),
        clusters=units,
        seeds=1,
        method=method,
        units=units,
        reach=top - bottom,
    )
    return difference if without else _by_percentiles(difference, draws)


def _by_percentiles(difference: Difference, draws: FloatArray) -> Difference:
    """The difference with interval and p values read from the draws instead of Student's t."""
    units, margin = difference.clusters, difference.margin
    low, high = percentile_interval(draws, difference.level, units)
    p = min(1.0, 2 * min(tail_p(draws, 0.0, units, upper=False), tail_p(draws, 0.0, units, upper=True)))
    p_equivalence = math.nan
    if margin is not None:
        p_equivalence = max(tail_p(draws, -margin, units, upper=False), tail_p(draws, margin, units, upper=True))
    return replace(difference, low=low, high=high, p=p, p_equivalence=p_equivalence)
