"""Reading MEDS datasets, shard by shard or whole; columns go from parquet to numpy without a loop over events.

Accepted are the types of the standard (meds 0.4) and those of the same meaning that polars writes: large or categorical
texts, and numbers of 64 bits. Times before 1900 or in the future are kept, since public sets shift their dates by centuries:
``windows.impossible_times`` finds them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events import meds_layout as layout
from vesalius.records.events.decimals import shortest_decimals
from vesalius.records.events.parquet_file import columns_of, read_columns
from vesalius.records.events.table import EventTable

_REMEDY = "write the dataset again as MEDS has it"


def read_meds(folder: Path) -> EventTable:
    """A whole dataset.

    Subjects and codes stand in the order of the dataset's own lists of them, where it has these, else as they first come.

    Raises:
        UserError: as ``read_meds_shards``.
    """
    tables = list(read_meds_shards(folder))
    table = _joined(tables, folder)
    wanted = list(subject_names(folder).values())
    if not wanted or table.subjects == tuple(wanted):
        return table
    at = {name: place for place, name in enumerate(table.subjects)}
    order = [at[name] for name in dict.fromkeys([*wanted, *table.subjects]) if name in at]
    return _with_empty(table.take(order), wanted)


def read_meds_shards(folder: Path, *, bare: bool = False) -> Iterator[EventTable]:
    """The tables of a dataset, one a shard; a subject without an event is in none.

    The vocabulary of a shard begins with that of the shard before it.

    Args:
        folder: of the dataset.
        bare: leave out texts and further columns.

    Raises:
        UserError: naming file, column, and row (from 1) or subject, if a file or column is missing, damaged or of the wrong
            type, a subject or code is null, a subject's events are in two places, or they are out of order.
    """
    names = subject_names(folder)
    vocabulary = _vocabulary(folder)
    seen: dict[int, Path] = {}
    for file in shard_files(folder):
        rows = _rows(file, bare=bare)
        ids, starts = _places(rows, file)
        for number in ids.tolist():
            if number in seen:
                raise _wrong(file, layout.SUBJECT, f"subject {number} has events in {seen[number]} too", "keep it in one shard")
            seen[number] = file
        codes, vocabulary = _coded(rows[layout.CODE], vocabulary)
        yield EventTable(
            subjects=tuple(names.get(number, str(number)) for number in ids.tolist()),
            starts=starts,
            times=_times(rows, starts, file),
            codes=codes,
            vocabulary=vocabulary,
            numbers=_numbers(rows),
            texts=_texts(rows),
            extra={} if bare else {name: _whole(rows[name]) for name in rows.column_names if name not in layout.COLUMNS},
        )


def shard_files(folder: Path) -> list[Path]:
    """The files with events, in order of their paths.

    Raises:
        UserError: if there is none.
    """
    data = folder / layout.DATA
    files = sorted(file for file in data.rglob("*.parquet") if not any(part.startswith(".") for part in file.parts[-2:]))
    if not files:
        raise UserError(f"{data}: has no parquet file; name the folder of a MEDS dataset, which has its shards there.")
    return files


def read_splits(folder: Path) -> dict[str, str]:
    """The split of each subject; empty where the dataset has none.

    Raises:
        UserError: if the file is damaged, or a subject stands in it twice.
    """
    file = folder / layout.SPLITS_FILE
    if not file.exists():
        return {}
    rows = read_columns(file, [layout.SUBJECT, "split"])
    names = subject_names(folder)
    ids = listed(rows, file, layout.SUBJECT, pa.types.is_int64, "int64")
    splits = listed(rows, file, "split", _is_text, "string", unique=False)
    return {names.get(number, str(number)): split for number, split in zip(ids, splits, strict=True)}


def _rows(file: Path, *, bare: bool) -> pa.Table:
    schema = columns_of(file)
    for name in (layout.SUBJECT, layout.TIME, layout.CODE):
        if name not in schema.names:
            raise _wrong(file, name, "missing")
    for name, (fits, wanted) in _TYPES.items():
        if name in schema.names and not fits(schema.field(name).type):
            raise _wrong(file, name, f"has the type {schema.field(name).type}, where MEDS has {wanted}")
    core = [name for name in layout.COLUMNS if name in schema.names and name != layout.TEXT]
    rows = read_columns(file, core if bare else None, dictionaries=[layout.CODE])
    for name in (layout.SUBJECT, layout.CODE):
        if rows[name].null_count:
            raise _wrong(file, name, f"row {_first(rows[name].is_null()) + 1} is null", "give it a value or leave the row out")
    return rows


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


_TYPES: dict[str, tuple[Callable[[pa.DataType], bool], str]] = {
    layout.SUBJECT: (pa.types.is_int64, "int64"),
    layout.TIME: (lambda kind: kind == pa.timestamp("us"), "timestamp[us] without a zone"),
    layout.CODE: (_is_text, "string"),
    layout.NUMBER: (lambda kind: pa.types.is_float32(kind) or pa.types.is_float64(kind), "float"),
    layout.TEXT: (_is_text, "large_string"),
    layout.EXACT: (pa.types.is_float64, "double"),
}


def _places(rows: pa.Table, file: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids of the subjects, and where the events of each begin and the last one's end."""
    every = rows[layout.SUBJECT].to_numpy()
    begins = np.flatnonzero(np.diff(every, prepend=every[:1] - 1)) if len(every) else np.empty(0, np.int64)
    ids = every[begins]
    _, first = np.unique(ids, return_index=True)
    if len(first) < len(ids):
        again = int(np.delete(np.arange(len(ids)), first)[0])
        what = f"row {begins[again] + 1}: subject {ids[again]} comes a second time, after others"
        raise _wrong(file, layout.SUBJECT, what, "sort the events by subject and time")
    return ids, np.append(begins, len(every))


def _times(rows: pa.Table, starts: NDArray[np.int64], file: Path) -> NDArray[np.datetime64]:
    times: NDArray[np.datetime64] = rows[layout.TIME].to_numpy()
    # null is NaT, the smallest integer: static events come first
    moments = times.view(np.int64)
    late = moments[1:] < moments[:-1]
    late[starts[1:-1] - 1] = False
    if late.any():
        row = int(np.argmax(late)) + 1
        what = f"row {row + 1}, of subject {rows[layout.SUBJECT][row]}, is earlier than the one before it"
        raise _wrong(file, layout.TIME, what, "sort the events by subject and time, nulls first")
    return times


def _coded(codes: pa.ChunkedArray, vocabulary: tuple[str, ...]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Places in the vocabulary, and this with the codes that it lacked behind it."""
    encoded = _whole(codes)
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    own = encoded.dictionary.cast(pa.string())
    known = pc.index_in(own, pa.array(vocabulary, pa.string()))
    used = np.zeros(len(own), bool)
    used[encoded.indices.to_numpy()] = True
    new = own.filter(pa.array(used)).filter(known.filter(pa.array(used)).is_null()).unique().to_pylist()
    if new:
        vocabulary = (*vocabulary, *new)
        known = pc.index_in(own, pa.array(vocabulary, pa.string()))
    place = known.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int32)
    return place[encoded.indices.to_numpy()], vocabulary


def _numbers(rows: pa.Table) -> NDArray[np.float64]:
    if layout.NUMBER not in rows.column_names:
        return np.full(len(rows), np.nan)
    column = _whole(rows[layout.NUMBER])
    values = column.to_numpy(zero_copy_only=False)
    numbers = shortest_decimals(values) if pa.types.is_float32(column.type) else values.astype(np.float64)
    if layout.EXACT in rows.column_names:
        exact = _whole(rows[layout.EXACT])
        kept = exact.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.where(kept, exact.to_numpy(zero_copy_only=False), numbers)
    return numbers


def _texts(rows: pa.Table) -> pa.Array:
    return (
        _whole(rows[layout.TEXT]).cast(pa.large_string())
        if layout.TEXT in rows.column_names
        else pa.nulls(len(rows), pa.large_string())
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def _first(told: pa.ChunkedArray) -> int:
    return int(np.argmax(told.to_numpy()))


def subject_names(folder: Path) -> dict[int, str]:
    """The subjects' own names by number, in their order; empty where the dataset has no list of them.

    Raises:
        UserError: if the list is damaged.
    """
    file = folder / layout.SUBJECTS_FILE
    if not file.exists():
        return {}
    rows = read_columns(file, [layout.SUBJECT, "name"])
    ids = listed(rows, file, layout.SUBJECT, pa.types.is_int64, "int64")
    return dict(zip(ids, listed(rows, file, "name", _is_text, "string"), strict=True))


def _vocabulary(folder: Path) -> tuple[str, ...]:
    file = folder / layout.CODES_FILE
    if not file.exists():
        return ()
    rows = read_columns(file, [layout.CODE])
    # a code may have a row for each of its modifiers
    return tuple(dict.fromkeys(listed(rows, file, layout.CODE, _is_text, "string", unique=False)))


def listed(
    rows: pa.Table, file: Path, column: str, fits: Callable[[pa.DataType], bool], wanted: str, *, unique: bool = True
) -> list[Any]:
    """The values of a column, none of them null.

    Args:
        rows: of the file.
        file: to be named.
        column: which.
        fits: whether its type does.
        wanted: what that type is called.
        unique: whether no value may come twice.

    Raises:
        UserError: naming file, column and row (from 1).
    """
    kind = rows[column].type
    if not fits(kind):
        raise _wrong(file, column, f"has the type {kind}, where {wanted} is needed")
    if rows[column].null_count:
        raise _wrong(file, column, f"row {_first(rows[column].is_null()) + 1} is null", "give it a value or leave the row out")
    values: list[Any] = rows[column].to_pylist()
    if unique and len(set(values)) < len(values):
        first = {value: row for row, value in reversed(list(enumerate(values)))}
        row = next(row for row, value in enumerate(values) if first[value] != row)
        raise _wrong(file, column, f"row {row + 1} has the value of row {first[values[row]] + 1}", "keep one of them")
    return values


def _joined(tables: Sequence[EventTable], folder: Path) -> EventTable:
    kinds = [{name: column.type for name, column in table.extra.items()} for table in tables]
    for file, kind in zip(shard_files(folder), kinds, strict=True):
        if kind != kinds[0]:
            names = sorted(name for name in kind.keys() | kinds[0].keys() if kind.get(name) != kinds[0].get(name))
            raise _wrong(file, names[0], "missing or of another type than in other shards")
    ends = np.cumsum([0, *(len(table) for table in tables)])
    subjects = tuple(name for table in tables for name in table.subjects)
    if len(set(subjects)) < len(subjects):
        raise _wrong(folder / layout.SUBJECTS_FILE, "name", "a name is the number of another subject", "rename one")
    return EventTable(
        subjects=subjects,
        starts=np.concatenate([[0], *(table.starts[1:] + end for table, end in zip(tables, ends))]).astype(np.int64),
        times=np.concatenate([table.times for table in tables]),
        codes=np.concatenate([table.codes for table in tables]),
        vocabulary=tables[-1].vocabulary,
        numbers=np.concatenate([table.numbers for table in tables]),
        texts=pa.concat_arrays([table.texts for table in tables]),
        extra={name: pa.concat_arrays([table.extra[name] for table in tables]) for name in kinds[0]},
    )


def _with_empty(table: EventTable, listed: Sequence[str]) -> EventTable:
    """With the subjects that are listed but have no event."""
    counts = dict(zip(table.subjects, np.diff(table.starts).tolist(), strict=True))
    subjects = tuple(dict.fromkeys([*listed, *table.subjects]))
    starts = np.cumsum([0, *(counts.get(name, 0) for name in subjects)])
    return replace(table, subjects=subjects, starts=starts)


def _wrong(file: Path, column: str, what: str, remedy: str = _REMEDY) -> UserError:
    return UserError(f"{file}, column {column!r}: {what}; {remedy}.")
