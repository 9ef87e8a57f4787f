"""Running a trial into a folder, and taking up one that was stopped."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.names import EngineName
from vesalius.progress import track
from vesalius.tasks import Task
from vesalius.trials import gates
from vesalius.trials.cell import split_of
from vesalius.trials.config import RunConfig, describe
from vesalius.trials.costs import costs
from vesalius.trials.engines import engine
from vesalius.trials.evaluate import make_finding
from vesalius.trials.examples import example_files
from vesalius.trials.finding import Finding
from vesalius.trials.seal import changed_files
from vesalius.trials.store import Store, slug
from vesalius.trials.table import truths_to_parquet
from vesalius.trials.trial import Cell, Trial


@dataclass(frozen=True, slots=True)
class Run:
    """A finished trial: its finding, and the folder that it can be verified and shown from."""

    folder: Path
    finding: Finding

    def __str__(self) -> str:
        return self.finding.verdict


def run_trial(trial: Trial, *, out: Path, engine_name: EngineName = "local") -> Run:
    """Run every cell that is not finished yet, then compute and write the finding.

    The folder is ``out/NAME-ADDRESS``. The same trial has the same address, so running it again takes up where it was stopped;
    cells that are there are not run again, unless answers in them could not be had, as where a server failed; and training that
    was stopped goes on from its last state.

    Args:
        trial: what to run.
        out: folder of runs; made if it is missing.
        engine_name: ``local`` or ``ray``; the finding is the same.

    Raises:
        UserError: for bad input, or an ``out`` that cannot be written.
    """
    config = describe(trial)
    store = Store(out / f"{slug(trial.name)}-{config.address}")
    with _alone(store, out):
        _require_unchanged(store)
        prepare(trial, config, store)
        waiting = [cell for cell in trial.cells() if not store.has(cell) or _failed(store, cell)]
        if waiting:
            (store.folder / "finding.json").unlink(missing_ok=True)
        results = engine(engine_name)(trial, waiting, config.threads, store)
        for cell, files in track(results, f"{trial.name}: cells", len(waiting)):
            store.commit(store.cell_folder(cell), files)
            store.drop_checkpoints(cell)
        store.drop_checkpoints()
        store.commit(store.folder / "examples", example_files(trial, config, store))
        return conclude(config, store)


def _failed(store: Store, cell: Cell) -> bool:
    return any(prediction.outcome == "failed" for prediction in store.predictions(cell))


@contextmanager
def _alone(store: Store, out: Path) -> Iterator[None]:
    """Hold the run's folder, so that no second process writes into it; a killed process lets go of it."""
    from filelock import FileLock, Timeout

    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(store.folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise UserError(f"{store.folder}: another process is running this trial; wait for it, or name another --out.") from None
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); name a folder of your own.") from None


def _require_unchanged(store: Store) -> None:
    """A finished run is only taken up as it was left: a changed one would come out of it with a new seal."""
    if not (store.folder / "finding.json").exists():
        return
    changed = changed_files(store)
    if changed:
        raise UserError(f"{changed[0]} Remove the folder to run it anew.")


def prepare(trial: Trial, config: RunConfig, store: Store) -> None:
    """Pass the trial's records through the gates, and write down what is run."""
    store.clean()
    found = []
    for task in track(trial.tasks, f"{trial.name}: gates", len(trial.tasks)):
        found += gates.check(task, split_of(task))
        store.commit(store.task_folder(task.name), _task_files(task))
    store.write("gates.json", _json([asdict(gate) for gate in found]))
    store.write("trial.json", config.to_json())


def conclude(config: RunConfig, store: Store) -> Run:
    """Write the finding of a run whose cells are all there."""
    finding = make_finding(store, config)
    content = {
        "digest": finding.digest(),
        "finding": finding.to_json(),
        "costs": [asdict(cost) for cost in costs(store, config)],
        "files": store.manifest(),
    }
    store.write("finding.json", _json(content))
    return Run(store.folder, finding)


def _task_files(task: Task) -> dict[str, bytes]:
    test = split_of(task).test
    ids, units = [record.id for record in test], [record.group(task.unit) for record in test]
    if len(set(ids)) < len(ids):
        raise UserError(f"Source {task.source.name!r}: two test records have the same id; make ids unique.")
    return {"truth.parquet": truths_to_parquet(ids, units, [task.truth(record) for record in test])}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
