"""Several training seeds scored on one set of test records: intervals that cover both.

Neither averaging the seeds away nor counting each seed's records as new data is right: all seeds share the records, and all
records share the seeds. For a statistic theta_s of each seed, the variance of its mean over S seeds is

    s² / S  +  mean over pairs of seeds of Cov_records(theta_s, theta_t)

where s² is the sample variance of theta over seeds. The first term holds the seeds' own spread and the interaction of seeds and
records; the covariance of two seeds holds what they share, the choice of records. Its estimate can be negative by chance and is
then 0. The degrees of freedom follow Satterthwaite (1946): (A + B)² / (A² / (S - 1) + B² / (G - 1)), with G clusters.

Simulated coverage of the 95 % interval is 93 to 96 % with five seeds or more, whatever the share of the seeds in the variance.
With fewer it falls short where the seeds hold most of the variance but not all: 91 % with three seeds, 88 % with two.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import (
    FloatArray,
    IndexArray,
    as_seeds_by_records,
    check_level,
    check_margin,
    check_resamples,
    check_same_shape,
    check_total,
)
from vesalius.statistics._clusters import Clusters, check_several, group
from vesalius.statistics._inference import score_range, t_difference, t_estimate
from vesalius.statistics._resampling import describe_undefined, keep_defined
from vesalius.statistics._variance import variance_of_draws, variance_of_mean
from vesalius.statistics.estimate import Difference, Estimate

SeedStatistic = Callable[[int, IndexArray], float]


def mean_over_seeds(
    values_SN: ArrayLike, *, clusters: ArrayLike | None = None, independent: int | None = None, level: float = 0.95
) -> Estimate:
    """Mean score over seeds and records, with an interval that covers both (see the module's formula).

    Args:
        values_SN: score of each record by each seed's model; a vector is one seed.
        clusters: the subject of each record [N]; the variance is then that of subjects, of any size.
        independent: units that carry the information, where fewer: of an AUROC's pseudo-values, those of the smaller class.
        level: coverage of the interval.

    Returns:
        The mean with a t interval; for one seed the method says that it covers records only.

    Raises:
        ValueError: NaN, no values, a level outside (0, 1), one seed with one cluster.

    >>> e = mean_over_seeds([[1, 0, 1, 1], [1, 1, 1, 0], [1, 0, 1, 1]])
    >>> e.value, e.n, e.low < 0.5
    (0.75, 4, True)
    """
    check_level(level)
    values = as_seeds_by_records("values_SN", values_SN)
    n = values.shape[1]
    groups = group(clusters, n)
    mean, variance = variance_of_mean(values, groups, scale=float(np.abs(values).max()), independent=independent)
    return t_estimate(
        mean,
        variance.standard_error,
        variance.degrees_of_freedom,
        level=level,
        n=n,
        clusters=groups.count,
        method=f"t, {variance.covers}",
        units=variance.units,
        span=score_range(values),
    )


def compare_means(
    a_SN: ArrayLike,
    b_SN: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    independent: int | None = None,
    margin: float | None = None,
    level: float = 0.95,
) -> Difference:
    """Difference of two arms' mean scores, paired by record, over seeds (see the module's formula).

    Seed s of one arm need not have anything in common with seed s of the other: the formula holds paired and unpaired.

    Without any spread (both arms give every record of every seed the same difference) there is no standard error, and a
    difference of 0 is not certain: a share q of records on which the arms differ goes unseen in G clusters with probability
    `(1 - q) ** G`. Interval and p values then follow this "rule of three", for scores whose range is the smallest that holds
    them and [0, 1]; the smallest detectable difference is NaN, and the method says so. Two arms with the same outputs are
    "tied" within a margin of 0.02 from 149 clusters on.

    Args:
        a_SN: scores by the first arm, seeds × records; a vector is one seed.
        b_SN: scores by the second arm, of the same shape.
        clusters: the subject of each record [N].
        independent: units that carry the information, where fewer: of an AUROC's pseudo-values, those of the smaller class.
        margin: difference of no importance, for the equivalence test.
        level: coverage of the interval.

    Returns:
        `mean(a) - mean(b)` with t interval and p values.

    Raises:
        ValueError: NaN, no values, different shapes, a level outside (0, 1), one seed with one cluster.

    >>> d = compare_means([[1, 1, 0, 1], [1, 1, 1, 1]], [[0, 1, 0, 1], [1, 0, 0, 1]])
    >>> d.value, d.seeds, d.p > 0.05
    (0.375, 2, True)
    """
    check_level(level)
    check_margin(margin)
    a, b = as_seeds_by_records("a_SN", a_SN), as_seeds_by_records("b_SN", b_SN)
    check_same_shape(a_SN=a, b_SN=b)
    seeds, n = a.shape
    groups = group(clusters, n)
    low, high = score_range(a, b)
    scale = float(max(np.abs(a).max(), np.abs(b).max()))
    value, variance = variance_of_mean(a - b, groups, scale=scale, independent=independent)
    return t_difference(
        value,
        variance.standard_error,
        variance.degrees_of_freedom,
        level=level,
        margin=margin,
        n=n,
        clusters=groups.count,
        seeds=seeds,
        method=f"paired t, {variance.covers}",
        units=variance.units,
        reach=high - low,
    )


def statistic_over_seeds(
    statistic: SeedStatistic,
    seeds: int,
    n: int,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """Mean over seeds of a statistic of a whole set (AUROC, C-index), with an interval that covers seeds and records.

    The same resampled records serve all seeds, which gives the covariance that the module's formula asks for.

    Args:
        statistic: takes the index of a seed and the indices of records (with repeats), gives a number; NaN where undefined.
        seeds: number of seeds.
        n: number of records.
        clusters: the subject of each record [n]; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The mean over seeds of the statistic on all records, with a t interval. Resamples on which the statistic is NaN for a
        seed are skipped for all, and counted in the method.

    Raises:
        ValueError: one cluster, a statistic that is undefined on the data or on more than a tenth of the resamples.

    >>> scores = np.array([[1.0, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 8]])
    >>> e = statistic_over_seeds(lambda s, records: float(np.median(scores[s, records])), 2, 6, resamples=200)
    >>> e.value
    4.0
    """
    check_level(level)
    groups = _check_resampled(seeds, n, clusters, resamples)
    theta_S, draws_RS = _shared_draws(statistic, seeds, groups, resamples, seed)
    mean, variance = variance_of_draws(theta_S, draws_RS, groups.count, scale=float(np.abs(theta_S).max()))
    return t_estimate(
        mean,
        variance.standard_error,
        variance.degrees_of_freedom,
        level=level,
        n=n,
        clusters=groups.count,
        method=f"t, cluster bootstrap, {variance.covers}{describe_undefined(resamples, len(draws_RS))}",
        units=variance.units,
        span=score_range(theta_S),
    )


def compare_statistics(
    statistic_a: SeedStatistic,
    statistic_b: SeedStatistic,
    seeds: int,
    n: int,
    *,
    clusters: ArrayLike | None = None,
    margin: float | None = None,
    level: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> Difference:
    """Difference of a statistic of a whole set between two arms, over seeds, both on the same resampled records.

    Args:
        statistic_a: of the first arm: index of a seed and indices of records to a number; NaN where undefined.
        statistic_b: of the second arm.
        seeds: number of seeds of each arm.
        n: number of records.
        clusters: the subject of each record [n]; whole subjects are resampled.
        margin: difference of no importance, for the equivalence test.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The difference `a - b` of the means over seeds; source and formula as in `statistic_over_seeds`.

    Raises:
        ValueError: one cluster, a statistic that is undefined on the data or on more than a tenth of the resamples.

    >>> a, b = np.array([[1.0, 2, 3, 4, 5, 6]]), np.array([[1.0, 1, 3, 3, 4, 6]])
    >>> d = compare_statistics(lambda s, i: np.median(a[s, i]), lambda s, i: np.median(b[s, i]), 1, 6, resamples=200)
    >>> d.value, d.method
    (0.5, 'paired t, cluster bootstrap, one seed: interval covers records only')
    """
    check_level(level)
    check_margin(margin)
    groups = _check_resampled(seeds, n, clusters, resamples)

    def difference(index: int, records: IndexArray) -> float:
        return float(statistic_a(index, records)) - float(statistic_b(index, records))

    theta_S, draws_RS = _shared_draws(difference, seeds, groups, resamples, seed)
    arms = (statistic_a, statistic_b)
    low, high = score_range(*(np.array([statistic(index, np.arange(n)) for index in range(seeds)]) for statistic in arms))
    value, variance = variance_of_draws(theta_S, draws_RS, groups.count, scale=1e-3)
    return t_difference(
        value,
        variance.standard_error,
        variance.degrees_of_freedom,
        level=level,
        margin=margin,
        n=n,
        clusters=groups.count,
        seeds=seeds,
        method=f"paired t, cluster bootstrap, {variance.covers}{describe_undefined(resamples, len(draws_RS))}",
        units=variance.units,
        reach=high - low,
    )


def _check_resampled(seeds: int, n: int, clusters: ArrayLike | None, resamples: int) -> Clusters:
    check_total(n)
    check_resamples(resamples)
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, not {seeds}.")
    groups = group(clusters, n)
    check_several(groups)
    return groups


def _shared_draws(
    statistic: SeedStatistic, seeds: int, groups: Clusters, resamples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    everyone = np.arange(len(groups.codes))
    theta_S = np.array([float(statistic(index, everyone)) for index in range(seeds)])
    if not np.isfinite(theta_S).all():
        raise ValueError(f"The statistic is not a finite number on the data itself: {theta_S.tolist()}.")
    generator = np.random.default_rng(seed)
    draws_RS = np.empty((resamples, seeds))
    for row in draws_RS:
        records = groups.resample(generator)
        row[:] = [float(statistic(index, records)) for index in range(seeds)]
    return theta_S, keep_defined(draws_RS)
