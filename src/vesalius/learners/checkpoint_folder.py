"""Where trainings keep their states, so that work that was stopped goes on where it was.

Within ``checkpoints(folder)`` every training writes its state there at intervals, and one that finds its state goes on from it::

    with checkpoints(Path("run/checkpoint")):
        learner.fit(train, validation)

Without torch, so that a learner that has none does not wait for it.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from vesalius.errors import UserError

SPENT = "spent.json"


@dataclass(slots=True)
class CheckpointFolder:
    """A folder of states, made with the first of them.

    Attributes:
        path: of the folder; None keeps nothing.
        earlier: seconds that stopped attempts had spent when they last wrote a state.
    """

    path: Path | None
    earlier: float
    _started: float = field(default_factory=time.perf_counter)
    _met: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """Spent until now, by this attempt and by the earlier ones as far as this one goes on from them."""
        return self.earlier + time.perf_counter() - self._started

    def file(self, identity: str) -> Path | None:
        """Of a training's state; equal trainings have one each, in their order."""
        self._met[identity] += 1
        return None if self.path is None else self.path / f"{identity}-{self._met[identity]}.safetensors"

    def note_seconds(self) -> None:
        """Write down what has been spent; to be called when a state has been written."""
        if self.path is not None:
            half = self.path / f".{SPENT}"
            half.write_text(json.dumps(self.seconds), encoding="utf-8")
            half.replace(self.path / SPENT)


_current: ContextVar[CheckpointFolder | None] = ContextVar("folder of checkpoints", default=None)


@contextmanager
def checkpoints(path: Path | None) -> Iterator[CheckpointFolder]:
    """Keep the state of all training within in this folder. Remove the folder when what was trained has been saved.

    Raises:
        UserError: if the folder has been damaged.
    """
    folder = CheckpointFolder(path, _spent(path))
    token = _current.set(folder)
    try:
        yield folder
    finally:
        _current.reset(token)


def current_folder() -> CheckpointFolder | None:
    """Of the innermost ``checkpoints``; None outside of it, or where it keeps nothing."""
    folder = _current.get()
    return None if folder is None or folder.path is None else folder


def _spent(path: Path | None) -> float:
    if path is None or not (path / SPENT).exists():
        return 0.0
    try:
        return float(json.loads((path / SPENT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path / SPENT}: damaged; remove {path} to start from the beginning.") from error
