"""A finished run as a page needs it, from its folder alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.trials.config import RunConfig, TaskConfig, load_config
from vesalius.trials.finding import Comparison, Cost, Finding, Score
from vesalius.trials.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """What a run was, what it showed and what it cost."""

    store: Store
    config: RunConfig
    finding: Finding
    costs: tuple[Cost, ...]

    @property
    def primary(self) -> list[Comparison]:
        """The comparisons by each task's primary metric."""
        return [comparison for comparison in self.finding.comparisons if comparison.primary]

    def comparisons(self, task: TaskConfig) -> list[Comparison]:
        """A task's comparisons by all its metrics, the primary one first."""
        return [comparison for comparison in self.finding.comparisons if comparison.task == task.name]

    def scores(self, task: TaskConfig, metric: str) -> list[Score]:
        """The scores of a task's arms by one metric, baselines first."""
        found = {score.arm: score for score in self.finding.scores if score.task == task.name and score.metric == metric}
        return [found[arm] for arm in task.arms]

    def costs_of(self, task: TaskConfig) -> list[Cost]:
        """What a task's arms spent, baselines first."""
        found = {cost.arm: cost for cost in self.costs if cost.task == task.name}
        return [found[arm] for arm in task.arms]


def read_run(folder: Path) -> FinishedRun:
    """Read a finished run.

    Raises:
        UserError: if the folder is not that of a finished run, or a file of it is damaged.
    """
    from pydantic import TypeAdapter, ValidationError

    store = Store(folder)
    content = store.json("finding.json")
    config = load_config(store)
    try:
        finding = Finding.from_json(_entry(content, "finding"))
        costs = TypeAdapter(tuple[Cost, ...]).validate_python(_entry(content, "costs"))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole file"
        path = folder / "finding.json"
        raise UserError(f"{path}, field {field}: {first['msg']}; restore the file or run again.") from None
    if finding.digest() != _entry(content, "digest"):
        raise UserError(f"{folder / 'finding.json'}: changed since the run; vesalius verify says what; restore it or run again.")
    for task in config.tasks:
        task.metrics()
    run = FinishedRun(store=store, config=config, finding=finding, costs=costs)
    _require_all_arms(run)
    return run


def _entry(content: Any, name: str) -> Any:
    return content.get(name) if isinstance(content, Mapping) else None


def _require_all_arms(run: FinishedRun) -> None:
    expected = {(task.name, arm) for task in run.config.tasks for arm in task.arms}
    scored = {(score.task, score.arm) for score in run.finding.scores}
    if not expected <= scored or expected != {(cost.task, cost.arm) for cost in run.costs}:
        path = run.store.folder / "finding.json"
        raise UserError(f"{path}: not the tasks and arms of trial.json beside it; restore the files or run again.")
