"""Boxes with scores and classes of many images, as detection metrics take them, and which of them lie on one another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import as_numbers

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Images = Sequence[ArrayLike | None]
Likeness = Callable[[Floats, Floats], Floats]

_PAIRS = 1 << 13


@dataclass(frozen=True, slots=True, eq=False)
class BoxTable:
    """All boxes of all images: corners as 2d rows (starts, then ends), and one score, class and image a box."""

    corners: Floats
    scores: Floats
    classes: Floats
    images: Indices

    @property
    def sizes(self) -> Floats:
        """Area or volume of each box."""
        axes = len(self.corners) // 2
        return np.asarray(np.prod(self.corners[axes:] - self.corners[:axes], axis=0))


def read_boxes(predictions: Images, truths: Images) -> tuple[BoxTable, BoxTable]:
    """Both sides of a detection task, checked.

    Args:
        predictions: one array an image: N×5 or N×6 for 2D boxes (row, column, row, column, score, and class where there are
            several), N×7 or N×8 for 3D ones; ends are excluded. An image without an answer (None) counts as one where nothing was
            found.
        truths: one array an image: N×4 or N×5 (row, column, row, column, class), N×6 or N×7 in 3D.

    Raises:
        ValueError: if there is no image, there are not as many predictions as truths, an array has another width, 2D meets 3D, a
            number is NaN or infinite, or a box ends before it starts.
    """
    if len(predictions) != len(truths) or len(truths) == 0:
        raise ValueError(f"there are {len(predictions)} predictions for {len(truths)} truths; give one array an image to each.")
    if any(truth is None for truth in truths):
        raise ValueError("a truth is None; give an empty array for an image without objects.")
    found, found_axes = _table("prediction", predictions, scored=True)
    true, true_axes = _table("truth", truths, scored=False)
    if found_axes and true_axes and found_axes != true_axes:
        raise ValueError(f"predictions have {found_axes} axes and truths {true_axes}; a box is scored against boxes of its kind.")
    axes = found_axes or true_axes or 2
    return _with_axes(found, axes), _with_axes(true, axes)


def _table(name: str, images: Images, *, scored: bool) -> tuple[BoxTable, int]:
    arrays = [np.empty((0, 0)) if image is None else as_numbers(f"a {name}", image) for image in images]
    filled = [array for array in arrays if array.size]
    widths = {array.shape[1:] for array in filled}
    allowed = (5, 6, 7, 8) if scored else (4, 5, 6, 7)
    if len(widths) > 1 or not widths <= {(width,) for width in allowed}:
        raise ValueError(
            f"every {name} must be an N×{', N×'.join(map(str, allowed))} array, all of one width; got {sorted(widths)}."
        )
    if not filled:
        return BoxTable(np.empty((0, 0)), np.empty(0), np.empty(0), np.empty(0, dtype=np.intp)), 0
    counts = [len(array) if array.size else 0 for array in arrays]
    rows = np.concatenate(filled).T
    if not np.isfinite(rows).all():
        raise ValueError(f"a {name} holds NaN or infinite values; leave such boxes out and count them.")
    axes = (len(rows) - scored) // 2
    if (rows[axes : 2 * axes] < rows[:axes]).any():
        raise ValueError(
            f"a {name} ends before it starts; boxes are row, column, row, column, in 3D three starts and three ends."
        )
    size = rows.shape[1]
    scores = rows[2 * axes] if scored else np.zeros(size)
    classes = rows[2 * axes + scored] if len(rows) > 2 * axes + scored else np.zeros(size)
    return BoxTable(rows[: 2 * axes], scores, classes, np.repeat(np.arange(len(arrays)), counts)), axes


def _with_axes(table: BoxTable, axes: int) -> BoxTable:
    corners = table.corners if len(table.corners) else np.empty((2 * axes, 0))
    return BoxTable(corners, table.scores, table.classes, table.images)


def overlap(first: Floats, second: Floats) -> Floats:
    """Intersection over union of boxes pairwise, 2d × n and 2d × n; 0 where both have no size.

    >>> overlap(np.array([[0.0], [0.0], [2.0], [2.0]]), np.array([[1.0], [0.0], [3.0], [2.0]])).round(3)
    array([0.333])
    """
    axes = len(first) // 2
    shared = np.ones(first.shape[1])
    sizes = [np.ones(first.shape[1]), np.ones(first.shape[1])]
    for start, end in ((axis, axis + axes) for axis in range(axes)):
        side = np.minimum(first[end], second[end])
        side -= np.maximum(first[start], second[start])
        shared *= np.maximum(side, 0, out=side)
        for size, box in zip(sizes, (first, second)):
            size *= box[end] - box[start]
    union = sizes[0] + sizes[1] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def holds_centre(first: Floats, second: Floats) -> Floats:
    """1 where the centre of the first box lies in the second, starts included and ends excluded, else 0."""
    axes = len(first) // 2
    centres = (first[:axes] + first[axes:]) / 2
    return np.asarray(((centres >= second[:axes]) & (centres < second[axes:])).all(axis=0).astype(np.float64))


def pairs(
    found: BoxTable, true: BoxTable, found_groups: Indices, true_groups: Indices, likeness: Likeness, least: float
) -> tuple[Indices, Indices, Floats]:
    """Pairs of one group whose likeness is at least ``least``, sorted by the found box, then the true one.

    Args:
        found: the detected boxes.
        true: the boxes of the objects.
        found_groups: the group of each detected box; only boxes of one group meet.
        true_groups: the group of each object.
        likeness: of boxes pairwise.
        least: smallest likeness that counts.
    """
    parts = list(_pairs(found, true, found_groups, true_groups, likeness, least))
    if not parts:
        none = np.empty(0, dtype=np.intp)
        return none, none, np.empty(0)
    first, second, value = (np.concatenate(part) for part in zip(*parts))
    return first, second, value


def _pairs(
    found: BoxTable, true: BoxTable, found_groups: Indices, true_groups: Indices, likeness: Likeness, least: float
) -> Iterator[tuple[Indices, Indices, Floats]]:
    order = np.argsort(true_groups, kind="stable")
    starts = np.searchsorted(true_groups[order], found_groups, side="left")
    counts = np.searchsorted(true_groups[order], found_groups, side="right") - starts
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        done = ends[begin - 1] if begin else 0
        stop = max(int(np.searchsorted(ends, done + _PAIRS, side="right")), begin + 1)
        part = counts[begin:stop]
        first = np.repeat(np.arange(begin, stop), part)
        within = np.arange(len(first)) - np.repeat(ends[begin:stop] - part - done, part)
        second = order[np.repeat(starts[begin:stop], part) + within]
        value = likeness(found.corners[:, first], true.corners[:, second])
        near = value >= least
        yield first[near], second[near], value[near]
        begin = stop
