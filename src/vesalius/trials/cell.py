"""Running one cell: train one arm on one task with one seed, and keep what it said and spent."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from vesalius.errors import UserError
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.learner import Learner
from vesalius.records import Record
from vesalius.tasks import Prediction, Split, Task
from vesalius.trials.memory import peak_memory_mib, reset_peak_memory
from vesalius.trials.scoring import scores_to_parquet
from vesalius.trials.table import predictions_to_parquet
from vesalius.trials.trial import Cell, Trial

Files = dict[str, bytes]
"""Path inside a folder, and content."""


@cache
def split_of(task: Task) -> Split:
    """The task's records by their use, read once a process."""
    return task.split(task.source.records())


def execute(trial: Trial, cell: Cell, threads: int, checkpoint: Path | None = None) -> Files:
    """Train, predict, score: the files of one cell.

    The seconds of its cost are those of all attempts, as far as one went on from the other; the memory is the last one's.

    Args:
        trial: what the cell is part of.
        cell: which arm, task and seed.
        threads: of every numeric library; a fixed number gives the same sums in the same order on one machine and in a cluster.
        checkpoint: the folder that training writes its states to, and goes on from; the caller removes it when it has the files.

    Raises:
        UserError: if the learner breaks the contract: not one prediction a test record, in order.
    """
    from threadpoolctl import threadpool_limits

    task = trial.task(cell.task)
    split = split_of(task)
    learner = trial.arms(task).build(cell.arm)(cell.seed)
    train, validation = prepared(task, split, cell.seed)
    blind = [task.blind(record) for record in split.test]
    reset_peak_memory()
    with threadpool_limits(threads):
        _limit_torch(threads)
        with checkpoints(checkpoint) as spent:
            learner.fit(train, validation)
            fit_seconds = spent.seconds
        fitted = time.perf_counter()
        predictions = learner.predict(blind)
        ended = time.perf_counter()
    _require_one_each(cell, blind, predictions)
    cost = {
        "trained_parameters": learner.trained_parameters,
        "fit_seconds": fit_seconds,
        "predict_seconds": ended - fitted,
        "peak_memory_mib": peak_memory_mib(),
    }
    truths = [task.truth(record) for record in split.test]
    return {
        "cell.json": (json.dumps(asdict(cell)) + "\n").encode(),
        "predictions.parquet": predictions_to_parquet(predictions),
        "scores.parquet": scores_to_parquet(predictions, truths, [measure.metric for measure in task.measures]),
        "cost.json": (json.dumps(cost, indent=1) + "\n").encode(),
        **_saved(learner),
    }


def prepared(task: Task, split: Split, seed: int) -> tuple[Sequence[Record], Sequence[Record]]:
    """What a learner of a seed learns from: the records of training and validation, by the task's builder if it has one."""
    if task.builder is None:
        return split.train, split.validation
    return task.builder.build(split.train, seed), task.builder.build(split.validation, seed)


def _limit_torch(threads: int) -> None:
    """Torch keeps its own count of threads, which threadpoolctl does not set before torch is loaded."""
    import sys

    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _require_one_each(cell: Cell, records: Sequence[Record], predictions: Sequence[Prediction]) -> None:
    if [record.id for record in records] != [prediction.record_id for prediction in predictions]:
        raise UserError(
            f"Arm {cell.arm!r} on task {cell.task!r}: predict must give one prediction a record, in the order of the records; "
            f"it gave {len(predictions)} for {len(records)}."
        )


def _saved(learner: Learner) -> Files:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        learner.save(folder)
        return {f"model/{file.relative_to(folder)}": file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
