"""How many objects a model counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import as_numbers
from vesalius.metrics.metric import NOT_NEGATIVE, metric

Floats = NDArray[np.float64]


def _counts(prediction: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    first, second = as_numbers("counts", prediction), as_numbers("counts", truth)
    if first.shape != second.shape or first.ndim > 1 or first.size == 0:
        raise ValueError(f"counts are a number, or one a class, of both; got shapes {first.shape} and {second.shape}.")
    if not (np.isfinite(first) & np.isfinite(second) & (first >= 0) & (second >= 0)).all():
        raise ValueError("a count is negative, NaN or infinite; count such an answer as none.")
    return first, second


@metric(family="detection", range=NOT_NEGATIVE, higher_is_better=False, properties={"symmetric", "identity", "label order"})
def count_error(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Absolute error of a count, |p - t|, in objects; its mean over records is the count MAE.

    Args:
        prediction: a number, or one a class, over which the mean is taken.
        truth: the right number, or one a class.

    Returns:
        Objects. A record without an answer has no error: show how many there are, or use ``count_exact``.

    Raises:
        ValueError: if the shapes differ, or a count is negative, NaN or infinite.

    >>> count_error(3, 5), count_error([1, 2], [1, 3])
    (2.0, 0.5)
    """
    first, second = _counts(prediction, truth)
    return float(np.abs(first - second).mean())


@metric(family="detection", unanswered=0.0, properties={"symmetric", "identity", "label order"})
def count_exact(prediction: ArrayLike, truth: ArrayLike) -> float:
    """1 where the count is right, else 0; its mean over records is the exact-count accuracy, without unit.

    Args:
        prediction: a number, or one a class, all of which must be right.
        truth: the right number, or one a class.

    Raises:
        ValueError: if the shapes differ, or a count is negative, NaN or infinite.

    >>> count_exact(3, 3), count_exact([1, 2], [1, 3])
    (1.0, 0.0)
    """
    first, second = _counts(prediction, truth)
    return float((first == second).all())
