"""Overlap of the inner rims of two label masks, which large objects can't win by their inside."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import Labels, checked_pair, checked_spacing, foreground_box
from vesalius.metrics._overlap import overlap
from vesalius.metrics.metric import metric

SHARE_OF_DIAGONAL = 0.02
"""Width of the rim by default, of the frame's diagonal (Cheng et al. 2021)."""

SLAB = 1 << 18
"""Voxels of a slab that is eroded."""

ROUNDING = 1e-9
"""A distance equal to the width but for that share of it counts as within."""


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def boundary_iou(
    prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None, width: float | None = None
) -> float:
    """Boundary IoU, |A_d ∩ B_d| / |A_d ∪ B_d|, mean over the labels present in either mask (Cheng et al. 2021).

    A_d are the voxels of A no further than d from a voxel that is not of A or lies outside the frame, in mm between centres; so
    a rim is at least one voxel wide where d is a voxel. The reference code measures d in whole pixels along rows, columns and
    diagonals alike, and so has thicker corners; the paper's distance is Euclidean, as here.

    Both masks empty: 1. A label that only one mask has: 0.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.
        width: d in mm; by default 2 % of the frame's diagonal, and no less than the largest spacing.

    Raises:
        ValueError: if the shapes differ, a label is negative or not a whole number, the spacing is not one positive number an
            axis, or the width is less than the largest spacing.

    >>> outer, inner = np.ones((6, 6), int), np.pad(np.ones((4, 4), int), 1)
    >>> boundary_iou(inner, outer, width=2.0), boundary_iou(inner, outer, width=1.0)
    (0.3333333333333333, 0.0)
    """
    prediction, truth = checked_pair(prediction, truth)
    sizes = checked_spacing(spacing, prediction.ndim)
    if width is None:
        width = max(SHARE_OF_DIAGONAL * float(np.linalg.norm(sizes * prediction.shape)), float(sizes.max()))
    if not width >= sizes.max():
        raise ValueError(f"width {width} mm is less than the spacing {tuple(sizes.tolist())}; give a rim of one voxel or more.")
    labels = overlap(prediction, truth).labels_L.tolist()
    return float(np.mean([_iou_of(prediction, truth, label, sizes, width) for label in labels])) if labels else 1.0


def _iou_of(prediction: Labels, truth: Labels, label: int, sizes: NDArray[np.float64], width: float) -> float:
    our_rim, their_rim = _rim(prediction == label, sizes, width), _rim(truth == label, sizes, width)
    shared = np.count_nonzero(our_rim & their_rim)
    return shared / (np.count_nonzero(our_rim) + np.count_nonzero(their_rim) - shared)


def _rim(inside: NDArray[np.bool_], sizes: NDArray[np.float64], width: float) -> NDArray[np.bool_]:
    """Voxels of the mask within the width of its outside: the mask without its erosion by a ball, some planes at a time."""
    if inside.ndim == 1:
        return np.asarray(_rim(inside[None], np.array([2 * width, *sizes]), width)[0])
    rim = np.zeros_like(inside)
    box = foreground_box(inside.view(np.uint8))
    if box is None:
        return rim
    object_, out = inside[box], rim[box]
    reach = (width / sizes * (1 + ROUNDING)).astype(int)
    rows = _ball_rows(reach, sizes, width)
    thick = max(1, SLAB * len(object_) // object_.size)
    for low in range(0, len(object_), thick):
        high = min(low + thick, len(object_))
        first, last = max(low - reach[0], 0), min(high + reach[0], len(object_))
        around = [(first - low + reach[0], high + reach[0] - last), *[(each, each) for each in reach[1:]]]
        out[low:high] = object_[low:high] & ~_eroded(np.pad(object_[first:last], around), reach, rows)
    return rim


def _ball_rows(reach: NDArray[np.int64], sizes: NDArray[np.float64], width: float) -> dict[int, list[tuple[int, ...]]]:
    """The ball as rows along the last axis: by half their length, the offsets of their middles along the other axes."""
    rows: dict[int, list[tuple[int, ...]]] = {}
    for place in np.ndindex(*(2 * reach[:-1] + 1)):
        left = width**2 * (1 + ROUNDING) ** 2 - float((((np.array(place) - reach[:-1]) * sizes[:-1]) ** 2).sum())
        if left >= 0:
            rows.setdefault(int(left**0.5 / sizes[-1]), []).append(place)
    return rows


def _eroded(padded: NDArray[np.bool_], reach: NDArray[np.int64], rows: dict[int, list[tuple[int, ...]]]) -> NDArray[np.bool_]:
    """Where the whole ball fits into the mask, which has a margin of the ball's reach."""
    shape = [length - 2 * each for length, each in zip(padded.shape, reach)]
    middle, length = int(reach[-1]), shape[-1]
    line = padded[..., middle : middle + length].copy()
    fits = np.ones(shape, bool)
    for half in range(max(rows) + 1):
        line &= padded[..., middle - half : middle - half + length]
        line &= padded[..., middle + half : middle + half + length]
        for place in rows.get(half, ()):
            fits &= line[tuple(slice(low, low + extent) for low, extent in zip(place, shape))]
    return fits
