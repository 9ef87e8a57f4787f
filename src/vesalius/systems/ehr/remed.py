"""REMed: predictions from a history without end, by retrieving the events that matter.

Mechanism (`nets/retrieved_events`): a small network scores every event alone, from 0 to 1; the k with the highest scores reach a
transformer that predicts. The two are trained in turns. In the predictor's path scores stand still and the transformer learns
from the retrieved events together; in the retriever's path the transformer stands still, predicts from each retrieved event
alone, and these predictions, weighted by their scores, are held against the outcome. Scoring looks at one event at a time, so
that memory does not grow with the history (`benchmarks/history.py`).

Compared with the same transformer over the last k events and over k random ones, and with all events pooled by their maximum.
Simulated histories of which a few events decide what comes, at any time in the past: how many of them are retrieved is known
(`found`). The paper's events are texts that a frozen encoder has turned into vectors; here a vector a code is learned in the
predictor's path.

Kim, Shim, Yang, Im, Lim, Jeong, Choi: General-Purpose Retrieval-Enhanced Medical Prediction Model Using Near-Infinite History.
MLHC 2024, arXiv 2310.20204.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Events, Record
from vesalius.sources.own_histories import OwnHistories, split_of_own
from vesalius.sources.simulators.long_histories import TELLING, LongHistories
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.texts import by_release

if TYPE_CHECKING:
    from vesalius.learners.events.retrieving import HistoryClassifier, Takes

TARGET = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of all arms.

    Attributes:
        train, validation, test: patients.
        events: of a history, on average, a task each.
        kept: events that reach the transformer.
        width, depth, heads: of the transformer.
        steps, batch: of training; a retriever takes half of the steps.
        learning_rate: at its highest.
    """

    train: int
    validation: int
    test: int
    events: tuple[int, ...]
    kept: int
    width: int
    depth: int
    heads: int
    steps: int
    batch: int
    learning_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        train=40, validation=10, test=20, events=(30,), kept=8, width=16, depth=1, heads=2, steps=4, batch=8, learning_rate=1e-3
    ),
    "default": Budget(
        train=1200, validation=300, test=800, events=(100, 400), kept=16, width=32, depth=1, heads=2, steps=800, batch=32,
        learning_rate=3e-3,
    ),
    "paper": Budget(
        train=20_000, validation=4000, test=4000, events=(1000, 10_000), kept=128, width=512, depth=2, heads=8, steps=40_000,
        batch=64, learning_rate=1e-4,
    ),
}  # fmt: skip


def _clinic(size: Size) -> list[Task]:
    """A task a length of histories."""
    budget = BUDGETS[size]
    note = f"Simulated: {len(TELLING)} codes decide, each once in a third of the histories; the others are chance."
    sources = [
        LongHistories(train=budget.train, validation=budget.validation, test=budget.test, events=events)
        for events in budget.events
    ]
    return [_task(source, by_release, note) for source in sources]


def _own(folder: Path, size: Size) -> list[Task]:
    """Of a MEDS dataset with labels."""
    return [_task(OwnHistories(folder=folder, target=TARGET), split_of_own, "A user's own data.")]


def _task(source: Source, split: Callable[[Sequence[Record]], Split], note: str) -> Task:
    return Task(
        name=source.name,
        family="classification",
        source=source,
        inputs=("history",),
        target=TARGET,
        split=split,
        measures=(Measure(METRICS["auroc"], margin=0.02),),
        note=note,
        question="Which events are read",
    )


def _classifier(takes: "Takes", size: Size, seed: int) -> "HistoryClassifier":
    from vesalius.learners.events.retrieving import HistoryClassifier, HistoryRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.event_transformer import EventSize

    budget = BUDGETS[size]
    recipe = HistoryRecipe(
        takes=takes,
        size=EventSize(width=budget.width, depth=budget.depth, heads=budget.heads),
        kept=budget.kept,
        batch=budget.batch,
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 20, clip=1.0, checks=8),
    )
    return HistoryClassifier(recipe, target=TARGET, seed=seed)


def found(learner: "HistoryClassifier", records: Sequence[Record]) -> float:
    """Share of the telling events of histories that reach the transformer."""
    there = reached = 0
    for record in records:
        codes = record.get("history", Events).codes
        taken = {int(place) for place in learner.retrieved(record)}
        places = [place for place, code in enumerate(codes) if code in TELLING]
        there, reached = there + len(places), reached + sum(place in taken for place in places)
    return reached / there if there else float("nan")


def _learner(takes: "Takes", size: Size, seed: int) -> Learner:
    return _classifier(takes, size, seed)


def _learners(task: Task, size: Size) -> Arms:
    return {"remed": partial(_learner, "retrieved", size)}


def _baselines(task: Task, size: Size) -> Arms:
    ways: dict[str, Takes] = {"last events": "last", "random events": "random", "all, max-pooled": "all"}
    return {name: partial(_learner, takes, size) for name, takes in ways.items()}


SYSTEM = System(
    id="remed",
    number=197,
    area="ehr",
    kind="method",
    claim=Claim(
        "On 27 clinical tasks and two cohorts better than other architectures that take as many events as possible, with choices "
        "of events that agree with those of medical experts.",
        metric="auroc",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    own=_own,
)
