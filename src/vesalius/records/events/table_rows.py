"""The rows of plain tables: files with separators, plain or gzipped, and parquet."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vesalius.errors import UserError
from vesalius.records.events.faults import Faults
from vesalius.records.events.mapping import TableOf

REMEDY = "correct the row or the mapping"
Row = Mapping[str, str | datetime]


def rows_of(file: Path, table: TableOf, faults: Faults) -> Iterator[tuple[str, Row]]:
    """Each row with its place, in the columns that the mapping reads.

    Args:
        file: the table.
        table: what the mapping says of it.
        faults: told of a row with more or fewer cells than there are columns.

    Raises:
        UserError: if the file is missing or can't be read as the mapping says, or lacks a column.
    """
    wanted = {table.subject}.union(*(one.columns() for one in table.event))
    try:
        yield from _parquet(file, wanted) if file.suffix == ".parquet" else _delimited(file, table, wanted, faults)
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; put it there or take its table out of the mapping.") from error
    except (UnicodeError, LookupError) as error:
        raise UserError(f"{file}: not in the encoding {table.encoding!r}; name its own in the mapping.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{file}: damaged; obtain it again.") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error}); name another file.") from error


def _delimited(file: Path, table: TableOf, wanted: set[str], faults: Faults) -> Iterator[tuple[str, Row]]:
    encoding = "utf-8-sig" if table.encoding.lower() in ("utf-8", "utf8") else table.encoding
    kind = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    with _opened(file, encoding) as text:
        separator = table.separator or ("," if kind == ".csv" else "\t")
        records = _records(file, text, separator, quoted=table.quote != "")
        _, names = next(records, ("", []))
        _check_columns(file, names, wanted)
        for place, cells in records:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                faults.add(UserError(f"{place}: {len(cells)} cells where the first line has {len(names)}; {REMEDY}."))
            else:
                yield place, dict(zip(names, cells))


def _records(file: Path, text: IO[str], separator: str, *, quoted: bool) -> Iterator[tuple[str, list[str]]]:
    """Each record with its place: its first line, since a quotation mark too many makes one of many lines."""
    reader = csv.reader(text, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    while True:
        place = f"{file}, line {reader.line_num + 1}"
        try:
            yield place, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            remedy = 'correct the quotation marks there, or write quote = "" in the mapping where they enclose no cell'
            raise UserError(f"{place}: the record that begins there is not in order ({error}); {remedy}.") from error


def _opened(file: Path, encoding: str) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def _parquet(file: Path, wanted: set[str]) -> Iterator[tuple[str, Row]]:
    try:
        with pq.ParquetFile(file) as opened:
            _check_columns(file, opened.schema_arrow.names, wanted)
            number = 0
            for batch in opened.iter_batches(columns=sorted(wanted)):
                for values in _in_microseconds(batch).to_pylist():
                    number += 1
                    yield f"{file}, row {number}", {name: _plain(value) for name, value in values.items()}
    except pa.ArrowException as error:
        raise UserError(f"{file}: not a parquet file that can be read; write it again.") from error
    except OverflowError as error:
        raise UserError(f"{file}: has a day or time before the year 1 or after 9999; correct it.") from error


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Python's times have nothing finer."""
    for place, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type):
            finer = pc.CastOptions(pa.timestamp("us", field.type.tz), allow_time_truncate=True)
            batch = batch.set_column(place, field.name, pc.cast(batch.column(place), options=finer))
    return batch


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
            # names are not told, since without a header they would be a patient's cells
            raise UserError(f"{file}, column {name!r}: {what} among its {len(names)} columns; name it as the first line has it.")
