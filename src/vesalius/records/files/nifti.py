"""NIfTI files (.nii, .nii.gz)."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Volume
from vesalius.records.files.usable import existing_file, geometry_of, plausible_size, usable_values
from vesalius.records.geometry import Geometry

ENDINGS = (".nii", ".nii.gz")
MILLIMETRES = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
AGREEMENT = 0.01
"""Millimetres by which qform and sform of one coordinate system may differ at the corners of the volume."""


def read_nifti(path: Path, *, channels: bool = False) -> Volume:
    """The volume of a file and its affine as stored: the sform, or the qform where there is no sform.

    Values with a scale are float32; others keep their type. Units of metres and micrometres are turned into millimetres;
    unnamed ones are taken as millimetres, as every reader of the format does.

    Source: the NIfTI-1 standard, nifti1.h, sections on methods 2 and 3.

    Args:
        path: of the file.
        channels: whether several volumes on one grid (a fourth or, as vectors, a fifth axis) are read as channels, X×Y×Z×C.

    Raises:
        UserError: if the file is damaged, has no or contradictory geometry, several volumes that are not read as channels, or
            values that are not finite.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "brain.nii.gz")
    ...     write_nifti(file, np.zeros((4, 5, 6), np.int16), Geometry(np.diag([1.0, 1.0, 2.0, 1.0])))
    ...     read_nifti(file).geometry.spacing
    (1.0, 1.0, 2.0)
    """
    image = _load(existing_file(path))
    shape = image.shape
    several = [size for size in shape[3:] if size != 1]
    if len(several) > 1 or (several and not channels):
        count = " x ".join(map(str, several))
        raise UserError(f"{path}, field 'dim': {len(shape)} axes, {count} volumes; split it into one file a volume.")
    if len(shape) not in (2, *range(3, 8)):
        raise UserError(f"{path}, field 'dim': {len(shape)} axes where a volume has three; export it again.")
    header = image.header
    plausible_size(path, _bytes(shape, header.get_data_dtype()), compressed=path.name.lower().endswith(".gz"))
    affine = _affine(path, image)
    values = _values(path, image)
    return Volume(usable_values(path, values.reshape((*(*shape[:3], 1)[:3], *several))), geometry_of(path, "sform", affine))


def write_nifti(path: Path, values: NDArray[np.generic], geometry: Geometry, *, like: Path | None = None) -> None:
    """Write a NIfTI-1 file.

    The affine is stored in the 32-bit floats of the format: one read from NIfTI comes back bit for bit, one from DICOM or NRRD to
    seven digits. NIfTI-2 has 64 bits, and is avoided because ITK does not read it.

    Args:
        path: ends in .nii or .nii.gz.
        values: three axes.
        geometry: of the values.
        like: a NIfTI file whose qform, sform, their codes and units are copied as they stand.

    Raises:
        UserError: if the folder is missing or not writable.

    >>> write_nifti(Path("/nowhere/mask.nii"), np.zeros((2, 2, 2), np.uint8), Geometry(np.eye(4)))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/mask.nii: cannot be written; name a folder that exists and is writable.
    """
    import nibabel

    stored = values.astype(np.uint8) if values.dtype == bool else values
    stored = stored.astype(np.float32) if stored.dtype == np.float16 else stored
    nifti: Any = nibabel
    image = nifti.Nifti1Image(stored, geometry.affine, dtype=stored.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(geometry.affine, code="scanner")
    if _is_rigid(geometry.affine):
        image.set_qform(geometry.affine, code="scanner")
    if like is not None:
        source = _load(like).header
        for field in ("qform_code", "sform_code", "xyzt_units", "srow_x", "srow_y", "srow_z"):
            image.header[field] = source[field]
        for field in ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"):
            image.header[field] = source[field]
        image.header["pixdim"][:4] = source["pixdim"][:4]
    try:
        image.to_filename(path) if like is None else _write_as_is(image, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written; name a folder that exists and is writable.") from error


def _write_as_is(image: Any, path: Path) -> None:
    """Nibabel would overwrite the copied transforms by the affine of the image, were it set."""
    image._affine = None
    image.to_filename(path)


def _load(path: Path) -> Any:
    import nibabel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = nibabel.load(path)
    except Exception as error:  # a damaged header makes nibabel, numpy and zlib raise anything
        raise UserError(f"{path}: not a readable NIfTI file; copy or export it again.") from error
    if not isinstance(image, nibabel.Nifti1Image):
        raise UserError(f"{path}: {type(image).__name__} where NIfTI is needed; convert it to .nii.gz.")
    return image


def _bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    count = dtype.itemsize
    for size in shape:
        count *= int(size)
    return count


def _values(path: Path, image: Any) -> NDArray[np.generic]:
    try:
        slope, intercept = image.dataobj.slope, image.dataobj.inter
        if (slope, intercept) == (1.0, 0.0):
            return np.asarray(image.dataobj.get_unscaled())
        if not np.isfinite([slope, intercept]).all():
            raise UserError(f"{path}, field 'scl_slope': not finite; export it again.")
        return _scaled(np.asarray(image.dataobj.get_unscaled()), slope, intercept)
    except UserError:
        raise
    except Exception as error:  # a cut or damaged stream makes zlib, gzip, numpy and mmap raise anything
        raise UserError(f"{path}, field 'data': cut or damaged; copy or export it again.") from error


def _scaled(stored: NDArray[np.generic], slope: float, intercept: float) -> NDArray[np.generic]:
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _affine(path: Path, image: Any) -> NDArray[np.float64]:
    header = image.header
    try:
        scale = MILLIMETRES[header.get_xyzt_units()[0]]
        qform_code, sform_code = int(header["qform_code"]), int(header["sform_code"])
        sform = header.get_sform() if sform_code > 0 else None
        qform = header.get_qform() if qform_code > 0 else None
    except Exception as error:  # unknown units and quaternions longer than one
        raise UserError(f"{path}, field 'qform': no valid rotation or unit; export it again with its geometry.") from error
    chosen = qform if sform is None else sform
    if chosen is None:
        raise UserError(f"{path}, fields 'qform_code' and 'sform_code': both 0, so it has no place; export it with geometry.")
    if sform is not None and qform is not None and qform_code == sform_code:
        corner = np.array([*(size - 1 for size in (*image.shape[:3], 1)[:3]), 1.0])
        apart = max(np.abs((sform - qform) @ corner).max(), np.abs((sform - qform)[:3, 3]).max())
        if not apart * scale <= max(AGREEMENT, 1e-3 * float(np.linalg.norm(sform[:3, :3], axis=0).min()) * scale):
            raise UserError(
                f"{path}, fields 'qform' and 'sform': {apart * scale:.3g} mm apart in one coordinate system; correct one of them."
            )
    affine = np.array(chosen, np.float64)
    affine[:3] *= scale
    return affine


def _is_rigid(affine: NDArray[np.float64]) -> bool:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-5))
