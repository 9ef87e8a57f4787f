"""A folder or file that is there whole or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from vesalius.errors import UserError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft beside the folder, which takes its name once everything is written; the draft goes where something fails.

    Args:
        folder: that is to be made; its parents are made too.

    Raises:
        UserError: if it exists, or can't be written.

    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with new_folder(Path(parent) / "made") as draft:
    ...         _ = (draft / "a.txt").write_text("whole")
    ...     [file.name for file in Path(parent).rglob("*")]
    ['made', 'a.txt']
    """
    with _draft_of(folder, "folder") as draft:
        draft.mkdir()
        yield draft


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """The same for a file: a path to write to, which becomes the file's.

    Args:
        file: that is to be made; its parents are made too.

    Raises:
        UserError: if it exists, or can't be written.

    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with new_file(Path(parent) / "a.txt") as draft:
    ...         _ = draft.write_text("whole")
    ...     [file.name for file in Path(parent).rglob("*")]
    ['a.txt']
    """
    with _draft_of(file, "file") as draft:
        yield draft


@contextmanager
def _draft_of(target: Path, kind: Literal["folder", "file"]) -> Iterator[Path]:
    if target.exists() or target.is_symlink():
        raise UserError(f"{target}: exists already; name another {kind} or remove this one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-draft-") as half:
            draft = Path(half) / "made"
            yield draft
            draft.rename(target)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); name another {kind} or make room there.") from error
