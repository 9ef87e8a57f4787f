"""Engines: where the cells of a trial run. They give the same files, bit for bit, but for seconds and memory."""

from collections.abc import Callable, Iterable, Iterator

from vesalius.names import EngineName
from vesalius.trials.cell import Files
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell, Trial

Engine = Callable[[Trial, Iterable[Cell], int, Store], Iterator[tuple[Cell, Files]]]
"""From a trial, the cells still to run, the threads of each and the run that they are for, the files of each cell as it ends."""


def engine(name: EngineName) -> Engine:
    """The engine of that name; its library is loaded only now."""
    if name == "ray":
        from vesalius.trials.engines.ray import run_on_ray

        return run_on_ray
    from vesalius.trials.engines.local import run_here

    return run_here
