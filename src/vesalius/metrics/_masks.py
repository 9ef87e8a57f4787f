"""What every metric of label masks checks and crops first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]
Box = tuple[slice, ...]

SHORT = 1 << 16
"""Labels below this are used as they are; larger ones are numbered anew, so that a voxel takes as few bytes as it can."""

TABLE = 1 << 22
"""Labels below this are looked up in a table, larger ones searched for."""


def checked_pair(prediction: Labels, truth: Labels) -> tuple[Labels, Labels]:
    """Both masks as arrays of whole numbers.

    Raises:
        ValueError: if the shapes differ, there is no axis, a label is negative, or the labels are not whole numbers.

    >>> checked_pair(np.array([True]), np.array([3]))[0].dtype
    dtype('uint8')
    """
    prediction, truth = np.asarray(prediction), np.asarray(truth)
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction {prediction.shape} and truth {truth.shape} differ in shape; resample one to the other.")
    return checked_mask(prediction), checked_mask(truth)


def checked_mask(mask: Labels) -> Labels:
    """One mask as an array of whole numbers; raises as ``checked_pair`` does."""
    mask = np.asarray(mask)
    if not mask.ndim:
        raise ValueError("a mask has at least one axis; give an array of labels, not a number.")
    if mask.dtype == np.bool_:
        return mask.view(np.uint8)
    if not np.issubdtype(mask.dtype, np.integer):
        raise ValueError(f"labels are whole numbers; give an array of integers or booleans, not of {mask.dtype}.")
    if mask.dtype == np.uint64:
        mask = mask.view(np.int64)  # what is too large to be one label among signed ones shows as negative
    if np.issubdtype(mask.dtype, np.signedinteger) and mask.min(initial=0) < 0:
        raise ValueError("labels are not negative and below 2^63; give unlabelled pixels the label 0.")
    return mask


def checked_spacing(spacing: Sequence[float] | None, dimensions: int) -> NDArray[np.float64]:
    """Millimetres between voxel centres, one number an axis; 1 each where none is given.

    Raises:
        ValueError: if there is not one positive, finite number an axis.

    >>> checked_spacing(None, 2).tolist()
    [1.0, 1.0]
    """
    if spacing is None:
        return np.ones(dimensions)
    sizes = np.asarray(spacing, dtype=float)
    if sizes.shape != (dimensions,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"spacing {spacing!r} does not fit a mask of {dimensions} axes; give one positive number of mm an axis.")
    return sizes


def foreground_box(*masks: Labels) -> Box | None:
    """The smallest box that holds every labelled voxel of all masks; None if there is none.

    >>> foreground_box(np.array([[0, 0, 0], [0, 2, 0]]))
    (slice(1, 2, None), slice(1, 2, None))
    """
    box: list[slice] = []
    for axis in range(masks[0].ndim):
        used = np.logical_or.reduce([_used_along(mask[tuple(box)], axis) for mask in masks])
        places = np.flatnonzero(used)
        if not len(places):
            return None
        box.append(slice(int(places[0]), int(places[-1]) + 1))
    return tuple(box)


def _used_along(mask: Labels, axis: int) -> NDArray[np.bool_]:
    others = tuple(other for other in range(mask.ndim) if other != axis)
    return np.asarray(mask.max(axis=others, initial=0) > 0) if others else mask > 0


def compact(prediction: Labels, truth: Labels) -> tuple[Labels, Labels, NDArray[np.int64]]:
    """Both masks with small numbers for their labels, and the label that each number stands for (0 stays 0).

    >>> codes, _, names = compact(np.array([0, 70_000, 3]), np.array([9, 0, 0]))
    >>> codes.tolist(), names.tolist()
    ([0, 3, 1], [0, 3, 9, 70000])
    """
    largest = max(int(mask.max(initial=0)) for mask in (prediction, truth))
    if largest < SHORT:
        kind = np.min_scalar_type(largest)
        return prediction.astype(kind, copy=False), truth.astype(kind, copy=False), np.arange(largest + 1)
    names = np.union1d(_present(prediction), _present(truth))
    names = np.union1d(names, np.zeros(1, names.dtype))
    return _renamed(prediction, names), _renamed(truth, names), names.astype(np.int64)


def _present(mask: Labels) -> Labels:
    largest = int(mask.max(initial=0))
    if largest >= TABLE:
        return np.unique(mask)
    seen = np.zeros(largest + 1, bool)
    for piece in mask:
        seen[piece] = True
    return np.flatnonzero(seen)


def _renamed(mask: Labels, names: Labels) -> Labels:
    codes = np.empty(mask.shape, np.min_scalar_type(len(names)))
    if names[-1] < TABLE:
        table = np.zeros(int(names[-1]) + 1, codes.dtype)
        table[names] = np.arange(len(names))
    for place in range(len(mask)):
        codes[place] = table[mask[place]] if names[-1] < TABLE else np.searchsorted(names, mask[place])
    return codes
