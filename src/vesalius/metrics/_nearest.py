"""How far the border voxels of each label lie from the border of the same label in another mask, all labels at once.

Most borders of a prediction lie within a few voxels of the true one. So the neighbourhood of each border voxel is searched
first, offset by offset in order of distance, for all labels in one array; a voxel leaves the search when it has met its label.
Those that meet none are asked of a k-d tree of their label's border. Both are exact.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import Labels

Shells = tuple[tuple[float, NDArray[np.int64]], ...]

OFFSETS = 256
"""Voxels of the neighbourhood that is searched."""

PIECE = 1 << 16
"""Voxels that are looked through for border at a time."""

POINTS = 1 << 16
"""Border voxels from which a search is worth its overhead; a search has at most this and a piece."""

LARGE = 1 << 20
"""Voxels from which the two directions run in two threads."""

CACHE = 1 << 17
"""Voxels of a slab in which borders are found."""


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """The distances of one border to another: distinct values in mm, ascending, and how many voxels have each."""

    values: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Voxels of the border."""
        return int(self.counts.sum())

    @property
    def sum(self) -> float:
        """All distances together."""
        return float(self.values @ self.counts)

    def within(self, tolerance: float) -> int:
        """Voxels no further than that; a distance equal to it but for rounding counts."""
        return int(self.counts[self.values <= tolerance * (1 + 1e-9)].sum())

    def percentile(self, percent: float) -> float:
        """Percentile with linear interpolation between order statistics, as ``numpy.percentile`` takes it.

        >>> Distances(np.array([0.0, 2.0]), np.array([3, 1])).percentile(75)
        0.5
        """
        ends = self.counts.cumsum()
        place = percent / 100 * (ends[-1] - 1)
        below = self.values[np.searchsorted(ends, int(place), side="right")]
        above = self.values[np.searchsorted(ends, min(int(place) + 1, ends[-1] - 1), side="right")]
        return float(below + (above - below) * (place - int(place)))


@dataclass(frozen=True, slots=True, eq=False)
class _Border:
    """A mask's border voxels with their label, other voxels 0, in a frame with a margin."""

    map: Labels
    margin: tuple[int, ...]
    spacing: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Voxels of a border by label and shell, all of them by label, and those that met their label in no shell."""

    counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    far_places: NDArray[np.int64]
    far_labels: Labels


def nearest(
    prediction: Labels, truth: Labels, spacing: NDArray[np.float64]
) -> tuple[dict[int, Distances], dict[int, Distances], NDArray[np.int64]]:
    """Distances from the prediction's border to the truth's and back, for every label that both have; then the labels of either.

    Args:
        prediction: mask cropped to what is labelled in either; outside is background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis.

    >>> there, back, labels = nearest(np.array([1, 1, 1, 0]), np.array([0, 1, 1, 1]), np.array([2.0]))
    >>> there[1].values.tolist(), there[1].counts.tolist()
    ([2.0], [2])
    """
    size = int(max(prediction.max(initial=0), truth.max(initial=0))) + 1
    shells = _shells(tuple(spacing.tolist()))
    margin = tuple(int(reach) for reach in np.abs(np.concatenate([offsets for _, offsets in shells])).max(axis=0))

    def border(mask: Labels) -> _Border:
        return _Border(_border(mask, margin), margin, spacing)

    def search(pair: tuple[_Border, _Border]) -> _Search:
        return _searched_whole(*pair, shells, size)

    if prediction.size < LARGE:
        ours, theirs = border(prediction), border(truth)
        forth, back = search((ours, theirs)), search((theirs, ours))
    else:
        with ThreadPoolExecutor(2) as threads:
            ours, theirs = threads.map(border, (prediction, truth))
            forth, back = threads.map(search, ((ours, theirs), (theirs, ours)))
    return _distances(forth, theirs, shells), _distances(back, ours, shells), np.flatnonzero(forth.totals + back.totals)


@lru_cache(maxsize=32)
def _shells(sizes: tuple[float, ...]) -> Shells:
    """Offsets of equal distance together, nearest first: whole shells, at most ``OFFSETS`` voxels."""
    spacing = np.array(sizes)
    reach = np.maximum(1, np.ceil((OFFSETS * spacing.prod()) ** (1 / len(spacing)) / spacing)).astype(int)
    reach = np.minimum(reach, OFFSETS // 2)
    grid = np.stack(np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij"), axis=-1).reshape(-1, len(spacing))
    squares = ((grid * spacing) ** 2).sum(axis=1)
    inside = squares <= ((reach + 1) * spacing).min() ** 2 * (1 - 1e-9)
    grid, squares = grid[inside], squares[inside]
    order = np.argsort(squares, kind="stable")
    starts = [0, *(np.flatnonzero(np.diff(squares[order]) > 1e-9 * squares[order][1:]) + 1), len(order)]
    return tuple(
        (float(np.sqrt(squares[order[low]])), grid[order[low:high]]) for low, high in pairwise(starts) if high <= OFFSETS
    )


def _border(mask: Labels, margin: Sequence[int]) -> Labels:
    """Voxels with a face that belongs to another label or to the outside keep their label."""
    out = np.zeros([length + 2 * each for length, each in zip(mask.shape, margin)], mask.dtype)
    inner = out[tuple(slice(each, each + length) for length, each in zip(mask.shape, margin))]
    thick = max(1, CACHE * len(mask) // max(mask.size, 1))
    for low in range(0, len(mask), thick):
        high = min(low + thick, len(mask))
        first, last = max(low - 1, 0), min(high + 1, len(mask))
        edge = _edges(mask[first:last])
        np.multiply(mask[low:high], edge[low - first : high - first], out=inner[low:high])
    return out


def _edges(slab: Labels) -> NDArray[np.bool_]:
    edge = np.zeros(slab.shape, bool)
    for axis in range(slab.ndim):
        values, marks = np.moveaxis(slab, axis, 0), np.moveaxis(edge, axis, 0)
        changes = values[1:] != values[:-1]
        marks[1:] |= changes
        marks[:-1] |= changes
        marks[0] = marks[-1] = True
    return edge


def _searched_whole(source: _Border, target: _Border, shells: Shells, size: int) -> _Search:
    """The neighbourhood of every border voxel of the source."""
    counts = np.zeros((size, len(shells)), np.int64)
    totals = np.zeros(size, np.int64)
    far: list[tuple[NDArray[np.int64], Labels]] = []
    for places, labels in _pieces(source):
        totals += np.bincount(labels, minlength=size)
        far.append(_searched(places, labels, target, shells, counts))
    return _Search(counts, totals, np.concatenate([places for places, _ in far]), np.concatenate([labels for _, labels in far]))


def _distances(search: _Search, target: _Border, shells: Shells) -> dict[int, Distances]:
    """What the search found together with what it left to the trees, for the labels that both borders have."""
    trees = _tree_distances(search.far_places, search.far_labels, target)
    radii = np.array([radius for radius, _ in shells])
    found = {}
    for label in np.flatnonzero(search.totals).tolist():
        near = np.flatnonzero(search.counts[label])
        values, times = radii[near], search.counts[label, near]
        if label in trees:
            distinct, repeats = np.unique(trees[label], return_counts=True)
            values, times = np.concatenate([values, distinct]), np.concatenate([times, repeats])
        if len(values):
            found[label] = Distances(values, times)
    return found


def _pieces(border: _Border) -> Iterator[tuple[NDArray[np.int64], Labels]]:
    """Places of the border voxels in the flat frame, and their labels, some planes at a time."""
    plane = border.map[0].size
    thick = max(1, PIECE // max(plane, 1))
    waiting: list[tuple[NDArray[np.int64], Labels]] = []
    for low in range(0, len(border.map), thick):
        slab = border.map[low : low + thick].ravel()
        places = np.flatnonzero(slab != 0)
        waiting.append((places + low * plane, slab[places]))
        last = low + thick >= len(border.map)
        if last or sum(len(each) for each, _ in waiting) >= POINTS:
            found, labels = zip(*waiting)
            waiting.clear()
            yield np.concatenate(found), np.concatenate(labels)


def _searched(
    places: NDArray[np.int64], labels: Labels, target: _Border, shells: Shells, counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Labels]:
    """Count, shell by shell, the voxels that meet their label; gives those that meet none."""
    strides = _strides(target)
    flat = target.map.ravel()
    reach = int(np.dot(target.margin, strides))
    places = places - reach
    for shell, (_, offsets) in enumerate(shells):
        if not len(places):
            break
        met = np.zeros(len(places), bool)
        for step in offsets @ strides + reach:
            met |= flat[step:].take(places) == labels
        counts[:, shell] += np.bincount(labels[met], minlength=len(counts))
        apart = ~met
        places, labels = places[apart], labels[apart]
    return places + reach, labels


def _strides(border: _Border) -> NDArray[np.int64]:
    return np.array([int(np.prod(border.map.shape[axis + 1 :])) for axis in range(border.map.ndim)])


def _tree_distances(places: NDArray[np.int64], labels: Labels, target: _Border) -> dict[int, NDArray[np.float64]]:
    """Distances of the voxels that the search left over, by label, where the target has the label."""
    from scipy.spatial import cKDTree

    if not len(places):
        return {}
    flat = target.map.ravel()
    theirs = np.flatnonzero(flat != 0)
    their_labels = flat[theirs]

    strides = _strides(target)
    threads = 2 if target.map.size > LARGE else 1

    def points(chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        out = np.empty((len(chosen), len(strides)))
        for axis, (stride, length) in enumerate(zip(strides, target.map.shape)):
            out[:, axis] = chosen // stride % length
        out *= target.spacing
        return out

    distances = {}
    for label in np.unique(labels).tolist():
        goal = theirs[their_labels == label]
        if len(goal):
            tree = cKDTree(points(goal), balanced_tree=False, compact_nodes=False)
            distances[label] = tree.query(points(places[labels == label]), workers=threads)[0]
    return distances
