"""What the systems that steer a model are tried on: exams of the clinic in miniature, and MedQA."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vesalius.language.backend import Sampling
from vesalius.language.choices import NEXT_QUESTION
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.public.medqa import MEDQA_4
from vesalius.sources.simulators.mini_clinic.exams import Exam
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.sources.splits import hold_out
from vesalius.tasks import Split, Task
from vesalius.tasks.texts import by_release, choices_task

ALL_LEVELS: tuple[Level, ...] = ("recall", "one step", "several steps")
LEVELS: Mapping[Size, tuple[Level, ...]] = {"smoke": ("several steps",), "default": ALL_LEVELS, "paper": ALL_LEVELS}


@dataclass(frozen=True, slots=True)
class Counts:
    """Questions of a task; None for all that there are."""

    train: int
    test: int | None


CLINIC: Mapping[Size, Counts] = {"smoke": Counts(6, 4), "default": Counts(60, 150), "paper": Counts(500, 1000)}
MEDQA: Mapping[Size, Counts] = {"smoke": Counts(6, 4), "default": Counts(100, 100), "paper": Counts(400, None)}

SHOTS: Mapping[str, Mapping[Size, int]] = {
    "clinic": {"smoke": 1, "default": 2, "paper": 2},
    "medqa": {"smoke": 1, "default": 3, "paper": 5},
}
"""Examples before a question, by the tag ``data``; the clinic's models take no more with their steps."""

TEMPERATURE = 0.7
"""At which chains are sampled, as in self-consistency (Wang et al. 2023)."""

CHAIN_TOKENS: Mapping[str, Mapping[Size, int]] = {
    "clinic": {"smoke": 40, "default": 128, "paper": 128},
    "medqa": {"smoke": 64, "default": 384, "paper": 8192},
}
"""Of written steps at most, by the tag ``data``: at paper size room for models that think at length."""

_MEDQA_NOTE = "Where the release at hand has no training questions, examples are test questions that are held out."


def clinic(size: Size) -> list[Task]:
    """A task a level; several steps are where written steps matter."""
    counts = CLINIC[size]
    exams = [Exam(level=level, train=counts.train, test=counts.test or 0) for level in LEVELS[size]]
    return [replace(choices_task(exam), question=exam.level, tags={"data": "clinic"}) for exam in exams]


def medqa(size: Size) -> list[Task]:
    """MedQA with four options, for a model that reads English.

    Raises:
        UserError: if the release is not at hand.
    """
    MEDQA_4.records()
    task = choices_task(MEDQA_4, note=_MEDQA_NOTE)
    return [replace(task, split=partial(_few, MEDQA[size]), tags={"data": "medqa"})]


def without_examples(tasks: Callable[[Size], list[Task]]) -> Callable[[Size], list[Task]]:
    """The same tasks without training questions, for systems that show none: where nothing is drawn, one run tells all."""
    return partial(_without_examples, tasks)


def _without_examples(tasks: Callable[[Size], list[Task]], size: Size) -> list[Task]:
    return [replace(task, split=partial(_test_alone, task.split)) for task in tasks(size)]


def _test_alone(split: Callable[[Sequence[Record]], Split], records: Sequence[Record]) -> Split:
    return Split(train=(), validation=(), test=split(records).test)


def _few(counts: Counts, records: Sequence[Record]) -> Split:
    split = by_release(records)
    train, test = split.train, split.test
    if not train:
        test, train = hold_out(test, counts.train)
    return Split(train=train[: counts.train], validation=(), test=test[: counts.test])


def shots(task: Task, size: Size) -> int:
    """Examples before a question, where there are any."""
    return SHOTS[task.tags["data"]][size]


def chains(task: Task, temperature: float = 0.0, *, size: Size) -> Sampling:
    """How steps are written: long enough for task and size, and no longer than the clinic's models take."""
    return Sampling(max_tokens=CHAIN_TOKENS[task.tags["data"]][size], temperature=temperature, stop=(NEXT_QUESTION,))
