"""The arms that systems of steering share: a strategy, and which examples it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from vesalius.language.models import model_of, opened
from vesalius.language.shots import Choice
from vesalius.language.steering import Ask, Strategy
from vesalius.learners.learner import Learner
from vesalius.learners.steered import Steered
from vesalius.names import Size
from vesalius.systems.language.steering_tasks import TEMPERATURE, chains
from vesalius.systems.system import Arms
from vesalius.tasks import Task


@dataclass(frozen=True, slots=True)
class Arm:
    """How the model of a task is asked.

    Attributes:
        strategy: how.
        shots: examples before each question, with the model's own steps where the strategy asks for steps.
        choose: which.
    """

    strategy: Strategy
    shots: int = 0
    choose: Choice = "random"


def alone() -> Ask:
    """The answer alone, greedily: plain prompting."""
    return Ask()


def steps(task: Task, votes: int = 1, *, shuffle: bool = False, size: Size) -> Ask:
    """Written steps and then the answer; greedily or, for several votes, sampled."""
    sampling = chains(task, TEMPERATURE if votes > 1 else 0.0, size=size)
    return Ask(protocol="chain of thought", votes=votes, shuffle=shuffle, sampling=sampling)


def built(task: Task, arms: Mapping[str, Arm], size: Size) -> Arms:
    """Learners of the task's model."""
    return {name: partial(_build, task, size, arm) for name, arm in arms.items()}


def _build(task: Task, size: Size, arm: Arm, seed: int) -> Learner:
    with_steps = arm.shots and not (isinstance(arm.strategy, Ask) and arm.strategy.protocol != "chain of thought")
    return Steered(
        partial(opened, model_of(task)),
        arm.strategy,
        shots=arm.shots,
        choose=arm.choose,
        own_steps=chains(task, size=size) if with_steps else None,
        seed=seed,
    )
