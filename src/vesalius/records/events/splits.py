"""Splits of whole subjects, by what they are called or by when their history begins, under the names that MEDS has."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.errors import UserError
from vesalius.records.events.meds_layout import SplitName
from vesalius.records.events.table import EventTable
from vesalius.records.places import place

TUNING, HELD_OUT, SALT = 0.15, 0.25, "own"
"""Shares and salt of the split by hash that a user's own dataset gets where it has none."""

_NAMES: tuple[SplitName, ...] = ("train", "tuning", "held_out")


def split_by_hash(subjects: Sequence[str], *, tuning: float, held_out: float, salt: str = "") -> dict[str, SplitName]:
    """About these shares for tuning and testing, by the hash of the subject alone: new subjects move no other.

    Records of a subject fall into the same part where ``vesalius.sources.splits`` splits them.

    Args:
        subjects: to be split.
        tuning: share of them.
        held_out: share of them.
        salt: put before the name, so that sets whose subjects are called the same are split differently.

    Raises:
        UserError: if a share is negative, or both together are more than all.

    >>> split = split_by_hash([str(number) for number in range(1000)], tuning=0.1, held_out=0.2)
    >>> [list(split.values()).count(name) for name in ("train", "tuning", "held_out")]
    [739, 81, 180]
    """
    places = np.array([place(salt + subject) for subject in subjects])
    train, tuned = _limits(tuning, held_out)
    return _named(subjects, places, [train, tuned])


def split_by_time(table: EventTable, *, tuning: float, held_out: float) -> dict[str, SplitName]:
    """The subjects whose first timed event is earliest for training, the next for tuning, the latest for testing.

    Subjects that begin at the same time stay together, so that shares may differ; without a timed event they train.

    Args:
        table: with the events.
        tuning: share of the subjects.
        held_out: share of the subjects.

    Raises:
        UserError: if a share is negative, or both together are more than all.

    >>> times = np.array(["2024-01-04", "2024-01-01", "2024-01-02", "2024-01-03"], "M8[us]")
    >>> split_by_time(EventTable.build("abcd", times, "xxxx"), tuning=0.25, held_out=0.25)
    {'a': 'held_out', 'b': 'train', 'c': 'train', 'd': 'tuning'}
    """
    begun = first_times(table).view(np.int64)
    earlier = np.searchsorted(np.sort(begun), begun)
    # 1 - 0.1 - 0.2 is a little more than 0.7, which is no reason for one more of ten to train
    limits = np.round(np.array(_limits(tuning, held_out)) * len(begun), 6)
    return _named(table.subjects, earlier, limits)


def first_times(table: EventTable) -> NDArray[np.datetime64]:
    """Of each subject, when its first timed event is; NaT where there is none.

    >>> first_times(EventTable.build("aab", np.array(["NaT", "2024-01-01", "NaT"], "M8[us]"), "xyz"))
    array(['2024-01-01T00:00:00.000000', 'NaT'], dtype='datetime64[us]')
    """
    static = np.concatenate([[0], np.cumsum(np.isnat(table.times))])
    first = table.starts[:-1] + static[table.starts[1:]] - static[table.starts[:-1]]
    padded = np.append(table.times.astype("datetime64[us]"), np.datetime64("NaT"))
    found: NDArray[np.datetime64] = padded[np.where(first < table.starts[1:], first, len(table))]
    return found


def _limits(tuning: float, held_out: float) -> tuple[float, float]:
    """Where training and tuning end."""
    train = 1 - tuning - held_out
    if min(tuning, held_out) < 0 or train < -1e-9:
        raise UserError(
            f"tuning {tuning} and held_out {held_out}: no shares of a whole; give two of 0 or more, together at most 1."
        )
    return train, train + tuning


def _named(subjects: Sequence[str], places: ArrayLike, limits: ArrayLike) -> dict[str, SplitName]:
    parts = np.searchsorted(limits, places, side="right")
    return {subject: _NAMES[part] for subject, part in zip(subjects, parts.tolist(), strict=True)}
