"""Histories as arrays: which codes are known, how values are standardised, and the last events of each."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.kept_file import kept
from vesalius.records import Events, Record

UNKNOWN = 1
"""Place of codes that are not in the vocabulary; 0 is no event."""

_DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Codes of training histories, and mean and standard deviation of the values of each.

    Attributes:
        codes: from place 2 on, oftenest first.
        means, deviations: of the values of all places.
    """

    codes: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def __len__(self) -> int:
        """Places, with those of no event and of unknown codes."""
        return len(self.codes) + 2

    def places(self, codes: Sequence[str]) -> NDArray[np.int64]:
        """The place of each code."""
        known = {code: place for place, code in enumerate(self.codes, start=2)}
        return np.array([known.get(code, UNKNOWN) for code in codes], dtype=np.int64)

    def standardised(self, places: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in standard deviations from the mean of their code; NaN where there is none."""
        scaled: NDArray[np.float64] = (values - np.array(self.means)[places]) / np.array(self.deviations)[places]
        return scaled.clip(-5, 5)

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        content = {"codes": self.codes, "means": self.means, "deviations": self.deviations}
        file.write_text(json.dumps(content) + "\n", encoding="utf-8")


def vocabulary_of(histories: Sequence[Events], *, least: int = 5) -> Vocabulary:
    """Codes that stand in so many histories at least.

    >>> from datetime import datetime
    >>> history = Events((datetime(2020, 1, 1),) * 2, ("a", "b"), np.array([1.0, np.nan]))
    >>> vocabulary_of([history], least=1).codes
    ('a', 'b')
    """
    counted = Counter(code for history in histories for code in dict.fromkeys(history.codes))
    codes = tuple(code for code, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])) if count >= least)
    place = {code: number for number, code in enumerate(codes)}
    values: list[list[float]] = [[] for _ in codes]
    for history in histories:
        for code, value in zip(history.codes, history.values.tolist(), strict=True):
            if code in place and not np.isnan(value):
                values[place[code]].append(value)
    means = [float(np.mean(own)) if own else 0.0 for own in values]
    deviations = [float(np.std(own)) or 1.0 if own else 1.0 for own in values]
    return Vocabulary(codes, (0.0, 0.0, *means), (1.0, 1.0, *deviations))


def vocabulary_from(file: Path) -> Vocabulary:
    """Take back what ``Vocabulary.save`` wrote.

    Raises:
        UserError: if the file is missing or damaged.
    """
    with kept(file) as content:
        return Vocabulary(tuple(content["codes"]), tuple(content["means"]), tuple(content["deviations"]))


def history_of(record: Record, field: str = "history") -> Events:
    """The history of a record.

    Raises:
        UserError: if it has none, or one without events.
    """
    found = record.fields.get(field)
    if not isinstance(found, Events) or not found.codes:
        raise UserError(f"record {record.id}, field {field!r}: no events; give a history with at least one.")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One history in numbers.

    Attributes:
        places: of the codes.
        ages: days since the first event, which is birth where the history has it.
        values: standardised; NaN where there is none.
    """

    places: NDArray[np.int64]
    ages: NDArray[np.float64]
    values: NDArray[np.float64]


def numbered(history: Events, vocabulary: Vocabulary) -> History:
    """The history in numbers."""
    times = np.array(history.times, dtype="datetime64[us]")
    places = vocabulary.places(history.codes)
    return History(places, (times - times[0]) / _DAY, vocabulary.standardised(places, history.values))


def last_events(histories: Sequence[History], ends: Sequence[int], length: int) -> dict[str, NDArray[np.generic]]:
    """The last events of each history before an end, filled up in front, as ``EventBatch`` names them.

    Args:
        histories: B of them.
        ends: how many events of each are seen.
        length: the most that are kept.
    """
    longest = max(1, min(length, max(ends)))
    codes, ages = np.zeros((len(ends), longest), np.int64), np.zeros((len(ends), longest), np.float32)
    numbers, valued = np.zeros((len(ends), longest), np.float32), np.zeros((len(ends), longest), bool)
    for row, (history, end) in enumerate(zip(histories, ends, strict=True)):
        start = max(0, end - longest)
        own = slice(longest - (end - start), longest)
        codes[row, own], ages[row, own] = history.places[start:end], history.ages[start:end]
        valued[row, own] = ~np.isnan(history.values[start:end])
        numbers[row, own] = np.nan_to_num(history.values[start:end])
    return {"codes_BL": codes, "ages_BL": ages, "numbers_BL": numbers, "valued_BL": valued}
