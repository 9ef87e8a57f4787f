"""The tests of MedRGB as tasks, over the clinic in miniature and over MedQA with MedQuAD."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from vesalius.language.medrgb import (
    SUB_QUESTIONS,
    Case,
    cases,
    detection,
    integration_records,
    needed,
    parts,
    robustness,
    searched,
    standard,
    sufficiency,
)
from vesalius.language.retrieval import Document
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Choices, Field, Record, Text
from vesalius.sources.public.medqa import MEDQA_4
from vesalius.sources.public.medquad import MEDQUAD
from vesalius.sources.simulators.mini_clinic import Exam, Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.systems.language.reading_tasks import documents, words_index
from vesalius.tasks import Measure, Task
from vesalius.tasks.texts import CHOICE_MARGIN, by_release, choices_task

SEED = 0
TEST: Mapping[Size, int] = {"smoke": 3, "default": 80, "paper": 1000}
_FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_ALONE = (0.0, 0.5, 0.75, 0.8, 1.0)
Rates = Mapping[Size, tuple[float, ...]]
_NOISE: Rates = {"smoke": (0.5,), "default": (0.0, 0.5, 0.75, 1.0)}
_SUFFICIENT: Rates = {"smoke": (1.0,), "default": (0.5, 1.0)}
NOISE: Mapping[str, Rates] = {"clinic": {**_NOISE, "paper": _ALONE}, "medqa": {**_NOISE, "paper": _FIFTHS}}
SUFFICIENT: Mapping[str, Rates] = {"clinic": {**_SUFFICIENT, "paper": _ALONE}, "medqa": {**_SUFFICIENT, "paper": _FIFTHS}}
"""Shares of noise, by the tag ``data``: one page of the clinic answers, which shares below a half would need several of."""

FALSE: Rates = {"smoke": (0.5,), "default": (0.0, 0.5, 1.0), "paper": _FIFTHS}
"""Shares of counterfactual documents."""

PART: Part = "new diseases"
"""Of the clinic: what documents say can then not be known without them."""

SIGNAL: Mapping[str, Mapping[Size, int]] = {
    "clinic": {"smoke": 1, "default": 1, "paper": 1},
    "medqa": {"smoke": 4, "default": 4, "paper": 5},
}
"""Documents that answer a question; of MedQA as many as the shares divide, so that each test shows the same number."""

_SMALLER_POOL = 600
_OPTION_WORDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Records of one test, made when they are asked for.

    Attributes:
        name, description, tier: of the source.
        make: makes the records.
    """

    name: str
    description: str
    tier: Tier
    make: Callable[[], Sequence[Record]]

    def records(self) -> Sequence[Record]:
        """All of them."""
        return self.make()


def clinic(size: Size) -> list[Task]:
    """All tests on facts of the textbook; integration on the comparison of four diseases."""
    facts = partial(_clinic_cases, "recall", size)
    compared = partial(_clinic_cases, "several steps", size)
    return _tasks("clinic", size, facts, compared, _clinic_smaller)


def medqa(size: Size) -> list[Task]:
    """All tests on MedQA, over MedQuAD.

    Raises:
        UserError: if a release is not at hand.
    """
    MEDQA_4.records()
    MEDQUAD.records()
    asked = partial(_medqa_cases, size)
    return _tasks("medqa", size, asked, asked, partial(_medqa_smaller, size))


Cases = Callable[[], Sequence[Case]]
Smaller = Callable[[], Callable[[Document, np.random.Generator], Record | None]]


def _tasks(data: str, size: Size, facts: Cases, compared: Cases, smaller: Smaller) -> list[Task]:
    build = partial(_task, data)
    made = [build("standard", rate, partial(_each, standard, facts, rate)) for rate in NOISE[data][size]]
    made += [build("sufficiency", rate, partial(_each, sufficiency, facts, rate)) for rate in SUFFICIENT[data][size]]
    made += [
        build("integration", 0.0, partial(_integration, compared, smaller, True), more=(SUB_QUESTIONS,)),
        build("smaller questions", 0.0, partial(_integration, compared, smaller, False)),
    ]
    made += [_robust(build("robustness", rate, partial(_each, robustness, facts, rate))) for rate in FALSE[size]]
    return [*made, build("detection", 0.5, partial(_detection, facts))]


def _task(data: str, test: str, rate: float, make: Callable[[], Sequence[Record]], *, more: tuple[str, ...] = ()) -> Task:
    kind = "counterfactual" if test in ("robustness", "detection") else "noise"
    source = Built(
        name=f"{data} {test}, {kind} {rate:g}",
        description=f"Multiple-choice questions behind documents ({test}; share of {kind} {rate:g}).",
        tier="simulator" if data == "clinic" else "public",
        make=make,
    )
    task = choices_task(source, context=True)
    return replace(
        task,
        name=source.name,
        inputs=(*task.inputs, *more),
        question=test,
        tags={"data": data, "test": test, "rate": f"{rate:g}"},
    )


def _robust(task: Task) -> Task:
    measures = tuple(Measure(METRICS[name], CHOICE_MARGIN) for name in ("resisted_accuracy", "suggestion_followed"))
    return replace(task, target="key", measures=measures)


def _each(build: Callable[[Case, float, int], Record], found: Cases, rate: float) -> list[Record]:
    return [build(case, rate, SEED) for case in found()]


def _integration(found: Cases, smaller: Smaller, whole: bool) -> list[Record]:
    ask = smaller()
    built = [integration_records(case, ask, SEED) for case in found()]
    return [record for record, _ in built] if whole else [one for _, own in built for one in own]


def _detection(found: Cases) -> list[Record]:
    return [record for case in found() for record in detection(case)]


def _most_noise(data: str, size: Size) -> int:
    """As many documents as any test shows."""
    rates = (*NOISE[data][size], *SUFFICIENT[data][size], *FALSE[size])
    return max(sum(parts(SIGNAL[data][size], rate)) for rate in rates)


@cache
def _clinic_cases(level: Level, size: Size) -> tuple[Case, ...]:
    corpus = documents("clinic", "textbook")
    records = Exam(level=level, part=PART, test=TEST[size]).records()
    return tuple(cases(records, corpus, needed(corpus), noise=_most_noise("clinic", size), seed=SEED))


@cache
def _clinic_smaller() -> Callable[[Document, np.random.Generator], Record | None]:
    """A question of the disease that a page is about."""
    pool: dict[str, list[Record]] = {}
    for record in Exam(level="recall", part=PART, test=_SMALLER_POOL, seed=1).records():
        pool.setdefault(record.tags["disease"], []).append(record)

    def ask(document: Document, rng: np.random.Generator) -> Record | None:
        own = pool.get(document.title, [])
        return own[int(rng.integers(len(own)))] if own else None

    return ask


@cache
def _medqa_cases(size: Size) -> tuple[Case, ...]:
    records = by_release(MEDQA_4.records()).test[: TEST[size]]
    find = searched(words_index("medqa", "textbook", size), SIGNAL["medqa"][size])
    return tuple(cases(records, documents("medqa", "textbook", size), find, noise=_most_noise("medqa", size), seed=SEED))


@cache
def _medqa_smaller(size: Size) -> Callable[[Document, np.random.Generator], Record | None]:
    """The question of MedQuAD that a document answers; options are beginnings of this and other answers."""
    corpus = documents("medqa", "textbook", size)

    def ask(document: Document, rng: np.random.Generator) -> Record | None:
        wrong = [corpus[place] for place in rng.choice(len(corpus), 8, replace=False) if corpus[place].title != document.title]
        options = [" ".join(one.text.split()[:_OPTION_WORDS]) for one in (document, *wrong[:3])]
        order = rng.permutation(len(options)).tolist()
        fields: dict[str, Field] = {
            "question": Text(document.title),
            "options": Choices(tuple(options[place] for place in order)),
            "answer": Text("ABCD"[order.index(0)]),
        }
        return Record(id=document.id, subject_id=document.id, fields=fields, licence="CC BY 4.0", tags={"split": "test"})

    return ask
