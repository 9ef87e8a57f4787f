"""Label noise planted at a known rate, with the original kept, so that what finds noise can be judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Field, Label, Record, Survival

ORIGINAL = "original"
"""Tag of every record that the builder made: its target before, as text. No learner reads it."""

PLANTED = "label_noise"
"""Tag of every record that the builder made: ``planted`` where the target was changed, else ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNoise:
    """Changes the target of a known share of the records, drawn at random (noise completely at random).

    A binary label is flipped. Survival outcomes, a time with its event, are moved round among the chosen records: each takes
    another's, and as a set they stay as they were.

    Attributes:
        rate: share of the records whose target is changed, rounded to whole records.
        target: name of the field.

    Raises:
        ValueError: if the rate is not between 0 and 1.

    >>> records = [Record(id=str(n), subject_id=str(n), fields={"label": Label("ill", ("well", "ill"))}) for n in range(10)]
    >>> noisy = LabelNoise(rate=0.2, target="label").build(records, seed=0)
    >>> [record.get("label", Label).value for record in noisy].count("well")
    2
    >>> {record.tags["original"] for record in noisy}
    {'ill'}
    """

    rate: float
    target: str

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a rate of noise is between 0 and 1; got {self.rate}.")

    def build(self, records: Sequence[Record], seed: int) -> list[Record]:
        """The records in their order, a share of them with another target.

        Raises:
            UserError: if the target is neither a label of two classes nor a survival outcome.
        """
        chosen = np.random.default_rng(seed).permutation(len(records))[: round(self.rate * len(records))]
        donors = dict(zip(chosen.tolist(), np.roll(chosen, 1).tolist()))
        made = []
        for place, record in enumerate(records):
            original = record.fields[self.target]
            target = self._changed(record, records[donors[place]]) if place in donors else original
            tags = {**record.tags, ORIGINAL: _told(original), PLANTED: "none" if target == original else "planted"}
            made.append(replace(record, fields={**record.fields, self.target: target}, tags=tags))
        return made

    def _changed(self, record: Record, donor: Record) -> Label | Survival:
        match record.fields[self.target]:
            case Label(value=value, classes=(first, second)):
                return Label(second if value == first else first, (first, second))
            case Survival():
                return donor.get(self.target, Survival)
            case other:
                raise UserError(
                    f"record {record.id}, field {self.target!r}: noise is planted in a label of two classes or a survival "
                    f"outcome; this is a {type(other).__name__}, so name another field."
                )


def _told(target: Field) -> str:
    """A target as a tag holds it."""
    match target:
        case Survival(time=time, event=event):
            return f"{time:g} {'event' if event else 'censored'}"
        case Label(value=value):
            return value
        case _:
            return ""


def planted(records: Sequence[Record]) -> NDArray[np.bool_]:
    """Which of the records that ``LabelNoise`` made have a changed target: the truth for judging what finds noise.

    >>> planted([Record(id="1", subject_id="1", fields={}, tags={"label_noise": "planted"})])
    array([ True])
    """
    return np.array([record.tags[PLANTED] == "planted" for record in records], dtype=bool)
