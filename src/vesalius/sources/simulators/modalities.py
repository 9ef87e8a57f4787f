"""Patients with several kinds of data, some of which are missing: never, by chance, or by what comes of the patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.names import Tier
from vesalius.records import Field, Label, Record, Vector

Missing = Literal["never", "at random", "by outcome"]

MODALITIES: Mapping[str, int] = {"vitals": 6, "labs": 10, "notes": 16, "image": 24}
"""Numbers of each, in the order in which they are had."""

OUTCOMES = ("death", "long stay")
CLASSES = ("no", "yes")

_HIDDEN = 4
"""Numbers that make a patient; each modality shows a part of them, each outcome follows from all."""

_NOISE: Mapping[str, float] = {"vitals": 1.0, "labs": 1.2, "notes": 1.5, "image": 1.5}
_EFFECTS = np.array([[1.6, 1.0, -0.8, 0.5], [-0.5, 1.2, 1.2, 0.7]])
_RATE = 0.4
"""Share that is missing of each modality but the first, at random and, on average, by outcome."""

_TILT = 0.35
"""By outcome, the share is so much higher where death comes and lower where it doesn't; flipped, the other way."""

_WORLD = 20_231


@dataclass(frozen=True, slots=True, kw_only=True)
class Modalities:
    """Patients, each modality a ``Vector``, absent from the record where it is missing; two outcomes.

    The first modality is always there. Missing by outcome is missing not at random: that a modality is absent tells what comes.
    ``flipped`` turns that round in the test records, as in a hospital where the ill are measured and not the well.

    Attributes:
        train, validation, test: how many.
        missing: how.
        flipped: in the test records, by outcome the other way.
        seed: of the patients.
    """

    train: int
    validation: int
    test: int
    missing: Missing = "never"
    flipped: bool = False
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"modalities missing {self.missing}{', flipped at test' if self.flipped else ''}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Simulated patients with {', '.join(MODALITIES)}, missing {self.missing}."

    def records(self) -> Sequence[Record]:
        """Tag ``split``; the outcomes are ``Label``."""
        rng = np.random.default_rng([_WORLD, self.seed])
        return [record for split, count in self._counts for record in self._part_of(split, count, rng)]

    @property
    def _counts(self) -> tuple[tuple[str, int], ...]:
        return ("train", self.train), ("validation", self.validation), ("test", self.test)

    def _part_of(self, split: str, count: int, rng: np.random.Generator) -> list[Record]:
        hidden = rng.normal(0, 1, (count, _HIDDEN))
        came = rng.random((count, len(OUTCOMES))) < 1 / (1 + np.exp(-(hidden @ _EFFECTS.T)))
        values = {}
        for place, (name, size) in enumerate(MODALITIES.items()):
            shown = np.random.default_rng([_WORLD, place]).normal(0, 1, (_HIDDEN, size))
            values[name] = _seen(hidden, place) @ shown / _HIDDEN**0.5 + rng.normal(0, _NOISE[name], (count, size))
        absent = rng.random((count, len(MODALITIES))) < self._shares(came[:, 0], split)[:, None] * _OPTIONAL
        return [
            self._record(f"{split}-{row}", split, {name: own[row] for name, own in values.items()}, absent[row], came[row])
            for row in range(count)
        ]

    def _shares(self, died: NDArray[Any], split: str) -> NDArray[Any]:
        """Chance of each patient that an optional modality is missing."""
        if self.missing == "never":
            return np.zeros(len(died))
        if self.missing == "at random":
            return np.full(len(died), _RATE)
        tilt = -_TILT if self.flipped and split == "test" else _TILT
        return np.where(died, _RATE + tilt, _RATE - tilt)

    def _record(
        self, name: str, split: str, values: Mapping[str, NDArray[Any]], absent: NDArray[Any], came: NDArray[Any]
    ) -> Record:
        fields: dict[str, Field] = {
            kind: Vector(own, tuple(f"{kind} {number}" for number in range(len(own))))
            for (kind, own), gone in zip(values.items(), absent, strict=True)
            if not gone
        }
        fields |= {outcome: Label(CLASSES[int(one)], CLASSES) for outcome, one in zip(OUTCOMES, came, strict=True)}
        return Record(id=name, subject_id=name, fields=fields, licence="CC0-1.0", tags={"split": split})


_OPTIONAL = np.array([0.0, 1.0, 1.0, 1.0])


def _seen(hidden: NDArray[Any], place: int) -> NDArray[Any]:
    """What a modality shows: all but one of the numbers, of which each modality lacks another one."""
    seen = hidden.copy()
    seen[:, place % _HIDDEN] = 0
    return seen
