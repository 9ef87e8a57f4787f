"""Predictions that were made elsewhere, as a source and as learners."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Boxes, Field, Image, Label, Mask, Points, Record, Survival, Text, Vector
from vesalius.tasks import Prediction, Split, Value
from vesalius.trials.config import TaskConfig
from vesalius.trials.table import predictions_to_parquet
from vesalius.trials.trial import Arms


@dataclass(frozen=True, slots=True, eq=False)
class Truths:
    """The true values that recorded predictions are held against, as a source."""

    name: str
    description: str
    values: Mapping[str, Field]
    subjects: Mapping[str, str]
    tier: Tier = "public"

    def records(self) -> Sequence[Record]:
        """One record a true value; what the learners saw is not known here."""
        return [
            Record(id=key, subject_id=self.subjects.get(key, key), fields={"truth": value}) for key, value in self.values.items()
        ]


class Replay:
    """A builder of learners that say again what was said: by seed, one prediction an id."""

    def __init__(self, said: Mapping[int, Mapping[str, Prediction]]) -> None:
        self._said = said

    def __call__(self, seed: int) -> "Replayed":
        """The learner of that seed."""
        return Replayed(dict(self._said[seed]))


@dataclass
class Replayed:
    """A learner that says again what was said."""

    predictions: dict[str, Prediction]

    @property
    def trained_parameters(self) -> int:
        """None are trained here."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing is learned."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The recorded prediction of each record; ``failed`` where there is none."""
        return [self.predictions.get(record.id) or _missing(record.id) for record in records]

    def save(self, folder: Path) -> None:
        """Write nothing: the predictions are kept with the run."""

    def load(self, folder: Path) -> None:
        """Read nothing."""


def _missing(id: str) -> Prediction:
    return Prediction(record_id=id, value=None, outcome="failed")


def arms_of(replays: Mapping[str, Replay], baseline: str | None) -> Arms:
    """All arms against the named one, or against the last.

    Raises:
        UserError: if there are fewer than two arms, or none of that name.
    """
    if len(replays) < 2:
        raise UserError(f"compare: one arm ({', '.join(replays)}); give a second file, or separate the arms with --by.")
    name = baseline or list(replays)[-1]
    if name not in replays:
        raise UserError(f"--baseline {name}: the arms are {', '.join(replays)}.")
    return Arms({arm: replay for arm, replay in replays.items() if arm != name}, {name: replays[name]})


def everything_tested(records: Sequence[Record]) -> Split:
    """Nothing to learn from."""
    return Split((), (), records)


def as_field(task: TaskConfig, value: Value) -> Field:
    """A true value of a run's task as the field that it was."""
    match task.family, value:
        case "survival", np.ndarray():
            return Survival(float(value[0]), bool(value[1]), task.time_unit)
        case "generation", np.ndarray():
            return Image(value)
        case "detection", np.ndarray():
            return _objects(value)
        case _, np.ndarray():
            return Mask(value, task.classes)
        case _, float() | int():
            return Label(task.classes[int(value)], task.classes)
        case _:
            return Text(str(value))


def _objects(value: NDArray[np.generic]) -> Field:
    """Boxes, points or counts, which differ in their shape."""
    numbers = value.astype(np.float64)
    names = ("object",) * len(numbers)
    if numbers.ndim == 1:
        return Vector(numbers, names)
    return Points(numbers, names) if numbers.shape[1] in (2, 3) else Boxes(numbers, names)


def content_digest(said: Iterable[Mapping[str, Prediction]]) -> str:
    """SHA-256 of predictions."""
    hasher = hashlib.sha256()
    for predictions in said:
        hasher.update(predictions_to_parquet(list(predictions.values())))
    return hasher.hexdigest()
