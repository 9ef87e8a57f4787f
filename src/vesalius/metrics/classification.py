"""Scores of answers and of how scores rank the classes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius import statistics
from vesalius.metrics._classes import Booleans, Floats, Labels, read_binary, read_labels
from vesalius.metrics.metric import metric
from vesalius.statistics import Estimate

NAN = float("nan")


@metric(family="classification", unanswered=0.0, properties={"symmetric", "identity", "label order"})
def accuracy(prediction: str, truth: str) -> float:
    """1 where the answer is the true one, else 0.

    >>> accuracy("B", "B"), accuracy("A", "B")
    (1.0, 0.0)
    """
    return float(prediction == truth)


@metric(
    family="classification",
    unit="set",
    undefined="only one class is there, or a record has no score",
    properties={"identity", "record order"},
)
def auroc(scores: NDArray[np.float64], truths: NDArray[np.integer]) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties half (Hanley and McNeil 1982).

    Args:
        scores: n numbers, higher for the positive class.
        truths: n integers, 1 for positive and 0 for negative.

    Returns:
        The area; NaN if only one class is there, a score is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, a truth is not 0 or 1, or a score is infinite.

    >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    read = read_binary(scores, truths)
    return NAN if read is None else _area(*read)


def _area(scores: Floats, labels: Booleans) -> float:
    return statistics.auroc(labels, scores) if len(scores) else NAN


@metric(
    family="classification",
    unit="set",
    undefined="no record is positive, or a record has no score",
    properties={"identity", "record order"},
)
def auprc(scores: ArrayLike, truths: ArrayLike) -> float:
    """Average precision, sum of (R_k - R_{k-1}) P_k over the distinct scores from the highest (Davis and Goadrich 2006).

    Precision P_k and recall R_k are those of calling positive what scores at least the k-th distinct score, so that equal scores
    count together; nothing is interpolated. The value of chance is the prevalence. Without a negative it is 1.

    Args:
        scores: n numbers, higher for the positive class.
        truths: n integers, 1 for positive and 0 for negative.

    Returns:
        The area; NaN if no record is positive, a score is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, a truth is not 0 or 1, or a score is infinite.

    >>> round(auprc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 3)
    0.833
    """
    read = read_binary(scores, truths)
    return NAN if read is None else _average_precision(*read)


def _average_precision(scores: Floats, labels: Booleans) -> float:
    """Every positive adds the precision at its own score, which is the sum over distinct scores and needs no joint order."""
    positives, negatives = np.sort(scores[labels]), np.sort(scores[~labels])
    if not len(positives):
        return NAN
    true = len(positives) - positives.searchsorted(positives)
    false = len(negatives) - negatives.searchsorted(positives)
    return min(1.0, float((true / (true + false)).mean()))


def auroc_by_label(scores: ArrayLike, truths: ArrayLike) -> Floats:
    """AUROC of every label of many, or of every class against the rest.

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.

    Returns:
        K areas; NaN for a label without both classes among its labelled records, or with a score missing among them.

    Raises:
        ValueError: if the shapes do not fit, a truth is another value, or a score is infinite.

    >>> auroc_by_label([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8]], [[1, 0], [0, np.nan], [0, 1]])
    array([1., 1.])
    """
    return _by_label(read_labels(scores, truths))


def _by_label(labels: Labels) -> Floats:
    return np.array([NAN if np.isnan(scores).any() else _area(scores, true) for scores, true in labels])


def delong_by_label(scores: ArrayLike, truths: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, ...]:
    """AUROC of every label with DeLong's interval on the logit scale (DeLong et al. 1988), as `statistics.delong`.

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.
        level: coverage of each interval.

    Returns:
        K estimates. The ends are NaN where a class has fewer than two records, the area too where it has none or a score is
        missing.

    Raises:
        ValueError: as `auroc_by_label`.

    >>> [e.value for e in delong_by_label([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8]], [[1, 0], [0, 0], [0, 1]])]
    [1.0, 1.0]
    """
    return tuple(_delong(column, true, level) for column, true in read_labels(scores, truths))


def _delong(scores: Floats, true: Booleans, level: float) -> Estimate:
    missing, positive = bool(np.isnan(scores).any()), np.count_nonzero(true)
    if not missing and 2 <= positive <= len(true) - 2:
        return statistics.delong(true, scores, level=level)
    area = NAN if missing else _area(scores, true)
    reason = "a record has no score" if missing else f"no interval: {positive} positive, {len(true) - positive} negative"
    return Estimate(area, NAN, NAN, level, len(true), len(true), reason)


def _mean_of_defined(values: Floats) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else NAN


@metric(
    family="classification",
    unit="set",
    undefined="no label has both classes, or a labelled record has no score",
    properties={"identity", "record order"},
)
def macro_auroc(scores: ArrayLike, truths: ArrayLike) -> float:
    """Mean AUROC of the labels, or of every class against the rest (Provost and Domingos 2000, without their weights).

    A label without both classes among its labelled records has no area and is left out of the mean.

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.

    Returns:
        The mean area; NaN if no label has one, a score is missing where there is a truth, or there is no record.

    Raises:
        ValueError: as `auroc_by_label`.

    >>> round(macro_auroc([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6], [0.1, 0.7, 0.2]], [0, 1, 2, 0]), 3)
    0.722
    """
    labels = read_labels(scores, truths)
    return NAN if labels.missing else _mean_of_defined(_by_label(labels))


@metric(
    family="classification",
    unit="set",
    undefined="only one class is there over all labels, or a labelled record has no score",
    properties={"identity", "record order"},
)
def micro_auroc(scores: ArrayLike, truths: ArrayLike) -> float:
    """AUROC of all labelled (record, label) pairs as one set, on a common scale of the labels (Sokolova and Lapalme 2009).

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.

    Returns:
        The area; NaN if all pairs are positive or all negative, a score is missing where there is a truth, or there is no record.

    Raises:
        ValueError: as `auroc_by_label`.

    >>> micro_auroc([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8]], [[1, 0], [0, np.nan], [0, 1]])
    1.0
    """
    labels = read_labels(scores, truths)
    return NAN if labels.missing else _area(*_pooled(labels))


def _pooled(labels: Labels) -> tuple[Floats, Booleans]:
    columns = list(labels)
    return np.concatenate([scores for scores, _ in columns]), np.concatenate([true for _, true in columns])


@metric(
    family="classification",
    unit="set",
    undefined="no label has a positive, or a labelled record has no score",
    properties={"identity", "record order"},
)
def macro_auprc(scores: ArrayLike, truths: ArrayLike) -> float:
    """Mean `auprc` of the labels, Σ_k AP_k / K, or of every class against the rest; labels without a positive are left out.

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.

    Returns:
        The mean area; NaN if no label has a positive, a score is missing where there is a truth, or there is no record.

    Raises:
        ValueError: as `auroc_by_label`.

    >>> macro_auprc([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8]], [[1, 0], [0, np.nan], [0, 1]])
    1.0
    """
    labels = read_labels(scores, truths)
    if labels.missing:
        return NAN
    return _mean_of_defined(np.array([_average_precision(column, true) for column, true in labels]))


@metric(
    family="classification",
    unit="set",
    undefined="no label has a positive, or a labelled record has no score",
    properties={"identity", "record order"},
)
def micro_auprc(scores: ArrayLike, truths: ArrayLike) -> float:
    """`auprc` of all labelled (record, label) pairs as one set, on a common scale of the labels (Sokolova and Lapalme 2009).

    Args:
        scores: n×K numbers, higher for having the label.
        truths: n×K of 1, 0 and NaN where a record is not labelled, or n classes from 0.

    Returns:
        The area; NaN if no pair is positive, a score is missing where there is a truth, or there is no record.

    Raises:
        ValueError: as `auroc_by_label`.

    >>> micro_auprc([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8]], [[1, 0], [0, np.nan], [0, 1]])
    1.0
    """
    labels = read_labels(scores, truths)
    return NAN if labels.missing else _average_precision(*_pooled(labels))
