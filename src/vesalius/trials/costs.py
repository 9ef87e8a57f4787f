"""What each arm spent."""

from collections.abc import Iterable
from statistics import fmean

from vesalius.trials.config import RunConfig, TaskConfig
from vesalius.trials.finding import Cost
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell


def costs(store: Store, config: RunConfig) -> list[Cost]:
    """The cost of every arm on every task, from a finished run."""
    return [_cost(store, config, task, arm) for task in config.tasks for arm in task.arms]


def _cost(store: Store, config: RunConfig, task: TaskConfig, arm: str) -> Cost:
    cells = [Cell(task.name, arm, seed) for seed in config.seeds]
    measured = [store.cell_json(cell, "cost.json") for cell in cells]
    spent = [row for cell in cells for row in store.spent(cell)]
    memory = [cell["peak_memory_mib"] for cell in measured]
    return Cost(
        task=task.name,
        arm=arm,
        trained_parameters=measured[0]["trained_parameters"],
        fit_seconds=fmean(cell["fit_seconds"] for cell in measured),
        predict_seconds=fmean(cell["predict_seconds"] for cell in measured),
        peak_memory_mib=None if None in memory else max(memory),
        tokens=_mean_known(row["tokens"] for row in spent),
        calls=_mean_known(row["calls"] for row in spent),
        recorded_seconds=_mean_known(row["seconds"] for row in spent),
    )


def _mean_known(values: Iterable[int | float | None]) -> float | None:
    """Mean a record; None unless every record has it, for a partial mean would look cheaper than it was."""
    found = list(values)
    return None if not found or None in found else fmean(value for value in found if value is not None)
