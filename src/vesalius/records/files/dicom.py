"""DICOM series as volumes, and single DICOM images."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Image, Volume
from vesalius.records.files.dicom_files import SeriesFiles, find_series, has, numbers_of, read_header, text_of
from vesalius.records.files.dicom_frames import Frame, frame_count, frames_of
from vesalius.records.files.dicom_pixels import keeps_whole, read_pixels, rescaled, stored_range
from vesalius.records.files.dicom_stack import Stack, stacked
from vesalius.records.files.usable import geometry_of, usable_values

if TYPE_CHECKING:
    from pydicom import Dataset

NOT_A_SCAN = frozenset({"SEG", "RTSTRUCT", "RTPLAN", "SR", "PR", "KO", "REG", "RWV", "DOC"})


@dataclass(frozen=True, slots=True, eq=False)
class DicomSeries:
    """A series as a volume.

    Attributes:
        volume: columns × rows × slices.
        uid: the SeriesInstanceUID.
        modality: such as CT or MR.
        files: in the order of the slices; a multi-frame file once.
        notes: what was found and does not hinder: gantry tilt, inverted display, a blank SeriesInstanceUID.
    """

    volume: Volume
    uid: str
    modality: str
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def read_series(source: Path | Sequence[Path], *, series: str | None = None, modality: str | None = None) -> DicomSeries:
    """The one series of a folder or of files, its geometry verified.

    Values are rescaled by slope and intercept: int32 where both are whole, float32 where not, as stored where there is nothing to
    rescale. Those of MONOCHROME1 keep their meaning, and a note says that they are displayed inverted.

    Args:
        source: a folder (read with those below it), a file or files; all must be readable, `find_series` sorts out bad ones.
        series: the SeriesInstanceUID to take, where there are several.
        modality: what the series must be, such as CT.

    Raises:
        UserError: if a file is bad; series are mixed; sizes, orientations or spacings differ; slices coincide or are missing;
            or the modality is another.

    >>> read_series(Path("/nowhere"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere: missing; check the name.
    """
    chosen, headers, stack = located(source, series=series, modality=modality)
    voxels = usable_values(chosen.files[0].parent if len(chosen.files) > 1 else chosen.files[0], _voxels(stack))
    volume = Volume(voxels, geometry_of(chosen.files[0], "ImageOrientationPatient", stack.affine))
    inverted = any(header.get("PhotometricInterpretation") == "MONOCHROME1" for header in headers)
    notes = ("MONOCHROME1: displayed inverted; the values are kept as measured.",) if inverted else ()
    blank = (
        () if chosen.uid else ("SeriesInstanceUID is blank: all files were taken as one series, which their geometry bears out.",)
    )
    files = tuple(dict.fromkeys(frame.path for frame in stack.frames))
    return DicomSeries(volume, chosen.uid, chosen.modality, files, (*stack.notes, *notes, *blank))


def located(
    source: Path | Sequence[Path], *, series: str | None = None, modality: str | None = None
) -> "tuple[SeriesFiles, list[Dataset], Stack]":
    """The one series of a folder or of files, the headers of its files and where its frames lie; no pixels are read.

    Raises:
        UserError: as `read_series` does.
    """
    chosen = _chosen(source, series)
    if chosen.modality in NOT_A_SCAN or (modality is not None and chosen.modality != modality):
        raise UserError(
            f"{chosen.files[0]}, field Modality: {chosen.modality[:16]} where {modality or 'a scan'} is needed; name another."
        )
    headers = [read_header(path) for path in chosen.files]
    stack = stacked([frame for path, header in zip(chosen.files, headers) for frame in frames_of(path, header)])
    return chosen, headers, stack


def read_dicom_image(path: Path) -> Image:
    """The one image of a file, such as a radiograph: rows × columns, or × 3 in RGB.

    MONOCHROME1 is inverted within its stored bits, so that high is bright; then values are rescaled. The spacing is PixelSpacing
    where the file says that it holds in the patient: not where it repeats ImagerPixelSpacing, which is at the detector.

    Raises:
        UserError: if the file is bad or holds several frames or deep colour.

    >>> read_dicom_image(Path("/nowhere/1.dcm"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/1.dcm: missing; check the name.
    """
    dataset, pixels = read_pixels(path)
    frames = frame_count(path, dataset)
    if frames > 1:
        raise UserError(f"{path}, field NumberOfFrames: {frames} frames where one is needed; read it as a volume or split it.")
    photometric = text_of(path, dataset, "PhotometricInterpretation")
    pixels = pixels.reshape(pixels.shape[1:]) if pixels.ndim == 4 else pixels
    if photometric == "PALETTE COLOR":
        pixels = _palette(path, dataset, pixels)
    if pixels.ndim == 3 and pixels.dtype != np.uint8:
        raise UserError(f"{path}, field BitsStored: colour of more than 8 bits a channel; convert it to 8 bits or grey.")
    if pixels.ndim == 2:
        if photometric == "MONOCHROME1":
            low, high = stored_range(path, dataset)
            pixels = (low + high - pixels.astype(np.int64)).astype(pixels.dtype)
        slope = numbers_of(path, dataset, "RescaleSlope", 1)[0] if has(path, dataset, "RescaleSlope") else 1.0
        intercept = numbers_of(path, dataset, "RescaleIntercept", 1)[0] if has(path, dataset, "RescaleIntercept") else 0.0
        pixels = rescaled(pixels, slope, intercept)
    return Image(usable_values(path, pixels), _patient_spacing(path, dataset))


def _chosen(source: Path | Sequence[Path], series: str | None) -> SeriesFiles:
    found = find_series(source)
    if found.refused:
        raise found.refused[0]
    name = source if isinstance(source, Path) else "the list of files"
    images = [each for each in found.series if each.has_pixels and series in (None, each.uid)]
    if not images:
        there = ", ".join(sorted({each.modality[:16] for each in found.series})) or "nothing"
        raise UserError(f"{name}, field SeriesInstanceUID: no such series of images ({there}); name a folder with a scan.")
    # Segmentations and the like may lie beside the scan that they are of.
    images = [each for each in images if each.modality not in NOT_A_SCAN] or images
    if len(images) > 1:
        uids = ", ".join(f"{each.uid} ({each.modality[:16]}, {len(each.files)} files)" for each in images[:3])
        raise UserError(f"{name}, field SeriesInstanceUID: {len(images)} series mixed: {uids}; pass the files of one.")
    return images[0]


def _voxels(stack: Stack) -> NDArray[np.generic]:
    """Columns × rows × slices, each file decoded once."""
    place = {(frame.path, frame.index): number for number, frame in enumerate(stack.frames)}
    voxels: NDArray[np.generic] | None = None
    by_file = sorted(stack.frames, key=lambda frame: (str(frame.path), frame.index or 0))
    for path, frames in groupby(by_file, key=lambda frame: frame.path):
        here = list(frames)
        _, pixels = read_pixels(path)
        rows, columns = here[0].size
        images = pixels.reshape(-1, *pixels.shape[-2:])
        if images.shape != (len(here), rows, columns):
            raise UserError(f"{path}, field PixelData: {images.shape} where {(len(here), rows, columns)} is told; export again.")
        if voxels is None:
            voxels = np.empty((columns, rows, len(stack.frames)), _type(pixels.dtype, stack.frames), order="F")
        for frame, image in zip(here, images):
            voxels[:, :, place[frame.path, frame.index]] = rescaled(image, frame.slope, frame.intercept).T
    assert voxels is not None
    return voxels


def _type(stored: np.dtype[np.generic], frames: Sequence[Frame]) -> np.dtype[np.generic]:
    """One type that holds the rescaled values of every frame."""
    scales = {(frame.slope, frame.intercept) for frame in frames}
    if scales == {(1.0, 0.0)}:
        return stored
    whole = all(keeps_whole(stored, slope, intercept) for slope, intercept in scales)
    return np.dtype(np.int32) if whole else np.dtype(np.float32)


def _palette(path: Path, dataset: "Dataset", pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    from pydicom.pixels.processing import apply_color_lut

    try:
        colours: NDArray[np.generic] = apply_color_lut(pixels, dataset)
    except Exception as error:  # a damaged table makes pydicom and numpy raise anything
        raise UserError(f"{path}, field RedPaletteColorLookupTableData: damaged; export it again.") from error
    return colours


def _patient_spacing(path: Path, dataset: "Dataset") -> tuple[float, float] | None:
    if not has(path, dataset, "PixelSpacing"):
        return None
    rows, columns = numbers_of(path, dataset, "PixelSpacing", 2)
    detector = numbers_of(path, dataset, "ImagerPixelSpacing", 2) if has(path, dataset, "ImagerPixelSpacing") else None
    if detector == (rows, columns) or min(rows, columns) <= 0:
        return None
    return rows, columns
