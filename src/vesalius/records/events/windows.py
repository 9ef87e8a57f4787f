"""Choosing events by time, for many subjects and times at once."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.records.events.table import EventTable

EARLIEST = np.datetime64("1900-01-01", "us")
"""No event of a patient of today is older."""


def window(
    table: EventTable, subjects: ArrayLike, after: ArrayLike, until: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the events after a time, up to and including another, stand: row ``first`` to before row ``last``.

    What is known at a time t is ``window(..., "NaT", t)``; what happens in the thirty days behind it is
    ``window(..., t, t + 30 days)``: no event is in both.

    Args:
        table: whose rows are meant.
        subjects: places of the subjects, one a window.
        after: times, one a window or one for all; NaT takes static events and all from the first on.
        until: likewise.

    Returns:
        First and last of each window; the same where it is empty.

    >>> table = EventTable.build("aaab", np.array(["NaT", "2024-01-01", "2024-01-02", "2024-01-01"], "M8[us]"), "wxyz")
    >>> window(table, [0, 1], "NaT", np.datetime64("2024-01-01"))
    (array([0, 3]), array([2, 4]))
    """
    places = np.asarray(subjects, dtype=np.int64)
    moments = table.times.astype("datetime64[us]").view(np.int64)
    begin, end = table.starts[places], table.starts[places + 1]
    since, to = (np.broadcast_to(np.asarray(time, "datetime64[us]"), places.shape) for time in (after, until))
    first = np.where(np.isnat(since), begin, places_after(moments, begin, end, since.view(np.int64)))
    return first, np.maximum(first, places_after(moments, begin, end, to.view(np.int64)))


def places_after(
    sorted_values: NDArray[np.generic], begin: NDArray[np.int64], end: NDArray[np.int64], limits: NDArray[np.generic]
) -> NDArray[np.int64]:
    """In each stretch of sorted values, the place behind the last one that is no greater than a limit.

    A binary search in all stretches at once, which reads only the values that it compares.

    >>> places_after(np.array([1, 3, 5, 2, 4]), np.array([0, 3]), np.array([3, 5]), np.array([3, 1]))
    array([2, 3])
    """
    low, high = begin.copy(), end.copy()
    open_ = np.flatnonzero(low < high)
    while len(open_):
        middle = (low[open_] + high[open_]) // 2
        within = sorted_values[middle] <= limits[open_]
        low[open_[within]] = middle[within] + 1
        high[open_[~within]] = middle[~within]
        open_ = open_[low[open_] < high[open_]]
    return low


def impossible_times(table: EventTable, *, now: datetime | None = None) -> NDArray[np.int64]:
    """The rows whose time is before 1900 or beyond tomorrow.

    They are found rather than refused, since public sets shift their dates by up to centuries (MIMIC-IV to after 2100).

    Args:
        table: to look through.
        now: in UTC; the clock's where not given.

    >>> table = EventTable.build("aa", np.array(["1024-05-01", "2024-05-01"], "M8[us]"), "xy")
    >>> impossible_times(table, now=datetime(2024, 6, 1))
    array([0])
    """
    latest = np.datetime64((now or datetime.now(UTC).replace(tzinfo=None)) + timedelta(days=1), "us")
    # NaT is neither
    return np.flatnonzero((table.times < EARLIEST) | (table.times > latest))
