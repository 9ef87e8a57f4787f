"""Proper scores of class probabilities."""

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import read_binary, read_multiclass
from vesalius.metrics.metric import NOT_NEGATIVE, metric

NAN = float("nan")


@metric(
    family="classification",
    unit="set",
    higher_is_better=False,
    undefined="a record has no score",
    properties={"identity", "record order"},
)
def brier(probabilities: ArrayLike, truths: ArrayLike) -> float:
    """Mean squared error of the probability of the positive class, Σ (p - y)² / n (Brier 1950, in its one-class form).

    Args:
        probabilities: n probabilities of the positive class.
        truths: n integers, 1 for positive and 0 for negative.

    Returns:
        The mean, also of a single class; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, a truth is not 0 or 1, or a probability is outside [0, 1].

    >>> brier([0.9, 0.5], [1, 0]).__round__(3)
    0.13
    """
    read = read_binary(probabilities, truths, probabilities=True)
    return NAN if read is None else float(np.square(read[0] - read[1]).mean())


@metric(
    family="classification",
    unit="set",
    range=(0.0, 2.0),
    higher_is_better=False,
    undefined="a record has no score",
    properties={"record order"},
)
def multiclass_brier(probabilities: ArrayLike, truths: ArrayLike) -> float:
    """Squared error summed over the classes, Σ Σ_k (p_k - y_k)² / n (Brier 1950); of two classes twice `brier`.

    Args:
        probabilities: n×K, the rows sum to 1.
        truths: n classes from 0.

    Returns:
        The mean over records; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a truth is no class, a probability is outside [0, 1] or a row does not sum to 1.

    >>> multiclass_brier([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]], [0, 2]).__round__(2)
    0.5
    """
    read = read_multiclass(probabilities, truths)
    if read is None:
        return NAN
    said_NK, true = read
    of_true = said_NK[np.arange(len(true)), true]
    errors = np.einsum("nk,nk->n", said_NK, said_NK) - of_true**2 + (1 - of_true) ** 2
    return float(np.clip(errors.mean(), 0, 2))


@metric(
    family="classification",
    unit="set",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="a record has no score",
    properties={"identity", "record order"},
)
def log_loss(probabilities: ArrayLike, truths: ArrayLike) -> float:
    """Mean negative natural logarithm of the probability given to the true class, in nats (Good 1952).

    Args:
        probabilities: n probabilities of the positive class, or n×K whose rows sum to 1.
        truths: n integers, 1 and 0, or classes from 0.

    Returns:
        The mean; infinite where a true class had probability 0, as the formula has it (clip the probabilities if that is not
        meant); NaN if a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a truth is no class, a probability is outside [0, 1] or a row does not sum to 1.

    >>> log_loss([0.5, 1.0], [1, 1]).__round__(3), log_loss([0.0], [1])
    (0.347, inf)
    """
    if np.ndim(probabilities) == 2:
        read = read_multiclass(probabilities, truths)
        of_true = None if read is None else read[0][np.arange(len(read[1])), read[1]]
    else:
        binary = read_binary(probabilities, truths, probabilities=True)
        of_true = None if binary is None else np.where(binary[1], binary[0], 1 - binary[0])
    if of_true is None:
        return NAN
    with np.errstate(divide="ignore"):
        return max(0.0, -float(np.log(of_true).mean()))
