"""Scores of decided classes: F1, balanced accuracy and correlation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import Floats, Integers, as_numbers
from vesalius.metrics.metric import metric

NAN = float("nan")
_DENSE = 4096
"""Integer classes that span no more are counted without sorting."""


@dataclass(frozen=True, slots=True)
class Counts:
    """For every class (or label): its value, and the records that both, the predictions and the truths give it."""

    values: NDArray[Any]
    both: Integers
    predicted: Integers
    true: Integers
    records: int

    def f1(self) -> Floats:
        """F1 of every class that either gives."""
        return np.asarray(2 * self.both / (self.predicted + self.true))


def count_classes(predictions: ArrayLike, truths: ArrayLike) -> Counts | None:
    """Counts of the classes that either gives; None if there is no record or one has no answer.

    Raises:
        ValueError: if the two differ in shape, or a class is neither an integer nor a string.

    >>> count_classes(["a", "b", "b"], ["a", "a", "b"]).both
    array([1, 1])
    """
    said, true = _as_classes("predictions", predictions), _as_classes("truths", truths)
    if said is not None and true is not None and (said.ndim != 1 or said.shape != true.shape):
        raise ValueError(f"predictions {said.shape} and truths {true.shape} are one class a record; give as many of each.")
    if true is None:
        raise ValueError("a truth is missing; leave its record out.")
    if said is None or not said.size:
        return None
    if (said.dtype.kind == "U") != (true.dtype.kind == "U"):
        raise ValueError("predictions and truths must both be numbers or both be strings.")
    values, said, true = _encode(said, true)
    hits = np.bincount(said[said == true], minlength=len(values))
    predicted, actual = np.bincount(said, minlength=len(values)), np.bincount(true, minlength=len(values))
    there = predicted + actual > 0
    return Counts(values[there], hits[there], predicted[there], actual[there], len(said))


def _as_classes(name: str, given: ArrayLike) -> NDArray[Any] | None:
    """Integers or strings; None if one is missing."""
    array = np.asarray(given)
    if array.dtype.kind == "O" and all(isinstance(value, str) or value is None for value in array.ravel()):
        return None if any(value is None for value in array.ravel()) else array.astype(str)
    if array.dtype.kind == "U":
        return array
    numbers = as_numbers(name, given)
    if np.isnan(numbers).any():
        return None
    if not (np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)).all():
        raise ValueError(f"{name} are classes, as integers or strings; threshold scores, or take the largest, first.")
    return numbers.astype(np.int64)


def _encode(said: NDArray[Any], true: NDArray[Any]) -> tuple[NDArray[Any], Integers, Integers]:
    if said.dtype.kind != "U":
        low, high = int(min(said.min(), true.min())), int(max(said.max(), true.max()))
        if high - low < _DENSE:
            return np.arange(low, high + 1), said - low, true - low
    values, codes = np.unique(np.concatenate([said, true]), return_inverse=True)
    return values, codes[: len(said)], codes[len(said) :]


def _count(predictions: ArrayLike, truths: ArrayLike) -> Counts | None:
    """Of classes if there is one a record, of labels if n×K."""
    if np.ndim(predictions) != 2:
        return count_classes(predictions, truths)
    said_NK, true_NK = as_numbers("predictions", predictions), as_numbers("truths", truths)
    if said_NK.shape != true_NK.shape:
        raise ValueError(f"predictions {said_NK.shape} and truths {true_NK.shape} are n×K labels; give as many of each.")
    known_NK = ~np.isnan(true_NK)
    if not all((np.isnan(table) | (table == 0) | (table == 1)).all() for table in (said_NK, true_NK)):
        raise ValueError("labels n×K are 1 and 0, and NaN where the truth is unknown; threshold scores first.")
    if not known_NK.any() or np.isnan(said_NK[known_NK]).any():
        return None
    said_NK, true_NK = (said_NK == 1) & known_NK, true_NK == 1
    both, predicted, true = (table.sum(axis=0) for table in (said_NK & true_NK, said_NK, true_NK))
    there = predicted + true > 0
    return Counts(np.flatnonzero(there), both[there], predicted[there], true[there], len(said_NK))


@metric(
    family="classification",
    unit="set",
    undefined="neither the predictions nor the truths have a positive, or a record has no answer",
    properties={"symmetric", "identity", "record order"},
)
def f1(predictions: ArrayLike, truths: ArrayLike) -> float:
    """F1 of the positive class, 2 TP / (2 TP + FP + FN) (van Rijsbergen 1979).

    Args:
        predictions: n decisions, 1 for positive and 0 for negative.
        truths: n integers, 1 for positive and 0 for negative.

    Returns:
        F1; NaN if neither has a positive, an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape or hold another value than 0 and 1.

    >>> f1([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    counts = count_classes(predictions, truths)
    if counts is None:
        return NAN
    if not np.isin(counts.values, (0, 1)).all():
        raise ValueError("f1 is of two classes, 0 and 1; take macro_f1, micro_f1 or weighted_f1 for more.")
    of_positive = counts.f1()[counts.values == 1]
    return float(of_positive[0]) if len(of_positive) else NAN


@metric(
    family="classification",
    unit="set",
    undefined="no label is there on either side, or a record has no answer",
    properties={"symmetric", "identity", "label order", "record order"},
)
def macro_f1(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Mean F1 of the classes that the predictions or the truths have (Opitz and Burst 2019, the mean of F1, not F1 of means).

    Args:
        predictions: n classes, integers or strings; or n×K labels, 1 and 0.
        truths: the same; of labels n×K, NaN where one is unknown.

    Returns:
        The mean; NaN if an answer is missing, there is no record, or no label on either side.

    Raises:
        ValueError: if the two differ in shape, or hold another value.

    >>> macro_f1([0, 1, 1, 2], [0, 0, 1, 2])
    0.7777777777777777
    """
    counts = _count(predictions, truths)
    return NAN if counts is None or not len(counts.values) else float(counts.f1().mean())


@metric(
    family="classification",
    unit="set",
    undefined="no label is there on either side, or a record has no answer",
    properties={"symmetric", "identity", "label order", "record order"},
)
def micro_f1(predictions: ArrayLike, truths: ArrayLike) -> float:
    """F1 of the counts summed over all classes, 2 ΣTP / (2 ΣTP + ΣFP + ΣFN); of one class a record it is the accuracy.

    Args:
        predictions: n classes, integers or strings; or n×K labels, 1 and 0.
        truths: the same; of labels n×K, NaN where one is unknown.

    Returns:
        F1; NaN if an answer is missing, there is no record, or no label on either side.

    Raises:
        ValueError: if the two differ in shape, or hold another value.

    >>> micro_f1([0, 1, 1, 2], [0, 0, 1, 2])
    0.75
    """
    counts = _count(predictions, truths)
    if counts is None or not len(counts.values):
        return NAN
    return float(2 * counts.both.sum() / (counts.predicted.sum() + counts.true.sum()))


@metric(
    family="classification",
    unit="set",
    undefined="no label is there in truth, or a record has no answer",
    properties={"identity", "label order", "record order"},
)
def weighted_f1(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Mean F1 of the classes, each weighted with how often it is true, Σ n_k F1_k / Σ n_k.

    Args:
        predictions: n classes, integers or strings; or n×K labels, 1 and 0.
        truths: the same; of labels n×K, NaN where one is unknown.

    Returns:
        The mean; NaN if an answer is missing, there is no record, or no label is true.

    Raises:
        ValueError: if the two differ in shape, or hold another value.

    >>> weighted_f1([0, 1, 1, 2], [0, 0, 1, 2])
    0.75
    """
    counts = _count(predictions, truths)
    if counts is None or not counts.true.sum():
        return NAN
    return min(1.0, float(counts.f1() @ counts.true / counts.true.sum()))


@metric(
    family="classification",
    unit="set",
    undefined="a record has no answer",
    properties={"identity", "label order", "record order"},
)
def balanced_accuracy(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Mean recall of the classes that are true (Brodersen et al. 2010); not corrected for chance.

    Args:
        predictions: n classes, integers or strings.
        truths: n classes.

    Returns:
        The mean; of a single true class its recall; NaN if an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, or a class is neither an integer nor a string.

    >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0]), balanced_accuracy([0, 0, 1, 0], [0, 0, 1, 1])
    (0.75, 0.75)
    """
    counts = count_classes(predictions, truths)
    if counts is None:
        return NAN
    true = counts.true > 0
    return float((counts.both[true] / counts.true[true]).mean())


@metric(
    family="classification",
    unit="set",
    range=(-1.0, 1.0),
    undefined="only one class is true, or a record has no answer",
    properties={"identity", "label order", "record order"},
)
def mcc(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Matthews' correlation of predicted and true class, for K classes Gorodkin's R_K (Matthews 1975; Gorodkin 2004).

    (c s - Σ p_k t_k) / √((s² - Σ p_k²) (s² - Σ t_k²)) with c right of s records, p_k predicted and t_k true of class k.

    Args:
        predictions: n classes, integers or strings.
        truths: n classes.

    Returns:
        The correlation; 0 if the truths have several classes and the predictions one, which tells nothing; NaN if the truths have
        one class, an answer is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, or a class is neither an integer nor a string.

    >>> mcc([1, 1, 0, 0], [1, 0, 1, 0]), mcc([1, 1, 1, 0], [1, 1, 0, 0]).__round__(3)
    (0.0, 0.577)
    """
    counts = count_classes(predictions, truths)
    if counts is None or np.count_nonzero(counts.true) < 2:
        return NAN
    if np.count_nonzero(counts.predicted) < 2:
        return 0.0
    share_said, share_true = counts.predicted / counts.records, counts.true / counts.records
    covariance = counts.both.sum() / counts.records - share_said @ share_true
    spread = np.sqrt((1 - share_said @ share_said) * (1 - share_true @ share_true))
    return float(np.clip(covariance / spread, -1, 1))
