"""Where each frame of a DICOM file lies, from whichever of the standard's three places says so."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.files.dicom_files import has, items_of, numbers_of, text_of

if TYPE_CHECKING:
    from pydicom import Dataset

ORTHOGONAL = 1e-3
MANY_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One slice.

    Attributes:
        path: of its file.
        index: of the frame in the file, or None where the file holds one.
        position: centre of the first pixel, LPS millimetres (ImagePositionPatient).
        along_row: unit vector of growing column index, LPS.
        along_column: unit vector of growing row index, LPS.
        spacing: between rows, between columns, in millimetres (PixelSpacing).
        size: rows, columns.
        thickness: of the slice in millimetres, where the file says so.
        slope: stored values are multiplied by it,
        intercept: and this is added.
    """

    path: Path
    index: int | None
    position: NDArray[np.float64]
    along_row: NDArray[np.float64]
    along_column: NDArray[np.float64]
    spacing: tuple[float, float]
    size: tuple[int, int]
    thickness: float | None
    slope: float
    intercept: float

    @property
    def name(self) -> str:
        """What a person finds it by."""
        return str(self.path) if self.index is None else f"{self.path} frame {self.index + 1}"

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector across the slice, LPS (DICOM PS3.3, C.7.6.2.1.1)."""
        return np.cross(self.along_row, self.along_column)


def frames_of(path: Path, header: "Dataset") -> list[Frame]:
    """The frames of a file: one of a plain file; many of an enhanced one (functional groups) or a classic multi-frame one.

    Source: DICOM PS3.3, C.7.6.2 (image plane), C.7.6.16 (functional groups), C.8.8.3.2 (grid of frame offsets), C.8.4.15 (NM).

    Raises:
        UserError: if the place of a frame is not in the file, or a field is missing or damaged.
    """
    text_of(path, header, "Rows")
    if int(numbers_of(path, header, "SamplesPerPixel", 1)[0]) != 1:
        raise UserError(f"{path}, field SamplesPerPixel: colour, where a volume has one value a voxel; read it as an image.")
    if items_of(path, header, "ModalityLUTSequence"):
        raise UserError(f"{path}, field ModalityLUTSequence: values by table are not read; export it with RescaleSlope.")
    count = frame_count(path, header)
    groups = items_of(path, header, "PerFrameFunctionalGroupsSequence")
    if groups:
        if len(groups) != count:
            raise UserError(f"{path}, field PerFrameFunctionalGroupsSequence: {len(groups)} for {count} frames; export it again.")
        shared = items_of(path, header, "SharedFunctionalGroupsSequence")
        return [_enhanced(path, header, [group, *shared], index) for index, group in enumerate(groups)]
    if "NumberOfFrames" in header and count > 1:
        return _classic(path, header, count)
    return [_plain(path, header)]


def frame_count(path: Path, header: "Dataset") -> int:
    """NumberOfFrames, or 1 where the file has no such field.

    Raises:
        UserError: if it is not a number of frames.
    """
    if not has(path, header, "NumberOfFrames"):
        return 1
    count = numbers_of(path, header, "NumberOfFrames", 1)[0]
    if not (1 <= count <= MANY_FRAMES and count == int(count)):
        raise UserError(f"{path}, field NumberOfFrames: {count:g} is not a number of frames; export it again.")
    return int(count)


def _plain(path: Path, header: "Dataset") -> Frame:
    return _frame(path, header, None, place=header, orientation=header, measures=header, rescale=header)


def _enhanced(path: Path, header: "Dataset", groups: "list[Dataset]", index: int) -> Frame:
    def found(sequence: str) -> "Dataset | None":
        for group in groups:
            items = items_of(path, group, sequence)
            if items:
                return items[0]
        return None

    def need(sequence: str) -> "Dataset":
        item = found(sequence)
        if item is None:
            raise UserError(f"{path} frame {index + 1}, field {sequence}: missing, and not guessed; export it with its geometry.")
        return item

    return _frame(
        path,
        header,
        index,
        place=need("PlanePositionSequence"),
        orientation=need("PlaneOrientationSequence"),
        measures=need("PixelMeasuresSequence"),
        rescale=found("PixelValueTransformationSequence"),
    )


def _classic(path: Path, header: "Dataset", count: int) -> list[Frame]:
    detectors = items_of(path, header, "DetectorInformationSequence")
    place = header if has(path, header, "ImagePositionPatient") or not detectors else detectors[0]
    first = _frame(path, header, 0, place=place, orientation=place, measures=header, rescale=header)
    if has(path, header, "GridFrameOffsetVector"):
        offsets = np.array(numbers_of(path, header, "GridFrameOffsetVector", count))
        # The first offset is 0, or the coordinate of the first frame itself (C.8.8.3.2); either way differences count.
        offsets = offsets - offsets[0]
    elif has(path, header, "SpacingBetweenSlices"):
        offsets = np.arange(count) * numbers_of(path, header, "SpacingBetweenSlices", 1)[0]
    else:
        raise UserError(f"{path}, field SpacingBetweenSlices: missing for {count} frames, and not guessed; export single frames.")
    return [_moved(first, index, first.position + offset * first.normal) for index, offset in enumerate(offsets)]


def _moved(first: Frame, index: int, position: NDArray[np.float64]) -> Frame:
    return Frame(
        path=first.path,
        index=index,
        position=position,
        along_row=first.along_row,
        along_column=first.along_column,
        spacing=first.spacing,
        size=first.size,
        thickness=first.thickness,
        slope=first.slope,
        intercept=first.intercept,
    )


def _frame(
    path: Path,
    header: "Dataset",
    index: int | None,
    *,
    place: "Dataset",
    orientation: "Dataset",
    measures: "Dataset",
    rescale: "Dataset | None",
) -> Frame:
    if not has(path, place, "ImagePositionPatient"):
        modality = text_of(path, header, "Modality") if has(path, header, "Modality") else "unknown"
        raise UserError(
            f"{path}, field ImagePositionPatient: missing (modality {modality[:16]}), so it has no place; read it as an image."
        )
    axes = np.array(numbers_of(path, orientation, "ImageOrientationPatient", 6)).reshape(2, 3)
    if not np.allclose(axes @ axes.T, np.eye(2), atol=ORTHOGONAL):
        raise UserError(f"{path}, field ImageOrientationPatient: not two orthogonal unit vectors; export it again.")
    spacing = numbers_of(path, measures, "PixelSpacing", 2)
    if min(spacing) <= 0:
        raise UserError(f"{path}, field PixelSpacing: {min(spacing):g} mm; export it again with its spacing.")
    slope, intercept = _rescale(path, rescale)
    return Frame(
        path=path,
        index=index,
        position=np.array(numbers_of(path, place, "ImagePositionPatient", 3)),
        along_row=axes[0],
        along_column=axes[1],
        spacing=(spacing[0], spacing[1]),
        size=(int(numbers_of(path, header, "Rows", 1)[0]), int(numbers_of(path, header, "Columns", 1)[0])),
        thickness=numbers_of(path, measures, "SliceThickness", 1)[0] if has(path, measures, "SliceThickness") else None,
        slope=slope,
        intercept=intercept,
    )


def _rescale(path: Path, rescale: "Dataset | None") -> tuple[float, float]:
    if rescale is not None and has(path, rescale, "DoseGridScaling"):
        return numbers_of(path, rescale, "DoseGridScaling", 1)[0], 0.0
    if rescale is None or not has(path, rescale, "RescaleSlope"):
        return 1.0, 0.0
    slope = numbers_of(path, rescale, "RescaleSlope", 1)[0]
    if slope == 0:
        raise UserError(f"{path}, field RescaleSlope: 0 would erase the image; export it again.")
    return slope, numbers_of(path, rescale, "RescaleIntercept", 1)[0]
