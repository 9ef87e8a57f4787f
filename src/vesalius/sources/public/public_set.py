"""A public release of text as a source: where it lies, and how its files become records."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Record
from vesalius.sources.public import root

Placed = tuple[str, Record]
"""A record, and the file and line that it was read from."""

Layout = Callable[[Path], Iterator[Placed]]
"""From the folder of a release to its records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSet:
    """A release on disk. Its records have the tag ``split``: ``train``, ``validation`` or ``test``, as the release has it.

    Attributes:
        name: short name, as ``--data`` takes it.
        description: one sentence: what the records are.
        folders: under the folder of public data, where the release may lie; the first that is there is read.
        layout: reads it.
    """

    name: str
    description: str
    folders: tuple[str, ...]
    layout: Layout
    tier: Tier = "public"

    @property
    def folder(self) -> Path:
        """Where the release lies.

        Raises:
            UserError: if it is not there.
        """
        present = (folder for folder in self.folders if root.present(*folder.split("/")))
        return root.path(*next(present, self.folders[0]).split("/"))

    def records(self) -> tuple[Record, ...]:
        """All records, in the order of the release; a row that is there twice, letter for letter, is one record.

        Raises:
            UserError: if the release is not at hand or a file is spoilt, naming file, row, field and remedy.
        """
        return _read(self.layout, self.folder)


@cache
def _read(layout: Layout, folder: Path) -> tuple[Record, ...]:
    found: dict[str, Record] = {}
    for place, record in layout(folder):
        before = found.setdefault(record.id, record)
        if before.digest() != record.digest():
            raise UserError(f"{place}, field 'id': {record.id!a} has been given to another one; give each its own.")
    return tuple(found.values())


def split_files(folder: Path, files: Mapping[str, str], remedy: str) -> Iterator[tuple[str, Path]]:
    """The files of a release that are there, each with what it is named by, such as its split.

    Args:
        folder: of the release.
        files: the path within the folder, by what names it.
        remedy: what to do where there is none.

    Raises:
        UserError: if none is there.
    """
    present = {split: folder / name for split, name in files.items() if (folder / name).exists()}
    if not present:
        raise UserError(f"{folder}: none of {', '.join(files.values())} is there; {remedy}.")
    yield from present.items()
