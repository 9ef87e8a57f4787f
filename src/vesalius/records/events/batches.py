"""Batches of histories, cut from a folder of tensors that stays on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events.parquet_file import read_columns
from vesalius.records.events.tensors import FORMAT, SECOND
from vesalius.records.events.vocabulary import PADDING, Vocabulary, read_vocabulary
from vesalius.records.events.windows import places_after

T = TypeVar("T", bound=np.generic)

_DAY = 86_400 * SECOND
_MAKE = "make the tensors again"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Batch:
    """Histories side by side, each from its first column on, in order of time.

    Attributes:
        codes_BL: numbers of the vocabulary; 0 where padded.
        days_BL: of the events, relative to the time that was asked for: zero or less; NaN for static events, 0 where padded.
        numbers_BL: in standard deviations from the mean of the code in training subjects; NaN where an event has none, where
            no training subject has one to compare with, and where padded.
        mask_BL: where an event stands.
    """

    codes_BL: NDArray[np.int32]
    days_BL: NDArray[np.float32]
    numbers_BL: NDArray[np.float32]
    mask_BL: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tensors:
    """An opened folder; see ``tensors`` for what the arrays hold."""

    folder: Path
    places: Mapping[str, int]
    vocabulary: Vocabulary
    microseconds: int
    starts: NDArray[np.int64]
    origins: NDArray[np.int64]
    codes: NDArray[np.unsignedinteger]
    times: NDArray[np.unsignedinteger]
    numbers: NDArray[Any]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        """How many events."""
        return len(self.codes)

    def batch(self, subjects: Sequence[str], times: NDArray[np.datetime64], *, length: int) -> Batch:
        """What was known of each subject at its time: the last events up to and including it.

        Args:
            subjects: B of them, in any order; one may come with several times.
            times: one a subject, in UTC; up to NaT static events only are known, as in ``windows.window``.
            length: most events a subject; L is the longest history's where that is shorter, and at least 1.

        Raises:
            UserError: if a subject is not in the folder.
        """
        try:
            places = np.array([self.places[subject] for subject in subjects], dtype=np.int64)
        except KeyError as error:
            raise UserError(f"{self.folder}, subject {error.args[0]!r}: not there; {_MAKE} from its events.") from error
        asked = np.asarray(times, "datetime64[us]")
        since = np.where(np.isnat(asked), -1, asked.view(np.int64) - self.origins[places])
        begin = self.starts[places]
        limit = np.maximum(since // self.microseconds + 1, 0)
        last = places_after(self.times, begin, self.starts[places + 1], limit)
        first = np.maximum(begin, last - length)
        width = max(int((last - first).max(initial=0)), 1)
        mask = np.arange(width) < (last - first)[:, None]
        rows = (first[:, None] + np.arange(width))[mask]
        whose = np.repeat(np.arange(len(places)), last - first)
        codes = np.asarray(self.codes[rows], dtype=np.int32)
        return Batch(
            codes_BL=_laid(codes, mask, PADDING),
            days_BL=_laid(self._days(rows, since[whose]), mask, 0),
            numbers_BL=_laid(self._normalised(rows, codes), mask, np.nan),
            mask_BL=mask,
        )

    def _days(self, rows: NDArray[np.int64], since: NDArray[np.int64]) -> NDArray[np.float32]:
        stored = self.times[rows].astype(np.int64)
        # whole microseconds are subtracted first, so that the last days before the time are exact in 32 bits
        days = ((stored - 1) * self.microseconds - since) / _DAY
        return np.where(stored == 0, np.nan, days).astype(np.float32)

    def _normalised(self, rows: NDArray[np.int64], codes: NDArray[np.int32]) -> NDArray[np.float32]:
        stored = self.numbers[rows]
        numbers = self.values[stored] if len(self.values) else stored
        scaled = (numbers - self.vocabulary.means_V[codes]) / self.vocabulary.deviations_V[codes]
        return np.asarray(scaled, dtype=np.float32)


def _laid(values: NDArray[T], mask: NDArray[np.bool_], padding: float) -> NDArray[T]:
    laid = np.full(mask.shape, padding, dtype=values.dtype)
    laid[mask] = values
    return laid


def open_tensors(folder: Path) -> Tensors:
    """Map what ``tensorise`` made.

    Raises:
        UserError: naming the file that is missing or damaged.
    """
    file = folder / "tensors.json"
    try:
        told = json.loads(file.read_text())
        microseconds = told["microseconds"]
        if told["format"] != FORMAT or microseconds not in (1, SECOND):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: missing, damaged or of another version; {_MAKE}.") from error
    arrays = {name: _mapped(folder / f"{name}.npy") for name in ("starts", "origins", "codes", "times", "numbers", "values")}
    subjects = read_columns(folder / "subjects.parquet", ["subject"])["subject"]
    vocabulary = read_vocabulary(folder / "vocabulary.parquet")
    _check(arrays, len(subjects), folder)
    return Tensors(
        folder=folder,
        places={name: place for place, name in enumerate(subjects.cast(pa.string()).to_pylist())},
        vocabulary=vocabulary,
        microseconds=microseconds,
        **arrays,
    )


def _mapped(file: Path) -> NDArray[Any]:
    try:
        mapped: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{file}: missing or damaged; {_MAKE}.") from error
    return mapped


def _check(arrays: Mapping[str, NDArray[Any]], subjects: int, folder: Path) -> None:
    starts = arrays["starts"]
    # subjects would be mixed up
    if starts.dtype != np.int64 or starts[:1].any() or (starts[1:] < starts[:-1]).any():
        raise UserError(f"{folder / 'starts.npy'}: damaged; {_MAKE}.")
    events = int(starts[-1]) if starts.size else -1
    lengths = {"starts": subjects + 1, "origins": subjects, "codes": events, "times": events, "numbers": events}
    for name, length in lengths.items():
        if arrays[name].shape != (length,):
            raise UserError(f"{folder / name}.npy: has not the length that the other files ask for; {_MAKE}.")
