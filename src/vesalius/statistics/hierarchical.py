"""Bootstrap over seeds and clusters at once."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import FloatArray, as_seeds_by_records, check_level, check_resamples
from vesalius.statistics._clusters import check_several, group
from vesalius.statistics.estimate import Estimate

_CHUNK = 1 << 20


def hierarchical_bootstrap(
    values_SN: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Percentile interval of the mean over seeds and records: seeds are resampled, then clusters (Owen 2007, pigeonhole).

    With few seeds it is narrower than the interval of `mean_over_seeds` and covers less: the spread of S resampled seeds is too
    small by `(S - 1) / S`, and its percentiles are normal where a t with S - 1 degrees of freedom is due. Where the seeds make
    up the whole variance and S = 5, it is 0.63 times as wide, and covers about 82 % instead of 95 % (simulated in the tests);
    where the records dominate, the two agree.

    Args:
        values_SN: score of each record by each seed's model.
        clusters: the subject of each record [N].
        level: nominal coverage.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The mean with its percentile interval.

    Raises:
        ValueError: NaN, no values, a level outside (0, 1), one cluster.

    >>> e = hierarchical_bootstrap([[1, 0, 1, 1], [1, 1, 1, 0], [1, 0, 1, 1]])
    >>> e.value, e.low < 0.75 < e.high
    (0.75, True)
    """
    check_level(level)
    check_resamples(resamples)
    values = as_seeds_by_records("values_SN", values_SN)
    seeds, n = values.shape
    groups = group(clusters, n)
    check_several(groups)
    sums_SG, sizes_G = groups.sum(values), groups.sizes.astype(np.float64)
    generator = np.random.default_rng(seed)
    draws = np.empty(resamples)
    rows = max(1, _CHUNK // groups.count)
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        seeds_RS = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size)
        clusters_RG = _counts(generator, groups.count, size)
        totals = (seeds_RS * (clusters_RG @ sums_SG.T)).sum(axis=1)
        draws[start : start + size] = totals / (seeds * (clusters_RG @ sizes_G))
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(values.mean()), float(low), float(high), level, n, groups.count, "hierarchical bootstrap, percentile")


def _counts(generator: np.random.Generator, units: int, size: int) -> FloatArray:
    """How often each unit is drawn, of as many draws as units [size, units]."""
    chosen = generator.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
    return np.bincount(chosen.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)
