"""Tasks in a clinic that is set back for each: the same object serves evaluation and reinforcement learning."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from vesalius.errors import UserError
from vesalius.worlds.difference import difference
from vesalius.worlds.fhir.access import Caller
from vesalius.worlds.fhir.clinic import Clinic, Snapshot
from vesalius.worlds.fhir.faults import Faults
from vesalius.worlds.goals import Goal, Judgement, judge
from vesalius.worlds.tools import TOOLS, Action, Create, Finish, Result, Tool, Update, perform, unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, in a clinic that is ready for it.

    Attributes:
        identifier: of the task.
        instruction: what the agent is told.
        goal: by which the state at the end is judged.
        solution: actions that reach the goal, the last of which finishes; for the oracle.
    """

    identifier: str
    instruction: str
    goal: Goal
    solution: tuple[Action, ...]


TaskMaker = Callable[[Clinic, random.Random], Task]
"""Makes a task from a seed: it may load patients into the clinic, which is set back before the next one."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent sees.

    Attributes:
        text: the instruction at first, then what the last action gave back.
        tools: what it may call.
        status: of that action, as HTTP has it.
    """

    text: str
    tools: tuple[Tool, ...] = TOOLS
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """How an episode stands; for reports, not for the agent.

    Attributes:
        ended: by what it ended; None while it goes on.
        judgement: of the state, once it ended.
        answer: what the agent finished with.
        steps, reads, writes, refused: actions so far: all, those that read and those that wrote with success, and those that were
            refused or could not be read.
    """

    ended: Literal["finished", "out of steps"] | None = None
    judgement: Judgement | None = None
    answer: Any = None
    steps: int = 0
    reads: int = 0
    writes: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What an action leads to."""

    observation: Observation
    reward: float
    done: bool
    info: Info


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of an episode: the task, which only an oracle and a report may look at, and what the agent sees."""

    task: Task
    observation: Observation


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """An episode as it stands, from which an environment can go on, as often as one likes."""

    task: Task
    info: Info
    start: Snapshot
    state: Snapshot
    faults: Faults


class Environment:
    """A clinic with tasks in it.

    Each episode begins in the state that the clinic had when the environment was made; the faults that it meets are drawn from
    the seed of the episode. The state is judged when the agent finishes or its steps are used up; the reward is 1 where it has
    finished and all is right, and 0 otherwise and before that.

    >>> from vesalius.worlds.examples import blood_pressure, clinic_of
    >>> from vesalius.worlds.fhir import ROLES
    >>> environment = Environment(clinic_of(patients=3, seed=0), Caller("agent", ROLES["physician"]))
    >>> task = environment.reset(blood_pressure, seed=1).task
    >>> [environment.step(action).reward for action in task.solution]
    [0.0, 1.0]
    """

    def __init__(self, clinic: Clinic, caller: Caller, *, max_steps: int = 16) -> None:
        """Args: the clinic, who acts in which role, and how many actions an episode may have."""
        self.clinic = clinic
        self._caller = caller
        self._max_steps = max_steps
        self._base = clinic.snapshot()
        self._task: Task | None = None
        self._info = Info()

    def reset(self, make: TaskMaker, seed: int) -> Start:
        """Sets the clinic back and begins a task; equal seeds make equal tasks."""
        self.clinic.restore(self._base)
        self.clinic.faults = replace(self.clinic.faults, seed=seed)
        self._task = make(self.clinic, random.Random(seed))
        self._start = self.clinic.snapshot()
        self._info = Info()
        return Start(self._task, Observation(self._task.instruction))

    def moment(self) -> Moment:
        """The episode as it stands, so that several can be played in turns, or one can be tried in several ways.

        Raises:
            UserError: if no task has begun.
        """
        if self._task is None:
            raise UserError("environment: no task is under way; call reset first.")
        return Moment(self._task, self._info, self._start, self.clinic.snapshot(), self.clinic.faults)

    def go_on_from(self, moment: Moment) -> None:
        """Takes an episode up again where it stood."""
        self._task, self._info, self._start = moment.task, moment.info, moment.start
        self.clinic.restore(moment.state)
        self.clinic.faults = moment.faults

    def step(self, action: Action | UserError) -> Step:
        """Does one action; one that could not be read, as the error that says so, costs a step as well.

        Raises:
            UserError: if no task has begun, or the last one has ended.
        """
        if self._task is None or self._info.ended is not None:
            raise UserError("environment: no task is under way; call reset first.")
        info = replace(self._info, steps=self._info.steps + 1)
        if isinstance(action, Finish):
            return self._end(replace(info, ended="finished", answer=action.answer), Observation("The task has ended."))
        result = unreadable(action) if isinstance(action, UserError) else perform(self.clinic, action, self._caller)
        info = _counted(info, action, result)
        observation = Observation(result.text, status=result.status)
        if info.steps >= self._max_steps:
            return self._end(replace(info, ended="out of steps"), observation)
        self._info = info
        return Step(observation, 0.0, False, info)

    def _end(self, info: Info, observation: Observation) -> Step:
        assert self._task is not None
        finished = info.ended == "finished"
        judgement = judge(self._task.goal, difference(self.clinic, self._start), info.answer, finished=finished)
        self._info = replace(info, judgement=judgement)
        return Step(observation, judgement.score, True, self._info)


Agent = Callable[[list[Observation]], Action | UserError]
"""Chooses an action from all that it has seen in the episode, oldest first."""


def play(environment: Environment, make: TaskMaker, seed: int, agent: Callable[[Task], Agent]) -> Step:
    """One episode to its end.

    Args:
        environment: in which.
        make: makes the task.
        seed: of the task.
        agent: makes the agent; only an oracle looks at the task.

    Returns:
        The last step.
    """
    start = environment.reset(make, seed)
    choose, seen = agent(start.task), [start.observation]
    while True:
        step = environment.step(choose(seen))
        if step.done:
            return step
        seen.append(step.observation)


def oracle(task: Task) -> Agent:
    """Does what solves the task."""
    return lambda seen: task.solution[len(seen) - 1]


def idle(task: Task) -> Agent:
    """Finishes at once, without an answer."""
    return lambda seen: Finish()


def _counted(info: Info, action: Action | UserError, result: Result) -> Info:
    if result.status >= 400:
        return replace(info, refused=info.refused + 1)
    if isinstance(action, Create | Update):
        return replace(info, writes=info.writes + 1)
    return replace(info, reads=info.reads + 1)
