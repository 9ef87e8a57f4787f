"""Random patches of images and volumes, wherever these lie."""

import mmap
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.chunks import ChunkCache, in_chunks
from vesalius.learners.intensity import Intensity, Pixels

Array = NDArray[np.generic]
_MOST_PLACES = 10_000


class Sliceable(Protocol):
    """An array in memory, in a memory-mapped file, or in zarr: what is read is what is asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102 - as numpy has it
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    def __getitem__(self, place: tuple[slice | int, ...]) -> NDArray[np.generic]: ...


class PatchSampler:
    """Random patches of random scans, turned and mirrored, with a mild change of contrast and brightness.

    Only the patch is read and standardised, so that scans may be larger than the memory. Of arrays in chunks (zarr, HDF5) whole
    chunks are read, and kept up to 64 MiB in all; what is drawn is bit for bit what it is of the same arrays in memory. A patch
    of one axis less than the scans is a piece of a plane across their last axis.

    Args:
        images_CS: in their own intensities, of any sizes; smaller ones than a patch are mirrored at their border.
        masks_S: their labels.
        intensities: how each is standardised.
        patch: pixels along each side.
        batch: patches a draw.
        foreground: share of patches that are centred on a labelled pixel, each label of an image equally often.

    >>> images, masks = [np.zeros((1, 9, 7), dtype=np.int16)], [np.zeros((9, 7), dtype=np.uint8)]
    >>> sampler = PatchSampler(images, masks, [Intensity(np.zeros(1), np.ones(1))], patch=(8, 8), batch=2)
    >>> [array.shape for array in sampler.draw(np.random.default_rng(0))]
    [(2, 1, 8, 8), (2, 8, 8)]
    """

    def __init__(
        self,
        images_CS: Sequence[Sliceable],
        masks_S: Sequence[Sliceable],
        intensities: Sequence[Intensity],
        *,
        patch: Sequence[int],
        batch: int,
        foreground: float = 0.0,
    ) -> None:
        planar = len(patch) == len(masks_S[0].shape) - 1
        self._patch, self._batch, self._foreground = (*patch, 1) if planar else tuple(patch), batch, foreground
        self._planar = planar
        cache = ChunkCache()
        self._images = [_enlarged(image, self._patch) for image in in_chunks(images_CS, cache)]
        self._masks = [_enlarged(mask, self._patch) for mask in in_chunks(masks_S, cache)]
        self._intensities = intensities
        self._labelled = [_labelled_places(mask) for mask in self._masks] if foreground else []

    def draw(self, random: np.random.Generator) -> tuple[Pixels, NDArray[np.integer]]:
        """Images B×C×S and masks B×S."""
        channels, patch = self._images[0].shape[0], self._patch[:-1] if self._planar else self._patch
        image_BCS = np.empty((self._batch, channels, *patch), dtype=np.float32)
        mask_BS = np.empty((self._batch, *patch), dtype=self._masks[0].dtype)
        for place, index in enumerate(random.integers(len(self._images), size=self._batch)):
            self._fill(image_BCS[place], mask_BS[place], int(index), random)
        _forget((*self._images, *self._masks))
        return image_BCS, mask_BS

    def _fill(self, image_CS: Pixels, mask_S: NDArray[np.integer], index: int, random: np.random.Generator) -> None:
        starts = self._place(index, random)
        window = tuple(slice(start, start + size) for start, size in zip(starts, self._patch))
        pixels_CS = np.asarray(self._images[index][(slice(None), *window)])
        labels_S = np.asarray(self._masks[index][window])
        if self._planar:
            pixels_CS, labels_S = pixels_CS[..., 0], labels_S[..., 0]
        pixels_CS, labels_S = _turned(pixels_CS, labels_S, random)
        contrast, brightness = random.uniform(0.9, 1.1), random.uniform(-0.1, 0.1)
        self._intensities[index].standardise_into(image_CS, pixels_CS, contrast, brightness)
        mask_S[...] = labels_S

    def _place(self, index: int, random: np.random.Generator) -> list[int]:
        """Where a patch starts: anywhere, or around a labelled pixel as near as the border allows."""
        room = [there - size for there, size in zip(self._masks[index].shape, self._patch)]
        if not self._foreground or not self._labelled[index] or random.random() >= self._foreground:
            return [int(random.integers(most + 1)) for most in room]
        places_NA = self._labelled[index][int(random.integers(len(self._labelled[index])))]
        centre = places_NA[int(random.integers(len(places_NA)))]
        return [min(max(int(at) - size // 2, 0), most) for at, size, most in zip(centre, self._patch, room)]


def _turned(image_CS: Array, mask_S: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Quarter turns in the plane of the first two axes (half turns where it is not square), and mirrored axes."""
    turns = int(random.integers(4)) if mask_S.shape[0] == mask_S.shape[1] else 2 * int(random.integers(2))
    image_CS, mask_S = np.rot90(image_CS, turns, axes=(1, 2)), np.rot90(mask_S, turns)
    for axis in range(1, mask_S.ndim):
        if random.integers(2):
            image_CS, mask_S = np.flip(image_CS, axis + 1), np.flip(mask_S, axis)
    return image_CS, mask_S


def _enlarged(array: Sliceable, patch: Sequence[int]) -> Sliceable:
    """Mirrored at the end of each axis until it is as long as a patch."""
    missing = [max(0, wanted - there) for wanted, there in zip(patch, array.shape[-len(patch) :])]
    if not any(missing):
        return array
    whole = np.asarray(array[(slice(None),) * len(array.shape)])
    return np.pad(whole, [(0, 0)] * (whole.ndim - len(patch)) + [(0, more) for more in missing], mode="symmetric")


def _labelled_places(mask_S: Sliceable) -> list[NDArray[np.int32]]:
    """For each label, some 10,000 of its pixels at most, evenly spaced within each slab; read slab by slab."""
    found: dict[int, list[NDArray[np.int32]]] = {}
    most = -(-_MOST_PLACES // mask_S.shape[0])
    for start in range(mask_S.shape[0]):
        slab = np.asarray(mask_S[(slice(start, start + 1), *(slice(None),) * (len(mask_S.shape) - 1))])
        for label in np.unique(slab[slab > 0]):
            places_NA = np.argwhere(slab == label).astype(np.int32)
            places_NA[:, 0] += start
            found.setdefault(int(label), []).append(places_NA[:: -(-len(places_NA) // most)])
    _forget((mask_S,))
    return [np.concatenate(found[label]) for label in sorted(found)]


def _forget(arrays: Sequence[Sliceable]) -> None:
    """Let the operating system take back the pages that were read, or a process seems to hold all that it ever looked at."""
    for array in arrays:
        pages = getattr(array, "_mmap", None)
        if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            pages.madvise(mmap.MADV_DONTNEED)
