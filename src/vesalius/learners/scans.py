"""Images and volumes as a network takes them: channels first, at its spacing, on disk where they are large."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.records import Image, Mask, Record, Volume

Labels = NDArray[np.integer]
Spacing = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """An image C×H×W or a volume C×X×Y×Z in its own intensities, with the spacing in millimetres where it is known."""

    image_CS: NDArray[np.generic]
    spacing: Spacing | None

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels or voxels along each axis."""
        return self.image_CS.shape[1:]


def scan_of(record: Record, field: str) -> Scan:
    """The image or volume of a record.

    Raises:
        TypeError: if the field is neither.

    >>> scan_of(Record(id="1", subject_id="1", fields={"image": Image(np.zeros((4, 5, 3)))}), "image").image_CS.shape
    (3, 4, 5)
    """
    found = record.fields.get(field)
    if isinstance(found, Volume):
        return Scan(channels_first(found.voxels, 3), found.geometry.spacing)
    image = record.get(field, Image)
    return Scan(channels_first(image.pixels, 2), image.spacing)


def require_channels(record: Record, field: str, image_CS: NDArray[np.generic], channels: int) -> None:
    """Refuse an image of other channels than those of training.

    Raises:
        UserError: if they differ; it names the record and the field.
    """
    if len(image_CS) != channels:
        own = len(image_CS)
        raise UserError(
            f"Record {record.id}, field {field!r}: {own} channels where the training images have {channels}; convert it."
        )


def channels_first(values: NDArray[np.generic], axes: int) -> NDArray[np.generic]:
    """Values of so many axes in space, with or without channels last, as channels first.

    >>> channels_first(np.zeros((4, 5, 3)), 2).shape, channels_first(np.zeros((4, 5)), 2).shape
    ((3, 4, 5), (1, 4, 5))
    """
    return values[None] if values.ndim == axes else np.moveaxis(values, -1, 0)


def labels_of(record: Record, target: str, size: tuple[int, ...]) -> Labels:
    """The label mask of a record whose image is of that size.

    Raises:
        UserError: if the mask is of another size.
    """
    labels_S = cast(Labels, record.get(target, Mask).labels)
    if labels_S.shape != size:
        raise UserError(
            f"Record {record.id}, field {target!r}: {labels_S.shape} pixels where the image has {size}; resample it to those."
        )
    return labels_S


def size_at(scan: Scan, spacing: Spacing | None) -> tuple[int, ...]:
    """How many pixels the scan has along each axis at another spacing; its own where one of the two is not known.

    Raises:
        UserError: if the two differ in axes.

    >>> size_at(Scan(np.zeros((1, 10, 10)), (1.0, 2.0)), (2.0, 2.0))
    (5, 10)
    """
    if spacing is None or scan.spacing is None:
        return scan.size
    if len(spacing) != len(scan.spacing):
        raise UserError(
            f"spacing {spacing}: {len(spacing)} axes where the image has {len(scan.spacing)}; plan again for such images."
        )
    return tuple(max(1, round(size * own / new)) for size, own, new in zip(scan.size, scan.spacing, spacing))


def resample_image(image_CS: NDArray[np.generic], size: tuple[int, ...]) -> NDArray[np.generic]:
    """Linear interpolation onto so many pixels over the same field of view.

    >>> resample_image(np.array([[[0.0, 2.0]]]), (1, 4)).tolist()
    [[[0.0, 0.5, 1.5, 2.0]]]
    """
    if image_CS.shape[1:] == size:
        return image_CS
    mode = "bilinear" if len(size) == 2 else "trilinear"
    values = torch.from_numpy(np.ascontiguousarray(image_CS, dtype=np.float32))[None]
    return functional.interpolate(values, size, mode=mode, align_corners=False)[0].numpy()


def resample_labels(labels_S: Labels, size: tuple[int, ...]) -> Labels:
    """The label whose indicator, linearly interpolated, is highest: smoother borders than the nearest neighbour's.

    One label at a time, so that the memory does not grow with their number.

    >>> resample_labels(np.array([[0, 1]]), (1, 4)).tolist()
    [[0, 0, 1, 1]]
    """
    if labels_S.shape == size:
        return labels_S
    best_S = np.full(size, -1, dtype=np.float32)
    winner_S: Labels = np.zeros(size, dtype=labels_S.dtype)
    for label in np.unique(labels_S):
        share_S = resample_image((labels_S == label)[None], size)[0].astype(np.float32)
        winner_S[share_S > best_S] = label
        np.maximum(best_S, share_S, out=best_S)
    return winner_S


class Shelf:
    """Keeps arrays in memory up to a bound, and beyond it in memory-mapped files that go when the shelf goes."""

    def __init__(self, memory_mib: float = 2048) -> None:
        self._left = memory_mib * 2**20
        self._folder: TemporaryDirectory[str] | None = None
        self._count = 0

    def keep(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """The array, or a read-only one of equal content on disk.

        >>> shelf = Shelf(memory_mib=0)
        >>> type(shelf.keep(np.ones(3))).__name__
        'memmap'
        """
        if isinstance(array, np.memmap):
            return array
        if array.nbytes <= self._left:
            self._left -= array.nbytes
            return array
        self._folder = self._folder or TemporaryDirectory(prefix="vesalius-", ignore_cleanup_errors=True)
        self._count += 1
        file = Path(self._folder.name) / f"{self._count}.npy"
        np.save(file, array, allow_pickle=False)
        kept: NDArray[np.generic] = np.load(file, mmap_mode="r", allow_pickle=False)
        return kept
