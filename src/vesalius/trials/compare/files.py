"""Files of predictions and recorded outputs: CSV, TSV, JSON lines or parquet, gzipped or not."""

import csv
import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vesalius.errors import UserError
from vesalius.trials.store import read
from vesalius.trials.table import from_parquet

Row = Mapping[str, object]

_OPTIONS = {"id": "id", "prediction": "prediction", "truth": "answer", "subject": "subject"}
_GUESSES = {
    "id": ("id", "record_id", "question_id"),
    "prediction": ("prediction", "output", "response", "score", "risk"),
    "truth": ("truth", "answer", "label", "target"),
    "subject": ("subject_id", "patient_id"),
    "time": ("time", "days"),
    "event": ("event", "status"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, where it does not have one of the usual names."""

    id: str | None = None
    prediction: str | None = None
    truth: str | None = None
    subject: str | None = None

    def find(self, role: str, rows: Sequence[Row], path: Path) -> str:
        """The column of that role in the rows of a file.

        Raises:
            UserError: if the named column, or any of the usual ones, is not there.
        """
        named = getattr(self, role, None)
        found = (named if named in rows[0] else None) if named else self.guess(role, rows)
        if found is None:
            wanted = (named,) if named else _GUESSES[role]
            option = f"; name it with --{_OPTIONS[role]}" if role in _OPTIONS else ""
            raise UserError(f"{path}, columns {', '.join(map(str, rows[0]))}: none is {' or '.join(map(repr, wanted))}{option}.")
        return found

    def guess(self, role: str, rows: Sequence[Row]) -> str | None:
        """The first column with one of the usual names for that role, if any."""
        return next((name for name in _GUESSES[role] if name in rows[0]), None)


def read_rows(path: Path) -> list[Row]:
    """The rows of a table.

    Raises:
        UserError: if the file is missing, empty, of another kind, or malformed; names the line.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    readers = {"csv": _delimited, "tsv": _delimited, "jsonl": _json_lines, "ndjson": _json_lines, "parquet": _parquet}
    if kind not in readers:
        raise UserError(f"{path}: a table ends in .csv, .tsv, .jsonl or .parquet (.gz allowed); rename or convert it.")
    rows = readers[kind](path)
    if not rows:
        raise UserError(f"{path}: no rows; give a file with one row a record.")
    return rows


def select(rows: Sequence[Row], where: Mapping[str, str], path: Path) -> list[Row]:
    """The rows whose columns have these values.

    Raises:
        UserError: if a column is missing or no row is left.
    """
    for column in where:
        if column not in rows[0]:
            raise UserError(f"{path}: no column {column!r} to select by; it has {', '.join(map(str, rows[0]))}.")
    chosen = [row for row in rows if all(str(row[column]) == value for column, value in where.items())]
    if not chosen:
        wanted = ", ".join(f"{column}={value}" for column, value in where.items())
        raise UserError(f"{path}: no row has {wanted}; check the values of --where.")
    return chosen


def _text(path: Path) -> str:
    content = read(path)
    try:
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path}: not UTF-8 text, or a damaged archive ({error}); save it again as UTF-8.") from None


def _delimited(path: Path) -> list[Row]:
    delimiter = "\t" if ".tsv" in path.name else ","
    csv.field_size_limit(1 << 27)  # recorded texts of a model are longer than the library's 128 KiB
    reader = csv.DictReader(_text(path).splitlines(keepends=True), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        names = reader.fieldnames or ()
        if len(set(names)) < len(names):
            raise UserError(f"{path}, line 1: two columns have the same name; rename one.")
        for row in reader:
            if None in row or None in row.values():
                raise UserError(f"{path}, line {reader.line_num}: not {len(names)} columns; quote fields that hold a comma.")
            rows.append(row)
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}; save it again as CSV.") from None
    return rows


def _json_lines(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            line.encode()
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}, line {number}: not JSON ({str(error).splitlines()[0]}); one object a line.") from None
        if not isinstance(row, dict):
            raise UserError(f"{path}, line {number}: not an object; one object a line.")
        rows.append(row)
    fields = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in fields} for row in rows]


def _parquet(path: Path) -> list[Row]:
    import pyarrow as pa

    try:
        return list(from_parquet(read(path)))
    except pa.ArrowException as error:
        raise UserError(f"{path}: not a parquet file ({str(error).splitlines()[0]}); write it again.") from None
