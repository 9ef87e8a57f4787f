"""A folder that is there whole or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    if folder.exists() or folder.is_symlink():
        raise UserError(f"{folder}: exists already; name another folder or remove this one.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-draft-") as half:
            draft = Path(half) / "made"
            draft.mkdir()
            yield draft
            draft.rename(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); name another folder or make room there.") from error
