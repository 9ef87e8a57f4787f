"""Answers of a language model by content, in one file of JSON lines that several processes may add to."""

import json
import os
import warnings
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock

NAME = "answers.jsonl"

T = TypeVar("T")
Row = Mapping[str, Any]


def key_of(content: object) -> str:
    """SHA-256 of JSON content, whatever the order of its fields.

    >>> key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    True
    """
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class AnswerFile(Generic[T]):
    """A table by key that only grows.

    An entry is one line, written under a lock. A process that is killed in the middle of a line leaves the others readable: the
    next one to write ends that line, which is then skipped with a warning.

    Args:
        folder: where ``answers.jsonl`` is or will be.
        read: what a row says; raises KeyError, TypeError or ValueError for a row that is none.
    """

    def __init__(self, folder: Path, read: Callable[[Row], T]) -> None:
        self.file = folder / NAME
        self._read = read
        self._entries: dict[str, T] = {}
        self._offset = 0
        self._lines = 0
        self._warned = False
        self.refresh()

    def get(self, key: str) -> T | None:
        """What stands under that key, as far as the file was read."""
        return self._entries.get(key)

    def refresh(self) -> None:
        """Read what this and other processes added since; a line without its end is not there yet."""
        if not self.file.is_file():
            return
        with self.file.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.split(b"\n")[:-1]:
            self._lines += 1
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            row = json.loads(line)
            self._entries[str(row["key"])] = self._read(row)
        except (KeyError, TypeError, ValueError):
            self._warn()

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.file}, line {self._lines}: damaged; it and any others are skipped, and asked again when needed.",
                stacklevel=4,
            )

    def add(self, key: str, row: Row) -> None:
        """Append a row under a key; a reader sees all of it or nothing."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, **row}).encode() + b"\n"
        with FileLock(self.file.with_suffix(".lock")), self.file.open("a+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size and (file.seek(size - 1), file.read(1))[1] != b"\n":
                line = b"\n" + line
            file.write(line)
        self._entries[key] = self._read({"key": key, **row})
