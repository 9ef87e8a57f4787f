"""Agents of known behaviour, which prove what the bench measures; the oracle and the idle one are in ``worlds.environment``."""

from collections.abc import Callable
from typing import Any

from vesalius.worlds.environment import Agent, Task
from vesalius.worlds.medagentbench.bench import Bench
from vesalius.worlds.medagentbench.patients import people
from vesalius.worlds.tools import Action, Create


def prefetched(task: Task) -> Agent:
    """Answers at once what is asked, as one does who was handed the data beforehand, and never calls a tool.

    What it gets right is what reading alone is worth, without acting: the questions, and the orders that need no order.
    """
    return lambda seen: task.solution[-1]


def wrong_patient(bench: Bench) -> Callable[[Task], Agent]:
    """Makes agents that do what solves a task, to another patient: right in every field but the one that matters most."""
    known = people(bench.patients, bench.seed).known

    def make(task: Task) -> Agent:
        other = next(one.id for one in known if one.id != task.goal.patient)
        moved = [_moved(one, f"Patient/{other}") for one in task.solution]
        return lambda seen: moved[len(seen) - 1]

    return make


def _moved(action: Action, patient: str) -> Action:
    if not isinstance(action, Create):
        return action
    resource: dict[str, Any] = {**action.resource, "subject": {"reference": patient}}
    return Create(resource=resource)
