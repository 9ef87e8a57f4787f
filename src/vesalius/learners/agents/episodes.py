"""Many tasks of a bench played side by side, so that a model is asked for the next action of all of them at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vesalius.errors import UserError
from vesalius.language.backend import Usage
from vesalius.records import Record
from vesalius.worlds.environment import Agent, Moment, Observation, Step, Task
from vesalius.worlds.medagentbench import Bench
from vesalius.worlds.tools import Action


@dataclass(frozen=True, slots=True)
class Move:
    """What an agent does next.

    Attributes:
        action: a call of a tool; or, where what was said can't be read as one, the error that says so.
        said: by a model.
        usage: of that.
        failed: whether no answer could be had from the model, so that the episode ends here.
    """

    action: Action | UserError
    said: str = ""
    usage: Usage = field(default_factory=Usage)
    failed: bool = False


@dataclass(slots=True, eq=False)
class Episode:
    """One task from its beginning.

    Attributes:
        task: which only an oracle and a report may look at.
        moment: as it stands.
        seen: by the agent, oldest first.
        moves: of the agent.
        statuses: of the answers to its calls, as HTTP has them.
        last: the last step, once there was one.
    """

    task: Task
    moment: Moment
    seen: list[Observation]
    moves: list[Move] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    last: Step | None = None

    @property
    def failed(self) -> bool:
        """Whether the model failed."""
        return bool(self.moves) and self.moves[-1].failed

    @property
    def over(self) -> bool:
        """Whether nothing more can be done."""
        return self.failed or (self.last is not None and self.last.done)

    @property
    def usage(self) -> Usage:
        """Spent on it."""
        return sum((move.usage for move in self.moves), Usage())


class Chooser(Protocol):
    """Makes the next moves."""

    @property
    def identity(self) -> str:
        """What the moves depend on, in a line."""
        ...

    def choose(self, episodes: Sequence[Episode]) -> list[Move]:
        """The next move in each of several episodes, none of which depends on the others."""
        ...


@dataclass(frozen=True, slots=True)
class WithoutModel:
    """The moves of an agent that is no model.

    Attributes:
        make: the agent of a task; only an oracle looks at the task.
        identity: of the agent.
    """

    make: Callable[[Task], Agent]
    identity: str

    def choose(self, episodes: Sequence[Episode]) -> list[Move]:
        """Ask the agent of each."""
        return [Move(self.make(episode.task)(episode.seen)) for episode in episodes]


def play_all(bench: Bench, records: Sequence[Record], chooser: Chooser) -> list[Episode]:
    """Plays the tasks of records to their ends, each in a clinic of its own.

    >>> from vesalius.worlds.environment import oracle
    >>> bench = Bench(patients=12, visits=1, tasks=1)
    >>> [episode.last.reward for episode in play_all(bench, bench.records()[:3], WithoutModel(oracle, "oracle"))]
    [1.0, 1.0, 1.0]

    Raises:
        UserError: if a record is none of the bench.
    """
    environment = bench.environment()
    episodes = []
    for record in records:
        start = bench.begin(record)
        episodes.append(Episode(start.task, environment.moment(), [start.observation]))
    while going := [episode for episode in episodes if not episode.over]:
        for episode, move in zip(going, chooser.choose(going), strict=True):
            episode.moves.append(move)
            if move.failed:
                continue
            environment.go_on_from(episode.moment)
            episode.last = environment.step(move.action)
            episode.statuses.append(episode.last.observation.status)
            if not episode.last.done:
                episode.seen.append(episode.last.observation)
                episode.moment = environment.moment()
    return episodes
