"""Adjustment of p values for many comparisons. NaN (no test was possible) stays NaN and is not counted."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import BoolArray, FloatArray, IndexArray


def holm(p: ArrayLike) -> FloatArray:
    """P values adjusted by Holm's step-down method (Holm 1979): controls the chance of any false finding.

    Args:
        p: p values [M]; NaN is left out of the count.

    Returns:
        Adjusted p values [M], in the order given.

    Raises:
        ValueError: not a vector, empty, or outside [0, 1].

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values, tested = _check(p)
    order = np.argsort(values[tested], kind="stable")
    count = len(order)
    stepped = values[tested][order] * np.arange(count, 0, -1)
    return _fill(values, tested, order, np.minimum(np.maximum.accumulate(stepped), 1.0))


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """P values adjusted by Benjamini and Hochberg (1995): controls the expected share of false findings.

    Args:
        p: p values [M]; NaN is left out of the count.

    Returns:
        Adjusted p values [M], in the order given.

    Raises:
        ValueError: not a vector, empty, or outside [0, 1].

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values, tested = _check(p)
    order = np.argsort(values[tested], kind="stable")
    count = len(order)
    stepped = values[tested][order] * count / np.arange(1, count + 1)
    return _fill(values, tested, order, np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0))


def _check(p: ArrayLike) -> tuple[FloatArray, BoolArray]:
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("p must be a vector of at least one p value.")
    tested = ~np.isnan(values)
    if ((values[tested] < 0) | (values[tested] > 1)).any():
        raise ValueError("p must hold values from 0 to 1.")
    return values, tested


def _fill(values: FloatArray, tested: BoolArray, order: IndexArray, adjusted: FloatArray) -> FloatArray:
    filled = np.full_like(values, np.nan)
    filled[np.flatnonzero(tested)[order]] = adjusted
    return filled
