"""One cell after another in this process."""

from collections.abc import Iterable, Iterator

from vesalius.trials.cell import Files, execute
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell, Trial


def run_here(trial: Trial, cells: Iterable[Cell], threads: int, store: Store) -> Iterator[tuple[Cell, Files]]:
    """Run the cells in their order."""
    for cell in cells:
        yield cell, execute(trial, cell, threads, store.checkpoint_folder(cell))
