"""Reading plain tables as a mapping file says.

A row with a fault (a time that there is not, a number that is none, an unknown value, an impossible code) gives none of its
events, and the rest is kept where the reader is not strict. What makes a whole table unreadable, such as a missing file or
column, is raised always. Times without a zone are taken as they stand.
"""

import csv
import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from vesalius.errors import UserError
from vesalius.progress import track
from vesalius.records.events.codes import impossible, joined, system_named
from vesalius.records.events.columns import Columns, Event
from vesalius.records.events.faults import Faults, Reading
from vesalius.records.events.mapping import Cell, EventOf, Moment, TableOf, read_mapping
from vesalius.records.events.moments import microseconds

REMEDY = "correct the row or the mapping"
Row = Mapping[str, str | datetime]


def read_tables(mapping: Path, *, folder: Path | None = None, strict: bool = True) -> Reading:
    """Read the events of all tables of a mapping, in their order.

    Args:
        mapping: the mapping file.
        folder: of the tables; by default that of the mapping.
        strict: whether the first fault of a row is raised; otherwise they are collected.

    Raises:
        UserError: naming file, line and column.
    """
    faults, columns = Faults(strict=strict), Columns()
    tables = read_mapping(mapping).table
    for table in track(tables, "reading tables", len(tables)):
        file = (folder or mapping.parent) / table.file
        for place, row in _rows(file, table, faults):
            try:
                events = [event for one in table.event if (event := _event(place, row, table, one)) is not None]
            except UserError as error:
                faults.add(error)
            else:
                for event in events:
                    columns.add(event)
    return Reading(table=columns.table(), faults=faults)


def _event(place: str, row: Row, table: TableOf, one: EventOf) -> Event | None:
    """What a row gives; None where it gives nothing."""
    if any(not str(row[name]).strip() for name in one.needs):
        return None
    if any(str(row[name]).strip() not in values for name, values in one.where.items()):
        return None
    subject = _cell(place, row, Cell(column=table.subject))
    if not subject:
        raise _wrong(place, table.subject, "is blank")
    own = _cell(place, row, one.code)
    if not own:
        return None
    code = _coded(place, one.code.column, one.system if isinstance(one.system, str) else _cell(place, row, one.system), own)
    answer = _cell(place, row, one.value_code)
    number, text = _number_and_text(place, row, one)
    time, end = _moment(place, row, one.time), _moment(place, row, one.end)
    if one.end is not None and time is not None and end is not None and end < time:
        raise _wrong(place, one.end.column, "is before the event begins")
    return Event(
        subject=subject,
        code=code,
        time=time,
        number=number,
        unit=(_cell(place, row, one.unit) or None) if number is not None else None,
        text=text,
        value_code=_coded(place, one.value_code.column, one.value_system, answer) if answer and one.value_code else None,
        display=_cell(place, row, one.display) or None,
        end=end,
        resource=one.resource,
        encounter=_cell(place, row, one.encounter) or None,
        status=_cell(place, row, one.status) or None,
    )


def _coded(place: str, column: str | None, system: str | None, own: str) -> str:
    code = joined(system_named(system) if system else None, own)
    why = impossible(code)
    if why is not None:
        raise _wrong(place, column or "code", f"{code[:60]!a} {why}")
    return code


def _cell(place: str, row: Row, cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.constant is not None:
        return cell.constant
    column = cell.column or ""
    try:
        return cell.of(str(row[column]))
    except ValueError as error:
        raise _wrong(place, column, str(error)) from error


def _number_and_text(place: str, row: Row, one: EventOf) -> tuple[float | None, str | None]:
    number, text = _cell(place, row, one.number), _cell(place, row, one.text) or None
    if one.number is None or not number:
        return None, text
    either = one.text is not None and one.text.column == one.number.column
    try:
        value = float(number) if "_" not in number else math.nan
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value, None if either else text
    if either:
        return None, text
    raise _wrong(place, one.number.column or "number", "is no number")


def _moment(place: str, row: Row, moment: Moment | None) -> int | None:
    if moment is None:
        return None
    value = row[moment.column]
    if isinstance(value, datetime):
        return microseconds(value)
    if not value.strip():
        return None
    try:
        return _parsed(value.strip(), moment.formats)
    except ValueError:
        how = f"as {' or '.join(moment.formats)}" if moment.formats else "in ISO 8601, such as 2024-12-31T23:59"
        raise _wrong(place, moment.column, f"is no time that there is, or not written {how}") from None


@lru_cache(1 << 16)
def _parsed(text: str, formats: tuple[str, ...]) -> int:
    if not formats:
        return microseconds(datetime.fromisoformat(text))
    for form in formats:
        try:
            return microseconds(datetime.strptime(text, form))
        except ValueError:
            continue
    raise ValueError(text)


def _rows(file: Path, table: TableOf, faults: Faults) -> Iterator[tuple[str, Row]]:
    wanted = {table.subject}.union(*(one.columns() for one in table.event))
    try:
        yield from _parquet(file, wanted) if file.suffix == ".parquet" else _delimited(file, table, wanted, faults)
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; put it there or take its table out of the mapping.") from error
    except (UnicodeError, LookupError) as error:
        raise UserError(f"{file}: not in the encoding {table.encoding!r}; name its own in the mapping.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{file}: damaged; obtain it again.") from error
    except csv.Error as error:
        raise UserError(f"{file}: not a table ({error}); correct it.") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error}); name another file.") from error


def _delimited(file: Path, table: TableOf, wanted: set[str], faults: Faults) -> Iterator[tuple[str, Row]]:
    encoding = "utf-8-sig" if table.encoding.lower() in ("utf-8", "utf8") else table.encoding
    kind = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    with _opened(file, encoding) as text:
        reader = csv.reader(text, delimiter=table.separator or ("," if kind == ".csv" else "\t"))
        names = next(reader, [])
        _check_columns(file, names, wanted)
        for cells in reader:
            place = f"{file}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                faults.add(UserError(f"{place}: {len(cells)} cells where the first line has {len(names)}; {REMEDY}."))
            else:
                yield place, dict(zip(names, cells))


def _opened(file: Path, encoding: str) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def _parquet(file: Path, wanted: set[str]) -> Iterator[tuple[str, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            _check_columns(file, opened.schema_arrow.names, wanted)
            number = 0
            for batch in opened.iter_batches(columns=sorted(wanted)):
                for values in batch.to_pylist():
                    number += 1
                    yield f"{file}, row {number}", {name: _plain(value) for name, value in values.items()}
    except pa.ArrowException as error:
        raise UserError(f"{file}: not a parquet file that can be read; write it again.") from error


def _plain(value: Any) -> str | datetime:
    """Whole numbers that stand as 308135.0, as columns with gaps do, are written without the point."""
    if value is None or value != value:
        return ""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else str(value)


def _check_columns(file: Path, names: list[str], wanted: set[str]) -> None:
    for name in sorted(wanted):
        if names.count(name) != 1:
            what = "twice" if name in names else "missing"
            raise UserError(f"{file}, column {name!r}: {what}; it has {', '.join(names)[:200]}.")


def _wrong(place: str, column: str, what: str) -> UserError:
    return UserError(f"{place}, column {column!r}: {what}; {REMEDY}.")
