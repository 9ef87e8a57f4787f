"""Cells side by side on a Ray cluster: the one that ``RAY_ADDRESS`` names, or one started here."""

import logging
from collections.abc import Iterable, Iterator

from vesalius.errors import UserError
from vesalius.trials.cell import Files, execute
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell, Trial


def run_on_ray(trial: Trial, cells: Iterable[Cell], threads: int, store: Store) -> Iterator[tuple[Cell, Files]]:
    """Run one Ray task a cell; the workers send files back, so they need no shared disk for the run.

    Where they see the run's folder, on this machine or a shared disk, training that was stopped goes on from its last state.

    Raises:
        UserError: if Ray is not installed, or a worker died.
    """
    try:
        import ray
    except ImportError:
        raise UserError("--engine ray: Ray is not installed; pip install 'vesalius[ray]', or use --engine local.") from None

    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    shared, there = ray.put(trial), Store(store.folder.resolve())
    remote = ray.remote(num_cpus=1, max_calls=1)(_execute_there)  # a fresh process a cell, so that its peak memory is its own
    pending = {remote.remote(shared, cell, threads, there): cell for cell in cells}
    while pending:
        (done,), _ = ray.wait(list(pending), num_returns=1)
        try:
            files: Files = ray.get(done)
        except ray.exceptions.RayTaskError as error:
            cause = error.as_instanceof_cause()  # type: ignore[no-untyped-call]
            raise UserError(str(cause)) from None if isinstance(cause, UserError) else error
        except ray.exceptions.RayError as error:
            raise UserError(f"Ray lost {pending[done]}: {error}; finished cells are kept; run it again.") from None
        yield pending.pop(done), files


def _execute_there(trial: Trial, cell: Cell, threads: int, store: Store) -> Files:
    return execute(trial, cell, threads, store.checkpoint_folder(cell) if store.folder.is_dir() else None)
