"""What the systems that learn from rewards alone practise on, and where they are tested: exams of the clinic in miniature."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vesalius.names import Tier
from vesalius.records import Record
from vesalius.sources.simulators.mini_clinic.exams import Exam, Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task

LEVELS: tuple[Level, ...] = ("recall", "one step", "several steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Practised:
    """Questions of the known form and diseases to train on, and of one part of the world to test; each level in equal parts.

    Attributes:
        part: what is tested.
        train, test: how many, of all levels together.
        seed: of the questions; those on which settings are chosen have another than those of findings.
    """

    part: Part
    train: int
    test: int
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"clinic exam, {self.part}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Exam questions of the clinic in miniature, of three levels; to train on, known ones, to test, {self.part}."

    def records(self) -> Sequence[Record]:
        """The levels in turn."""
        train, test = self.train // len(LEVELS), self.test // len(LEVELS)
        known = self.part == "known"
        records = _in_turn([Exam(level=level, train=train, test=test if known else 0, seed=self.seed) for level in LEVELS])
        if not known:
            records += _in_turn([Exam(level=level, part=self.part, test=test, seed=self.seed) for level in LEVELS])
        return records


def _in_turn(exams: Sequence[Exam]) -> list[Record]:
    """One of each exam in turn; they have as many."""
    return [record for row in zip(*(exam.records() for exam in exams), strict=True) for record in row]


def clinic(parts: Sequence[Part], *, train: int, test: int) -> list[Task]:
    """A task a part: the first in distribution, where it is ``known``."""
    return [
        replace(
            choices_task(Practised(part=part, train=train, test=test)),
            question="In distribution" if part == "known" else "Out of distribution",
            tags={"data": "clinic", "part": part},
        )
        for part in parts
    ]
