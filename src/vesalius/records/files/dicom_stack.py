"""Frames put in order, and their geometry verified."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.files.dicom_frames import Frame

SAME_DIRECTION = 1e-3
SAME_SPACING = 1e-3
SAME_PLACE = 0.01
"""Millimetres."""
EVEN = 0.02
"""Of the distance between slices; positions are often stored with two decimals."""
TILT = 1e-3
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Frames in order of place along their normal.

    Attributes:
        frames: in that order.
        affine: from (column, row, frame) to RAS+ millimetres.
        notes: what a reader of the volume should know.
    """

    frames: tuple[Frame, ...]
    affine: NDArray[np.float64]
    notes: tuple[str, ...]


def stacked(frames: Sequence[Frame]) -> Stack:
    """The frames sorted by their position projected on the normal, if they make up one regular grid.

    A gantry tilt shears the grid; the affine holds it and a note says so.

    Raises:
        UserError: if sizes, orientations or spacings differ, frames coincide or are missing, or distances differ.
    """
    _same_grid(frames)
    first = frames[0]
    places = np.array([frame.position @ first.normal for frame in frames])
    order = np.argsort(places, kind="stable")
    ordered = tuple(frames[index] for index in order)
    step = _only_thickness(first) if len(frames) == 1 else _even_step(ordered, places[order])
    affine = np.eye(4)
    affine[:3, 0] = first.along_row * first.spacing[1]
    affine[:3, 1] = first.along_column * first.spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = ordered[0].position
    tilt = np.degrees(np.arccos(np.clip(step @ first.normal / np.linalg.norm(step), -1, 1)))
    tilted = np.linalg.norm(np.cross(step, first.normal)) > TILT * np.linalg.norm(step)
    notes = (f"gantry tilt of {tilt:.1f} degrees: the affine is sheared.",) if tilted else ()
    return Stack(ordered, LPS_TO_RAS @ affine, notes)


def _same_grid(frames: Sequence[Frame]) -> None:
    size, _ = Counter(frame.size for frame in frames).most_common(1)[0]
    usual = next(frame for frame in frames if frame.size == size)
    for frame in frames:
        if frame.size != size:
            raise UserError(
                f"{frame.name}, fields Rows and Columns: {frame.size[0]}x{frame.size[1]} among {size[0]}x{size[1]}; "
                "move it out of the series."
            )
    key = Counter(tuple(np.round([*frame.along_row, *frame.along_column], 2) + 0.0) for frame in frames).most_common(1)[0][0]
    usual = next(f for f in frames if tuple(np.round([*f.along_row, *f.along_column], 2) + 0.0) == key)
    for frame in frames:
        apart = max(np.abs(frame.along_row - usual.along_row).max(), np.abs(frame.along_column - usual.along_column).max())
        if apart > SAME_DIRECTION:
            raise UserError(
                f"{frame.name}, field ImageOrientationPatient: differs from {usual.name}; mixed orientations are no volume, "
                "move it out of the series."
            )
    spacing = Counter(frame.spacing for frame in frames).most_common(1)[0][0]
    for frame in frames:
        if not np.allclose(frame.spacing, spacing, rtol=SAME_SPACING):
            raise UserError(
                f"{frame.name}, field PixelSpacing: {frame.spacing[0]:g} x {frame.spacing[1]:g} mm among "
                f"{spacing[0]:g} x {spacing[1]:g}; move it out of the series."
            )


def _only_thickness(frame: Frame) -> NDArray[np.float64]:
    if frame.thickness is None or frame.thickness <= 0:
        raise UserError(f"{frame.name}, field SliceThickness: missing for a single slice, and not guessed; export it again.")
    return frame.normal * frame.thickness


def _even_step(frames: Sequence[Frame], places: NDArray[np.float64]) -> NDArray[np.float64]:
    distances = np.diff(places)
    same = np.flatnonzero(distances < SAME_PLACE)
    if len(same):
        one, other = frames[same[0]], frames[same[0] + 1]
        raise UserError(
            f"{other.name}, field ImagePositionPatient: the same place as {one.name} ({len(same)} such pairs); "
            "copies or several acquisitions, pass the files of one."
        )
    usual = float(np.median(distances))
    allowed = max(SAME_PLACE, EVEN * usual)
    for index in np.flatnonzero(np.abs(distances - usual) > allowed).tolist():
        missing = round(distances[index] / usual) - 1
        between = f"{frames[index].name} and {frames[index + 1].name}"
        if missing >= 1 and abs(distances[index] - (missing + 1) * usual) <= allowed * (missing + 1):
            raise UserError(
                f"{between}, field ImagePositionPatient: {missing} slices missing between them; copy the missing files."
            )
        raise UserError(
            f"{between}, field ImagePositionPatient: {distances[index]:.3f} mm apart among {usual:.3f}; pass evenly spaced files."
        )
    step = (frames[-1].position - frames[0].position) / (len(frames) - 1)
    for number, frame in enumerate(frames):
        aside = float(np.linalg.norm(frame.position - frames[0].position - number * step))
        if aside > 2 * allowed:
            raise UserError(
                f"{frame.name}, field ImagePositionPatient: {aside:.3f} mm off the line of the others; move it out of the series."
            )
    return step
