"""Whether decisions, or their errors, are as frequent in every group of patients."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Booleans, Floats, Integers, as_numbers, read_binary
from vesalius.metrics._groups import Grouped, Resampling, Rows, read_groups
from vesalius.metrics.metric import metric
from vesalius.statistics import Estimate

NAN = float("nan")
RESAMPLES = 1000


def _shares(of: Booleans, among: Booleans, codes: Integers, count: int) -> Floats:
    """Share by group; NaN where there is nobody to take it of."""
    base = np.bincount(codes, among, count)
    return np.asarray(np.divide(np.bincount(codes, of & among, count), base, out=np.full(count, NAN), where=base > 0))


def _rates(decided: Booleans, true: Booleans, codes: Integers, count: int) -> Floats:
    """True and false positive rate of every group [G, 2]."""
    return np.stack([_shares(decided, group, codes, count) for group in (true, ~true)], axis=1)


def _gap(values: Floats) -> float:
    """Largest of the gaps of the columns; NaN if one value is."""
    return float(np.ptp(values, axis=0).max())


def _read_decisions(decisions: ArrayLike, truths: ArrayLike) -> tuple[Booleans, Booleans] | None:
    read = read_binary(decisions, truths)
    if read is None:
        return None
    if not np.isin(read[0], (0, 1)).all():
        raise ValueError("decisions are 1 and 0; threshold scores first.")
    return read[0] == 1, read[1]


def _unpack(decisions: ArrayLike, truths: ArrayLike) -> tuple[Booleans, Booleans, Integers, int] | None:
    """Decisions, truths and groups of truths n×2; None if there is no record, one has no decision, or there is one group."""
    table = as_numbers("truths", truths)
    if table.size == 0:
        table = table.reshape(0, 2)
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"truths {table.shape} must be n×2: the truth, 1 or 0, and the number of the group.")
    read = _read_decisions(decisions, table[:, 0])
    if read is None:
        return None
    names, codes = read_groups(table[:, 1], len(table))
    return (*read, codes, len(names)) if len(names) > 1 else None


@metric(
    family="fairness",
    unit="set",
    higher_is_better=False,
    undefined="there are fewer than two groups, a group has no positive or no negative, or a record has no decision",
    properties={"record order"},
)
def equalized_odds_difference(decisions: ArrayLike, truths: ArrayLike) -> float:
    """Larger of the gaps, largest less smallest over the groups, of true and of false positive rate (Hardt et al. 2016).

    Args:
        decisions: n of 1 and 0.
        truths: n×2, the truth (1 or 0) and the number of the group.

    Returns:
        The difference; NaN if there are fewer than two groups, a group has no positive or no negative, a decision is missing or
        there is no record. `equalized_odds` gives its interval.

    Raises:
        ValueError: if the shapes do not fit, a decision or truth is not 0 or 1, or a group is missing.

    >>> equalized_odds_difference([1, 1, 0, 0, 1, 0, 1, 0], [[1, 0], [1, 0], [0, 0], [0, 0], [1, 1], [1, 1], [0, 1], [0, 1]])
    0.5
    """
    read = _unpack(decisions, truths)
    return NAN if read is None else _gap(_rates(*read))


@metric(
    family="fairness",
    unit="set",
    higher_is_better=False,
    undefined="there are fewer than two groups, or a record has no decision",
    properties={"record order"},
)
def demographic_parity_difference(decisions: ArrayLike, truths: ArrayLike) -> float:
    """Largest less smallest share of positive decisions over the groups (Calders and Verwer 2010); the truth itself is not used.

    Args:
        decisions: n of 1 and 0.
        truths: n×2, the truth (1 or 0) and the number of the group.

    Returns:
        The difference; NaN if there are fewer than two groups, a decision is missing or there is no record. `demographic_parity`
        gives its interval.

    Raises:
        ValueError: if the shapes do not fit, a decision or truth is not 0 or 1, or a group is missing.

    >>> demographic_parity_difference([1, 1, 1, 0, 1, 0, 0, 0], [[1, 0], [1, 0], [0, 0], [0, 0], [1, 1], [1, 1], [0, 1], [0, 1]])
    0.5
    """
    read = _unpack(decisions, truths)
    if read is None:
        return NAN
    decided, _, codes, count = read
    return _gap(_shares(decided, np.ones_like(decided), codes, count)[:, None])


def equalized_odds(
    decisions: ArrayLike,
    truths: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """`equalized_odds_difference` with a bootstrap interval; for what a gap's interval says see `vesalius.metrics.fairness`.

    Args:
        decisions: n of 1 and 0.
        truths: n of 1 and 0.
        groups: the group of each record, two groups at least.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The difference with its interval.

    Raises:
        ValueError: if the arrays differ in length, are empty, hold another value, a decision or a group is missing, there is one
            group, or a group has no positive or no negative, here or in more than a tenth of the resamples.

    >>> equalized_odds([1, 1, 0, 0, 1, 0, 1, 0] * 5, [1, 1, 0, 0, 1, 1, 0, 0] * 5, list("ffffmmmm") * 5).value
    0.5
    """
    decided, true = _decided(decisions, truths)
    names, codes = read_groups(groups, len(true))
    by_group = Grouped(names, codes, lambda rows: _rates(decided[rows], true[rows], codes[rows], len(names)))
    return by_group.estimate(lambda rows, values: _gap(values), Resampling(clusters, level, resamples, seed))


def demographic_parity(
    decisions: ArrayLike,
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """`demographic_parity_difference` with a bootstrap interval; for what a gap's interval says see `vesalius.metrics.fairness`.

    Args:
        decisions: n of 1 and 0.
        groups: the group of each record, two groups at least.
        clusters: the subject of each record; whole subjects are resampled.
        level: coverage of the interval.
        resamples: number of resamples.
        seed: of the random generator.

    Returns:
        The difference with its interval.

    Raises:
        ValueError: if the arrays differ in length, are empty, hold another value, a decision or a group is missing, there is one
            group, or a group is absent from more than a tenth of the resamples.

    >>> demographic_parity([1, 1, 1, 0, 1, 0, 0, 0] * 5, list("ffffmmmm") * 5).value
    0.5
    """
    decided, _ = _decided(decisions, np.zeros(np.shape(decisions)))
    names, codes = read_groups(groups, len(decided))

    def by_group(rows: Rows) -> Floats:
        return _shares(decided[rows], np.ones(len(rows), dtype=bool), codes[rows], len(names))

    grouped = Grouped(names, codes, by_group)
    return grouped.estimate(lambda rows, values: _gap(values[:, None]), Resampling(clusters, level, resamples, seed))


def _decided(decisions: ArrayLike, truths: ArrayLike) -> tuple[Booleans, Booleans]:
    read = _read_decisions(decisions, truths)
    if read is None:
        raise ValueError("decisions are missing, or there are none; leave records without a decision out.")
    return read
