"""A run's folder: written atomically, so that what is there is whole."""

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from vesalius.errors import UserError
from vesalius.tasks import Prediction, Value
from vesalius.trials.scoring import Scores, scores_from_parquet
from vesalius.trials.table import from_parquet, predictions_from_parquet, truths_from_parquet
from vesalius.trials.trial import Cell

CHECKPOINTS = "checkpoints"
_LONGEST = 80
_SPENT = ("tokens", "calls", "seconds")


def slug(name: str) -> str:
    """A name as a folder: what is not a letter, digit, dot, plus or dash becomes a dash, with a hash where that loses something.

    >>> slug("unet++"), slug("medqa-hard/gpt-4o")
    ('unet++', 'medqa-hard-gpt-4o-8f2eb1')
    """
    safe = re.sub(r"[^A-Za-z0-9.+-]+", "-", name).strip(".")[:_LONGEST]
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


@dataclass(frozen=True, slots=True)
class Store:
    """One run on disk: ``trial.json``, ``tasks/``, ``cells/``, ``finding.json``, ``report.html``."""

    folder: Path

    def cell_folder(self, cell: Cell) -> Path:
        """Where a cell is kept."""
        return self.folder / "cells" / slug(cell.task) / slug(cell.arm) / str(cell.seed)

    def checkpoint_folder(self, cell: Cell) -> Path:
        """Where a cell keeps the states of its training until it is finished."""
        return self.folder / CHECKPOINTS / slug(cell.task) / slug(cell.arm) / str(cell.seed)

    def task_folder(self, task: str) -> Path:
        """Where a task's truth and examples are kept."""
        return self.folder / "tasks" / slug(task)

    def has(self, cell: Cell) -> bool:
        """Whether the cell is finished, and what stands there is that cell's."""
        return (self.cell_folder(cell) / "cell.json").is_file() and self.cell_json(cell, "cell.json") == asdict(cell)

    def cell_json(self, cell: Cell, name: str) -> Any:
        """A JSON file of a cell; raises as ``json``."""
        return self.json((self.cell_folder(cell) / name).relative_to(self.folder).as_posix())

    def commit(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """Write files as one folder: all of them or, if stopped at any moment, none."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".draft-{uuid.uuid4().hex}"
        for name, content in files.items():
            target = draft / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)

    def write(self, name: str, content: str) -> Path:
        """Replace one file of the run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".draft-{uuid.uuid4().hex}"
        draft.write_text(content, encoding="utf-8")
        target = self.folder / name
        draft.replace(target)
        return target

    def clean(self) -> None:
        """Remove drafts that a killed run left behind."""
        for draft in self.folder.glob(".draft-*"):
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink()

    def drop_checkpoints(self, cell: Cell | None = None) -> None:
        """Remove the states of a cell, by default of all: what they led to is kept."""
        shutil.rmtree(self.folder / CHECKPOINTS if cell is None else self.checkpoint_folder(cell), ignore_errors=True)

    def json(self, name: str) -> Any:
        """A JSON file of the run.

        Raises:
            UserError: if it is not there or not JSON.
        """
        path = self.folder / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError(f"{self.folder}: no {name} in it; give the folder of a finished run (runs/NAME-ADDRESS).") from None
        except NotADirectoryError:
            raise UserError(f"{self.folder}: a file where the folder of a run is needed.") from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror}); restore the file or run again.") from None
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}: not JSON ({error}); restore the file or run again.") from None

    def truth(self, task: str) -> tuple[list[str], list[str], list[Value]]:
        """Ids, units of analysis and true values of a task's test records."""
        return _decoded(self.task_folder(task) / "truth.parquet", truths_from_parquet)

    def predictions(self, cell: Cell) -> list[Prediction]:
        """What a cell's learner said."""
        return _decoded(self.cell_folder(cell) / "predictions.parquet", predictions_from_parquet)

    def scores(self, cell: Cell) -> Scores:
        """How a cell's predictions were scored when it was run.

        Raises:
            UserError: if the file is missing or damaged.
        """
        return _decoded(self.cell_folder(cell) / "scores.parquet", scores_from_parquet)

    def spent(self, cell: Cell) -> list[dict[str, Any]]:
        """What each prediction of a cell cost, without what it says, which may be large."""
        return _decoded(self.cell_folder(cell) / "predictions.parquet", partial(from_parquet, columns=_SPENT))

    def manifest(self) -> dict[str, str]:
        """SHA-256 of every file that the finding rests on, and of the examples that its report shows."""
        found = [
            self.folder / "trial.json",
            self.folder / "gates.json",
            *(self.folder / "tasks").rglob("*"),
            *(self.folder / "cells").rglob("*"),
            *(self.folder / "examples").rglob("*"),
        ]
        return {
            file.relative_to(self.folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(found)
            if file.is_file()
        }


T = TypeVar("T")


def _decoded(path: Path, decode: Callable[[bytes], T]) -> T:
    content = read(path)
    try:
        return decode(content)
    except Exception as error:
        # what a damaged file makes the libraries raise is not known beforehand
        raise UserError(f"{path}: damaged ({type(error).__name__}); restore the file or run again.") from None


def read(path: Path) -> bytes:
    """The bytes of a file of a run.

    Raises:
        UserError: if it is not there.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore the file or run again.") from None
