"""A trial of the arms of earlier runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vesalius.errors import UserError
from vesalius.metrics import METRICS
from vesalius.tasks import Measure, Prediction, Task
from vesalius.trials.compare.replay import Replay, Truths, arms_of, as_field, content_digest, everything_tested
from vesalius.trials.config import RunConfig, TaskConfig, load_config
from vesalius.trials.store import Store, read
from vesalius.trials.trial import Cell, Trial


def trial_of_runs(folders: Sequence[Path], *, baseline: str | None) -> Trial:
    """What the runs propose, against what the last run proposes, or against the named arm, on the tasks that all of them have.

    An arm is named ``RUN:ARM``. A task is shared if its test records and their truth are the same; seeds are those of all runs.

    Raises:
        UserError: if there are fewer than two runs, or they share no task or seed.
    """
    if len(folders) < 2:
        raise UserError("compare: give two or more runs, or tables of predictions.")
    stores = [Store(folder) for folder in folders]
    configs = [load_config(store) for store in stores]
    shared = [
        task for task in configs[0].tasks if all(_has(config, store, task, stores[0]) for config, store in zip(configs, stores))
    ]
    seeds = tuple(sorted(set.intersection(*(set(config.seeds) for config in configs))))
    if not shared or not seeds:
        raise UserError(f"{', '.join(map(str, folders))}: no task with the same test records, or no seed, that all runs have.")
    tasks, arms, content = [], {}, []
    for task in shared:
        replays = {}
        for folder, config, store in zip(folders, configs, stores):
            for arm in config.task(task.name).arms if baseline else config.task(task.name).learners:
                said = {seed: _said(store, Cell(task.name, arm, seed)) for seed in seeds}
                replays[f"{folder.name}:{arm}"] = Replay(said)
                content += list(said.values())
        tasks.append(_task(task, stores[0]))
        arms[task.name] = arms_of(replays, baseline)
    return Trial(
        name="compare",
        tasks=tuple(tasks),
        arms=lambda task: arms[task.name],
        seeds=seeds,
        settings={"outputs": ",".join(folder.name for folder in folders), "content": content_digest(content)},
    )


def _has(config: RunConfig, store: Store, wanted: TaskConfig, first: Store) -> bool:
    """Whether a run has the task with the same test records and truth."""
    if wanted.name not in {task.name for task in config.tasks}:
        return False
    own, other = first.task_folder(wanted.name) / "truth.parquet", store.task_folder(wanted.name) / "truth.parquet"
    return read(own) == read(other)


def _said(store: Store, cell: Cell) -> Mapping[str, Prediction]:
    return {prediction.record_id: prediction for prediction in store.predictions(cell)}


def _task(task: TaskConfig, store: Store) -> Task:
    ids, units, values = store.truth(task.name)
    fields = {key: as_field(task, value) for key, value in zip(ids, values, strict=True)}
    return Task(
        name=task.name,
        family=task.family,
        source=Truths(task.source, task.description, fields, dict(zip(ids, units, strict=True)), task.tier),
        inputs=(),
        target="truth",
        split=everything_tested,
        measures=tuple(Measure(METRICS[metric.name], task.margins[metric.identity]) for metric in task.metrics()),
        note=task.note,
        question=task.question,
    )
