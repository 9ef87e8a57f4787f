"""What every reader asks of the values that it found."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.geometry import Geometry

LARGEST_COMPRESSION = 1032
"""Deflate cannot make a file smaller than this ratio (zlib, technical details)."""


def existing_file(path: Path) -> Path:
    """The path, if a file with content is there.

    Raises:
        UserError: if it is missing, a folder, empty or not readable.
    """
    try:
        there = path.exists()
    except OSError as error:  # a name that no file can have
        raise UserError(f"{str(path)[:200]}: cannot be opened ({error.strerror}); check the name.") from error
    if not there:
        raise UserError(f"{path}: missing; check the name.")
    if path.is_dir():
        raise UserError(f"{path}: a folder where one file is needed; name a file in it.")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: empty (0 bytes); copy the file again.")
    if not os.access(path, os.R_OK):
        raise UserError(f"{path}: not readable by this user; change its permissions.")
    return path


def usable_values(path: Path, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The values, if they are finite numbers in more than one place, in the byte order of this machine.

    Raises:
        UserError: if they are not numbers, not all finite, or only one along the first two axes.

    >>> usable_values(Path("one.nii"), np.ones((1, 1, 5)))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: one.nii, field 'size': 1x1 pixels hold no image; export it again or remove the file.
    """
    if values.dtype.kind not in "biuf":
        raise UserError(f"{path}, field 'type': {values.dtype} is not one real number a voxel; convert it to such a type.")
    if values.size == 0:
        raise UserError(f"{path}, field 'size': no voxels; export it again or remove the file.")
    if values.shape[:2] == (1, 1):
        raise UserError(f"{path}, field 'size': 1x1 pixels hold no image; export it again or remove the file.")
    wrong = 0 if values.dtype.kind != "f" else values.size - int(np.count_nonzero(np.isfinite(values)))
    if wrong:
        raise UserError(f"{path}, field 'values': {wrong} of {values.size} are NaN or infinite; replace them by a finite number.")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def plausible_size(path: Path, needed: int, *, compressed: bool) -> None:
    """Refuse a header that announces more bytes than the file can hold, before they are allocated.

    Raises:
        UserError: if it does.
    """
    most = path.stat().st_size * (LARGEST_COMPRESSION if compressed else 1)
    if needed > most:
        raise UserError(f"{path}, field 'size': {needed} bytes announced, at most {most} there; the file is cut, copy it again.")


def geometry_of(path: Path, field: str, affine: NDArray[np.float64]) -> Geometry:
    """The affine as a geometry.

    Raises:
        UserError: if it is not finite and invertible.
    """
    linear = affine[:3, :3]
    lengths = np.linalg.norm(linear, axis=0) if np.isfinite(affine).all() else np.zeros(3)
    # The volume of a voxel against that of a box with its edges: what is left of 1 when the axes are nearly in one plane.
    if not (lengths.min() > 1e-6 and lengths.max() < 1e6) or abs(np.linalg.det(linear / lengths)) < 1e-3:
        raise UserError(f"{path}, field '{field}': the axes do not span a space; export it again with its geometry.")
    return Geometry(affine)
