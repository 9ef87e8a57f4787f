"""Arrays that are stored in chunks, such as zarr's, read a whole chunk at a time and kept for a while."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Cell = tuple[int, ...]
"""Of a chunk: its place among the chunks along each axis."""


class Stored(Protocol):
    """An array in chunks on disk: zarr, or HDF5 by h5py."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102 - as numpy has it
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    @property
    def chunks(self) -> tuple[int, ...]: ...  # noqa: D102 - length of a chunk along each axis
    def __getitem__(self, place: tuple[slice, ...]) -> Array: ...


class ChunkCache:
    """Decoded chunks of any arrays, up to so many MiB; those unused for longest go first."""

    def __init__(self, memory_mib: float = 64) -> None:
        self._most, self._held = int(memory_mib * 2**20), 0
        self._chunks: OrderedDict[tuple[object, Cell], Array] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """Of all chunks in it."""
        return self._held

    def get(self, owner: object, cell: Cell) -> Array | None:
        """A chunk of an array, if it is still there."""
        chunk = self._chunks.get((owner, cell))
        if chunk is not None:
            self._chunks.move_to_end((owner, cell))
        return chunk

    def put(self, owner: object, cell: Cell, chunk: Array) -> None:
        """Keep a chunk that is not in it, in place of the oldest if there is no room."""
        if chunk.nbytes > self._most:
            return
        self._chunks[owner, cell] = chunk
        self._held += chunk.nbytes
        while self._held > self._most:
            self._held -= self._chunks.popitem(last=False)[1].nbytes


class Chunked:
    """Windows of a stored array, equal to those that it gives itself; chunks of it that are in the cache are not decoded again.

    Chunks that are missing are read in one piece, for a read costs far more than a chunk. Only windows of slices without steps.

    Args:
        stored: the array, which does not change.
        cache: may serve several arrays.

    >>> class Rows(np.ndarray):
    ...     chunks = (2, 2)
    >>> stored = np.arange(12).reshape(3, 4).view(Rows)
    >>> Chunked(stored, ChunkCache())[1:3, 1:4].tolist()
    [[5, 6, 7], [9, 10, 11]]
    """

    def __init__(self, stored: Stored, cache: ChunkCache) -> None:
        self._stored, self._cache = stored, cache
        self.shape, self.dtype = stored.shape, np.dtype(stored.dtype)

    def __getitem__(self, window: tuple[slice, ...]) -> Array:
        """The values of a window, newly copied."""
        bounds = [part.indices(size)[:2] for part, size in zip(window, self.shape, strict=True)]
        spans = [range(start // side, -(-stop // side)) for (start, stop), side in zip(bounds, self._stored.chunks)]
        found = {cell: self._cache.get(self, cell) for cell in product(*spans)}
        whole = {cell: chunk for cell, chunk in found.items() if chunk is not None}
        missing = [cell for cell, chunk in found.items() if chunk is None]
        whole |= self._read(missing) if missing else {}
        values = np.empty([stop - start for start, stop in bounds], self.dtype)
        for cell, chunk in whole.items():
            inside, outside = zip(*map(_overlap, cell, self._stored.chunks, bounds))
            values[outside] = chunk[inside]
        return values

    def _read(self, cells: Sequence[Cell]) -> dict[Cell, Array]:
        """These chunks, which are now in the cache as far as it has room; those between them are read along with them."""
        sides = self._stored.chunks
        first, last = np.min(cells, axis=0), np.max(cells, axis=0)
        box = self._stored[
            tuple(slice(low * side, (high + 1) * side) for low, high, side in zip(_ints(first), _ints(last), sides))
        ]
        chunks = {}
        for cell in cells:
            corner = [(place - low) * side for place, low, side in zip(cell, _ints(first), sides)]
            # A copy, for a part of the box would hold all of it.
            chunks[cell] = box[tuple(slice(at, at + side) for at, side in zip(corner, sides))].copy()
            self._cache.put(self, cell, chunks[cell])
        return chunks


def in_chunks(arrays: Iterable[Any], cache: ChunkCache) -> list[Any]:
    """The arrays, those that are stored in chunks behind the cache."""
    return [Chunked(array, cache) if getattr(array, "chunks", None) else array for array in arrays]


def _ints(values: NDArray[np.integer]) -> list[int]:
    return [int(value) for value in values]


def _overlap(place: int, side: int, bounds: tuple[int, int]) -> tuple[slice, slice]:
    """Along one axis, where a chunk and a window meet: in the chunk, and in the window."""
    start, stop = max(bounds[0], place * side), min(bounds[1], (place + 1) * side)
    return slice(start - place * side, stop - place * side), slice(start - bounds[0], stop - bounds[0])
