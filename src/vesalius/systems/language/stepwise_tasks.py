"""What the systems that judge single steps are tried on: exams of the clinic in miniature, of which a part was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from vesalius.language.backend import Sampling
from vesalius.names import Size, Tier
from vesalius.records import Record
from vesalius.sources.simulators.mini_clinic.exams import Exam, Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.systems.language.steering_tasks import chains
from vesalius.systems.system import Arms
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Questions of a task."""

    train: int
    test: int
    validation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepwise:
    """Questions of one level: of one part of the world to train on, and of the same or another to test.

    Attributes:
        level: how many steps lead to an answer.
        trained, tested: the parts.
        counts: of questions.
        seed: of the questions.
    """

    level: Level
    trained: Part
    tested: Part
    counts: Counts
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"clinic {self.level}, {self.trained} to {self.tested}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            f"Exam questions of the clinic in miniature ({self.level}): of {self.trained} to train on, of {self.tested} to test."
        )

    def records(self) -> Sequence[Record]:
        """Training and test questions, none twice."""
        learnt = Exam(
            level=self.level,
            part=self.trained,
            train=self.counts.train,
            validation=self.counts.validation,
            test=0,
            seed=self.seed,
        )
        asked = Exam(level=self.level, part=self.tested, test=self.counts.test, seed=self.seed)
        if self.trained == self.tested:
            return replace(learnt, test=self.counts.test).records()
        return [*learnt.records(), *asked.records()]


def stepwise(exams: Sequence[tuple[Level, Part, Part]], counts: Counts, *, seed: int = 0) -> list[Task]:
    """A task a level, with the part that is trained on and the part that is tested."""
    sources = [
        Stepwise(level=level, trained=trained, tested=tested, counts=counts, seed=seed) for level, trained, tested in exams
    ]
    return [replace(choices_task(source), question=source.name, tags={"data": "clinic"}) for source in sources]


SAMPLES: Mapping[Size, int] = {"smoke": 2, "default": 8, "paper": 16}
"""Solutions of a question, for every arm that samples."""

TEMPERATURE = 1.0
"""Of the samples, so that they differ."""

_SHORT = 24
"""Tokens of a solution at smoke size."""


def steps_of(task: Task, size: Size, temperature: float = 0.0) -> Sampling:
    """How solutions are written."""
    sampling = chains(task, temperature, size=size)
    return replace(sampling, max_tokens=_SHORT) if size == "smoke" else sampling


def few(arms: Arms) -> Arms:
    """The first arm alone, as at smoke size."""
    return dict(islice(arms.items(), 1))
