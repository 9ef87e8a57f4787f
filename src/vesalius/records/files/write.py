"""Masks and volumes written where their image is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Mask, Volume
from vesalius.records.files import nifti, nrrd
from vesalius.records.files.dicom_seg import write_segmentation
from vesalius.records.files.pictures import write_picture
from vesalius.records.files.read import read_volume
from vesalius.records.geometry import Geometry


def write_mask(path: Path, mask: Mask, *, like: Volume | Geometry | Path | Sequence[Path] | None = None) -> None:
    """Write a mask as NIfTI (.nii, .nii.gz), NRRD (.nrrd), DICOM SEG (.dcm) or, where it has two axes, PNG.

    Labels take the smallest type that holds them: 8 or 16 bits, or 32 signed ones. Names are kept by DICOM SEG only.

    Args:
        path: its ending says the format.
        mask: labels in the order of the axes that `read_volume` or `read_image` gave.
        like: the image that it lies on: its volume, geometry, file, folder or files. A NIfTI file has its qform, sform and codes
            copied bit for bit, an NRRD file its space. DICOM SEG needs the folder or files of the series. Pictures need none.

    Raises:
        UserError: if the ending is of no such format, the mask is of another size than the image, or the file cannot be written.

    >>> import tempfile
    >>> mask = Mask(np.ones((4, 5, 6), np.int64), ("liver",))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_mask(Path(folder, "liver.nii.gz"), mask, like=Geometry(np.diag([1.0, 1.0, 2.5, 1.0])))
    ...     read_volume(Path(folder, "liver.nii.gz")).voxels.dtype
    dtype('uint8')
    """
    name = path.name.lower()
    if name.endswith(".png"):
        if mask.labels.ndim != 2:
            raise UserError(f"{path}: a mask of {mask.labels.ndim} axes where PNG has two; write .nii.gz instead.")
        write_picture(path, mask.labels)
    elif name.endswith(".dcm"):
        if like is None or isinstance(like, Volume | Geometry):
            raise UserError(f"{path}: DICOM SEG refers to the files of its series; name their folder with like=.")
        write_segmentation(path, mask, like)
    elif name.endswith((*nifti.ENDINGS, ".nrrd")):
        _write_volume_mask(path, mask, like)
    else:
        raise UserError(f"{path}: masks are written as .nii, .nii.gz, .nrrd, .dcm or .png; choose one of these endings.")


def write_volume(path: Path, volume: Volume) -> None:
    """Write a volume as NIfTI; half precision is widened to 32 bits.

    Raises:
        UserError: if the ending is another or the file cannot be written.

    >>> write_volume(Path("brain.mha"), Volume(np.zeros((2, 2, 2)), Geometry(np.eye(4))))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: brain.mha: volumes are written as .nii or .nii.gz; choose one of these endings.
    """
    if not path.name.lower().endswith(nifti.ENDINGS):
        raise UserError(f"{path}: volumes are written as .nii or .nii.gz; choose one of these endings.")
    nifti.write_nifti(path, volume.voxels, volume.geometry)


def _write_volume_mask(path: Path, mask: Mask, like: Volume | Geometry | Path | Sequence[Path] | None) -> None:
    if like is None or mask.labels.ndim != 3:
        raise UserError(f"{path}: this format needs a mask of three axes and the image that it lies on; name it with like=.")
    source = like if isinstance(like, Volume | Geometry) else read_volume(like, channels=True)
    if isinstance(source, Volume) and source.voxels.shape[:3] != mask.labels.shape:
        raise UserError(f"{path}: a mask of {mask.labels.shape} for an image of {source.voxels.shape[:3]}; resample it first.")
    geometry = source.geometry if isinstance(source, Volume) else source
    kind = nrrd if path.name.lower().endswith(".nrrd") else nifti
    template = like if isinstance(like, Path) and like.name.lower().endswith(kind.ENDINGS) else None
    write = nrrd.write_nrrd if kind is nrrd else nifti.write_nifti
    write(path, _smallest(mask.labels), geometry, like=template)


def _smallest(labels: NDArray[np.generic]) -> NDArray[np.generic]:
    largest = int(labels.max(initial=0))
    return labels.astype(np.uint8 if largest < 1 << 8 else np.uint16 if largest < 1 << 16 else np.int32)
