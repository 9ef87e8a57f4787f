"""MOTOR: a foundation model of patients' events that is pretrained on the times to all of them.

Mechanism (`learners/events`): a causal transformer reads codes with their values, turned in attention by the age at which they
happened. At moments of every history, whoever's it is, it tells for every code of the vocabulary the hazard until it comes next,
piecewise exponential over pieces with as many events each, and learns by the likelihood with censoring at the end of the history.
States give a vector a piece, outcomes read it by a vector of their own, so that a new outcome adds few numbers. Adapted to an
outcome by tuning all weights, or as a linear probe.

Compared with the same network from random weights, given all updates of both phases for the outcome, with Cox regression and
with gradient boosted Cox on counts of codes. The outcome's label is there for 5 %, 25 % or all training patients; pretraining
sees the histories of all. Simulated patients, whose hazards are planted: tested in the hospital that was trained on, and in
another one that codes and measures otherwise (drift). Real event streams with survival times are not at hand: the cohorts of
scikit-survival and lifelines have covariates, no histories.

As in the authors' code no moment at birth is asked about, and codes that never come later are no outcomes. Costs: parameters are
those that tuning changes, and the seconds of a pretraining that several arms begin from stand with the first of them.

The published model has 143 million parameters, thousands of outcomes and up to 55 million patients. What its paper calls time
bins, here pieces, are chosen by quantiles in both.

Steinberg, Fries, Xu, Shah: MOTOR: A Time-To-Event Foundation Model For Structured Medical Records. ICLR 2024, arXiv 2301.03150.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Record
from vesalius.sources.few_labels import FewLabels
from vesalius.sources.own_histories import OwnHistories, split_of_own
from vesalius.sources.simulators.patients import Patients
from vesalius.sources.simulators.patients.world import Hospital
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from vesalius.learners.events.counts import Model
    from vesalius.learners.events.hazards import EventRecipe

TARGET = "time to event"
HORIZON = 16
"""Units of time, here quarters of a year, for which survival is told."""

OUTCOMES: Mapping[Size, tuple[str, ...]] = {
    "smoke": ("death",),
    "default": ("heart failure",),
    "paper": ("heart failure", "stroke", "infarction", "hip fracture", "pneumonia", "kidney failure", "death"),
}
SHARES: Mapping[Size, tuple[float, ...]] = {"smoke": (1.0,), "default": (0.05, 0.25, 1.0), "paper": (0.05, 0.1, 0.25, 0.5, 1.0)}
PATIENTS: Mapping[Size, int] = {"smoke": 120, "default": 8000, "paper": 200_000}
VALIDATION, TEST = 0.15, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of every network.

    Attributes:
        width, depth, heads: of the transformer.
        length: events that are seen.
        pretraining, tuning: updates of the phases.
        batch: histories a step.
        check: updates after which the validation score is taken.
    """

    width: int
    depth: int
    heads: int
    length: int
    pretraining: int
    tuning: int
    batch: int
    check: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(width=8, depth=1, heads=2, length=16, pretraining=3, tuning=3, batch=8, check=1),
    "default": Budget(width=64, depth=2, heads=4, length=64, pretraining=300, tuning=100, batch=32, check=25),
    "paper": Budget(width=768, depth=12, heads=12, length=16_384, pretraining=100_000, tuning=5_000, batch=32, check=500),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Patients of the north to learn from, and those of the south to test.

    Attributes:
        outcome, count, seed: as ``Patients`` has them, in each hospital.
    """

    outcome: str
    count: int
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"patients north to south, {self.outcome}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Simulated histories of two hospitals that code and measure otherwise, and the time until {self.outcome}."

    def records(self) -> Sequence[Record]:
        """Of both."""
        return [
            record for hospital in _HOSPITALS for record in _patients(self.outcome, self.count, hospital, self.seed).records()
        ]


_HOSPITALS: tuple[Hospital, ...] = ("north", "south")


def _patients(outcome: str, count: int, hospital: Hospital, seed: int) -> Patients:
    return Patients(outcome=outcome, count=count, hospital=hospital, seed=seed)


def _split(records: Sequence[Record]) -> Split:
    """By the hash of the patient; of two hospitals, the north alone is learned from, the south alone tested."""
    split = split_by_hash(records, validation=VALIDATION, test=TEST)
    if len({record.tags["hospital"] for record in records}) == 1:
        return split
    train, validation = (
        [record for record in part if record.tags["hospital"] == "north"] for part in (split.train, split.validation)
    )
    return Split(train, validation, [record for record in split.test if record.tags["hospital"] == "south"])


def _clinic(size: Size) -> list[Task]:
    """A task an outcome and share of labels, and at last one in the other hospital."""
    tasks = []
    for outcome in OUTCOMES[size]:
        for share in SHARES[size]:
            source = _patients(outcome, PATIENTS[size], "north", 0)
            builder = None if share == 1 else FewLabels(share=share, target=TARGET)
            task = _task(source, f"{outcome}, {share:.0%} of labels", "The same hospital")
            tasks.append(replace(task, builder=builder))
        if size != "smoke":
            tasks.append(_task(Moved(outcome=outcome, count=PATIENTS[size]), f"{outcome}, another hospital", "Another hospital"))
    return tasks


def _own(folder: Path, size: Size) -> list[Task]:
    """Of a MEDS dataset whose labels say when."""
    source = OwnHistories(folder=folder, target=TARGET, horizon=HORIZON)
    task = _task(source, source.name, "Your own patients")
    return [replace(task, split=split_of_own, note="A user's own data.")]


def _task(source: Source, name: str, question: str) -> Task:
    return Task(
        name=name,
        family="survival",
        source=source,
        inputs=("history",),
        target=TARGET,
        split=_split,
        measures=(Measure(METRICS["time_dependent_c"], margin=0.02), Measure(METRICS["integrated_brier"], margin=0.005)),
        note="Simulated; hazards follow what the history shows and what the hospital does not know, so that no model reaches 1.",
        question=question,
    )


def recipe(size: Size, *, pretrained: bool = True, adapt: Literal["all", "probe"] = "all") -> "EventRecipe":
    """Of a network; from random weights it takes the updates of both phases for the outcome."""
    from vesalius.learners.events.hazards import EventRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.event_transformer import EventSize

    budget = BUDGETS[size]

    def regime(steps: int, rate: float) -> Regime:
        # all are looked at as often, so that each can be kept before it overfits
        return Regime(steps=steps, learning_rate=rate, warmup=steps // 10, clip=1.0, checks=max(1, steps // budget.check))

    tuning = regime(budget.tuning, 1e-3 if adapt == "all" else 1e-2)
    return EventRecipe(
        size=EventSize(width=budget.width, depth=budget.depth, heads=budget.heads),
        length=budget.length,
        pieces=8,
        inner=16,
        batch=budget.batch,
        moments=4,
        pretraining=regime(budget.pretraining, 3e-3) if pretrained else None,
        tuning=tuning if pretrained else regime(budget.pretraining + budget.tuning, 3e-3),
        adapt=adapt,
        horizon=HORIZON,
    )


def _network(size: Size, pretrained: bool, adapt: Literal["all", "probe"], seed: int) -> Learner:
    from vesalius.learners.events.time_to_event import TimeToEvent

    return TimeToEvent(recipe(size, pretrained=pretrained, adapt=adapt), target=TARGET, seed=seed)


def _counts(model: "Model", seed: int) -> Learner:
    from vesalius.learners.events.counts import CountSurvival

    return CountSurvival(model, target=TARGET, horizon=HORIZON, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    arms = {"motor": partial(_network, size, True, "all"), "motor, probe": partial(_network, size, True, "probe")}
    return {"motor": arms["motor"]} if size == "smoke" else arms


def _baselines(task: Task, size: Size) -> Arms:
    return {
        "from scratch": partial(_network, size, False, "all"),
        "cox on counts": partial(_counts, "cox"),
        "boosting on counts": partial(_counts, "boosting"),
    }


SYSTEM = System(
    id="motor",
    number=36,
    area="ehr",
    kind="model",
    claim=Claim(
        "Task-specific models adapted from MOTOR improve time-dependent C statistics by 4.6% over state-of-the-art, improve "
        "label efficiency by up to 95%, and are more robust to temporal distributional shifts.",
        metric="time_dependent_c",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    own=_own,
)
