"""NRRD files (.nrrd, .nhdr)."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Volume
from vesalius.records.files.usable import existing_file, geometry_of, plausible_size, usable_values
from vesalius.records.geometry import Geometry

ENDINGS = (".nrrd", ".nhdr")
TO_RAS = {
    "left-posterior-superior": (-1.0, -1.0, 1.0),
    "lps": (-1.0, -1.0, 1.0),
    "right-anterior-superior": (1.0, 1.0, 1.0),
    "ras": (1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0),
    "las": (-1.0, 1.0, 1.0),
}
"""Signs that turn each anatomical space of the format into RAS+."""


def read_nrrd(path: Path) -> Volume:
    """The volume of a file; its affine is turned from the space that the header names into RAS+.

    Source: http://teem.sourceforge.net/nrrd/format.html, section on space and orientation.

    Raises:
        UserError: if the file is damaged, has another number of axes than three, lacks space, directions or origin, or holds
            values that are not finite.

    >>> import nrrd, tempfile
    >>> header = {"space": "left-posterior-superior", "space directions": np.eye(3), "space origin": np.array([10.0, 20.0, 30.0])}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "brain.nrrd")
    ...     nrrd.write(str(file), np.zeros((4, 5, 6), np.int16), header)
    ...     read_nrrd(file).geometry.affine[:3, 3]
    array([-10., -20., 30.])
    """
    import nrrd

    header = _header(existing_file(path))
    affine = _affine(path, header)
    if "data file" not in header and "datafile" not in header:
        _check_size(path, header)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, _ = nrrd.read(str(path), index_order="F")
    except Exception as error:  # a cut or damaged stream makes pynrrd, zlib, bz2 and numpy raise anything
        raise UserError(f"{path}, field 'data': cut, damaged or of an unknown encoding; copy or export it again.") from error
    if values.ndim != 3:
        raise UserError(f"{path}, field 'sizes': {values.ndim} axes where a volume has three; export it again.")
    return Volume(usable_values(path, values), geometry_of(path, "space directions", affine))


def write_nrrd(path: Path, values: NDArray[np.generic], geometry: Geometry, *, like: Path | None = None) -> None:
    """Write a compressed NRRD file.

    Args:
        path: ends in .nrrd.
        values: three axes.
        geometry: of the values.
        like: an NRRD file whose space, directions and origin are copied as they stand; otherwise the space is RAS.

    Raises:
        UserError: if the folder is missing or not writable.

    >>> write_nrrd(Path("/nowhere/mask.nrrd"), np.zeros((2, 2, 2), np.uint8), Geometry(np.eye(4)))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/mask.nrrd: cannot be written; name a folder that exists and is writable.
    """
    import nrrd

    header: dict[str, Any] = {
        "space": "right-anterior-superior",
        "space directions": geometry.affine[:3, :3].T,
        "space origin": geometry.affine[:3, 3],
    }
    if like is not None:
        source = _header(like)
        header = {field: source[field] for field in (*header, "space units", "measurement frame") if field in source}
    try:
        nrrd.write(str(path), np.asarray(values, order="F"), {**header, "encoding": "gzip"}, index_order="F")
    except OSError as error:
        raise UserError(f"{path}: cannot be written; name a folder that exists and is writable.") from error


def _header(path: Path) -> Mapping[str, Any]:
    import nrrd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header: Mapping[str, Any] = nrrd.read_header(str(path))
    except Exception as error:  # a damaged header makes pynrrd and numpy raise anything
        raise UserError(f"{path}, field 'header': not readable as NRRD; copy or export it again.") from error
    axes = header.get("dimension")
    if axes != 3 or len(header.get("sizes", ())) != 3:
        raise UserError(f"{path}, field 'dimension': {axes} axes where a volume has three; split it into one file a volume.")
    return header


def _check_size(path: Path, header: Mapping[str, Any]) -> None:
    sizes = [int(size) for size in header["sizes"]]
    if min(sizes) < 1:
        raise UserError(f"{path}, field 'sizes': {min(sizes)} voxels along an axis; export it again.")
    encoding = str(header.get("encoding", "raw")).lower()
    if encoding in ("raw", "gzip", "gz"):
        plausible_size(path, sizes[0] * sizes[1] * sizes[2], compressed=encoding != "raw")


def _affine(path: Path, header: Mapping[str, Any]) -> NDArray[np.float64]:
    space = str(header.get("space", "")).lower()
    if space not in TO_RAS:
        raise UserError(f"{path}, field 'space': {space[:40]!r} says not where left and front are; set left-posterior-superior.")
    for field in ("space directions", "space origin"):
        if field not in header:
            raise UserError(f"{path}, field '{field}': missing, and not guessed; export it again with its geometry.")
    units = {str(unit).strip('"') for unit in header.get("space units", ())}
    if not units <= {"mm", ""}:
        raise UserError(f"{path}, field 'space units': not mm; convert the directions and the origin to millimetres.")
    affine = np.eye(4)
    try:
        affine[:3, :3] = np.asarray(header["space directions"], np.float64).T
        affine[:3, 3] = np.asarray(header["space origin"], np.float64)
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}, field 'space directions': not three vectors of three numbers; export it again.") from error
    affine[:3] *= np.array(TO_RAS[space])[:, None]
    return affine
