"""The curves that learners kept of their training, where they kept any."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vesalius.errors import UserError
from vesalius.report.figures.training import Trace, Trained
from vesalius.report.reading import FinishedRun
from vesalius.trials.config import TaskConfig
from vesalius.trials.trial import Cell

FILE = "model/histories.json"


@dataclass(frozen=True, slots=True)
class History:
    """One training of one learner: the loss of each step, the validation score at some, and what else was noted, by name."""

    losses: list[float] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=dict)

    @property
    def loss_trace(self) -> Trace:
        """The losses that are finite, by step."""
        return _finite(np.arange(1, len(self.losses) + 1), self.losses)

    @property
    def score_trace(self) -> Trace:
        """The scores that are finite, by step."""
        return _finite([step for step, _ in self.scores], [score for _, score in self.scores])

    def curve_trace(self, name: str) -> Trace:
        """What was noted under a name, at even intervals over the steps; empty where nothing was."""
        values = self.curves.get(name, [])
        return _finite(np.arange(1, len(values) + 1) * len(self.losses) / max(1, len(values)), values)


def _finite(steps: Sequence[int] | np.ndarray, values: Sequence[float]) -> Trace:
    found = np.isfinite(np.asarray(values, dtype=float))
    return Trace(np.asarray(steps, dtype=float)[found], np.asarray(values, dtype=float)[found])


Phases = Mapping[str, Mapping[str, Sequence[History]]]
"""By the name of a training, and by arm: the histories of the seeds."""


def phases_of(run: FinishedRun, task: TaskConfig) -> Phases:
    """Every training of a task's arms, in the order in which they were done; empty where no learner kept curves.

    Raises:
        UserError: if a file is damaged.
    """
    found: dict[str, dict[str, list[History]]] = {}
    for arm in task.arms:
        for seed in run.config.seeds:
            for phase, history in _read(run, Cell(task.name, arm, seed)).items():
                found.setdefault(phase, {}).setdefault(arm, []).append(history)
    return found


def _read(run: FinishedRun, cell: Cell) -> Mapping[str, History]:
    from pydantic import TypeAdapter, ValidationError

    path = run.store.cell_folder(cell) / FILE
    if not path.is_file():
        return {}
    try:
        return TypeAdapter(dict[str, History]).validate_python(run.store.cell_json(cell, FILE))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole file"
        raise UserError(f"{path}, field {place}: {error.errors()[0]['msg']}; restore the file or run again.") from None


def noted(arms: Mapping[str, Sequence[History]]) -> list[str]:
    """Names of all curves beside loss and score, in the order in which they were met."""
    return list(dict.fromkeys(name for histories in arms.values() for history in histories for name in history.curves))


def trained(arms: Mapping[str, Sequence[History]], task: TaskConfig, trace: Callable[[History], Trace]) -> list[Trained]:
    """The arms that have such traces, baselines first."""
    made = []
    for arm, histories in arms.items():
        traces = [found for found in map(trace, histories) if len(found.steps)]
        if traces:
            made.append(Trained(arm, arm in task.baselines, traces))
    return made
