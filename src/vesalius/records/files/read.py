"""One door for every kind of file."""

import os
from collections.abc import Sequence
from pathlib import Path

from vesalius.errors import UserError
from vesalius.records.fields import Image, Volume
from vesalius.records.files import nifti, nrrd
from vesalius.records.files.dicom import read_dicom_image, read_series
from vesalius.records.files.dicom_files import is_dicom, read_header
from vesalius.records.files.dicom_frames import frame_count
from vesalius.records.files.pictures import read_picture
from vesalius.records.files.usable import existing_file


def read_scan(path: Path, *, channels: bool = False) -> Image | Volume:
    """Whatever one file, or one folder with a DICOM series, holds: pictures and radiographs are images, the rest volumes.

    Args:
        path: of the file or folder.
        channels: whether several volumes in a NIfTI file are read as channels.

    Raises:
        UserError: as `read_volume` and `read_image` do.

    >>> read_scan(Path("/nowhere/brain.nii.gz"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/brain.nii.gz: missing; check the name.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that no file can have
        return read_volume(path)
    name = existing_file(path).name.lower()
    if name.endswith((*nifti.ENDINGS, *nrrd.ENDINGS)):
        return read_volume(path, channels=channels)
    if is_dicom(path) and frame_count(path, read_header(path)) > 1:
        return read_volume(path)
    return read_image(path)


def read_volume(path: Path | Sequence[Path], *, channels: bool = False) -> Volume:
    """The volume of a NIfTI or NRRD file, a DICOM file with frames, or a DICOM series as its folder or its files.

    Args:
        path: of the file, folder or files.
        channels: whether several volumes in a NIfTI file are read as channels, X×Y×Z×C.

    Raises:
        UserError: if it is missing, damaged, of another kind, or without a place in the patient.

    >>> read_volume(Path("/nowhere/brain.nii.gz"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/brain.nii.gz: missing; check the name.
    """
    if not isinstance(path, Path) or path.is_dir():
        return read_series(path).volume
    name = existing_file(path).name.lower()
    if name.endswith(nifti.ENDINGS):
        return nifti.read_nifti(path, channels=channels)
    if name.endswith(nrrd.ENDINGS):
        return nrrd.read_nrrd(path)
    if is_dicom(path) or name.endswith(".dcm"):
        return read_series(path).volume
    raise UserError(f"{path}: neither NIfTI, NRRD nor DICOM; convert it to .nii.gz.")


def read_image(path: Path) -> Image:
    """The image of a PNG, JPEG, TIFF or other picture, or of a DICOM file of one frame.

    Raises:
        UserError: if it is missing, damaged, of another kind, or of several pages or frames.

    >>> read_image(Path("/nowhere/xray.png"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/xray.png: missing; check the name.
    """
    name = existing_file(path).name.lower()
    if name.endswith((*nifti.ENDINGS, *nrrd.ENDINGS)):
        raise UserError(f"{path}: a volume where an image is needed; read it as a volume.")
    return read_dicom_image(path) if is_dicom(path) or name.endswith(".dcm") else read_picture(path)
