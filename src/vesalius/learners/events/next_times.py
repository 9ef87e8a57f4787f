"""What a history says of its own future: from a moment, the time until each code comes next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.events.histories import History


@dataclass(frozen=True, slots=True, eq=False)
class NextTimes:
    """From M moments, the time to K codes.

    Attributes:
        seen: how many events a moment has seen: all until and at its time.
        times_MK: days to the code, or to the end of the history where it comes no more.
        events_MK: whether it comes.
    """

    seen: NDArray[np.int64]
    times_MK: NDArray[np.float64]
    events_MK: NDArray[np.bool_]

    def of(self, codes: NDArray[np.bool_]) -> "NextTimes":
        """Of some of the codes."""
        return NextTimes(self.seen, self.times_MK[:, codes], self.events_MK[:, codes])


BIRTH = 1.0
"""Days from the beginning of a history in which no moment is asked about: from birth everything is decades away."""


def next_times(history: History, wanted: NDArray[np.int64]) -> NextTimes:
    """From each moment of a history but its last and those at birth, the time to the next of each wanted code, strictly later.

    Args:
        history: in numbers.
        wanted: places of K codes.

    >>> history = History(np.array([4, 2, 3, 2]), np.array([0.0, 100.0, 101.0, 105.0]), np.full(4, np.nan))
    >>> found = next_times(history, np.array([2, 3]))
    >>> found.seen.tolist(), found.times_MK.tolist(), found.events_MK.tolist()
    ([2, 3], [[5.0, 1.0], [4.0, 4.0]], [[True, True], [True, False]])
    """
    moments, first = np.unique(history.ages, return_index=True)
    seen = np.append(first[1:], len(history.ages))[:-1]
    asked = moments[:-1] > BIRTH
    now, end = moments[:-1][asked], moments[-1]
    came = np.full((len(now), len(wanted)), np.inf)
    for column, code in enumerate(wanted):
        own = np.append(history.ages[history.places == code], np.inf)
        came[:, column] = own[np.searchsorted(own, now, "right")]
    events = np.isfinite(came)
    return NextTimes(seen[asked].astype(np.int64), np.where(events, came, end) - now[:, None], events)
