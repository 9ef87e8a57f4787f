"""Masks written where their image is, in its own format and grid."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.fitted.description import Images
from vesalius.fitted.inputs import Input
from vesalius.records import Image, Mask, Volume
from vesalius.records.files import nifti, write_mask
from vesalius.records.orientation import Turn
from vesalius.sources.folders.reading import Scan

Format = Literal["nifti", "nrrd", "seg", "png"]
ENDINGS: dict[Format, str] = {"nifti": ".nii.gz", "nrrd": ".nrrd", "seg": ".dcm", "png": ".png"}


def mask_path(one: Input, scan: Scan, out: Path | None, format: Format | None) -> Path:
    """``scan.nii.gz`` gives ``scan_mask.nii.gz`` beside it, or in the folder ``out``.

    Without a format: PNG for images, and for volumes that of the image, DICOM SEG for DICOM.

    Raises:
        UserError: if the format cannot hold such a mask.
    """
    path = one.path
    ending = ENDINGS[format] if format else _ending_like(path, scan)
    if isinstance(scan, Volume) and ending == ".png":
        raise UserError(f"{path}: a volume, and PNG holds a plane; choose --format nifti.")
    if isinstance(scan, Image) and ending != ".png":
        raise UserError(f"{path}: an image without a place in the patient; choose --format png.")
    if ending == ".dcm" and not _is_dicom(path):
        raise UserError(f"{path}: DICOM SEG refers to a DICOM series, which this is not; choose --format nifti.")
    return (out or path.parent) / f"{one.name}_mask{ending}"


def stored_labels(labels: NDArray[np.integer[Any]], scan: Scan) -> NDArray[np.integer[Any]]:
    """A learner's labels in the order in which the image is stored."""
    return Turn.of(scan.geometry).undo(labels) if isinstance(scan, Volume) else labels


def write_answer(path: Path, labels: NDArray[np.integer[Any]], one: Input, images: Images, *, overwrite: bool) -> None:
    """Write labels as stored: with the values that the user's own masks have, or in DICOM SEG as segments with names.

    Raises:
        UserError: if the file is there already, cannot be written, or nothing was found and the format is DICOM SEG.
    """
    require_free(path, overwrite=overwrite)
    half = path.with_name(f".half-{path.name}")
    try:
        if path.suffix == ".dcm":
            if not labels.any():
                raise UserError(f"{one.path}: nothing was found, and DICOM SEG holds no empty mask; choose --format nifti.")
            write_mask(half, Mask(labels, images.names), like=one.path)
        else:
            values = np.array([0, *images.values])[labels]
            write_mask(half, Mask(values, ("",) * max(images.values)), like=one.path)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def require_free(path: Path, *, overwrite: bool) -> None:
    """Raise UserError if a file is there that must stay."""
    if path.exists() and not overwrite:
        raise UserError(f"{path}: there already; give --overwrite to replace it, or another --out.")


def _ending_like(path: Path, scan: Scan) -> str:
    name = path.name.lower()
    if isinstance(scan, Image):
        return ".png"
    if _is_dicom(path):
        return ".dcm"
    return next((ending for ending in (".nii.gz", ".nii") if name.endswith(ending)), ".nrrd")


def _is_dicom(path: Path) -> bool:
    return path.is_dir() or not path.name.lower().endswith((*nifti.ENDINGS, ".nrrd", ".nhdr"))
