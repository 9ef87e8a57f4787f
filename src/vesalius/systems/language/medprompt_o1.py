"""From Medprompt to o1: what run-time strategies gain and cost, for a model that answers at once and one that thinks first.

Mechanism: Medprompt in full. Training questions are answered by the model itself with written steps, and kept where its answer
is right; each question is shown the examples nearest to it by embedding; the options are shuffled several times, each order is
answered with steps, and the majority of the answers, told back to the record's letters, is taken. Its parts stand as arms of
their own (random and nearest examples without steps; one order), and so do ensembles of several sizes. The paper's other half
asks a model that reasons by itself: plainly, with examples, and as an ensemble without shuffling. The finding holds each arm's
accuracy and tokens, of which the run's page draws the frontier: arms that no other betters in both (``frontier`` lists them).

One model stands for both here: asked for its answer alone it is the quick one, asked for its steps the one that thinks. Name a
reasoning model by ``--model`` for the paper's own question.

Nori et al.: From Medprompt to o1: Exploration of Run-Time Strategies for Medical Challenge Problems and Beyond. 2024, arXiv
2411.03590. Nori et al.: Can Generalist Foundation Models Outcompete Special-Purpose Tuning? 2023, arXiv 2311.16452.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vesalius.metrics.pareto import pareto_front
from vesalius.names import Size
from vesalius.systems.language.steering_arms import Arm, alone, built, steps
from vesalius.systems.language.steering_tasks import clinic, medqa, shots
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

ORDERS: Mapping[Size, tuple[int, ...]] = {"smoke": (3,), "default": (3, 5), "paper": (3, 5, 7, 11, 15)}
"""Sizes of the shuffled ensemble."""

SAMPLES: Mapping[Size, int] = {"smoke": 3, "default": 5, "paper": 15}
"""Answers of the thinking model's ensemble."""

ZERO_SHOT = "zero-shot"


def _learners(task: Task, size: Size) -> Arms:
    shown, samples = shots(task, size), SAMPLES[size]
    medprompt = {
        f"Medprompt, {count} orders": Arm(steps(task, count, shuffle=True, size=size), shown, "embedding")
        for count in ORDERS[size]
    }
    return built(
        task,
        {
            "random few-shot": Arm(alone(), shown, "random"),
            "nearest few-shot": Arm(alone(), shown, "embedding"),
            "nearest few-shot, own steps": Arm(steps(task, size=size), shown, "embedding"),
            **medprompt,
            "thinking": Arm(steps(task, size=size)),
            "thinking, random few-shot": Arm(steps(task, size=size), shown, "random"),
            f"thinking, ensemble of {samples}": Arm(steps(task, samples, size=size)),
        },
        size,
    )


def _baselines(task: Task, size: Size) -> Arms:
    return built(task, {ZERO_SHOT: Arm(alone())}, size)


@dataclass(frozen=True, slots=True)
class Point:
    """An arm's place between cost and accuracy.

    Attributes:
        arm: its name.
        tokens: a question.
        accuracy: share that is right.
        on_front: no other arm is at least as cheap and as often right, and better in one.
    """

    arm: str
    tokens: float
    accuracy: float
    on_front: bool


def frontier(accuracies: Mapping[str, float], tokens: Mapping[str, float]) -> Sequence[Point]:
    """The arms of one task from cheap to dear, and which of them are on the Pareto frontier.

    Args:
        accuracies: by arm, as the finding's scores have them.
        tokens: a question by arm, as the finding's costs have them.

    >>> [point.arm for point in frontier({"a": 0.5, "b": 0.7, "c": 0.6}, {"a": 10, "b": 20, "c": 30}) if point.on_front]
    ['a', 'b']
    """
    arms = sorted(accuracies, key=lambda arm: tokens[arm])
    kept = pareto_front([tokens[arm] for arm in arms], [accuracies[arm] for arm in arms]).tolist()
    return [Point(arm, tokens[arm], accuracies[arm], on) for arm, on in zip(arms, kept, strict=True)]


SYSTEM = System(
    id="medprompt-o1",
    number=312,
    area="language",
    kind="study",
    claim=Claim(
        "Few-shot prompting hinders o1, ensembling remains viable but is costly, and accuracy against cost over run-time "
        "strategies shows a Pareto frontier: GPT-4o with Medprompt is the affordable end, o1-preview without steering "
        "the accurate one.",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa},
    takes_model="asked",
)
