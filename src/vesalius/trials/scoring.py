"""From predictions to scores, with the model long gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.metrics import Metric
from vesalius.tasks import Prediction, Value
from vesalius.trials.table import from_parquet, table_to_parquet

_NAN = float("nan")

Gathered = NDArray[np.generic] | list[Value | None]


def record_scores(metric: Metric, predictions: Sequence[Prediction], truths: Sequence[Value]) -> NDArray[np.float64]:
    """One score a record; a record without an answer gets the metric's ``unanswered`` score.

    Raises:
        ValueError: if the metric is not per record.

    >>> from vesalius.metrics import METRICS
    >>> silent = Prediction(record_id="1", value=None, outcome="refused")
    >>> record_scores(METRICS["accuracy"], [silent], ["A"])
    array([0.])
    """
    if metric.unit != "record":
        raise ValueError(f"{metric.identity} is a statistic of a set, not of a record.")
    unanswered = _NAN if metric.unanswered is None else metric.unanswered
    return np.array(
        [
            unanswered if prediction.value is None else metric.function(prediction.value, truth)
            for prediction, truth in zip(predictions, truths, strict=True)
        ],
        dtype=float,
    )


def gathered(values: Sequence[Value | None]) -> Gathered:
    """The values of a set as its metrics take them: an array where all are numbers or arrays of one shape, else a list.

    A missing number is NaN; a missing value among others stays None.

    >>> gathered([0.5, None])
    array([0.5, nan])
    >>> gathered(["pneumonia", None])
    ['pneumonia', None]
    """
    if all(value is None or isinstance(value, float | int) for value in values):
        return np.array([_NAN if value is None else value for value in values], dtype=float)
    arrays = [value for value in values if isinstance(value, np.ndarray)]
    if len(arrays) == len(values) and len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    return list(values)


def subset(values: Gathered, kept: NDArray[np.bool_]) -> Gathered:
    """The values that are kept, in their order."""
    if isinstance(values, np.ndarray):
        return values[kept]
    return [value for value, keep in zip(values, kept, strict=True) if keep]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a cell's predictions came to, record by record.

    Attributes:
        record_ids, outcomes: of each prediction.
        values: of each per-record metric, by its identity.
    """

    record_ids: tuple[str, ...]
    outcomes: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]

    def by(self, metric: Metric) -> NDArray[np.float64]:
        """The scores by a per-record metric.

        Raises:
            UserError: if they are not there.
        """
        if metric.identity not in self.values:
            raise UserError(f"Metric {metric.identity}: the run has no scores by it; vesalius rescore makes them.")
        return self.values[metric.identity]


def scores_from_parquet(data: bytes) -> Scores:
    """What ``scores_to_parquet`` wrote; raises KeyError, TypeError or ValueError where it is something else."""
    rows = from_parquet(data)
    names = [name for name in (rows[0] if rows else {}) if name not in ("record_id", "outcome")]
    return Scores(
        record_ids=tuple(str(row["record_id"]) for row in rows),
        outcomes=tuple(str(row["outcome"]) for row in rows),
        values={name: np.array([row[name] for row in rows], dtype=float) for name in names},
    )


def scores_to_parquet(predictions: Sequence[Prediction], truths: Sequence[Value], metrics: Sequence[Metric]) -> bytes:
    """One row a record: its outcome, and its score by each per-record metric under the metric's identity."""
    per_record = [metric for metric in metrics if metric.unit == "record"]
    columns = {
        "record_id": pa.array([prediction.record_id for prediction in predictions], pa.string()),
        "outcome": pa.array([prediction.outcome for prediction in predictions], pa.string()),
        **{metric.identity: pa.array(record_scores(metric, predictions, truths)) for metric in per_record},
    }
    return table_to_parquet(pa.table(columns))
