"""Questions about what stands in a patient's note: nothing but reading is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.simulators.mini_clinic.exams import LICENCE
from vesalius.sources.simulators.mini_clinic.instructions import note
from vesalius.sources.simulators.mini_clinic.items import LETTERS, OPTIONS
from vesalius.sources.simulators.mini_clinic.world import world


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteQuestions:
    """Notes, each with a question about its diagnosis, condition or treatment.

    Attributes:
        train, validation, test: how many.
        seed: of everything that is drawn.

    >>> record = NoteQuestions(test=1).records()[0]
    >>> right = record.get("options", Choices).options["ABCD".index(record.get("answer", Text).value)]
    >>> f" {right}." in record.get("context", Text).value
    True
    """

    train: int = 0
    validation: int = 0
    test: int = 200
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return "clinic notes"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return "Notes of the clinic in miniature, with questions about what stands in them."

    def records(self) -> Sequence[Record]:
        """Training, validation and test notes, no two the same."""
        rng = np.random.default_rng([self.seed, 6])
        seen: set[str] = set()
        records = []
        for split, count in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            while count:
                record = _record(rng, split)
                if record.id not in seen:
                    seen.add(record.id)
                    records.append(record)
                    count -= 1
        return records


def _record(rng: np.random.Generator, split: str) -> Record:
    one = world()
    text, (disease, _, condition, treatment) = note(rng, one)
    asked = {
        "What is the diagnosis?": (disease, one.known),
        "What does the patient also have?": (condition, one.all_conditions),
        "What is the patient given?": (treatment, one.all_treatments),
    }
    question = str(rng.choice(list(asked)))
    right, pool = asked[question]
    wrong = [str(name) for name in rng.permutation([name for name in pool if name != right])[: OPTIONS - 1]]
    options = [str(name) for name in rng.permutation([right, *wrong])]
    name = sha256(f"{text}\0{question}".encode()).hexdigest()[:12]
    return Record(
        id=name,
        subject_id=name,
        fields={
            "context": Text(text),
            "question": Text(question),
            "options": Choices(tuple(options)),
            "answer": Text(LETTERS[options.index(right)]),
        },
        licence=LICENCE,
        tags={"split": split, "level": "note", "part": "known"},
    )
