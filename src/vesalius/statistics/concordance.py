"""Harrell's concordance index of survival predictions."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import (
    BoolArray,
    FloatArray,
    IndexArray,
    as_binary,
    as_numbers,
    check_level,
    check_margin,
    check_same_shape,
)
from vesalius.statistics._clusters import check_several, group
from vesalius.statistics._inference import t_difference
from vesalius.statistics.estimate import Difference


def c_index(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Share of comparable pairs in which the subject with the earlier event has the higher risk (Harrell et al. 1982).

    A pair is comparable where the earlier time is an event; at equal times, where one is an event and the other censored (the
    censored one lived longer); two events at one time are not. Equal risks count half. All as in scikit-survival, except that
    there risks within 1e-8 are equal, here only equal ones are.

    Args:
        time: observed time [N].
        event: 1 where the time is an event, 0 where it is censoring [N].
        risk: higher means an earlier event [N].

    Returns:
        The index, in O(n log² n); NaN where no pair is comparable, as can happen in a resample.

    Raises:
        ValueError: events other than 0 and 1, NaN, no values, different lengths.

    >>> c_index([1, 2, 3, 4], [1, 1, 0, 1], [0.9, 0.5, 0.7, 0.1])
    0.8
    """
    pairs = _count(*_check(time, event, risk))
    comparable = pairs.comparable.sum()
    return float(pairs.concordant.sum() / comparable) if comparable else math.nan


def compare_c_index(
    time: ArrayLike,
    event: ArrayLike,
    risk_a: ArrayLike,
    risk_b: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    margin: float | None = None,
    level: float = 0.95,
) -> Difference:
    """Difference of the C-index of two risks of the same subjects, by its influence function.

    The index is a ratio of two U-statistics; the contribution of a subject to it is twice its concordant pairs less the index
    times its comparable pairs, over all pairs (Hoeffding 1948; Kang et al. 2015). Contributions are subtracted between the
    arms and summed by cluster; the reference is t with one degree less than clusters.

    Args:
        time: observed time [N].
        event: 1 where the time is an event, 0 where it is censoring [N].
        risk_a: by the first arm [N].
        risk_b: by the second arm [N].
        clusters: the subject of each record [N].
        margin: difference of no importance, for the equivalence test.
        level: coverage of the interval.

    Returns:
        `C(a) - C(b)`. Without any spread the rule of `compare_means` holds.

    Raises:
        ValueError: no comparable pair, events other than 0 and 1, NaN, different lengths, one cluster.

    >>> d = compare_c_index([1, 2, 3, 4, 5], [1, 1, 0, 1, 1], [5, 4, 3, 2, 1], [4, 5, 1, 3, 2])
    >>> round(d.value, 3), d.n
    (0.125, 5)
    """
    check_level(level)
    check_margin(margin)
    times, events, first = _check(time, event, risk_a)
    second = _check(time, event, risk_b)[2]
    groups = group(clusters, len(times))
    check_several(groups)
    a, b = _count(times, events, first), _count(times, events, second)
    if not a.comparable.any():
        raise ValueError("No two subjects are comparable: no event happens before the end of another's follow-up.")
    influence = groups.sum(a.influence() - b.influence())
    error = math.sqrt(groups.count / (groups.count - 1) * float(influence @ influence))
    return t_difference(
        a.index - b.index,
        error if error > 1e-12 else 0.0,
        groups.count - 1.0,
        level=level,
        margin=margin,
        n=len(times),
        clusters=groups.count,
        seeds=1,
        method="C-index, influence function; one seed: interval covers records only",
        units=groups.count,
        reach=1.0,
    )


def _check(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> tuple[FloatArray, BoolArray, FloatArray]:
    times, events, risks = as_numbers("time", time), as_binary("event", event), as_numbers("risk", risk)
    check_same_shape(time=times, event=events, risk=risks)
    return times, events, risks


@dataclass(frozen=True, slots=True)
class _Pairs:
    """For each subject, the pairs that it is part of: how many are comparable, and concordant (ties half)."""

    concordant: FloatArray
    comparable: FloatArray

    @property
    def index(self) -> float:
        return float(self.concordant.sum() / self.comparable.sum())

    def influence(self) -> FloatArray:
        """Contribution of each subject to the index; they sum to 0."""
        return np.asarray(2 * (self.concordant - self.index * self.comparable) / self.comparable.sum())


def _count(time: FloatArray, event: BoolArray, risk: FloatArray) -> _Pairs:
    # In this order a subject is comparable with all that follow an event, except events at the same time. Among those, risk
    # ascends, so that they add to the count only where risks are equal too, and that is taken back.
    order = np.lexsort((risk, ~event, time))
    time, event = time[order], event[order]
    rank = np.unique(risk, return_inverse=True)[1][order]
    concordant = _later_and_lower(rank, event)
    concordant -= 0.5 * (_run_sizes(time, event, rank) - 1) * event
    key = np.unique(time, return_inverse=True)[1] * 2 + ~event  # ascends
    after = len(key) - key.searchsorted(key, "right")
    events_before = np.concatenate([[0], np.cumsum(event)])[key.searchsorted(key, "left")]
    pairs = _Pairs(np.empty(len(key)), np.empty(len(key)))
    pairs.concordant[order] = concordant
    pairs.comparable[order] = after * event + events_before
    return pairs


def _run_sizes(time: FloatArray, event: BoolArray, rank: IndexArray) -> IndexArray:
    """Number of subjects with the same time, event and risk; equal ones stand together."""
    new = np.ones(len(time), dtype=bool)
    new[1:] = (np.diff(time) != 0) | (event[1:] != event[:-1]) | (np.diff(rank) != 0)
    run = np.cumsum(new) - 1
    return np.asarray(np.bincount(run)[run])


def _later_and_lower(rank: IndexArray, event: BoolArray) -> FloatArray:
    """Pairs (an event, any later position) in which the later has the lower rank, ties half, credited to both.

    The positions are halved again and again; at each width all pairs that span two neighbouring halves are counted at once, by
    a search in keys of block and rank.
    """
    count, position = len(rank), np.arange(len(rank))
    total = np.zeros(count)
    width, span = 1, int(rank.max()) + 1
    while width < count:
        block = position // (2 * width)
        right = (position // width) % 2 == 1
        key = block * span + rank
        earlier, later = ~right & event, right
        total[earlier] += _below_in_block(key[earlier], np.sort(key[later]), block[earlier] * span)
        events = np.sort(key[earlier])
        total[later] += events.searchsorted((block[later] + 1) * span) - events.searchsorted(block[later] * span)
        total[later] -= _below_in_block(key[later], events, block[later] * span)
        width *= 2
    return total


def _below_in_block(keys: IndexArray, others: IndexArray, start: IndexArray) -> FloatArray:
    """How many others of its block lie below each key, ties half."""
    at_or_below = others.searchsorted(keys, "left") + others.searchsorted(keys, "right")
    return np.asarray(at_or_below / 2 - others.searchsorted(start))
