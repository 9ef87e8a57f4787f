"""Overlap and volume of two label masks of the same shape, averaged over the labels present in either.

Every metric here follows one rule for what is missing. Both masks empty: they agree, and the value is the best one. A label
that only one of them has takes the worst value that the metric has, 0 or infinity, but for the absolute volume error, which
stays a volume.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import Labels, checked_spacing
from vesalius.metrics._overlap import Overlap, overlap
from vesalius.metrics.metric import NOT_NEGATIVE, metric

Values = NDArray[np.float64]


def dice_by_label(counts: Overlap) -> Values:
    """2|A∩B| / (|A|+|B|) of each label."""
    return np.asarray(2 * counts.both_L / (counts.predicted_L + counts.true_L))


def iou_by_label(counts: Overlap) -> Values:
    """|A∩B| / |A∪B| of each label."""
    return np.asarray(counts.both_L / (counts.predicted_L + counts.true_L - counts.both_L))


def sensitivity_by_label(counts: Overlap) -> Values:
    """|A∩B| / |B| of each label, B the truth; 0 without it."""
    return counts.both_L / np.maximum(counts.true_L, 1)


def precision_by_label(counts: Overlap) -> Values:
    """|A∩B| / |A| of each label, A the prediction; 0 without it."""
    return counts.both_L / np.maximum(counts.predicted_L, 1)


def relative_volume_error_by_label(counts: Overlap) -> Values:
    """||A|-|B|| / |B| of each label, B the truth; infinite without it."""
    error = np.abs(counts.predicted_L - counts.true_L)
    return np.where(counts.true_L > 0, error / np.maximum(counts.true_L, 1), np.inf)


def absolute_volume_error_by_label(counts: Overlap, voxel: float) -> Values:
    """||A|-|B|| of each label, in voxels of that volume."""
    return np.asarray(np.abs(counts.predicted_L - counts.true_L) * voxel)


def _mean(prediction: Labels, truth: Labels, by_label: Callable[[Overlap], Values], *, empty: float) -> float:
    counts = overlap(prediction, truth)
    return float(by_label(counts).mean()) if len(counts.labels_L) else empty


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def dice(prediction: Labels, truth: Labels) -> float:
    """Sørensen-Dice overlap, 2|A∩B| / (|A|+|B|), mean over the labels present in either mask (Dice 1945).

    Both masks empty: 1, for they agree. One empty: 0.

    Raises:
        ValueError: if the shapes differ, a label is negative, or labels are not whole numbers.

    >>> dice(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])).__round__(3)
    0.667
    """
    return _mean(prediction, truth, dice_by_label, empty=1.0)


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def iou(prediction: Labels, truth: Labels) -> float:
    """Jaccard overlap, |A∩B| / |A∪B|, mean over the labels present in either mask (Jaccard 1901).

    Both masks empty: 1, for they agree. One empty: 0.

    Raises:
        ValueError: as ``dice`` does.

    >>> iou(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))
    0.5
    """
    return _mean(prediction, truth, iou_by_label, empty=1.0)


@metric(family="segmentation", unanswered=0.0, properties={"identity", "label order", "translation"})
def sensitivity(prediction: Labels, truth: Labels) -> float:
    """Share of the true voxels that are found, |A∩B| / |B|, B the truth, mean over the labels present in either mask.

    Also called recall (Yerushalmy 1947). Both masks empty: 1. A label that only one mask has: 0, so that a label that was
    invented is not credited.

    Raises:
        ValueError: as ``dice`` does.

    >>> sensitivity(np.array([1, 0, 0, 0]), np.array([1, 1, 0, 0]))
    0.5
    """
    return _mean(prediction, truth, sensitivity_by_label, empty=1.0)


@metric(family="segmentation", unanswered=0.0, properties={"identity", "label order", "translation"})
def precision(prediction: Labels, truth: Labels) -> float:
    """Share of the predicted voxels that are true, |A∩B| / |A|, A the prediction, mean over the labels present in either mask.

    Also called positive predictive value. Both masks empty: 1. A label that only one mask has: 0, so that a label that was missed
    is not credited.

    Raises:
        ValueError: as ``dice`` does.

    >>> precision(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))
    0.5
    """
    return _mean(prediction, truth, precision_by_label, empty=1.0)


@metric(
    family="segmentation",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    properties={"identity", "label order", "translation"},
)
def relative_volume_error(prediction: Labels, truth: Labels) -> float:
    """Error of the volume as a share of the true one, ||A|-|B|| / |B|, B the truth, mean over the labels present in either mask.

    Without sign, so that too much of one label does not make up for too little of another (Heimann et al. 2009 have it with
    sign, in percent). Both masks empty: 0. A label that is missed: 1. A label that was invented: infinite, for there is no true
    volume.

    Raises:
        ValueError: as ``dice`` does.

    >>> relative_volume_error(np.array([1, 1, 1, 0]), np.array([1, 1, 0, 0]))
    0.5
    """
    return _mean(prediction, truth, relative_volume_error_by_label, empty=0.0)


@metric(
    family="segmentation",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    properties={"symmetric", "identity", "label order", "translation"},
)
def absolute_volume_error(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None) -> float:
    """Error of the volume, ||A|-|B||, mean over the labels present in either mask.

    In mm³ for a volume, in mm² for an image: twice the spacing gives eight or four times the value. Both masks empty: 0. A label
    that only one mask has: its volume there.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.

    Raises:
        ValueError: as ``dice`` does, or if the spacing is not one positive number an axis.

    >>> absolute_volume_error(np.array([[1, 1], [1, 0]]), np.array([[1, 1], [0, 0]]), spacing=(0.5, 2.0))
    1.0
    """
    voxel = float(checked_spacing(spacing, np.ndim(prediction)).prod())
    return _mean(prediction, truth, lambda counts: absolute_volume_error_by_label(counts, voxel), empty=0.0)
