"""What is to be predicted from what, on which records, and how it is judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from vesalius.metrics import Metric
from vesalius.names import Tier
from vesalius.records import Boxes, Choices, Field, Image, Label, Mask, Points, Record, Survival, Text, Vector
from vesalius.tasks.prediction import Value

Family = Literal[
    "segmentation",
    "choices",
    "classification",
    "survival",
    "generation",
    "ambiguous_segmentation",
    "attribution",
    "writing",
    "retrieval",
    "detection",
]


class Source(Protocol):
    """Where records come from: a packaged real set, a public release on disk, or a simulator with known truth."""

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        ...

    @property
    def tier(self) -> Tier:
        """Which kind of source it is; a finding says so."""
        ...

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        ...

    def records(self) -> Sequence[Record]:
        """All records, the same in every call."""
        ...


class Builder(Protocol):
    """Makes records from records."""

    def build(self, records: Sequence[Record], seed: int) -> Sequence[Record]:
        """New records; equal inputs and seed give equal outputs."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Records by their use. A task whose learners need no training has none to train on."""

    train: Sequence[Record]
    validation: Sequence[Record]
    test: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric as a task uses it, with the difference below which two systems count as equal, declared beforehand."""

    metric: Metric
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """One question put to learners.

    Attributes:
        name: unique within a trial.
        family: what kind of answer is asked for; a report shows records accordingly.
        source: where the records come from.
        inputs: fields that a learner may read.
        target: the field to predict.
        readings: fields of equal size, ``target`` one of them, that several people gave where a prediction is to give their
            distribution: the truth is then all of them, stacked along a new first axis.
        split: divides the records, the same way in every call.
        measures: how answers are judged; the first is the primary one.
        unit: what intervals are clustered by: ``subject_id`` or the name of a tag.
        builder: changes the training and validation records of a seed, the same for every arm; None leaves them.
        note: what a reader must know to judge the task, such as a subject shared by train and test.
        question: what the task helps to answer; p values are corrected over the comparisons that answer the same one.
    """

    name: str
    family: Family
    source: Source
    inputs: tuple[str, ...]
    target: str
    split: Callable[[Sequence[Record]], Split]
    measures: tuple[Measure, ...]
    unit: str = "subject_id"
    builder: Builder | None = None
    note: str = ""
    question: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[str, ...] = ()

    def truth(self, record: Record) -> Value:
        """The target, or the stacked readings, as the plain value that metrics take."""
        if self.readings:
            return np.stack([np.asarray(plain(record.fields[name])) for name in self.readings])
        return plain(record.fields[self.target])

    def blind(self, record: Record) -> Record:
        """The record without its target, as a learner sees it at test."""
        seen = {name: value for name, value in record.fields.items() if name in self.inputs}
        return Record(
            id=record.id, subject_id=record.subject_id, fields=seen, time=record.time, licence=record.licence, tags=record.tags
        )


def plain(value: Field) -> Value:
    """A target field as metrics take it.

    A mask's labels, an image's pixels, corners of boxes, positions, numbers, a class index, time and event, or text.

    >>> plain(Survival(12.0, True))
    array([12.,  1.])
    """
    match value:
        case Mask():
            return value.labels
        case Image():
            return value.pixels
        case Label():
            return float(value.index)
        case Survival():
            return np.array([value.time, float(value.event)])
        case Text():
            return value.value
        case Boxes():
            return value.corners
        case Points():
            return value.positions
        case Vector():
            return value.values
        case Choices():
            raise TypeError("options are shown, not predicted; make the right one the target, as a Text with its letter.")
        case _:
            raise TypeError(f"{type(value).__name__} cannot be a target yet.")
