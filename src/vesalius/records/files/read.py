"""One door for every kind of file."""

from collections.abc import Sequence
from pathlib import Path

from vesalius.errors import UserError
from vesalius.records.fields import Image, Volume
from vesalius.records.files import nifti, nrrd
from vesalius.records.files.dicom import read_dicom_image, read_series
from vesalius.records.files.dicom_files import is_dicom
from vesalius.records.files.pictures import read_picture
from vesalius.records.files.usable import existing_file


def read_volume(path: Path | Sequence[Path]) -> Volume:
    """The volume of a NIfTI or NRRD file, a DICOM file with frames, or a DICOM series as its folder or its files.

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
        return nifti.read_nifti(path)
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
