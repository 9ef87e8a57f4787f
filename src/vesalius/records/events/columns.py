"""Events one after another into columns: each distinct word is kept once, and an event takes about two hundred bytes."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.records.events.table import EventTable

NOT_A_TIME = int(np.iinfo(np.int64).min)
"""What NaT is as an integer."""

_BATCH = 1 << 16


class Event(NamedTuple):
    """One event on its way between a file and a table.

    Attributes:
        subject: whom it is of.
        code: what it is.
        time, end: microseconds since 1970, UTC.
        number, unit: what was measured or given.
        text: what was said.
        value_code: the answer, where it is a code; its words are the text.
        display: the name of the code.
        resource: the FHIR resource that it is, and the part of it, such as ``Observation.component``.
        resource_id: which parts of one resource share.
        encounter: id of the stay or visit.
        status: such as ``final``.
    """

    subject: str
    code: str
    time: int | None = None
    number: float | None = None
    unit: str | None = None
    text: str | None = None
    value_code: str | None = None
    display: str | None = None
    end: int | None = None
    resource: str | None = None
    resource_id: str | None = None
    encounter: str | None = None
    status: str | None = None


WORDS = ("unit", "value_code", "display", "resource", "resource_id", "encounter", "status")
"""Further columns of text; ``end`` is the one of times."""


class Words:
    """Distinct words, and which of them each event has. A word that is taken back (set to None) is missing."""

    def __init__(self) -> None:
        self.names: list[str | None] = []
        self._places: dict[str, int] = {}
        self.indices = array("i")

    def add(self, word: str | None) -> None:
        """The word of the next event."""
        if word is None:
            self.indices.append(-1)
            return
        place = self._places.get(word)
        if place is None:
            place = self._places[word] = len(self.names)
            self.names.append(word)
        self.indices.append(place)

    def rename(self, change: Callable[[str], str | None]) -> None:
        """Give every word a new name, or none."""
        self.names = [None if name is None else change(name) for name in self.names]

    def encoded(self) -> pa.DictionaryArray:
        """A place an event in the words, of which each stands once, though two were renamed to one; null where there is none."""
        names = list(dict.fromkeys(name for name in self.names if name is not None))
        places = {name: place for place, name in enumerate(names)}
        renamed = np.array([-1 if name is None else places[name] for name in self.names] + [-1], np.int32)
        # what has no word, -1, finds the last
        at = renamed[np.frombuffer(self.indices, np.int32) if self.indices else np.empty(0, np.int32)]
        return pa.DictionaryArray.from_arrays(pa.array(at, mask=at < 0), pa.array(names, pa.string()))


class Texts:
    """Texts that seldom repeat, packed as they come."""

    def __init__(self) -> None:
        self._packed: list[pa.Array] = []
        self._open: list[str | None] = []

    def add(self, text: str | None) -> None:
        """The text of the next event."""
        self._open.append(text)
        if len(self._open) == _BATCH:
            self._packed.append(pa.array(self._open, pa.large_string()))
            self._open = []

    def array(self) -> pa.Array:
        """A text an event."""
        return pa.concat_arrays([*self._packed, pa.array(self._open, pa.large_string())])


@dataclass(slots=True)
class Columns:
    """Collects events; ``subjects``, ``codes`` and words may be renamed before the table is made, which uses them up."""

    subjects: Words = field(default_factory=Words)
    codes: Words = field(default_factory=Words)
    times: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    texts: Texts = field(default_factory=Texts)
    ids: Texts = field(default_factory=Texts)
    words: dict[str, Words] = field(default_factory=lambda: {name: Words() for name in WORDS if name != "resource_id"})

    def __len__(self) -> int:
        """How many events."""
        return len(self.times)

    def add(self, event: Event) -> None:
        """Take the next event."""
        self.subjects.add(event.subject)
        self.codes.add(event.code)
        self.times.append(NOT_A_TIME if event.time is None else event.time)
        self.ends.append(NOT_A_TIME if event.end is None else event.end)
        self.numbers.append(np.nan if event.number is None else event.number)
        self.texts.add(event.text)
        self.ids.add(event.resource_id)
        words = self.words
        words["unit"].add(event.unit)
        words["value_code"].add(event.value_code)
        words["display"].add(event.display)
        words["resource"].add(event.resource)
        words["encounter"].add(event.encounter)
        words["status"].add(event.status)

    def table(self) -> EventTable:
        """The table of all events that still have a subject and a code; columns in which nothing stands are left out.

        Each column is dropped here once it is in the table, so that a long one is in memory twice but never all are. Further
        columns of words, other than ids, are places in a dictionary, which take a tenth of the memory of texts.

        >>> columns = Columns()
        >>> columns.add(Event("p1", "LOINC//2823-3", time=0, number=4.1, unit="mmol/L"))
        >>> table = columns.table()
        >>> table.vocabulary, sorted(table.extra)
        (('LOINC//2823-3',), ['unit'])
        """
        subjects, codes, times = self.subjects.encoded(), self.codes.encoded(), _times(self.times)
        kept = np.flatnonzero(subjects.is_valid().to_numpy(False) & codes.is_valid().to_numpy(False))
        whose = subjects.indices.take(pa.array(kept)).to_numpy()
        order = kept[np.lexsort((times[kept].view(np.int64), whose))]
        # subjects stand in the order in which they first come, without those whose events are all gone
        counts = np.bincount(whose, minlength=len(subjects.dictionary))
        names = subjects.dictionary.filter(pa.array(counts > 0)).to_pylist()
        at, numbers = pa.array(order), np.frombuffer(self.numbers) if self.numbers else np.empty(0)
        numbers, times, self.times, self.numbers = numbers[order], times[order], array("q"), array("d")
        ends, self.ends = _times(self.ends)[order], array("q")
        extra = {} if np.isnat(ends).all() else {"end": pa.array(ends)}
        for name in WORDS:
            column = self._ids(at) if name == "resource_id" else self.words.pop(name).encoded().take(at)
            if column.null_count < len(column):
                extra[name] = column
        texts, self.texts = self.texts.array().take(at), Texts()
        return EventTable(
            subjects=tuple(names),
            starts=np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64),
            times=times,
            codes=np.ascontiguousarray(codes.indices.take(at).to_numpy(), dtype=np.int32),
            vocabulary=tuple(codes.dictionary.to_pylist()),
            numbers=numbers,
            texts=texts,
            extra=extra,
        )

    def _ids(self, at: pa.Array) -> pa.Array:
        ids, self.ids = self.ids.array().take(at), Texts()
        return ids


def _times(moments: "array[int]") -> NDArray[np.datetime64]:
    return (np.frombuffer(moments, np.int64) if moments else np.empty(0, np.int64)).view("datetime64[us]")
