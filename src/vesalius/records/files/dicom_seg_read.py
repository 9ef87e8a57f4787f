"""DICOM segmentation objects as masks on the grid of their series.

Source: DICOM PS3.3, A.51 (segmentation and label map IODs) and C.8.20 (segmentation modules).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Mask
from vesalius.records.files.dicom import located
from vesalius.records.files.dicom_files import has, is_dicom, items_of, numbers_of, read_header, text_of
from vesalius.records.files.dicom_frames import Frame, frames_of
from vesalius.records.files.dicom_pixels import read_pixels
from vesalius.records.files.dicom_stack import Stack
from vesalius.records.files.usable import geometry_of
from vesalius.records.geometry import Geometry

if TYPE_CHECKING:
    from pydicom import Dataset

SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""SOP classes of segmentation and of label map storage."""
SAME_PLACE = 0.1
"""Share of the smallest spacing by which a frame may lie off its slice: positions are stored with few digits."""
_SAME_DIRECTION = 1e-3

_Take = Callable[[NDArray[np.generic]], Iterable[tuple[int, NDArray[np.bool_]]]]
"""From the values of a frame to numbers of segments and where each is."""


@dataclass(frozen=True, slots=True, eq=False)
class DicomSegmentation:
    """A segmentation object on the grid of its series.

    Attributes:
        mask: columns × rows × slices, as `read_series` gives the volume; segments of one label are one label.
        geometry: of the series.
        notes: what was found and does not hinder: fractions that were cut at half.
    """

    mask: Mask
    geometry: Geometry
    notes: tuple[str, ...]


def is_segmentation(path: Path) -> bool:
    """Whether a file is a DICOM segmentation object; false for a file that cannot be read.

    >>> is_segmentation(Path("/nowhere.dcm"))
    False
    """
    try:
        if not is_dicom(path):
            return False
        header = read_header(path)
        return has(path, header, "SOPClassUID") and text_of(path, header, "SOPClassUID") in SEGMENTATIONS
    except (OSError, UserError):
        return False


def segment_labels(path: Path) -> dict[int, str]:
    """The label of each segment by its number, without that of the background of a label map (0).

    Raises:
        UserError: if the file is no readable segmentation object.

    >>> segment_labels(Path("/nowhere.dcm"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere.dcm: missing; check the name.
    """
    return _labels(path, read_header(path))


def segmentation_notes(path: Path) -> tuple[str, ...]:
    """What a reader of the mask should know; see `DicomSegmentation`."""
    return _notes(path, read_header(path))


def _notes(path: Path, header: "Dataset") -> tuple[str, ...]:
    kind = _kind(path, header)
    return (f"{path}: fractions are cut at half of the greatest.",) if kind == "FRACTIONAL" else ()


def read_segmentation(path: Path, like: Path | Sequence[Path]) -> DicomSegmentation:
    """The mask of a DICOM SEG, binary, label map or fractional, on the series that it refers to; frames left out are empty.

    Args:
        path: of the segmentation object.
        like: the folder or files of the series.

    Raises:
        UserError: if the file is damaged or no segmentation, refers to another series, has another frame of reference, lies off
            the grid of the series, or segments overlap: a mask has one label a voxel.

    >>> read_segmentation(Path("/nowhere.dcm"), Path("/nowhere"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere.dcm: missing; check the name.
    """
    labels = segment_labels(path)
    chosen, headers, stack = located(like)
    geometry = geometry_of(chosen.files[0], "ImageOrientationPatient", stack.affine)
    dataset, values = read_pixels(path)
    _require_reference(path, dataset, chosen.uid, chosen.files[0], headers[0])
    frames = frames_of(path, dataset)
    rows, columns = frames[0].size
    if values.size != len(frames) * rows * columns:
        raise UserError(f"{path}, field PixelData: {values.shape} where {(len(frames), rows, columns)} is told; export it again.")
    slices = _slices(path, frames, stack, geometry)
    takes = _takes(path, dataset)
    names = tuple(dict.fromkeys(labels.values()))
    painted = np.zeros((columns, rows, len(stack.frames)), np.min_scalar_type(len(names)))
    _paint(path, painted, zip(slices, takes, values.reshape(len(frames), rows, columns)), labels, names)
    return DicomSegmentation(Mask(painted, names), geometry, _notes(path, dataset))


def _paint(
    path: Path,
    painted: NDArray[np.unsignedinteger[Any]],
    frames: Iterable[tuple[int, _Take, NDArray[np.generic]]],
    labels: dict[int, str],
    names: Sequence[str],
) -> None:
    done: set[tuple[int, int]] = set()
    for place, take, values_RC in frames:
        for number, inside_RC in take(values_RC):
            if number not in labels:
                raise UserError(f"{path}, field SegmentSequence: no segment {number}, which frames show; export it again.")
            if (number, place) in done:
                raise UserError(f"{path}: two frames of segment {labels[number]} in slice {place + 1}; export it again.")
            done.add((number, place))
            label = names.index(labels[number]) + 1
            here_CR, inside_CR = painted[:, :, place], inside_RC.T
            taken = here_CR[inside_CR & (here_CR != 0) & (here_CR != label)]
            if taken.size:
                raise UserError(
                    f"{path}: segments {names[int(taken[0]) - 1]} and {labels[number]} overlap in slice {place + 1}, and a "
                    "mask has one label a voxel; export them as files of their own."
                )
            here_CR[inside_CR] = label


def _labels(path: Path, header: "Dataset") -> dict[int, str]:
    if not has(path, header, "SOPClassUID") or text_of(path, header, "SOPClassUID") not in SEGMENTATIONS:
        raise UserError(f"{path}, field SOPClassUID: not a DICOM segmentation; name the file of the segmentation.")
    segments = items_of(path, header, "SegmentSequence")
    found = {int(numbers_of(path, one, "SegmentNumber", 1)[0]): text_of(path, one, "SegmentLabel") for one in segments}
    labels = {number: label for number, label in sorted(found.items()) if number > 0}
    if not labels:
        raise UserError(f"{path}, field SegmentSequence: no segments; export it again.")
    return labels


def _kind(path: Path, header: "Dataset") -> str:
    kind = text_of(path, header, "SegmentationType")
    if kind not in ("BINARY", "LABELMAP", "FRACTIONAL"):
        raise UserError(f"{path}, field SegmentationType: {kind[:16]} is not BINARY, LABELMAP or FRACTIONAL; export it again.")
    return kind


def _require_reference(path: Path, dataset: "Dataset", uid: str, image: Path, header: "Dataset") -> None:
    """Both fields may be blank after anonymisation; then the grid alone must bear the reference out."""
    referred = [
        text_of(path, one, "SeriesInstanceUID")
        for one in items_of(path, dataset, "ReferencedSeriesSequence")
        if has(path, one, "SeriesInstanceUID")
    ]
    if referred and uid and uid not in referred:
        raise UserError(
            f"{path}, field ReferencedSeriesSequence: refers to series {referred[0]}, and {image.parent} is {uid}; name "
            "that series."
        )
    space = "FrameOfReferenceUID"
    if has(path, dataset, space) and has(image, header, space):
        ours, theirs = text_of(path, dataset, space), text_of(image, header, space)
        if ours != theirs:
            raise UserError(f"{path}, field {space}: {ours} where {image} has {theirs}; name the series that it was drawn on.")


def _slices(path: Path, frames: Sequence[Frame], stack: Stack, geometry: Geometry) -> list[int]:
    """The slice of the series that each frame lies on."""
    places = np.array([frame.position for frame in stack.frames])
    allowed = SAME_PLACE * min(geometry.spacing)
    found = []
    for frame in frames:
        if frame.size != stack.frames[0].size:
            ours, theirs = ("x".join(map(str, each)) for each in (frame.size, stack.frames[0].size))
            raise UserError(f"{path}, fields Rows and Columns: {ours} where the series has {theirs}; resample it onto that grid.")
        place = int(np.linalg.norm(places - frame.position, axis=1).argmin())
        slice_ = stack.frames[place]
        apart = float(np.linalg.norm(_corners(frame) - _corners(slice_), axis=1).max())
        if apart > allowed:
            field, told = _difference(frame, slice_)
            raise UserError(
                f"{frame.name}, field {field}: {told}, up to {apart:.2g} mm off slice {place + 1} of the series; resample it "
                "onto that grid."
            )
        found.append(place)
    return found


def _difference(frame: Frame, slice_: Frame) -> tuple[str, str]:
    axes = np.stack([frame.along_row, frame.along_column]), np.stack([slice_.along_row, slice_.along_column])
    if np.abs(axes[0] - axes[1]).max() > _SAME_DIRECTION:
        return "ImageOrientationPatient", "turned another way"
    if not np.allclose(frame.spacing, slice_.spacing, rtol=_SAME_DIRECTION):
        ours, theirs = (f"{each.spacing[0]:g} x {each.spacing[1]:g}" for each in (frame, slice_))
        return "PixelSpacing", f"{ours} mm where the series has {theirs}"
    return "ImagePositionPatient", "at another place"


def _corners(frame: Frame) -> NDArray[np.float64]:
    rows, columns = frame.size
    across = frame.along_row * frame.spacing[1] * (columns - 1)
    down = frame.along_column * frame.spacing[0] * (rows - 1)
    return np.array([frame.position, frame.position + across, frame.position + down, frame.position + across + down])


def _takes(path: Path, dataset: "Dataset") -> list[_Take]:
    """How the values of each frame are understood."""
    groups = items_of(path, dataset, "PerFrameFunctionalGroupsSequence")
    shared = items_of(path, dataset, "SharedFunctionalGroupsSequence")
    kind = _kind(path, dataset)
    if kind == "LABELMAP":
        return [_every_label] * len(groups)
    greatest = numbers_of(path, dataset, "MaximumFractionalValue", 1)[0] if kind == "FRACTIONAL" else 1
    if greatest <= 0:
        raise UserError(f"{path}, field MaximumFractionalValue: {greatest:g}; export it again.")
    numbers = []
    for index, group in enumerate(groups):
        items = next((found for one in (group, *shared) if (found := items_of(path, one, "SegmentIdentificationSequence"))), None)
        if items is None:
            raise UserError(f"{path} frame {index + 1}, field SegmentIdentificationSequence: missing; export it again.")
        numbers.append(int(numbers_of(path, items[0], "ReferencedSegmentNumber", 1)[0]))
    return [_at_least(number, greatest / 2) for number in numbers]


def _at_least(number: int, least: float) -> _Take:
    return lambda values_RC: [(number, np.asarray(values_RC, np.float64) >= least)]


def _every_label(values_RC: NDArray[np.generic]) -> list[tuple[int, NDArray[np.bool_]]]:
    return [(int(number), values_RC == number) for number in np.unique(values_RC).tolist() if number > 0]
