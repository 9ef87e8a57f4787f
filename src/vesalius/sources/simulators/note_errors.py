"""Notes of the clinic in miniature, each as it should be and with one planted error, for what finds and corrects errors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vesalius.metrics import NO_ERROR, Correction
from vesalius.names import Tier
from vesalius.records import Label, Record, Text
from vesalius.sources.notes import numbered
from vesalius.sources.simulators.mini_clinic.dialects import Voice, voice
from vesalius.sources.simulators.mini_clinic.world import World, world

ErrorKind = Literal["diagnosis", "finding", "treatment"]
KINDS: tuple[ErrorKind, ...] = ("diagnosis", "finding", "treatment")
FLAGS = ("correct", "error")
LICENCE = "CC0-1.0"
_FINDINGS = 6
_CONTRADICTED = 3
"""A wrong diagnosis lacks at least so many of the note's findings; a wrong finding is one that the disease does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteErrors:
    """Notes of a patient's findings, diagnosis and treatment. Each is there twice: as it is, and with one error.

    The error is one name in place of another: a diagnosis that does not go with the findings, a finding that does not go with the
    diagnosis, or a treatment that is not that of the disease (or is avoided in the patient's other condition). Versions of one
    note have one subject. Which disease has which findings is real, the rest is invented.

    Attributes:
        train, validation, test: notes, of each of which there are two versions.
        seed: of everything that is drawn.

    >>> right, wrong = NoteErrors(test=1).records()
    >>> right.get("flag", Label).value, wrong.get("flag", Label).value, right.subject_id == wrong.subject_id
    ('correct', 'error', True)
    """

    train: int = 0
    validation: int = 0
    test: int = 100
    seed: int = 0

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return "clinic-notes"

    @property
    def tier(self) -> Tier:
        """A simulator."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            "Notes of the clinic in miniature with one planted error or none; findings of diseases from the Human Phenotype "
            "Ontology, all else invented."
        )

    def records(self) -> Sequence[Record]:
        """Both versions of each note, with the fields of ``MEDEC``."""
        notes = _different(np.random.default_rng([self.seed, 11]))
        counts = (("train", self.train), ("validation", self.validation), ("test", self.test))
        splits = [split for split, count in counts for _ in range(count)]
        made = []
        for number, (split, (kind, right, wrong)) in enumerate(zip(splits, notes)):
            name = f"note-{number}"
            made += [_record(name, split, kind, right, right), _record(name, split, kind, right, wrong)]
        return made


Note = tuple[str, ...]
"""Its sentences."""


def _different(rng: np.random.Generator) -> Iterator[tuple[ErrorKind, Note, Note]]:
    """Notes, no two the same, with what is wrong in the other version."""
    seen: set[Note] = set()
    while True:
        kind: ErrorKind = KINDS[int(rng.integers(len(KINDS)))]
        patient = _Patient.drawn(world(), rng)
        right, wrong = patient.note(voice("first")), patient.changed(kind, rng).note(voice("first"))
        if right not in seen:
            seen.add(right)
            yield kind, right, wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    world: World
    findings: tuple[str, ...]
    condition: str
    disease: str
    treatment: str

    @classmethod
    def drawn(cls, one: World, rng: np.random.Generator) -> "_Patient":
        disease, condition = str(rng.choice(one.known)), str(rng.choice(one.all_conditions))
        found = rng.permutation(sorted(one.findings[disease]))[:_FINDINGS].tolist()
        treatment = one.given(disease, condition)
        return cls(world=one, findings=tuple(found), condition=condition, disease=disease, treatment=treatment)

    def changed(self, kind: ErrorKind, rng: np.random.Generator) -> "_Patient":
        """With one name in place of another, so that the note contradicts itself."""
        findings, disease, treatment = self.findings, self.disease, self.treatment
        if kind == "diagnosis":
            disease = str(rng.choice([name for name in self.world.known if self._contradicted(name)]))
        elif kind == "finding":
            place = int(rng.integers(len(findings)))
            wrong = str(rng.choice([name for name in self.world.all_findings if name not in self.world.findings[disease]]))
            findings = (*findings[:place], wrong, *findings[place + 1 :])
        else:
            treatment = str(rng.choice([name for name in self.world.all_treatments if name != treatment]))
        return _Patient(world=self.world, findings=findings, condition=self.condition, disease=disease, treatment=treatment)

    def _contradicted(self, name: str) -> bool:
        return len(set(self.findings) - self.world.findings[name]) >= _CONTRADICTED

    def note(self, said: Voice) -> Note:
        half = len(self.findings) // 2
        return (
            said.say("note", "findings", findings=self.findings[:half]),
            said.say("note", "findings", findings=self.findings[half:]),
            said.say("note", "condition", condition=self.condition),
            said.say("note", "disease", disease=self.disease),
            said.say("note", "treatment", treatment=self.treatment),
        )


def _record(name: str, split: str, kind: ErrorKind, right: Note, told: Note) -> Record:
    """A version of a note with what is wrong with it; ``NA`` and -1 where nothing is."""
    changed = [place for place, (a, b) in enumerate(zip(right, told, strict=True)) if a != b]
    wrong, said = ("NA", NO_ERROR) if not changed else (told[changed[0]], Correction("1", str(changed[0]), right[changed[0]]))
    texts = {
        "text": " ".join(told),
        "sentences": numbered(told),
        "error_sentence": wrong,
        "correction": said.correction,
        "corrected_text": " ".join(right) if changed else "NA",
        "error_id": said.sentence,
        "review": said.line,
    }
    return Record(
        id=f"{name}-{'error' if changed else 'correct'}",
        subject_id=name,
        fields={**{field: Text(text) for field, text in texts.items()}, "flag": Label(FLAGS[bool(changed)], FLAGS)},
        licence=LICENCE,
        tags={"split": split, "language": "en", "type": kind if changed else "NA"},
    )
