"""Harrell's concordance index of survival predictions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
        The index, in O(n log n); NaN where no pair is comparable, as can happen in a resample.

    Raises:
        ValueError: events other than 0 and 1, NaN, no values, different lengths.

    >>> c_index([1, 2, 3, 4], [1, 1, 0, 1], [0.9, 0.5, 0.7, 0.1])
    0.8
    """
    concordant, comparable = (pairs.sum() for pairs in event_pairs(time, event, risk))
    return float(concordant / comparable) if comparable else math.nan


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


def event_pairs(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """For each event, how many of its comparable subjects have a lower risk (ties half), and how many are comparable.

    Comparable as in `c_index`: a longer time, or the same time and censored. Weighted sums of the two make Uno's concordance.

    Args:
        time: observed time [N].
        event: 1 where the time is an event, 0 where it is censoring [N].
        risk: higher means an earlier event [N].

    Returns:
        Concordant and comparable pairs [N], 0 for the censored; in O(n log n).

    Raises:
        ValueError: events other than 0 and 1, NaN, no values, different lengths.

    >>> concordant, comparable = event_pairs([1, 2, 3, 4], [1, 1, 0, 1], [0.9, 0.5, 0.7, 0.1])
    >>> concordant.tolist(), comparable.tolist()
    ([3.0, 1.0, 0.0, 0.0], [3.0, 2.0, 0.0, 0.0])
    """
    return _of_events(*_check(time, event, risk))


RankArray = NDArray[np.int32]
_FEW = 200  # up to here a table of all pairs is quicker than sorting


def _of_events(time: FloatArray, event: BoolArray, risk: FloatArray) -> tuple[FloatArray, FloatArray]:
    if len(time) <= _FEW:
        concordant_NN, comparable_NN = _table(time, event, risk)
        return concordant_NN.sum(axis=1), comparable_NN.sum(axis=1, dtype=float)
    key, rank = _keys(time, event, risk)
    order = _in_time(key, rank)
    concordant = np.empty(len(time))
    concordant[order] = _later_and_lower(rank[order])
    if rank.max() + 1 < len(rank):
        concordant += 0.5 * _equal_after(key, rank)
    return concordant * event, _after(key) * event


def _count(time: FloatArray, event: BoolArray, risk: FloatArray) -> _Pairs:
    if len(time) <= _FEW:
        concordant_NN, comparable_NN = _table(time, event, risk)
        return _Pairs(concordant_NN.sum(axis=0) + concordant_NN.sum(axis=1), _both_ways(comparable_NN))
    key, rank = _keys(time, event, risk)
    order = _in_time(key, rank)
    concordant, comparable = _of_events(time, event, risk)
    higher = np.empty(len(time))
    higher[order] = _earlier_and_higher(rank[order], event[order])
    concordant += higher + 0.5 * _equal_events_before(key, rank, event)
    comparable += np.sort(key[event]).searchsorted(key, "left")
    return _Pairs(concordant, comparable)


def _table(time: FloatArray, event: BoolArray, risk: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Events × subjects: concordance of each comparable pair, and which are comparable."""
    comparable_NN = event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))
    higher_NN = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    return higher_NN * comparable_NN, comparable_NN


def _both_ways(table_NN: BoolArray) -> FloatArray:
    return np.asarray(table_NN.sum(axis=0) + table_NN.sum(axis=1), dtype=float)


def _keys(time: FloatArray, event: BoolArray, risk: FloatArray) -> tuple[RankArray, RankArray]:
    """An event is comparable with all subjects of a higher key; and the rank of each risk, equal ones sharing it."""
    return _dense_rank(time) * 2 + ~event, _dense_rank(risk)


def _dense_rank(values: FloatArray) -> RankArray:
    order = np.argsort(values)
    ranked = values[order]
    rank = np.empty(len(values), dtype=np.int32)
    rank[order] = np.cumsum(np.concatenate([[False], ranked[1:] != ranked[:-1]]), dtype=np.int32)
    return rank


def _in_time(key: RankArray, rank: RankArray) -> RankArray:
    """The order of keys, and of ascending ranks within one, so that nobody of the same key stands behind and below."""
    return _joint(key, rank, int(rank.max()) + 1).argsort().astype(np.int32)


def _joint(major: RankArray, minor: RankArray, span: int) -> IndexArray:
    joint = major.astype(np.int64)
    joint *= span
    joint += minor
    return joint


def _after(key: RankArray) -> FloatArray:
    return np.asarray(len(key) - np.sort(key).searchsorted(key, "right"), dtype=float)


def _equal_after(key: RankArray, rank: RankArray) -> IndexArray:
    """For each subject, those of the same rank and a higher key."""
    span = int(key.max()) + 1
    ordered = np.sort(_joint(rank, key, span))
    return np.asarray(
        ordered.searchsorted(_joint(rank + 1, np.zeros_like(key), span)) - ordered.searchsorted(_joint(rank, key, span), "right")
    )


def _equal_events_before(key: RankArray, rank: RankArray, event: BoolArray) -> IndexArray:
    """For each subject, events of the same rank and a lower key."""
    span = int(key.max()) + 1
    codes = _joint(rank, key, span)
    events = np.sort(codes[event])
    return np.asarray(events.searchsorted(codes) - events.searchsorted(codes - key))


@dataclass(frozen=True, slots=True)
class _Level:
    """One bit of the ranks: positions whose ranks agree above it form a node, in which they keep their order.

    Of any two positions with different ranks there is one level at which they share the node and differ in the bit.
    """

    members: RankArray
    high: BoolArray
    start: RankArray
    low_after: RankArray


def _levels(rank: RankArray) -> Iterator[_Level]:
    bits = int(rank.max()).bit_length()
    first = np.zeros((1 << bits) + 1, dtype=np.int32)
    np.cumsum(np.bincount(rank, minlength=1 << bits), out=first[1:])
    members = np.arange(len(rank), dtype=np.int32)
    for bit in reversed(range(bits)):
        here = rank[members] >> bit
        high = (here & 1).astype(bool)
        start, middle = first[here >> 1 << (bit + 1)], first[(here | 1) << bit]
        del here
        low_before = np.cumsum(~high, dtype=np.int32)
        low_before -= ~high
        low_before -= low_before[start]
        low_after = middle
        low_after -= start
        low_after -= low_before
        yield _Level(members, high, start, low_after)
        low_after += np.arange(len(rank), dtype=np.int32)
        low_before += start
        members = _moved(members, np.where(high, low_after, low_before))


def _moved(members: RankArray, place: RankArray) -> RankArray:
    sorted_members = np.empty_like(members)
    sorted_members[place] = members
    return sorted_members


def _later_and_lower(rank: RankArray) -> FloatArray:
    """For each position, how many later ones have a lower rank."""
    total = np.zeros(len(rank))
    for level in _levels(rank):
        total[level.members] += level.high * level.low_after
    return total


def _earlier_and_higher(rank: RankArray, event: BoolArray) -> FloatArray:
    """For each position, how many earlier events have a higher rank."""
    total = np.zeros(len(rank))
    for level in _levels(rank):
        events = level.high & event[level.members]
        before: RankArray = np.cumsum(events, dtype=np.int32) - events
        total[level.members] += ~level.high * (before - before[level.start])
    return total
