"""Sets of classes that are to hold the true one with a promised probability."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Booleans, Integers, as_numbers
from vesalius.metrics.metric import NOT_NEGATIVE, metric

NAN = float("nan")
_UNDEFINED = "a record has no set"


def _read(sets: ArrayLike, truths: ArrayLike) -> tuple[Booleans, Integers] | None:
    """Which sets hold the true class, and how many classes each has; None if there is no record or one has no set."""
    said_NK, true = as_numbers("sets", sets), as_numbers("truths", truths)
    if said_NK.ndim != 2 or true.shape != said_NK.shape[:1]:
        raise ValueError(f"sets {said_NK.shape} are n×K of 1 and 0, truths {true.shape} n classes from 0; give as many of each.")
    if not ((said_NK == 0) | (said_NK == 1) | np.isnan(said_NK)).all():
        raise ValueError("sets are 1 for a class that is in and 0 for one that is not; give no other value.")
    if not ((true >= 0) & (true < said_NK.shape[1]) & (true == np.floor(true))).all():
        raise ValueError(f"truths are classes from 0 to {said_NK.shape[1] - 1}; number them so.")
    if not said_NK.size or np.isnan(said_NK).any():
        return None
    return said_NK[np.arange(len(true)), true.astype(int)] == 1, np.count_nonzero(said_NK, axis=1)


@metric(family="classification", unit="set", undefined=_UNDEFINED, properties={"label order", "record order"})
def conformal_coverage(sets: ArrayLike, truths: ArrayLike) -> float:
    """Share of records whose set holds the true class (Vovk et al. 2005).

    It is to be compared with the promised 1 - α: above it the sets are larger than they need be, so read `mean_set_size` too.

    Args:
        sets: n×K, 1 for the classes of the set; an empty set covers nothing.
        truths: n classes from 0.

    Returns:
        The share; NaN if a set is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a set holds another value than 0 and 1, or a truth is no class.

    >>> conformal_coverage([[1, 1, 0], [0, 0, 1], [0, 0, 0]], [1, 2, 0]).__round__(3)
    0.667
    """
    read = _read(sets, truths)
    return NAN if read is None else float(read[0].mean())


@metric(
    family="classification",
    unit="set",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined=_UNDEFINED,
    properties={"label order", "record order"},
)
def mean_set_size(sets: ArrayLike, truths: ArrayLike) -> float:
    """Mean number of classes of a set, 0 to K (Sadinle et al. 2019); the truths are only checked.

    Args:
        sets: n×K, 1 for the classes of the set.
        truths: n classes from 0.

    Returns:
        The mean; NaN if a set is missing or there is no record.

    Raises:
        ValueError: as `conformal_coverage`.

    >>> mean_set_size([[1, 1, 0], [0, 0, 1], [0, 0, 0]], [1, 2, 0])
    1.0
    """
    read = _read(sets, truths)
    return NAN if read is None else float(read[1].mean())


@metric(family="classification", unit="set", undefined=_UNDEFINED, properties={"label order", "record order"})
def size_stratified_coverage(sets: ArrayLike, truths: ArrayLike) -> float:
    """Smallest coverage among the records whose sets are of one size (Angelopoulos et al. 2021, with a stratum a size).

    Empty sets are a stratum that covers nothing, so that a single empty set gives 0.

    Args:
        sets: n×K, 1 for the classes of the set.
        truths: n classes from 0.

    Returns:
        The smallest coverage; NaN if a set is missing or there is no record.

    Raises:
        ValueError: as `conformal_coverage`.

    >>> size_stratified_coverage([[1, 1, 0], [0, 1, 1], [0, 0, 1]], [1, 0, 2])
    0.5
    """
    read = _read(sets, truths)
    if read is None:
        return NAN
    covered, sizes = read
    records = np.bincount(sizes)
    there = records > 0
    return float((np.bincount(sizes, covered)[there] / records[there]).min())
