"""Events of many subjects in columns: what MEDS, FHIR and tables are read into, and written from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.records.fields import Events


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EventTable:
    """Every event has a code, and where it has them a time, a number and a text.

    The events of a subject stand together: those without a time (static ones) first, then in order of time; events of the same
    time keep the order in which they were given.

    Attributes:
        subjects: ids of the S subjects.
        starts: S + 1 places; the events of subject s are ``starts[s]`` to ``starts[s + 1]``.
        times: of the E events, to the microsecond, without a zone (UTC); NaT where there is none.
        codes: places in the vocabulary.
        vocabulary: the different codes.
        numbers: NaN where there is none.
        texts: null where there is none.
        extra: further columns of E rows, such as units, which formats that know them keep.

    Raises:
        ValueError: if columns differ in length, or the events of a subject are out of order.
    """

    subjects: tuple[str, ...]
    starts: NDArray[np.int64]
    times: NDArray[np.datetime64]
    codes: NDArray[np.int32]
    vocabulary: tuple[str, ...]
    numbers: NDArray[np.float64]
    texts: pa.Array
    extra: Mapping[str, pa.Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.codes)
        lengths = {len(column) for column in (self.times, self.numbers, self.texts, *self.extra.values())}
        if lengths - {count} or len(self.starts) != len(self.subjects) + 1 or self.starts[0] != 0 or self.starts[-1] != count:
            raise ValueError("columns of events differ in length, or the subjects' places don't cover them.")
        # NaT is the smallest integer, so that static events come first
        moments = self.times.astype("datetime64[us]").view(np.int64)
        late = moments[1:] < moments[:-1]
        first = self.starts[(self.starts > 0) & (self.starts < count)]
        late[first - 1] = False
        if late.any():
            raise ValueError(f"event {int(np.argmax(late)) + 1}: earlier than the one before it; order them by subject and time.")

    def __len__(self) -> int:
        """How many events."""
        return len(self.codes)

    @classmethod
    def build(
        cls,
        subjects: Sequence[str] | NDArray[np.str_] | pa.Array,
        times: NDArray[np.datetime64],
        codes: Sequence[str] | pa.Array,
        numbers: NDArray[np.float64] | None = None,
        texts: pa.Array | None = None,
        extra: Mapping[str, pa.Array] | None = None,
    ) -> "EventTable":
        """From rows in any order, a value of each column a row; subjects stand in the order in which they first come.

        >>> table = EventTable.build(["b", "a", "b"], np.array(["2024-01-02", "NaT", "2024-01-01"], "M8[us]"), ["x", "y", "z"])
        >>> table.subjects, [table.vocabulary[code] for code in table.codes]
        (('b', 'a'), ['z', 'x', 'y'])
        """
        whose = _encoded(subjects)
        said = _encoded(codes)
        place = np.asarray(whose.indices, dtype=np.int64)
        count = len(place)
        moments = np.asarray(times, dtype="datetime64[us]")
        order = np.lexsort((moments.view(np.int64), place))
        names = tuple(whose.dictionary.to_pylist())
        starts = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(names)))]).astype(np.int64)
        at = pa.array(order)
        return cls(
            subjects=names,
            starts=starts,
            times=moments[order],
            codes=np.asarray(said.indices, dtype=np.int32)[order],
            vocabulary=tuple(said.dictionary.to_pylist()),
            numbers=np.full(count, np.nan) if numbers is None else np.asarray(numbers, dtype=np.float64)[order],
            texts=pa.nulls(count, pa.large_string()) if texts is None else texts.take(at),
            extra={name: column.take(at) for name, column in (extra or {}).items()},
        )

    def rows(self, subject: int) -> slice:
        """Where the events of a subject stand, by its place."""
        return slice(int(self.starts[subject]), int(self.starts[subject + 1]))

    def take(self, subjects: Sequence[int]) -> "EventTable":
        """The events of some subjects, in this order; the vocabulary stays."""
        chosen = np.asarray(subjects, dtype=np.int64)
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return EventTable(
            subjects=tuple(self.subjects[place] for place in subjects),
            starts=starts,
            times=self.times[at],
            codes=self.codes[at],
            vocabulary=self.vocabulary,
            numbers=self.numbers[at],
            texts=self.texts.take(pa.array(at)),
            extra={name: column.take(pa.array(at)) for name, column in self.extra.items()},
        )

    def histories(self) -> Iterator[tuple[str, Events]]:
        """Each subject with its timed events, as the field of a record."""
        for place, subject in enumerate(self.subjects):
            rows = self.rows(place)
            timed = ~np.isnat(self.times[rows])
            names = tuple(self.vocabulary[code] for code in self.codes[rows][timed])
            yield subject, Events(tuple(self.times[rows][timed].tolist()), names, self.numbers[rows][timed])

    def known(self, subject: int, until: np.datetime64) -> Events:
        """The events of a subject up to and including a moment; those without a time stand at the first that has one.

        Args:
            subject: its place.
            until: the moment.
        """
        rows = self.rows(subject)
        times = self.times[rows]
        static = int(np.isnat(times).sum())
        kept = static + int(np.searchsorted(times[static:], until, "right"))
        if kept == static:
            return Events((), (), np.zeros(0))
        times = np.concatenate([np.repeat(times[static], static), times[static:kept]])
        names = tuple(self.vocabulary[code] for code in self.codes[rows][:kept])
        return Events(tuple(times.tolist()), names, self.numbers[rows][:kept])


def _encoded(values: Sequence[str] | NDArray[np.str_] | pa.Array) -> pa.DictionaryArray:
    array = values if isinstance(values, pa.Array) else pa.array(list(values), pa.string())
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
