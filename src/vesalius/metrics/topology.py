"""Whether a predicted mask hangs together as the true one does: centre lines and Betti numbers.

Objects are connected by faces, edges and corners (8 neighbours in 2D, 26 in 3D), background by faces (4 and 6), so that object
and background can't both pass through the same corner. What lies outside the frame is background.
"""

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._components import components
from vesalius.metrics._masks import Labels, checked_mask, checked_pair, foreground_box
from vesalius.metrics._overlap import overlap
from vesalius.metrics._thinning import skeleton
from vesalius.metrics.metric import NOT_NEGATIVE, metric


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def cl_dice(prediction: Labels, truth: Labels) -> float:
    """Centre-line Dice, 2PS / (P + S), mean over the labels present in either mask (Shit et al. 2021).

    P = |S_A ∩ B| / |S_A| is the share of the prediction's skeleton that lies in the truth, S = |S_B ∩ A| / |S_B| the share of
    the true one that lies in the prediction. The skeleton is that of Lee, Kashyap and Chu (1994), in 2D and 3D; its voxels
    count alike, whatever the spacing.

    Both masks empty: 1. A label that only one mask has, or skeletons that lie in neither: 0.

    Raises:
        ValueError: if the shapes differ, there are not 2 or 3 axes, a label is negative, or labels are not whole numbers.

    >>> line, cut = np.ones((1, 8), int), np.array([[1, 1, 1, 0, 0, 1, 1, 1]])
    >>> round(cl_dice(cut, line), 3)
    0.857
    """
    prediction, truth = _checked(prediction, truth)
    counts = overlap(prediction, truth)
    if not len(counts.labels_L):
        return 1.0
    scores = [
        _cl_dice_of(prediction, truth, label) if predicted and true else 0.0
        for label, predicted, true in zip(counts.labels_L.tolist(), counts.predicted_L, counts.true_L)
    ]
    return float(np.mean(scores))


def _cl_dice_of(prediction: Labels, truth: Labels, label: int) -> float:
    ours, theirs = (_cropped(mask, label) for mask in (prediction, truth))
    precision = _share_of_skeleton(*ours, truth, label)
    sensitivity = _share_of_skeleton(*theirs, prediction, label)
    return 2 * precision * sensitivity / (precision + sensitivity) if precision + sensitivity else 0.0


def _cropped(mask: Labels, label: int) -> tuple[NDArray[np.bool_], tuple[slice, ...]]:
    is_label = mask == label
    box = foreground_box(is_label.view(np.uint8))
    assert box is not None
    return is_label[box], box


def _share_of_skeleton(inside: NDArray[np.bool_], box: tuple[slice, ...], other: Labels, label: int) -> float:
    line = skeleton(inside)
    return float((other[box][line] == label).mean())


def betti_numbers(mask: Labels) -> tuple[int, int, int]:
    """Components, tunnels and cavities of what is not 0 in the mask.

    b0 counts the components of the object and b2 the cavities, components of the background that do not reach the outside; b1 =
    b0 + b2 - χ counts the tunnels, with χ the Euler characteristic of the voxels as closed cubes. In 2D b1 counts the holes and
    b2 is 0.

    Args:
        mask: an image or a volume.

    Raises:
        ValueError: if there are not 2 or 3 axes, a label is negative, or labels are not whole numbers.

    >>> ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> betti_numbers(ring), betti_numbers(np.pad(ring[None], ((1, 1), (0, 0), (0, 0)), constant_values=1))
    ((1, 1, 0), (1, 0, 1))
    """
    mask = checked_mask(mask)
    _check_axes(mask.ndim)
    box = foreground_box(mask)
    if box is None:
        return 0, 0, 0
    object_ = np.pad(mask[box] > 0, 1)
    pieces = components(object_)[1]
    cavities = components(~object_, faces_only=True)[1] - 1
    if mask.ndim == 2:
        return pieces, cavities, 0
    return pieces, pieces + cavities - _euler_characteristic(object_), cavities


def _euler_characteristic(object_: NDArray[np.bool_]) -> int:
    """Corners - edges + faces - cubes of the closed voxels, from a mask with a margin."""
    total = 0
    for axes in np.ndindex(2, 2, 2):
        touched = object_
        for axis, spans in enumerate(axes):
            if not spans:
                values = np.moveaxis(touched, axis, 0)
                touched = np.moveaxis(values[1:] | values[:-1], 0, axis)
        total += (-1) ** sum(axes) * int(np.count_nonzero(touched))
    return total


@metric(
    family="segmentation",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    properties={"symmetric", "identity", "label order", "translation"},
)
def betti_error(prediction: Labels, truth: Labels) -> float:
    """Betti error, Σ_i |b_i(A) - b_i(B)|, mean over the labels present in either mask (Hu et al. 2019; Clough et al. 2020).

    Components, tunnels and cavities of each label as ``betti_numbers`` counts them, of the whole mask rather than of random
    patches, so that the value is the same in every call. It compares numbers only: a component too many here makes up for one
    too few elsewhere.

    Both masks empty: 0. A label that only one mask has: its Betti numbers there, all together.

    Raises:
        ValueError: as ``cl_dice`` does.

    >>> betti_error(np.array([[1, 1, 1, 0, 0, 1, 1, 1]]), np.ones((1, 8), int))
    1.0
    """
    prediction, truth = _checked(prediction, truth)
    labels = overlap(prediction, truth).labels_L.tolist()
    errors = [np.abs(np.subtract(betti_numbers(prediction == label), betti_numbers(truth == label))).sum() for label in labels]
    return float(np.mean(errors)) if errors else 0.0


def _checked(prediction: Labels, truth: Labels) -> tuple[Labels, Labels]:
    prediction, truth = checked_pair(prediction, truth)
    _check_axes(prediction.ndim)
    return prediction, truth


def _check_axes(dimensions: int) -> None:
    if dimensions not in (2, 3):
        raise ValueError(f"a mask of {dimensions} axes has no topology here; give an image of 2 or a volume of 3.")
