"""Rows of released files, each with its place, so that whatever is wrong with one can be told in a sentence."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

from vesalius.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """Named values of a file.

    Attributes:
        place: the file and where in it the row stands.
        values: by field.
        remedy: what to do where something is wrong with it.
    """

    place: str
    values: Mapping[str, Any]
    remedy: str

    def wrong(self, field: str, what: str) -> UserError:
        """The error that says what is wrong with a field."""
        return UserError(f"{self.place}, field {field!r}: {what}; {self.remedy}.")

    def get(self, field: str, kind: type[T]) -> T:
        """A value that has to be there and of that kind.

        Raises:
            UserError: if it is not.
        """
        value = self.values.get(field)
        if not isinstance(value, kind):
            raise self.wrong(field, "missing or of the wrong type")
        return value

    def text(self, field: str) -> str:
        """A text that has to be there and not blank, as it stands in the file.

        Raises:
            UserError: if it is missing, blank, no text, or has half a character (a lone surrogate).
        """
        value = self.text_or_blank(field)
        if not value.strip():
            raise self.wrong(field, "blank" if isinstance(self.values.get(field), str) else "missing or of the wrong type")
        return value

    def text_or_blank(self, field: str) -> str:
        """A text as it stands in the file; blank where there is none.

        >>> Row("notes.csv, line 2", {"age": None}, "name its age").text_or_blank("age")
        ''
        """
        value = self.values.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(field, "missing or of the wrong type")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise self.wrong(field, "half a character")
        return value

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, none of them blank.

        Raises:
            UserError: if it is missing or something else.
        """
        values = self.get(field, list)
        return tuple(Row(self.place, {field: value}, self.remedy).text(field) for value in values)

    def row(self, field: str) -> "Row":
        """An object within this one."""
        return Row(self.place, self.get(field, dict), self.remedy)

    def rows(self, field: str) -> list["Row"]:
        """The objects of a list within this one.

        Raises:
            UserError: if it is missing or something else.
        """
        values = self.get(field, list)
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(field, "not a list of objects")
        return [Row(self.place, value, self.remedy) for value in values]

    def among(self, field: str, allowed: Sequence[str] | Sequence[int]) -> int:
        """The place of a value among those that it may have.

        >>> Row("a.json, line 3", {"cop": 4}, "obtain it again").among("cop", (1, 2, 3, 4))
        3

        Raises:
            UserError: if it has another.
        """
        value = self.values.get(field)
        if field not in self.values:
            raise self.wrong(field, "missing or of the wrong type")
        for index, each in enumerate(allowed):
            if type(value) is type(each) and value == each:
                return index
        raise self.wrong(field, f"{_short(value)} is not one of {', '.join(map(str, allowed))}")


def _short(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def json_lines(file: Path, remedy: str) -> Iterator[Row]:
    """The JSON objects of a file, plain or gzipped, one a line; blank lines count but are no row.

    Raises:
        UserError: naming file and line.
    """
    with _opened(file, remedy) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                place = f"{file}, line {number}"
                yield _object(_parsed(line, place, remedy), place, remedy)


def json_file(file: Path, remedy: str) -> Any:
    """A file that is one JSON value.

    Raises:
        UserError: if it is missing or something else.
    """
    with _opened(file, remedy) as text:
        return _parsed(text.read(), f"{file}", remedy)


def json_list(file: Path, remedy: str) -> Iterator[Row]:
    """The objects of a file that is one JSON list, counted from 1.

    Raises:
        UserError: naming file and item.
    """
    values = json_file(file, remedy)
    if not isinstance(values, list):
        raise UserError(f"{file}: not a JSON list; {remedy}.")
    for number, value in enumerate(values, start=1):
        yield _object(value, f"{file}, item {number}", remedy)


def json_object(file: Path, remedy: str) -> Row:
    """A file that is one JSON object.

    Raises:
        UserError: if it is something else.
    """
    return _object(json_file(file, remedy), f"{file}", remedy)


def json_mapping(file: Path, remedy: str, *, item: str) -> Iterator[tuple[str, Row]]:
    """The objects of a file that is one JSON object of objects, each with its key.

    Args:
        file: to read.
        remedy: what to do where it is spoilt.
        item: what a key names, such as ``question``, for the sentence that says where something is wrong.
    """
    for key, value in json_object(file, remedy).values.items():
        place = f"{file}, {item} {_short(key)}"
        yield Row(place, {item: key}, remedy).text(item), _object(value, place, remedy)


def table(file: Path, columns: Sequence[str], remedy: str, *, header: bool = True) -> Iterator[Row]:
    """The rows of a comma-separated file; blank ones are left out.

    Args:
        file: to read.
        columns: that have to be there; where there is no header, all columns in their order.
        remedy: what to do where it is spoilt.
        header: whether the first row names the columns; cells behind the last one are then allowed where they are empty.

    Raises:
        UserError: naming file, line and column.
    """
    with _opened(file, remedy, newline="") as text:
        reader = csv.reader(text)
        names = next(reader, []) if header else list(columns)
        for column in columns:
            if names.count(column) != 1:
                raise UserError(f"{file}, line 1, field {column!r}: {'twice' if column in names else 'missing'}; {remedy}.")
        for cells in reader:
            place = f"{file}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
                raise UserError(f"{place}: {len(cells)} cells where {len(names)} are needed; {remedy}.")
            yield Row(place, dict(zip(names, cells)), remedy)


@contextmanager
def _opened(file: Path, remedy: str, newline: str | None = None) -> Iterator[TextIO]:
    """A text file in UTF-8, with or without a byte order mark; whatever goes wrong while it is read is told of it."""
    try:
        if file.suffix == ".gz":
            with gzip.open(file, "rt", encoding="utf-8-sig", newline=newline) as text:
                yield text
        else:
            with file.open(encoding="utf-8-sig", newline=newline) as text:
                yield text
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; {remedy}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8, or {remedy}.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{file}: damaged; {remedy}.") from error
    except csv.Error as error:
        raise UserError(f"{file}: not a table ({error}); {remedy}.") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); {remedy}.") from error


def _parsed(text: str, place: str, remedy: str) -> Any:
    try:
        return json.loads(text)
    # A ValueError is also what a number of too many digits gives; nesting that is too deep gives the other.
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place}: not JSON; {remedy}.") from error


def _object(value: Any, place: str, remedy: str) -> Row:
    if not isinstance(value, dict):
        raise UserError(f"{place}: not a JSON object; {remedy}.")
    return Row(place, value, remedy)
