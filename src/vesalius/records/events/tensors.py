"""Events as flat arrays on disk, from which batches are cut without reading the rest.

A folder of tensors has, for the S subjects, E events and V codes of a dataset: ``starts.npy`` (S + 1), ``origins.npy`` (S: the
subject's first timed event in microseconds since 1970), ``codes.npy``, ``times.npy`` and ``numbers.npy`` (E each),
``values.npy``, ``vocabulary.parquet`` (V), ``subjects.parquet`` (S) and ``tensors.json``.

Each array has the smallest type that loses nothing, so that the folder is about as small as compressed parquet:

- codes are uint8, uint16 or uint32, as V asks;
- times are 0 for a static event, else 1 + the time since the origin, in seconds (uint32) where all times are whole seconds and no
  history is longer than 136 years, else in microseconds (uint64);
- numbers are places in the sorted ``values.npy`` (uint8 or uint16) where a dataset has at most 65,536 different ones, as it has
  where they are rounded decimals; else float32 themselves, and ``values.npy`` is empty.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from vesalius.records.events.decimals import rounded
from vesalius.records.events.meds_read import read_meds_shards, read_splits
from vesalius.records.events.new_path import new_folder
from vesalius.records.events.parquet_file import write_columns
from vesalius.records.events.splits import first_times
from vesalius.records.events.table import EventTable
from vesalius.records.events.vocabulary import CodeCounts, Vocabulary, write_vocabulary

FORMAT = 1
SECOND = 1_000_000
_DIFFERENT = 2**16
_LONGEST = 2**32 - 2


def tensorise(source: Path | EventTable, folder: Path, *, train: Collection[str] | None = None, minimum_count: int = 1) -> None:
    """Make a folder of tensors; a dataset is read twice, a shard at a time.

    Args:
        source: a MEDS dataset or a table.
        folder: that is to be made, whole or not at all.
        train: the subjects from which the vocabulary and the means and deviations of numbers come; where not given, the
            dataset's own training split, else all.
        minimum_count: a code that training subjects have less often is unknown.

    Raises:
        UserError: if the folder exists or can't be written, or the dataset is wrong somewhere.

    >>> import tempfile
    >>> from vesalius.records.events.batches import open_tensors
    >>> times = np.array(["NaT", "2024-01-01", "2024-01-03"], "M8[us]")
    >>> table = EventTable.build("aaa", times, ["sex", "lab", "lab"], np.array([np.nan, 1.0, 3.0]))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     tensorise(table, Path(parent) / "tensors")
    ...     batch = open_tensors(Path(parent) / "tensors").batch(["a"], np.array(["2024-01-02"], "M8[us]"), length=8)
    >>> batch.codes_BL, batch.days_BL, batch.numbers_BL
    (array([[3, 2]], dtype=int32), array([[nan, -1.]], dtype=float32), array([[nan, -1.]], dtype=float32))
    """
    if train is None and not isinstance(source, EventTable):
        train = {subject for subject, split in read_splits(source).items() if split == "train"} or None
    survey = _Survey()
    for table in _tables(source):
        survey.add(table, train)
    vocabulary = survey.counts.vocabulary(minimum_count=minimum_count)
    with new_folder(folder) as draft:
        _write_arrays(_tables(source), survey, vocabulary, draft)
        write_vocabulary(vocabulary, draft / "vocabulary.parquet")


def _tables(source: Path | EventTable) -> Iterator[EventTable]:
    return iter([source]) if isinstance(source, EventTable) else read_meds_shards(source, bare=True)


@dataclass(slots=True)
class _Survey:
    """What has to be known before the arrays can be laid out."""

    counts: CodeCounts = field(default_factory=CodeCounts)
    events: int = 0
    unit: int = SECOND
    values: NDArray[np.float32] | None = field(default_factory=lambda: np.zeros(0, np.float32))

    def add(self, table: EventTable, train: Collection[str] | None) -> None:
        self.counts.add(table, train)
        self.events += len(table)
        moments = table.times.astype("datetime64[us]").view(np.int64)[~np.isnat(table.times)]
        since = _since_origin(table, _origins(table))
        if (moments % SECOND).any() or since.max(initial=0) > _LONGEST * SECOND:
            self.unit = 1
        if self.values is not None:
            different = pa.array(rounded(table.numbers)).unique().to_numpy()
            values = np.union1d(self.values, different).astype(np.float32)
            self.values = values if len(values) <= _DIFFERENT else None


def _origins(table: EventTable) -> NDArray[np.int64]:
    first = first_times(table)
    return np.where(np.isnat(first), 0, first.view(np.int64))


def _since_origin(table: EventTable, origins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Microseconds of each event since its subject's origin; -1 where it is static."""
    moments = table.times.astype("datetime64[us]").view(np.int64)
    return np.where(np.isnat(table.times), -1, moments - np.repeat(origins, np.diff(table.starts)))


def _write_arrays(tables: Iterator[EventTable], survey: _Survey, vocabulary: Vocabulary, draft: Path) -> None:
    """Fill the arrays of events shard by shard, and keep those of subjects until the end."""
    values = survey.values
    time_type = np.uint32 if survey.unit == SECOND else np.uint64
    codes = _array(draft / "codes.npy", np.min_scalar_type(len(vocabulary) - 1), survey.events)
    times = _array(draft / "times.npy", time_type, survey.events)
    number_type = np.float32 if values is None else np.min_scalar_type(max(len(values) - 1, 0))
    numbers = _array(draft / "numbers.npy", number_type, survey.events)
    code_numbers = vocabulary.numbers_of(survey.counts.codes).astype(codes.dtype)
    subjects: list[str] = []
    origins: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.int64]] = []
    at = 0
    for table in tables:
        rows = slice(at, at + len(table))
        codes[rows] = code_numbers[table.codes]
        origins.append(_origins(table))
        # rounding down turns the -1 of static events into -1 unit
        times[rows] = _since_origin(table, origins[-1]) // survey.unit + 1
        numbers[rows] = rounded(table.numbers) if values is None else _found(rounded(table.numbers), values)
        subjects += table.subjects
        lengths.append(np.diff(table.starts))
        at += len(table)
    np.save(draft / "starts.npy", np.concatenate([[0], *lengths]).cumsum().astype(np.int64))
    np.save(draft / "origins.npy", np.concatenate([np.zeros(0, np.int64), *origins]))
    np.save(draft / "values.npy", np.zeros(0, np.float32) if values is None else values)
    write_columns(pa.table({"subject": pa.array(subjects, pa.string())}), draft / "subjects.parquet")
    (draft / "tensors.json").write_text(json.dumps({"format": FORMAT, "microseconds": survey.unit}) + "\n")


def _array(file: Path, kind: DTypeLike, length: int) -> NDArray[np.generic]:
    # an empty file cannot be mapped, and zero rows need no streaming
    if not length:
        np.save(file, np.zeros(0, kind))
        return np.zeros(0, kind)
    made: NDArray[np.generic] = np.lib.format.open_memmap(file, mode="w+", dtype=np.dtype(kind), shape=(length,))
    return made


def _found(numbers: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The place of each number in the sorted values, NaN behind them."""
    encoded = pa.array(numbers).dictionary_encode()
    places: NDArray[np.int64] = np.searchsorted(values, encoded.dictionary.to_numpy())[encoded.indices.to_numpy()]
    return places
