"""Does a run still show what it says?"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.tasks import OUTCOMES, Value
from vesalius.trials.config import RunConfig, TaskConfig, load_config
from vesalius.trials.costs import costs
from vesalius.trials.evaluate import make_finding
from vesalius.trials.scoring import record_scores
from vesalius.trials.seal import changed_files
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell


def verify(folder: Path) -> list[str]:
    """Recompute a run's scores and finding from its stored predictions, without source or model.

    Returns:
        What is wrong, a sentence each: changed or missing files, scores that the predictions do not give, a finding that they
        do not give, a metric that has another version now. An empty list if all holds.

    Raises:
        UserError: if the folder is not a finished run.
    """
    store = Store(folder)
    problems = changed_files(store)
    stated = store.json("finding.json")
    try:
        config = load_config(store)
        problems += _changed_scores(store, config)
        finding, spent = make_finding(store, config), costs(store, config)
    except UserError as error:
        return [*problems, str(error)]
    except Exception as error:
        # whatever a damaged file makes the reading code raise, the answer is that the run does not hold
        return [*problems, f"{folder}: its files cannot be read back ({type(error).__name__}: {error})."]
    if [asdict(cost) for cost in spent] != stated["costs"]:
        problems.append(f"{folder / 'finding.json'}, field costs: not what the cells spent.")
    if finding.digest() != stated["digest"] or finding.to_json() != stated["finding"]:
        problems.append(f"{folder / 'finding.json'}: not what the stored predictions give; it was changed or made by other code.")
    return problems


def _changed_scores(store: Store, config: RunConfig) -> list[str]:
    problems: list[str] = []
    for task in config.tasks:
        ids, _, truths = store.truth(task.name)
        for cell in (Cell(task.name, arm, seed) for arm in task.arms for seed in config.seeds):
            problems += _rescored(store, task, cell, ids, truths)
    return problems


def _rescored(store: Store, task: TaskConfig, cell: Cell, ids: Sequence[str], truths: Sequence[Value]) -> Sequence[str]:
    """Score the predictions again and compare with what is stored."""
    path = store.cell_folder(cell) / "scores.parquet"
    if not store.has(cell):
        return [f"{path.parent}: not {cell.arm!r} with seed {cell.seed} on {cell.task!r}; it was moved or taken away."]
    predictions = store.predictions(cell)
    stored = store.scores(cell)
    if list(stored.record_ids) != ids or [prediction.record_id for prediction in predictions] != ids:
        return [f"{path.parent}: its records are not those of the task's truth; the run was put together from others."]
    problems = []
    outcomes = tuple(prediction.outcome for prediction in predictions)
    if stored.outcomes != outcomes or not {*outcomes} <= {*OUTCOMES}:
        problems.append(f"{path}, column outcome: not what the predictions give.")
    for metric in task.metrics():
        if metric.unit != "record":
            continue
        if not np.array_equal(stored.by(metric), record_scores(metric, predictions, truths), equal_nan=True):
            problems.append(f"{path}, column {metric.identity}: not what the predictions give.")
    return problems
