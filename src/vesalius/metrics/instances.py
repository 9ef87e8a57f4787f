"""Whether each object was found: panoptic quality of instance masks, and lesions of a semantic one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._components import components
from vesalius.metrics._masks import Labels, checked_pair, compact, foreground_box
from vesalius.metrics._overlap import PIECE, overlap
from vesalius.metrics.metric import metric


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """The pairs of instances that share voxels.

    Attributes:
        predicted_P, true_P: the two instances of each pair, as places in the sizes below.
        shared_P: voxels that they share.
        predicted_sizes, true_sizes: voxels of each instance.
    """

    predicted_P: NDArray[np.int64]
    true_P: NDArray[np.int64]
    shared_P: NDArray[np.int64]
    predicted_sizes: NDArray[np.int64]
    true_sizes: NDArray[np.int64]


def overlaps(prediction: Labels, truth: Labels) -> Overlaps:
    """All pairs of instances that share voxels, from one pass.

    Args:
        prediction: mask, one number above 0 an instance.
        truth: mask of the same shape.

    Raises:
        ValueError: if the shapes differ, a number is negative, or not a whole number.

    >>> pairs = overlaps(np.array([5, 5, 0, 7]), np.array([0, 2, 2, 0]))
    >>> pairs.shared_P.tolist(), pairs.predicted_sizes.tolist(), pairs.true_sizes.tolist()
    ([1], [2, 1], [2])
    """
    prediction, truth = checked_pair(prediction, truth)
    box = foreground_box(prediction, truth)
    none = np.zeros(0, np.int64)
    if box is None:
        return Overlaps(none, none, none, none, none)
    ours, theirs, names = compact(prediction[box], truth[box])
    sizes = np.zeros((2, len(names)), np.int64)
    codes, counts = [none], [none]
    flat = ours.ravel(), theirs.ravel()
    for low in range(0, len(flat[0]), PIECE):
        predicted, true = (each[low : low + PIECE].astype(np.int64) for each in flat)
        sizes[0] += np.bincount(predicted, minlength=len(names))
        sizes[1] += np.bincount(true, minlength=len(names))
        shared = (predicted > 0) & (true > 0)
        found = np.unique(predicted[shared] * len(names) + true[shared], return_counts=True)
        codes.append(found[0])
        counts.append(found[1])
    pairs, which = np.unique(np.concatenate(codes), return_inverse=True)
    shared_P = np.bincount(which, weights=np.concatenate(counts), minlength=len(pairs)).astype(np.int64)
    sizes[:, 0] = 0
    places = [np.cumsum(each > 0) - 1 for each in sizes]
    return Overlaps(
        places[0][pairs // len(names)], places[1][pairs % len(names)], shared_P, sizes[0][sizes[0] > 0], sizes[1][sizes[1] > 0]
    )


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def panoptic_quality(prediction: Labels, truth: Labels) -> float:
    """Panoptic quality of instance masks, Σ IoU(a, b) over matches / (TP + FP/2 + FN/2) (Kirillov et al. 2019).

    Two instances match if their IoU is over 0.5, so that none can match twice; what is unmatched is a false positive or a false
    negative. Each number above 0 is an instance of one class: call it once a class where there are several.

    Both masks empty: 1, for they agree. One empty: 0.

    Args:
        prediction: mask, one number above 0 an instance, whichever number it is.
        truth: mask of the same shape.

    Raises:
        ValueError: if the shapes differ, a number is negative, or not a whole number.

    >>> panoptic_quality(np.array([4, 4, 4, 0, 9]), np.array([1, 1, 1, 1, 0])).__round__(3)
    0.5
    """
    pairs = overlaps(prediction, truth)
    instances = len(pairs.predicted_sizes) + len(pairs.true_sizes)
    union_P = pairs.predicted_sizes[pairs.predicted_P] + pairs.true_sizes[pairs.true_P] - pairs.shared_P
    matched_P = 2 * pairs.shared_P > union_P
    return float(2 * (pairs.shared_P[matched_P] / union_P[matched_P]).sum() / instances) if instances else 1.0


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def lesion_f1(prediction: Labels, truth: Labels) -> float:
    """Lesion-wise F1, 2PS / (P + S), mean over the labels present in either mask (Commowick et al. 2018).

    A lesion is a component of one label, connected by faces, edges and corners. S is the share of the true lesions that share a
    voxel with the prediction, P the share of the predicted lesions that share one with the truth. One predicted blob over several
    lesions so finds them all: ``panoptic_quality`` of the components is the strict form.

    Both masks empty: 1. A label that only one mask has: 0.

    Raises:
        ValueError: as ``panoptic_quality`` does.

    >>> lesion_f1(np.array([1, 1, 0, 0, 0, 1, 0]), np.array([0, 1, 0, 1, 0, 0, 0]))
    0.5
    """
    prediction, truth = checked_pair(prediction, truth)
    labels = overlap(prediction, truth).labels_L.tolist()
    return float(np.mean([_lesion_f1_of(prediction == label, truth == label) for label in labels])) if labels else 1.0


def _lesion_f1_of(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    box = foreground_box(prediction.view(np.uint8), truth.view(np.uint8))
    assert box is not None
    precision, found = _share_touched(prediction[box], truth[box]), _share_touched(truth[box], prediction[box])
    return 2 * precision * found / (precision + found) if precision and found else 0.0


def _share_touched(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Share of a mask's components that share a voxel with the other mask; 0 if there are none."""
    numbers, count = components(mask)
    touched = np.zeros(count + 1, bool)
    for plane, others in zip(numbers, other):
        touched[plane[others]] = True
    return float(touched[1:].mean()) if count else 0.0
