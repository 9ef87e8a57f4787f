"""The codes that training subjects have, how often, and what their numbers are like."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events.parquet_file import read_columns, write_columns
from vesalius.records.events.table import EventTable

T = TypeVar("T", bound=np.generic)

PADDING, UNKNOWN = 0, 1
_FIRST = 2
_COLUMNS = ("code", "count", "mean", "deviation")
_TELLS = 1e-6
"""A deviation that is a smaller share of the mean is of rounding, since tensors keep numbers in 32 bits."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Vocabulary:
    """Codes by their number in tensors; 0 is padding and 1 stands for every code that is not listed.

    Attributes:
        codes: the V - 2 codes from number 2 on, the most frequent first, ties by name.
        counts_V: events of training subjects; what is not listed counts for 1.
        means_V: of the numbers of training subjects; NaN where a code has none, and for 0 and 1.
        deviations_V: their standard deviation (of the population); 1 where they don't differ by more than 32 bits tell apart.
    """

    codes: tuple[str, ...]
    counts_V: NDArray[np.int64]
    means_V: NDArray[np.float64]
    deviations_V: NDArray[np.float64]

    def __len__(self) -> int:
        """How many numbers, padding and unknown among them."""
        return len(self.codes) + _FIRST

    def numbers_of(self, codes: Sequence[str]) -> NDArray[np.int64]:
        """The number of each code."""
        at = {code: number for number, code in enumerate(self.codes, start=_FIRST)}
        return np.array([at.get(code, UNKNOWN) for code in codes], dtype=np.int64)


@dataclass(slots=True)
class CodeCounts:
    """What is counted of tables that come one after another, each with a vocabulary that begins with the former's.

    Numbers are summed up by Chan, Golub and LeVeque (1983): squares are of distances from the mean, so that large values with
    a small spread lose nothing.

    >>> counts = CodeCounts()
    >>> counts.add(EventTable.build("aab", np.full(3, "2024-01-01", "M8[us]"), "xxy", np.array([1.0, 3.0, 9.0])), {"a"})
    >>> counts.vocabulary(minimum_count=1).codes, counts.vocabulary(minimum_count=1).means_V[2:]
    (('x',), array([2.]))
    """

    codes: tuple[str, ...] = ()
    events: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    moments_3V: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 0)))

    def add(self, table: EventTable, train: Collection[str] | None) -> None:
        """Count a table's events of these subjects, of all where None; numbers that are not finite count for none."""
        size = len(table.vocabulary)
        rows = _rows_of(table, train)
        codes, values = table.codes[rows], table.numbers[rows]
        self.codes = table.vocabulary
        self.events = _grown(self.events, size) + np.bincount(codes, minlength=size)
        told = np.isfinite(values)
        codes, values = codes[told], values[told]
        count = np.bincount(codes, minlength=size)
        mean = np.bincount(codes, values, size) / np.maximum(count, 1)
        squares = np.bincount(codes, (values - mean[codes]) ** 2, size)
        count_before, mean_before, squares_before = _grown(self.moments_3V, size)
        total = np.maximum(count_before + count, 1)
        apart = mean - mean_before
        self.moments_3V = np.stack(
            [
                count_before + count,
                mean_before + apart * count / total,
                squares_before + squares + apart**2 * count_before * count / total,
            ]
        )

    def vocabulary(self, *, minimum_count: int) -> Vocabulary:
        """The codes that were counted at least so often."""
        order = sorted(np.flatnonzero(self.events >= max(minimum_count, 1)).tolist(), key=lambda at: self.codes[at])
        order = sorted(order, key=lambda at: -self.events[at])
        count, mean, squares = self.moments_3V[:, order]
        deviation = np.sqrt(squares / np.maximum(count, 1))
        rest = self.events.sum() - self.events[order].sum()
        return Vocabulary(
            codes=tuple(self.codes[at] for at in order),
            counts_V=np.concatenate([[0, rest], self.events[order]]).astype(np.int64),
            means_V=np.concatenate([[np.nan] * _FIRST, np.where(count > 0, mean, np.nan)]),
            deviations_V=np.concatenate([[1.0] * _FIRST, np.where(deviation > _TELLS * np.abs(mean), deviation, 1)]),
        )


def _rows_of(table: EventTable, train: Collection[str] | None) -> NDArray[np.bool_]:
    chosen = np.array([train is None or subject in train for subject in table.subjects], dtype=bool)
    return np.repeat(chosen, np.diff(table.starts))


def _grown(array: NDArray[T], size: int) -> NDArray[T]:
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, size - array.shape[-1])])


def write_vocabulary(vocabulary: Vocabulary, file: Path) -> None:
    """Keep it as parquet; padding and unknown stand first, under no name."""
    codes = pa.array([None] * _FIRST + list(vocabulary.codes), pa.string())
    values = (codes, vocabulary.counts_V, vocabulary.means_V, vocabulary.deviations_V)
    write_columns(pa.table(dict(zip(_COLUMNS, values, strict=True))), file)


def read_vocabulary(file: Path) -> Vocabulary:
    """Read what ``write_vocabulary`` wrote.

    Raises:
        UserError: if the file is damaged.
    """
    rows = read_columns(file, _COLUMNS)
    wanted = (pa.string(), pa.int64(), pa.float64(), pa.float64())
    codes, *values = (rows[name] for name in _COLUMNS)
    if tuple(rows[name].type for name in _COLUMNS) != wanted or codes.null_count != _FIRST or len(rows) < _FIRST:
        raise UserError(f"{file}: no vocabulary of tensors; make the tensors again.")
    counts, means, deviations = (column.to_numpy() for column in values)
    return Vocabulary(codes=tuple(codes.to_pylist()[_FIRST:]), counts_V=counts, means_V=means, deviations_V=deviations)
