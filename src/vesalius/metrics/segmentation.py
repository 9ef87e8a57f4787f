"""Overlap of two label masks of the same shape, averaged over the labels present in either."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics.metric import metric

Labels = NDArray[np.integer]


def _counts(prediction: Labels, truth: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per label from 1: pixels in both, in the prediction, in the truth, from one joint histogram."""
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction {prediction.shape} and truth {truth.shape} differ in shape; resample one to the other.")
    if min(prediction.min(initial=0), truth.min(initial=0)) < 0:
        raise ValueError("labels are not negative; give unlabelled pixels the label 0.")
    size = int(max(prediction.max(initial=0), truth.max(initial=0))) + 1
    joint = np.bincount(prediction.ravel().astype(np.int64) * size + truth.ravel(), minlength=size * size)
    table = joint.reshape(size, size)
    return table.diagonal()[1:], table.sum(axis=1)[1:], table.sum(axis=0)[1:]


def _mean_over_labels(prediction: Labels, truth: Labels, overlap: Callable[..., NDArray[np.float64]]) -> float:
    both, predicted, true = _counts(prediction, truth)
    present = predicted + true > 0
    if not present.any():
        return 1.0
    return float(overlap(both[present], predicted[present], true[present]).mean())


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def dice(prediction: Labels, truth: Labels) -> float:
    """Sørensen-Dice overlap, 2|A∩B| / (|A|+|B|), mean over the labels present in either mask (Dice 1945).

    Both masks empty: 1, for they agree. One empty: 0.

    Raises:
        ValueError: if the shapes differ or a label is negative.

    >>> dice(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])).__round__(3)
    0.667
    """
    return _mean_over_labels(prediction, truth, lambda both, predicted, true: 2 * both / (predicted + true))


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def iou(prediction: Labels, truth: Labels) -> float:
    """Jaccard overlap, |A∩B| / |A∪B|, mean over the labels present in either mask (Jaccard 1901).

    Both masks empty: 1, for they agree. One empty: 0.

    Raises:
        ValueError: if the shapes differ or a label is negative.

    >>> iou(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))
    0.5
    """
    return _mean_over_labels(prediction, truth, lambda both, predicted, true: both / (predicted + true - both))
