"""An agent in the clinic as a learner: what it predicts is how it conducted itself, judged where the goal is known."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.learners.agents.episodes import Chooser, Episode, Move, play_all
from vesalius.learners.kept_file import kept
from vesalius.records import Record
from vesalius.tasks import Prediction
from vesalius.worlds.medagentbench import Bench
from vesalius.worlds.tools import action

FILE = "agent.json"


class BenchAgent:
    """Does the tasks of records.

    The learner plays the environment's part as well as the agent's: from a record, which has the instruction alone, it makes the
    task with its goal, lets the agent act, and has the state judged that it leaves. The value of a prediction is that judgement
    with counts of what was done, as JSON, for the metrics of ``vesalius.metrics.conduct``; ``raw`` holds all actions, from which
    ``judged_again`` comes to the same judgement without the agent.

    Args:
        bench: the source of the records.
        chooser: makes the agent; it is called when first needed.

    >>> from vesalius.learners.agents.episodes import WithoutModel
    >>> from vesalius.worlds.environment import oracle
    >>> bench = Bench(patients=12, visits=1, tasks=1)
    >>> BenchAgent(bench, lambda: WithoutModel(oracle, "oracle")).predict(bench.records()[2:3])[0].value
    '{"outcome": "right", "ended": "finished", "reads": 1, "writes": 1, "refused": 0, "unreadable": 0}'
    """

    def __init__(self, bench: Bench, chooser: Callable[[], Chooser]) -> None:
        self._bench, self._make = bench, chooser

    @cached_property
    def chooser(self) -> Chooser:
        """The agent."""
        return self._make()

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Do the tasks; ``failed`` where the model gave no answer.

        Raises:
            UserError: if a record is none of the bench.
        """
        episodes = play_all(self._bench, records, self.chooser)
        return [_prediction(record.id, episode) for record, episode in zip(records, episodes, strict=True)]

    def save(self, folder: Path) -> None:
        """Write which bench it is for, and for a reader which agent it was; a model is not kept."""
        content = {"bench": repr(self._bench), "agent": self.chooser.identity}
        (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Check that it is for this bench; nothing was learned.

        Raises:
            UserError: if the file is missing or damaged, or another bench's.
        """
        with kept(folder / FILE) as content:
            bench = content["bench"]
        if bench != repr(self._bench):
            raise UserError(f"{folder / FILE}, field 'bench': another one; load it into an agent of the same bench.")


def judged_again(bench: Bench, record: Record, raw: str) -> str:
    """The value of a prediction, from its actions alone.

    Args:
        bench: of the record.
        record: of the prediction.
        raw: of the prediction.

    Raises:
        UserError: if the actions can't be read.
    """
    try:
        moves = [_move_of(turn) for turn in json.loads(raw)["turns"]]
        (episode,) = play_all(bench, [record], _Again(moves))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"record {record.id!r}, field 'raw': not the actions of an agent; run it again.") from error
    return _conduct(episode)


@dataclass(frozen=True, slots=True)
class _Again:
    """Moves that were made before, of one episode."""

    moves: Sequence[Move]
    identity: str = "again"

    def choose(self, episodes: Sequence[Episode]) -> list[Move]:
        return [self.moves[len(episode.moves)] for episode in episodes]


def _move_of(turn: Mapping[str, Any]) -> Move:
    if "tool" not in turn:
        return Move(UserError(turn["unreadable"]))
    return Move(action(turn["tool"], turn["arguments"]))


def _prediction(record_id: str, episode: Episode) -> Prediction:
    usage = episode.usage
    return Prediction(
        record_id=record_id,
        value=None if episode.failed else _conduct(episode),
        outcome="failed" if episode.failed else "answered",
        raw=json.dumps({"turns": [_turn(episode, place) for place in range(len(episode.moves))]}),
        tokens=usage.tokens,
        calls=usage.calls,
    )


def _conduct(episode: Episode) -> str:
    assert episode.last is not None
    info = episode.last.info
    assert info.judgement is not None
    unreadable = sum(isinstance(move.action, UserError) for move in episode.moves)
    return json.dumps(
        {
            "outcome": info.judgement.outcome,
            "ended": info.ended,
            "reads": info.reads,
            "writes": info.writes,
            "refused": info.refused - unreadable,
            "unreadable": unreadable,
        }
    )


def _turn(episode: Episode, place: int) -> dict[str, Any]:
    move = episode.moves[place]
    if isinstance(move.action, UserError):
        done: dict[str, Any] = {"unreadable": str(move.action)}
    else:
        arguments = move.action.model_dump(exclude={"tool"}, exclude_none=True)
        done = {"tool": move.action.tool, "arguments": arguments}
    said = {"said": move.said} if move.said else {}
    status = {"status": episode.statuses[place]} if place < len(episode.statuses) else {}
    return {**done, **said, **status}
