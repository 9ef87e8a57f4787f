"""Histories of one's own patients, from a MEDS dataset with labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Label, Record, Survival
from vesalius.records.durations import DAYS, unit_for
from vesalius.records.events.meds_labels import Labels, read_labels
from vesalius.records.events.meds_read import read_meds, read_splits
from vesalius.records.events.splits import HELD_OUT, SALT, TUNING
from vesalius.sources.splits import split_by_hash
from vesalius.tasks import Split
from vesalius.tasks.texts import by_release

CLASSES = ("no", "yes")
_PARTS = {"train": "train", "tuning": "validation", "held_out": "test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHistories:
    """A record a label: what was known of a subject at a moment, and what came of it.

    Attributes:
        folder: of the MEDS dataset, with its labels in ``labels.parquet`` or ``labels``.
        target: field of the answer.
        horizon: units of time for which survival is to be told; None where only whether it came is asked.
    """

    folder: Path
    target: str
    horizon: int | None = None

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"own, {self.folder.resolve().name}"

    @property
    def tier(self) -> Tier:
        """The user's own."""
        return "own"

    @property
    def description(self) -> str:
        """What the records are."""
        return "Histories of the user's own MEDS dataset, and its labels."

    def records(self) -> Sequence[Record]:
        """``history`` and the target, a ``Label`` (no, yes) or a ``Survival``; tag ``split`` where the dataset has splits.

        Survival is told in the shortest unit of which ``horizon`` reach nine tenths of the times.

        Raises:
            UserError: naming file and what is wrong with it.
        """
        return _records(self)


def split_of_own(records: Sequence[Record]) -> Split:
    """The dataset's own split; by the hash of the subject where it has none.

    Raises:
        UserError: if no label is left to train on, to validate with or to test.
    """
    given = all("split" in record.tags for record in records)
    split = by_release(records) if given else split_by_hash(records, validation=TUNING, test=HELD_OUT, salt=SALT)
    for part, chosen in (("train", split.train), ("validate", split.validation), ("test", split.test)):
        if not chosen:
            remedy = "correct its splits" if given else "give labels of more subjects"
            raise UserError(f"the MEDS dataset: of {len(records)} labels none is left to {part} with; {remedy}.")
    return split


@lru_cache(maxsize=4)
def _records(source: OwnHistories) -> tuple[Record, ...]:
    folder = source.folder
    table, labels, parts = read_meds(folder), read_labels(folder), read_splits(folder)
    answers, places = _answers(source, labels), {name: place for place, name in enumerate(table.subjects)}
    found: dict[str, Record] = {}
    for row, (subject, moment, answer) in enumerate(zip(labels.subjects, labels.moments, answers, strict=True), start=1):
        history = table.known(places[subject], moment) if subject in places else None
        record_id = f"{subject}, {moment}"
        if history is None or not history.codes:
            raise UserError(f"{folder}, label {row}: no event of its subject up to its time; leave the label out.")
        if record_id in found:
            raise UserError(f"{folder}, label {row}: a second one of its subject and time; keep one.")
        found[record_id] = Record(
            id=record_id,
            subject_id=subject,
            fields={"history": history, source.target: answer},
            time=moment.item(),
            tags={"split": _part(folder, parts[subject])} if subject in parts else {},
        )
    return tuple(found.values())


def _answers(source: OwnHistories, labels: Labels) -> Sequence[Label | Survival]:
    if source.horizon is None:
        return [Label(CLASSES[came], CLASSES) for came in labels.came.tolist()]
    if labels.days is None:
        raise UserError(f"{source.folder}: its labels say whether something came, not when; give them float_value, in days.")
    unit = unit_for(float(np.quantile(labels.days, 0.9)) if len(labels.days) else 0.0, source.horizon)
    return [
        Survival(days / DAYS[unit], came, unit) for days, came in zip(labels.days.tolist(), labels.came.tolist(), strict=True)
    ]


def _part(folder: Path, name: str) -> str:
    if name not in _PARTS:
        raise UserError(f"{folder}, its splits: {name[:40]!a} is none of {', '.join(_PARTS)}; name it so.")
    return _PARTS[name]
