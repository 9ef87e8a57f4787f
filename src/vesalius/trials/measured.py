"""One arm by one metric, as intervals and paired differences take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vesalius import statistics
from vesalius.metrics import Metric
from vesalius.metrics.metric import UNIT_RANGE
from vesalius.statistics.estimate import Difference, Estimate
from vesalius.tasks import Prediction, Value
from vesalius.trials.scoring import Gathered, gathered, subset

Matrix = NDArray[np.float64]

MOST, GROUPS = 1000, 250
"""Units that are left out one by one; with more, a metric of sets would be computed thousands of times for each arm and seed. The
standard error from groups is itself uncertain by 1 / √(2 · 249), under 5 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """``values_SN`` (seeds × records), whose row means are the seeds' values.

    For a set metric they are jackknife pseudo-values, which average to the statistic and vary as it does; then there is one
    column a unit of analysis, or of many a group of them, instead of a record.

    Attributes:
        units: of each column, where columns share some; None where each stands alone.
        binary: whether every value is 0 or 1.
        independent: units that carry the information, where these are fewer than the columns.
    """

    values_SN: Matrix
    units: tuple[str, ...] | None = None
    binary: bool = False
    independent: int | None = None

    @property
    def per_seed(self) -> tuple[float, ...]:
        """The metric's value for each seed."""
        return tuple(float(value) for value in self.values_SN.mean(axis=1))

    @property
    def clusters(self) -> NDArray[np.str_] | None:
        """The units as statistics take them."""
        return None if self.units is None else np.array(self.units)


def measure_records(metric: Metric, scores: Mapping[str, Matrix], units: Sequence[str]) -> dict[str, Measured]:
    """Every arm's scores (seeds × records) by a per-record metric; records where it is undefined for all are left out."""
    kept_N = ~np.all([np.isnan(values_SN).all(axis=0) for values_SN in scores.values()], axis=0)
    kept_units = tuple(unit for unit, keep in zip(units, kept_N, strict=True) if keep)
    shared = kept_units if len(set(kept_units)) < len(kept_units) else None
    return {
        arm: Measured(values_SN[:, kept_N], shared, binary=_is_binary(metric, values_SN)) for arm, values_SN in scores.items()
    }


def measure_sets(
    metric: Metric, said: Mapping[str, Sequence[Sequence[Prediction]]], truths: Sequence[Value], units: Sequence[str]
) -> dict[str, Measured]:
    """Every arm's predictions of every seed, by a metric of sets."""
    return {arm: _of_set(metric, seeds, truths, units) for arm, seeds in said.items()}


def _is_binary(metric: Metric, values_SN: Matrix) -> bool:
    """Whether records are right or wrong; distances that happen to be 0 and 1 are not that."""
    return metric.range == UNIT_RANGE and bool(np.isin(values_SN, (0, 1)).all())


def estimate_of(measured: Measured, level: float) -> Estimate:
    """The arm's score with its interval: Wilson for one seed of right and wrong answers, else over seeds and units."""
    values = measured.values_SN
    if not values.size or not np.isfinite(values).all():
        return _undefined_estimate(values, level, "undefined")
    if measured.binary and len(values) == 1 and measured.units is None:
        return statistics.wilson(int(values.sum()), values.size, level=level)
    try:
        return statistics.mean_over_seeds(values, clusters=measured.clusters, independent=measured.independent, level=level)
    except ValueError as error:  # one seed of one subject has no spread
        return replace(_undefined_estimate(values, level, f"undefined: {error}"), value=float(values.mean()))


def difference_of(learner: Measured, baseline: Measured, *, margin: float, level: float) -> Difference:
    """The paired difference: McNemar and Tango for one seed of right and wrong answers, else over seeds and units."""
    a, b = learner.values_SN, baseline.values_SN
    if not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return _undefined_difference(a, level, margin, "undefined")
    if learner.binary and baseline.binary and len(a) == 1 and learner.units is None:
        return statistics.compare_binary(a[0], b[0], margin=margin, level=level)
    try:
        return statistics.compare_means(
            a, b, clusters=learner.clusters, independent=learner.independent, margin=margin, level=level
        )
    except ValueError as error:
        return _undefined_difference(a, level, margin, f"undefined: {error}")


def detectable(learner: Measured, baseline: Measured, difference: Difference, alpha: float) -> float:
    """The smallest true difference that this many records show with 80 % power at ``alpha``; NaN where it cannot be told."""
    a, b = learner.values_SN, baseline.values_SN
    if learner.binary and baseline.binary and len(a) == 1 and learner.units is None:
        discordant = float((a != b).mean())
        return statistics.smallest_detectable_binary(discordant, a.size, alpha=alpha) if discordant else _NAN
    if not difference.standard_error > 0:
        return _NAN
    return statistics.smallest_detectable(difference.standard_error, difference.degrees_of_freedom, alpha=alpha)


_NAN = float("nan")


def _of_set(metric: Metric, seeds: Sequence[Sequence[Prediction]], truths: Sequence[Value], units: Sequence[str]) -> Measured:
    truth = gathered(truths)
    said = [gathered([prediction.value for prediction in predictions]) for predictions in seeds]
    values_SN = np.stack([_pseudo_values(metric, one, truth, units) for one in said])
    return Measured(values_SN, independent=_independent(truth, units))


def _pseudo_values(metric: Metric, predictions: Gathered, truths: Gathered, units: Sequence[str]) -> Matrix:
    """Leave-one-unit-out jackknife pseudo-values, centred on the statistic (Efron and Stein 1981).

    Of more than ``MOST`` units a group is left out at a time (the delete-a-group jackknife, Kott 2001), of ``GROUPS`` equal ones
    that are dealt at random, the same for every arm.
    """
    if any(prediction is None for prediction in predictions) and not _takes_silence(metric, predictions, truths):
        return np.full(len(set(units)), _NAN)
    value = metric.function(predictions, truths)
    _, members = np.unique(np.array(units), return_inverse=True)
    if members.max() >= MOST:
        members = np.random.default_rng(0).permutation(members.max() + 1)[members] % GROUPS
    count = int(members.max()) + 1
    left_out = np.array(
        [metric.function(subset(predictions, members != unit), subset(truths, members != unit)) for unit in range(count)]
    )
    pseudo: Matrix = value - (count - 1) * (left_out - left_out.mean())
    return pseudo


def _takes_silence(metric: Metric, predictions: Gathered, truths: Gathered) -> bool:
    """Whether the metric says what a missing prediction is worth, as those of boxes do; for most it leaves a set undefined."""
    try:
        metric.function(predictions, truths)
    except (TypeError, ValueError):
        return False
    return True


def _independent(truths: Gathered, units: Sequence[str]) -> int | None:
    """Units of the smaller class where truths are 0 or 1, units with an event where they are survival; else None.

    Two hundred records of which five are positive tell of an AUROC what five can tell.
    """
    if not isinstance(truths, np.ndarray) or not np.issubdtype(truths.dtype, np.floating):
        return None
    of_unit = np.array(units)
    if truths.ndim == 1 and np.isin(truths, (0, 1)).all():
        return min(len(set(of_unit[truths == side])) for side in (0, 1))
    if truths.ndim == 2 and truths.shape[1] == 2 and np.isin(truths[:, 1], (0, 1)).all():
        return len(set(of_unit[truths[:, 1] == 1]))
    return None


def _undefined_estimate(values: Matrix, level: float, why: str) -> Estimate:
    return Estimate(_NAN, _NAN, _NAN, level, values.shape[1], values.shape[1], why)


def _undefined_difference(values: Matrix, level: float, margin: float, why: str) -> Difference:
    seeds, n = values.shape
    return Difference(_NAN, _NAN, _NAN, level, _NAN, _NAN, _NAN, _NAN, _NAN, margin, n, n, seeds, why)
