"""Groups of patients, a statistic in each, and the bootstrap of what is made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius import statistics
from vesalius.metrics._classes import Floats, Integers
from vesalius.metrics.metric import METRICS, Metric
from vesalius.statistics import Estimate

NAN = float("nan")
Rows = NDArray[np.intp]
MetricFunction = Metric | Callable[..., float]
"""A metric of the list, its function, or any other function of predictions and truths, which counts as of a set and as better the
higher it is."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How an interval is made: the subjects that are resampled whole, its coverage, how many resamples, and their seed."""

    clusters: ArrayLike | None
    level: float
    resamples: int
    seed: int

    def estimate(self, statistic: Callable[[Rows], float], rows: Rows) -> Estimate:
        """A statistic of rows with its bootstrap interval."""
        clusters = None if self.clusters is None else np.asarray(self.clusters)[rows]
        return statistics.bootstrap(
            statistic, rows, clusters=clusters, level=self.level, resamples=self.resamples, seed=self.seed
        )


@dataclass(frozen=True, slots=True)
class Grouped:
    """The group of every record, and values by group of any selection of rows."""

    names: NDArray[Any]
    codes: Integers
    by_group: Callable[[Rows], Floats]

    @property
    def everyone(self) -> Rows:
        """All rows."""
        return np.arange(len(self.codes))

    def estimate(self, summary: Callable[[Rows, Floats], float], resampling: Resampling) -> Estimate:
        """What a summary makes of the rows and the values by group, with its interval.

        Raises:
            ValueError: if there is one group, or a value is NaN in one.
        """
        if len(self.names) < 2:
            raise ValueError(f"all records are of the group {self.names[0]}; a comparison needs two groups.")
        undefined = np.isnan(self.by_group(self.everyone).reshape(len(self.names), -1)).any(axis=1)
        if undefined.any():
            raise ValueError(f"the metric is NaN in the group {self.names[undefined.argmax()]}; merge it or leave it out.")
        return resampling.estimate(lambda rows: summary(rows, self.by_group(rows)), self.everyone)


def read_groups(groups: ArrayLike, count: int) -> tuple[NDArray[Any], Integers]:
    """Names in ascending order, and the number of each record's group.

    >>> read_groups(["m", "f", "m"], 3)[1].tolist()
    [1, 0, 1]
    """
    labels = np.asarray(groups)
    if labels.shape != (count,) or not count:
        raise ValueError(f"groups must name one group for each of the {count} records, not have shape {labels.shape}.")
    missing = labels.dtype.kind in "Of" and any(label is None or label != label for label in labels.tolist())
    if missing:
        raise ValueError("groups holds a missing value; name that group, or leave the record out.")
    names, codes = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels, return_inverse=True)
    return names, codes


def declared(metric: MetricFunction) -> Metric | None:
    """The declaration of a metric given as such or by its function; None for any other function."""
    if isinstance(metric, Metric):
        return metric
    listed = METRICS.get(getattr(metric, "__name__", ""))
    return listed if listed is not None and listed.function is metric else None


def statistic_of(metric: MetricFunction, predictions: ArrayLike, truths: ArrayLike) -> Callable[[Rows], float]:
    """The metric of any selection of the records; per-record metrics are averaged."""
    said, true = np.asarray(predictions), np.asarray(truths)
    if said.ndim == 0 or true.ndim == 0 or len(said) != len(true):
        raise ValueError("predictions and truths hold one row a record; give as many of each.")
    known = declared(metric)
    function = metric.function if isinstance(metric, Metric) else metric
    if known is not None and known.unit == "record":
        unanswered = NAN if known.unanswered is None else known.unanswered
        scores = np.array([unanswered if one is None else function(one, other) for one, other in zip(said, true)], dtype=float)
        return lambda rows: float(scores[rows].mean())
    return lambda rows: float(function(said[rows], true[rows]))


def grouped(statistic: Callable[[Rows], float], groups: ArrayLike, count: int) -> Grouped:
    """The statistic in every group of the rows; NaN where a resample has nobody of it."""
    names, codes = read_groups(groups, count)

    def by_group(rows: Rows) -> Floats:
        members = [rows[codes[rows] == group] for group in range(len(names))]
        return np.array([statistic(own) if len(own) else NAN for own in members])

    return Grouped(names, codes, by_group)
