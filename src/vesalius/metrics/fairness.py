"""Whether a metric, the decisions or their errors differ between groups of patients, each with an interval.

The intervals are the cluster bootstrap's. A gap of the largest and smallest of several groups is never negative and above 0 by
chance alone, the more so the smaller the groups are: its interval says how large the gap may be, not whether there is one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Floats
from vesalius.metrics._groups import MetricFunction, Resampling, Rows, declared, grouped, statistic_of
from vesalius.statistics import Estimate

NAN = float("nan")
RESAMPLES = 1000


class GroupValues(NamedTuple):
    """The groups in ascending order, and a metric in each with its interval."""

    groups: tuple[Any, ...]
    estimates: tuple[Estimate, ...]


class WorstGroup(NamedTuple):
    """The group with the worst value, and that value; its interval is that of the worst, whichever group it is."""

    group: Any
    estimate: Estimate


def group_values(
    metric: MetricFunction,
    predictions: ArrayLike,
    truths: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> GroupValues:
    """A metric in every group by itself.

    Args:
        metric: of a set, or per record and then averaged; a record without an answer (None) gets its declared score.
        predictions: one row a record.
        truths: one row a record.
        groups: the group of each record.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        One estimate a group. Where the metric is NaN in a group the value is NaN; where it has no interval (one subject, or NaN
        in more than a tenth of the resamples) the ends are NaN and the method says why.

    Raises:
        ValueError: if the arrays differ in length, are empty, a group is missing, or as the metric itself.

    >>> from vesalius.metrics import accuracy
    >>> found = group_values(accuracy, ["A", "B", "B", "A"], ["A", "B", "A", "A"], ["f", "f", "m", "m"])
    >>> found.groups, [estimate.value for estimate in found.estimates]
    (('f', 'm'), [1.0, 0.5])
    """
    statistic = statistic_of(metric, predictions, truths)
    by_group = grouped(statistic, groups, len(np.asarray(truths)))
    resampling = Resampling(clusters, level, resamples, seed)
    estimates = []
    for group in range(len(by_group.names)):
        rows = np.flatnonzero(by_group.codes == group)
        value = statistic(rows)
        try:
            estimates.append(resampling.estimate(statistic, rows))
        except ValueError as reason:
            subjects = len(rows) if clusters is None else len(np.unique(np.asarray(clusters)[rows]))
            estimates.append(Estimate(value, NAN, NAN, level, len(rows), subjects, str(reason)))
    return GroupValues(tuple(by_group.names.tolist()), tuple(estimates))


def group_gap(
    metric: MetricFunction,
    predictions: ArrayLike,
    truths: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Largest less smallest value of a metric over the groups, max_g M_g - min_g M_g.

    Args:
        metric: of a set, or per record and then averaged; a record without an answer (None) gets its declared score.
        predictions: one row a record.
        truths: one row a record.
        groups: the group of each record, two groups at least.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The gap with its interval; see the module for what the interval of a gap does not say.

    Raises:
        ValueError: as `group_values`; if there is one group, the metric is NaN in one, or in more than a tenth of the resamples.

    >>> from vesalius.metrics import accuracy
    >>> group_gap(accuracy, [1, 1, 0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1]).value
    0.5
    """
    by_group = grouped(statistic_of(metric, predictions, truths), groups, len(np.asarray(truths)))
    return by_group.estimate(
        lambda rows, values: float(values.max() - values.min()), Resampling(clusters, level, resamples, seed)
    )


def worst_group(
    metric: MetricFunction,
    predictions: ArrayLike,
    truths: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> WorstGroup:
    """Worst value of a metric over the groups (Sagawa et al. 2020); the largest of one that is better the lower it is.

    Args:
        metric: of a set, or per record and then averaged; a record without an answer (None) gets its declared score.
        predictions: one row a record.
        truths: one row a record.
        groups: the group of each record, two groups at least.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The group, the first of equal ones, and its value with the interval of the worst value.

    Raises:
        ValueError: as `group_gap`.

    >>> from vesalius.metrics import accuracy
    >>> found = worst_group(accuracy, [1, 1, 0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0, 1, 0], list("ffffmmmm"))
    >>> found.group, found.estimate.value
    ('m', 0.5)
    """
    known = declared(metric)
    sign = 1.0 if known is None or known.higher_is_better else -1.0
    by_group = grouped(statistic_of(metric, predictions, truths), groups, len(np.asarray(truths)))
    estimate = by_group.estimate(
        lambda rows, values: sign * float((sign * values).min()), Resampling(clusters, level, resamples, seed)
    )
    worst = (sign * by_group.by_group(by_group.everyone)).argmin()
    return WorstGroup(by_group.names[worst].item(), estimate)


def equity_scaled(
    metric: MetricFunction,
    predictions: ArrayLike,
    truths: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Equity-scaled form of a metric, M / (1 + Σ_g |M - M_g|), with M that of all records (Luo et al. 2024; Tian et al. 2024).

    Args:
        metric: of a set, or per record and then averaged; a record without an answer (None) gets its declared score.
        predictions: one row a record.
        truths: one row a record.
        groups: the group of each record, two groups at least.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The scaled value with its interval; the metric itself where all groups have the same value.

    Raises:
        ValueError: as `group_gap`, or if the metric is better the lower it is, since dividing would then reward inequity.

    >>> from vesalius.metrics import accuracy
    >>> equity_scaled(accuracy, [1, 1, 0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0, 1, 0], list("ffffmmmm")).value
    0.5
    """
    known = declared(metric)
    if known is not None and not known.higher_is_better:
        raise ValueError(f"{known.name} is better the lower it is; the equity-scaled form would reward inequity.")
    statistic = statistic_of(metric, predictions, truths)

    def scaled(rows: Rows, values: Floats) -> float:
        overall = statistic(rows)
        return float(overall / (1 + np.abs(overall - values).sum()))

    by_group = grouped(statistic, groups, len(np.asarray(truths)))
    return by_group.estimate(scaled, Resampling(clusters, level, resamples, seed))
