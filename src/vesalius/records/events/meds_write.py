"""Writing events as a MEDS dataset: https://github.com/Medical-Event-Data-Standard/meds."""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events import meds_layout as layout
from vesalius.records.events.decimals import rounded, survives
from vesalius.records.events.meds_metadata import Metadata
from vesalius.records.events.new_path import new_folder
from vesalius.records.events.parquet_file import write_columns
from vesalius.records.events.subject_ids import subject_ids
from vesalius.records.events.table import EventTable

_VALUES, _OTHER = "additional_value_modality_columns", "other_extension_columns"


def write_meds(
    table: EventTable,
    folder: Path,
    *,
    name: str | None = None,
    splits: Mapping[str, str] | None = None,
    metadata: Metadata | None = None,
    events_per_shard: int = 500_000,
) -> None:
    """Write a dataset that ``read_meds`` gives back as it was; the same table gives the same bytes.

    A shard has whole subjects in order of their ids. Subjects that are no int64 get a number from their name, and numbers
    that 32 bits don't hold get a column of their own (see ``meds_layout``).

    Args:
        table: what to write.
        folder: that is to be made, whole or not at all.
        name: of the dataset.
        splits: of every subject, such as ``split_by_hash`` gives; the shards then stand in a folder for each split.
        metadata: of the dataset that the events come from; its splits only count where no others are given.
        events_per_shard: about how many; a subject with more has a shard of its own.

    Raises:
        UserError: if the folder exists or can't be written, two subjects are called the same or have no split, or a further
            column is called as one of the standard's.

    >>> import tempfile
    >>> from vesalius.records.events.meds_read import read_meds
    >>> table = EventTable.build(["pat-1"], np.array(["2024-01-02"], "M8[us]"), ["LOINC//2823-3"], np.array([4.1]))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     write_meds(table, Path(parent) / "cohort")
    ...     read = read_meds(Path(parent) / "cohort")
    >>> read.subjects, read.numbers
    (('pat-1',), array([4.1]))
    """
    for column in table.extra:
        if column in layout.COLUMNS:
            raise UserError(f"{folder}, column {column!r}: the name has a meaning in MEDS; rename the further column.")
    known = metadata or Metadata()
    splits = splits if splits is not None else known.splits or None
    ids = subject_ids(table.subjects)
    exact = bool((~survives(table.numbers)).any())
    with new_folder(folder) as draft:
        for file, places in _shards(table, ids, splits, events_per_shard):
            write_columns(_columns(table.take(places), ids[places], exact=exact), draft / layout.DATA / file)
        write_columns(_code_rows(table, known), draft / layout.CODES_FILE)
        subjects = {layout.SUBJECT: ids, "name": pa.array(table.subjects, pa.string())}
        write_columns(pa.table(subjects), draft / layout.SUBJECTS_FILE)
        told = _dataset(table, known, exact=exact) | ({} if name is None else {"dataset_name": name})
        (draft / layout.DATASET_FILE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        if splits is not None:
            rows = pa.table({layout.SUBJECT: ids, "split": pa.array([splits[who] for who in table.subjects], pa.string())})
            write_columns(rows.sort_by(layout.SUBJECT), draft / layout.SPLITS_FILE)


def _shards(
    table: EventTable, ids: NDArray[np.int64], splits: Mapping[str, str] | None, size: int
) -> Iterator[tuple[str, list[int]]]:
    """Files with the places of their subjects; one empty file where there is no event, so that columns are kept."""
    counts = np.diff(table.starts)
    order = [int(place) for place in np.argsort(ids) if counts[place]]
    for split in [""] if splits is None else sorted(set(_splits_of(table, splits))):
        mine = order if splits is None else [place for place in order if splits[table.subjects[place]] == split]
        shard: list[int] = []
        number = held = 0
        for place in mine:
            if shard and held + counts[place] > size:
                yield f"{split}/{number}.parquet".lstrip("/"), shard
                number, held, shard = number + 1, 0, []
            shard.append(place)
            held += int(counts[place])
        if shard:
            yield f"{split}/{number}.parquet".lstrip("/"), shard
    if not order:
        yield "0.parquet", []


def _splits_of(table: EventTable, splits: Mapping[str, str]) -> Iterator[str]:
    for subject in table.subjects:
        split = splits.get(subject)
        if split is None:
            raise UserError(f"subject {subject!r}: has no split; give one to every subject.")
        if not split.replace("_", "").replace("-", "").isalnum():
            raise UserError(f"split {split!r}: no name for a folder; use letters, digits and underscores.")
        yield split


def _columns(part: EventTable, ids: NDArray[np.int64], *, exact: bool) -> pa.Table:
    numbers = rounded(part.numbers)
    columns = {
        layout.SUBJECT: pa.array(np.repeat(ids, np.diff(part.starts))),
        layout.TIME: pa.array(part.times.astype("datetime64[us]")),
        layout.CODE: pa.DictionaryArray.from_arrays(part.codes, pa.array(part.vocabulary, pa.string())).cast(pa.string()),
        layout.NUMBER: pa.array(numbers, mask=np.isnan(part.numbers)),
        layout.TEXT: part.texts.cast(pa.large_string()),
    }
    if exact:
        columns[layout.EXACT] = pa.array(part.numbers, mask=survives(part.numbers))
    return pa.table(columns | dict(part.extra))


def _code_rows(table: EventTable, known: Metadata) -> pa.Table:
    """The rows that were known of codes, behind which those stand that have none yet."""
    rows = pa.table({layout.CODE: pa.array([], pa.string())}) if known.codes is None else known.codes
    text = rows[layout.CODE].cast(pa.string())
    rows = rows.set_column(rows.column_names.index(layout.CODE), layout.CODE, text)
    told = set(text.to_pylist())
    new = pa.table({layout.CODE: pa.array([code for code in table.vocabulary if code not in told], pa.string())})
    rows = pa.concat_tables([rows, new], promote_options="default")
    for name, kind in (("description", pa.string()), ("parent_codes", pa.list_(pa.string()))):
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(len(rows), kind))
    return rows


def _dataset(table: EventTable, known: Metadata, *, exact: bool) -> dict[str, Any]:
    lists = {name: columns for name, columns in known.dataset.items() if name.endswith("_columns") and isinstance(columns, list)}
    lists = {name: [column for column in columns if column in table.extra] for name, columns in lists.items()}
    if exact:
        lists[_VALUES] = [*lists.get(_VALUES, []), layout.EXACT]
    listed = {column for name, columns in lists.items() if name != _OTHER for column in columns}
    lists[_OTHER] = sorted(table.extra.keys() - listed)
    own = {"etl_name": "vesalius", "etl_version": version("vesalius"), "meds_version": layout.MEDS_VERSION}
    return {**known.dataset, **own, **{name: columns for name, columns in lists.items() if columns or name == _OTHER}}
