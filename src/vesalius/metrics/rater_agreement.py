"""Agreement of two raters beyond chance."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Floats
from vesalius.metrics.confusion import Counts, count_classes
from vesalius.metrics.metric import metric

NAN = float("nan")


@metric(
    family="classification",
    unit="set",
    range=(-1.0, 1.0),
    undefined="predictions and truths are all of one and the same class, or a record has no answer",
    properties={"symmetric", "identity", "label order", "record order"},
)
def kappa(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Cohen's kappa, (p_o - p_e) / (1 - p_e), of the observed and the chance agreement (Cohen 1960).

    Args:
        predictions: n classes, integers or strings.
        truths: n classes.

    Returns:
        Kappa; NaN if both are all of one and the same class, an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, or a class is neither an integer nor a string.

    >>> kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"])
    0.5
    """
    counts = count_classes(predictions, truths)
    if counts is None:
        return NAN
    by_chance = counts.records**2 - int(counts.predicted @ counts.true)
    return _beyond_chance(counts.records * int(counts.records - counts.both.sum()), by_chance)


def _beyond_chance(observed: float, by_chance: float) -> float:
    return NAN if by_chance == 0 else max(-1.0, 1 - observed / by_chance)


@metric(
    family="classification",
    unit="set",
    range=(-1.0, 1.0),
    undefined="predictions and truths are all of one and the same class, or a record has no answer",
    properties={"symmetric", "identity", "record order"},
)
def linear_kappa(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Cohen's kappa with weights |i - j|: 1 less the mean distance of the pairs over that by chance (Cohen 1968).

    The distance is that of the grades themselves: from grade 2 to 4 it is 2, whether or not the sample has a grade 3.

    Args:
        predictions: n grades, integers.
        truths: n grades.

    Returns:
        Kappa; NaN if both are all of one and the same grade, an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, or a grade is no integer.

    >>> linear_kappa([0, 1, 2, 2], [0, 1, 1, 2]).__round__(3)
    0.714
    """
    said, true, counts = _grades(predictions, truths)
    if counts is None:
        return NAN
    at_or_below_said = np.cumsum(counts.predicted)[:-1] / counts.records
    at_or_below_true = np.cumsum(counts.true)[:-1] / counts.records
    apart = at_or_below_said * (1 - at_or_below_true) + at_or_below_true * (1 - at_or_below_said)
    return _beyond_chance(float(np.abs(said - true).mean()), float(np.diff(counts.values) @ apart))


@metric(
    family="classification",
    unit="set",
    range=(-1.0, 1.0),
    undefined="predictions and truths are all of one and the same class, or a record has no answer",
    properties={"symmetric", "identity", "record order"},
)
def quadratic_kappa(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Cohen's kappa with weights (i - j)², as retinopathy and prostate grading use it (Cohen 1968).

    The distance is that of the grades themselves: from grade 2 to 4 it is 2, whether or not the sample has a grade 3.

    Args:
        predictions: n grades, integers.
        truths: n grades.

    Returns:
        Kappa; NaN if both are all of one and the same grade, an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, or a grade is no integer.

    >>> quadratic_kappa([0, 1, 2, 2], [0, 1, 1, 2]).__round__(3)
    0.8
    """
    said, true, counts = _grades(predictions, truths)
    if counts is None:
        return NAN
    by_chance = said.var() + true.var() + (said.mean() - true.mean()) ** 2
    return _beyond_chance(float(np.square(said - true).mean()), float(by_chance))


def _grades(predictions: ArrayLike, truths: ArrayLike) -> tuple[Floats, Floats, Counts | None]:
    """Grades from the lowest, so that large ones lose no digits."""
    counts = count_classes(predictions, truths)
    if counts is None:
        return np.empty(0), np.empty(0), None
    if counts.values.dtype.kind == "U":
        raise ValueError("weighted kappa needs grades with a distance; give integers, or take kappa.")
    low = counts.values.min()
    return np.asarray(predictions, dtype=float) - low, np.asarray(truths, dtype=float) - low, counts
