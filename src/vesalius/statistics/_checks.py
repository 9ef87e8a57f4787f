"""Refusal of bad input, each with one sentence."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]


def as_numbers(name: str, values: ArrayLike, *, dimensions: int = 1) -> FloatArray:
    """Finite numbers in an array of that many dimensions, not empty."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers in a regular array: {error}.") from error
    if array.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimension(s), not {array.ndim}.")
    if array.size == 0:
        raise ValueError(f"{name} is empty.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values; drop or impute them first.")
    return array


def as_binary(name: str, values: ArrayLike) -> BoolArray:
    """Zeros and ones, or booleans, as booleans."""
    array = as_numbers(name, values)
    if not ((array == 0) | (array == 1)).all():
        raise ValueError(f"{name} must hold only 0 and 1.")
    return np.asarray(array == 1)


def as_seeds_by_records(name: str, values: ArrayLike) -> FloatArray:
    """Scores of seeds × records; a plain vector is one seed."""
    return as_numbers(name, np.atleast_2d(np.asarray(values)), dimensions=2)


def check_same_shape(**arrays: NDArray[Any]) -> None:
    """All arrays have one shape."""
    if len({array.shape for array in arrays.values()}) > 1:
        told = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"The arrays differ in shape: {told}.")


def check_between(name: str, value: float, low: float, high: float) -> None:
    """`low < value < high`."""
    if not low < value < high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, not be {value}.")


def check_level(level: float) -> None:
    """The coverage of an interval lies inside (0, 1)."""
    check_between("level", level, 0, 1)


def check_positive(name: str, value: float) -> None:
    """A finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number, not {value}.")


def check_margin(margin: float | None) -> None:
    """A margin, where there is one, is a positive number."""
    if margin is not None:
        check_positive("margin", margin)


def check_resamples(resamples: int) -> None:
    """Fewer than 100 resamples have no 2.5 % quantile worth printing."""
    if resamples < 100:
        raise ValueError(f"resamples must be at least 100, not {resamples}.")


def check_count(name: str, count: int, n: int) -> None:
    """A count is an integer from 0 to n."""
    if not (0 <= count <= n and int(count) == count):
        raise ValueError(f"{name} must be an integer from 0 to {n}, not {count}.")


def check_total(n: int) -> None:
    """A sample has at least one record."""
    if not (n >= 1 and int(n) == n):
        raise ValueError(f"n must be a positive integer, not {n}.")
