"""The image and the mask of a case, read and checked against each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Geometry, Image, Volume
from vesalius.records.files import read_scan, read_segmentation
from vesalius.records.files.dicom_files import is_dicom
from vesalius.records.files.dicom_seg_read import is_segmentation
from vesalius.records.orientation import to_ras
from vesalius.sources.folders.layout import JPEG, JSON

Array = NDArray[np.generic]
Scan = Image | Volume

LARGEST = 65_535
"""Label that is read; it can be written again in every format."""

SAME_PLACE = 0.1
"""Share of the smallest spacing by which the corners of two grids may be apart: headers are stored with few digits."""
HALF = 128
"""Of a mask kept as JPEG, which blurs 0 and 255, the least value that counts as labelled."""


def read_case_image(channels: Sequence[Path], *, turn: bool = True) -> Scan:
    """An image, or a volume turned to RAS; several files on one grid become its channels.

    Args:
        channels: the files.
        turn: whether volumes are turned; otherwise they are as the first file stores them.

    Raises:
        UserError: if a file is bad, or the files of a case differ in size or place.
    """
    scans = [read_scan(path, channels=len(channels) == 1) for path in channels]
    scans = [turned(scan) for scan in scans] if turn else scans
    first = scans[0]
    if len(scans) == 1:
        return first
    for path, scan in zip(channels, scans):
        if values_of(scan).ndim != axes_of(scan):
            raise UserError(f"{path}: several channels in a file that should be one of {len(channels)}; give one a file.")
        require_same_grid(path, scan, channels[0], first)
    stacked = np.stack([values_of(scan) for scan in scans], axis=-1)
    return Volume(stacked, first.geometry) if isinstance(first, Volume) else Image(stacked, first.spacing)


def read_case_mask(
    path: Path, image: Scan, image_path: Path, *, binary: bool, segments: Mapping[str, int] | None = None
) -> NDArray[np.int64]:
    """The values of a mask on the grid of its image.

    Args:
        path: of the mask.
        image: that it lies on, as ``read_case_image`` gave it.
        image_path: of the image, to be named.
        binary: whether all that is above 0 is 1.
        segments: the value of each segment's label, needed for DICOM SEG.

    Raises:
        UserError: if the file is bad, holds no whole numbers from 0 on, or lies on another grid.
    """
    scan = turned(_segments_as_values(path, image, image_path, segments or {}) if is_segmentation(path) else read_scan(path))
    values = _one_channel(path, values_of(scan), axes_of(scan))
    require_same_grid(path, scan, image_path, image)
    if path.name.lower().endswith(JPEG):
        if not binary:
            raise UserError(f"{path}: JPEG does not keep the values of a mask; save it as PNG, or give --binary for one class.")
        return np.asarray(values.astype(np.float64) >= HALF, np.int64)
    if binary:
        return np.asarray(values.astype(np.float64) > 0, np.int64)
    labels = values.astype(np.int64)
    if values.dtype.kind == "f" and (labels != values).any():
        raise UserError(f"{path}, field 'values': fractions where a mask has whole numbers; export it without interpolation.")
    if labels.min() < 0 or labels.max() > LARGEST:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise UserError(f"{path}, field 'values': {wrong} where a mask has labels from 0 to {LARGEST}; correct it.")
    return labels


def _segments_as_values(path: Path, image: Scan, image_path: Path, segments: Mapping[str, int]) -> Volume:
    if isinstance(image, Image) or not (image_path.is_dir() or is_dicom(image_path)):
        raise UserError(f"{path}: a DICOM SEG, and {image_path} is no DICOM series; name the folder of the series as the image.")
    found = read_segmentation(path, image_path)
    values = [0]
    for label in found.mask.names:
        if label not in segments:
            known = ", ".join(list(segments)[:8])
            raise UserError(f"{path}, field SegmentLabel: {label} is not among the labels ({known}); correct {JSON}.")
        values.append(segments[label])
    return Volume(np.array(values)[found.mask.labels], found.geometry)


def turned(scan: Scan) -> Scan:
    """A volume in RAS, an image as it is."""
    return to_ras(scan) if isinstance(scan, Volume) else scan


def values_of(scan: Scan) -> Array:
    """Pixels or voxels."""
    return scan.pixels if isinstance(scan, Image) else scan.voxels


def axes_of(scan: Scan) -> int:
    """Axes in space."""
    return 2 if isinstance(scan, Image) else 3


def size_of(scan: Scan) -> tuple[int, ...]:
    """Pixels or voxels along each axis in space."""
    return values_of(scan).shape[: axes_of(scan)]


def channels_of(scan: Scan) -> int:
    """How many channels there are.

    >>> channels_of(Image(np.zeros((4, 5, 3)))), channels_of(Image(np.zeros((4, 5))))
    (3, 1)
    """
    values = values_of(scan)
    return values.shape[-1] if values.ndim > axes_of(scan) else 1


def require_same_grid(path: Path, scan: Scan, other_path: Path, other: Scan) -> None:
    """Raise UserError unless both have one size and, as volumes, one place in the patient."""
    if size_of(scan) != size_of(other):
        ours, theirs = ("x".join(map(str, size_of(each))) for each in (scan, other))
        raise UserError(f"{path}: {ours} pixels where {other_path} has {theirs}; resample it onto that grid.")
    if isinstance(scan, Volume) and isinstance(other, Volume):
        apart = distance_apart(scan.geometry, other.geometry, size_of(scan))
        if apart > SAME_PLACE * min(other.geometry.spacing):
            raise UserError(f"{path}: lies up to {apart:.2g} mm away from {other_path}; resample it onto that grid.")


def distance_apart(one: Geometry, other: Geometry, size: tuple[int, ...]) -> float:
    """Largest distance in millimetres between the same corner of two grids of one size.

    >>> distance_apart(Geometry(np.eye(4)), Geometry(np.diag([1.0, 1.0, 2.0, 1.0])), (4, 4, 4))
    3.0
    """
    corners = np.array([[x, y, z, 1.0] for x in (0, size[0] - 1) for y in (0, size[1] - 1) for z in (0, size[2] - 1)])
    return float(np.linalg.norm(corners @ (one.affine - other.affine).T, axis=1).max())


def _one_channel(path: Path, values: Array, axes: int) -> Array:
    if values.ndim == axes:
        return values
    if (values != values[..., :1]).any():
        raise UserError(f"{path}: colours where a mask has one label a pixel; save it with one channel.")
    return values[..., 0]
