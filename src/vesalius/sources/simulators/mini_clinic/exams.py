"""Exams of the clinic as a source of multiple-choice records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np

from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.simulators.mini_clinic.dialects import Dialect, voice
from vesalius.sources.simulators.mini_clinic.items import LETTERS, Examiner, Form, Item, Level
from vesalius.sources.simulators.mini_clinic.world import Group, world

Part = Literal["known", "new form", "new diseases", "second dialect"]
"""What a base model has not seen: the questions themselves, their wording, the diseases, or the language."""

_PARTS: Mapping[Part, tuple[Group, Form, Dialect]] = {
    "known": ("known", "known", "first"),
    "new form": ("known", "new form", "first"),
    "new diseases": ("new", "known", "first"),
    "second dialect": ("known", "known", "second"),
}
LICENCE = "CC0-1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """Questions of one level and part, no two the same.

    Attributes:
        level: how many steps lead to an answer.
        part: what of it base models have not seen.
        train, validation, test: how many.
        seed: of everything that is drawn.
        noise: share of training and validation questions whose answer is given wrongly.

    >>> record = Exam(level="recall", test=1).records()[0]
    >>> record.get("question", Text).value
    'Which finding does coffin-lowry-syndrome have?'
    """

    level: Level
    part: Part = "known"
    train: int = 0
    validation: int = 0
    test: int = 200
    seed: int = 0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.seed < 0 or not 0 <= self.noise <= 1 or min(self.train, self.validation, self.test) < 0:
            raise ValueError(f"seed {self.seed}, noise {self.noise}: a seed and counts from 0, a share from 0 to 1.")

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"clinic {self.level}, {self.part}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            f"Exam questions of the clinic in miniature ({self.level}; {self.part}): findings of diseases from the Human "
            "Phenotype Ontology, all else invented."
        )

    def records(self) -> Sequence[Record]:
        """Training, validation and test questions."""
        items = self._different()
        rng = np.random.default_rng([self.seed, 3])
        records = []
        for split, count in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            for _ in range(count):
                item = next(items)
                told = item.answer
                if split != "test" and rng.random() < self.noise:
                    told = int(rng.choice([place for place in range(len(LETTERS)) if place != item.answer]))
                records.append(self._record(item, split, told))
        return records

    def _different(self) -> Iterator[Item]:
        group, form, dialect = _PARTS[self.part]
        one = Examiner(world(), voice(dialect), group, form)
        rng = np.random.default_rng([self.seed, *(len(word) for word in (self.level, self.part))])
        seen: set[str] = set()
        while True:
            item = one.item(self.level, str(rng.choice(world().diseases(group))), rng)
            if (key := asked(item)) not in seen:
                seen.add(key)
                yield item

    def _record(self, item: Item, split: str, told: int) -> Record:
        tags = {
            "split": split,
            "level": self.level,
            "part": self.part,
            "disease": item.disease,
            "needs": " ".join(item.documents),
        }
        name = sha256(asked(item).encode()).hexdigest()[:12]
        return Record(
            id=name,
            subject_id=name,
            fields={
                "question": Text(item.question),
                "options": Choices(item.options),
                "answer": Text(LETTERS[told]),
                "explanation": Text(" ".join(item.steps)),
            },
            licence=LICENCE,
            tags=tags,
        )


def asked(item: Item) -> str:
    """A question by its words and options, whatever their order."""
    return "\n".join([item.question, *sorted(item.options)])
