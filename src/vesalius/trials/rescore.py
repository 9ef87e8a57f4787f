"""Scoring a run again, with today's metrics, from what its learners said."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vesalius.errors import UserError
from vesalius.metrics import METRICS
from vesalius.trials.config import RunConfig, load_config
from vesalius.trials.run import Run, conclude
from vesalius.trials.scoring import scores_to_parquet
from vesalius.trials.seal import changed_files
from vesalius.trials.store import Store, slug
from vesalius.trials.trial import Cell


def rescore(folder: Path, *, out: Path, metrics: Mapping[str, float] | None = None) -> Run:
    """Score a finished run again into a new one; no source and no model is needed, and the old run stays as it is.

    Args:
        folder: the run.
        out: folder of runs.
        metrics: names of other metrics with their margins, the primary one first; by default the run's own, in their present
            versions.

    Raises:
        UserError: if the folder is not a finished run, it was changed, or a metric is not known.
    """
    store = Store(folder)
    changed = changed_files(store)
    if changed:
        raise UserError(changed[0])
    config = _with_metrics(load_config(store), metrics)
    target = Store(out / f"{slug(config.name)}-{config.address}")
    if target.folder.resolve() == folder.resolve():
        raise UserError(f"{folder}: scored with these metrics already; vesalius verify recomputes it.")
    target.folder.mkdir(parents=True, exist_ok=True)
    for part in ("cells", "tasks", "examples"):
        shutil.copytree(folder / part, target.folder / part, dirs_exist_ok=True)
    shutil.copy(folder / "gates.json", target.folder)
    target.write("trial.json", config.to_json())
    for task in config.tasks:
        _, _, truths = target.truth(task.name)
        for cell in (Cell(task.name, arm, seed) for arm in task.arms for seed in config.seeds):
            scores = scores_to_parquet(target.predictions(cell), truths, task.metrics())
            (target.cell_folder(cell) / "scores.parquet").write_bytes(scores)
    return conclude(config, target)


def _with_metrics(config: RunConfig, metrics: Mapping[str, float] | None) -> RunConfig:
    tasks = []
    for task in config.tasks:
        named = metrics or {identity.partition("@")[0]: margin for identity, margin in task.margins.items()}
        unknown = [name for name in named if name not in METRICS]
        if unknown:
            raise UserError(f"Metric {unknown[0]!r}: not known; vesalius metrics list names those that are.")
        tasks.append(replace(task, margins={METRICS[name].identity: margin for name, margin in named.items()}))
    draft = replace(config, tasks=tuple(tasks))
    return replace(draft, address=draft.true_address())
