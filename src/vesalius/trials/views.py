"""Slices of a volume as a radiologist reads them, whatever way the file stores it.

Axial and coronal pictures have the patient's right on their left, sagittal ones the front; the front or the head is on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Geometry, Volume
from vesalius.records.orientation import Turn

T = TypeVar("T", bound=np.generic)
Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
ACROSS = {"axial": 2, "coronal": 1, "sagittal": 0}
"""The axis to the right, the front or the head of the patient that a plane is a slice of."""
MARKS = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}
"""What is at the left, right, top and bottom of a picture: right, left, anterior, posterior, superior, inferior."""

NARROWEST = 0.3
"""Height over width, or width over height, below which a plane of few thick slices is not shown."""


@dataclass(frozen=True, slots=True)
class View:
    """One slice: its plane, and its place along the axes to the right, front and head of the patient."""

    plane: Plane
    index: int

    @property
    def across(self) -> int:
        """The axis to the right, the front or the head that the slice is cut across."""
        return ACROSS[self.plane]

    def picture(self, values: NDArray[T], turn: Turn) -> NDArray[T]:
        """The slice of values that are stored as the volume is, H×W.

        >>> values = np.arange(8).reshape(2, 2, 2)
        >>> View("axial", 1).picture(values, Turn((0, 1, 2), (False, False, False))).tolist()
        [[7, 3], [5, 1]]
        """
        cut = np.take(turn.apply(values), self.index, axis=self.across)
        picture: NDArray[T] = cut.T[::-1, ::-1]
        return picture

    def spacing(self, geometry: Geometry, turn: Turn) -> tuple[float, float]:
        """Millimetres between the rows and between the columns of the picture."""
        column, row = (geometry.spacing[axis] for place, axis in enumerate(turn.axes) if place != self.across)
        return row, column


def chosen_views(volume: Volume, truth: NDArray[Any] | None, said: Sequence[NDArray[Any]]) -> list[View]:
    """Of each plane that is worth a look, the slice where most voxels are wrong; where none is, that with most truth.

    Args:
        volume: what is shown.
        truth: labels of its voxels, or None where it has none: then the middle slices.
        said: the labels that each arm gave, those of another shape left out.

    >>> truth = np.zeros((4, 4, 4), dtype=int)
    >>> truth[1, 2, 3] = 1
    >>> [view.index for view in chosen_views(Volume(truth, Geometry(np.eye(4))), truth, [])]
    [3, 2, 1]
    """
    turn, size = Turn.of(volume.geometry), np.array(volume.voxels.shape[:3])
    worth = np.zeros(size)
    if truth is not None:
        wrong = np.zeros(size)
        for labels in said:
            wrong += labels != truth
        # Where slices have as many wrong voxels, the one with more truth is shown.
        worth = turn.apply(wrong + (truth > 0) / (truth.size + 1))
    views = []
    for plane in PLANES:
        across = ACROSS[plane]
        profile = worth.sum(axis=tuple(axis for axis in range(3) if axis != across)) if truth is not None else worth[:0]
        middle = int(size[turn.axes[across]]) // 2
        views.append(View(plane, int(profile.argmax()) if profile.any() else middle))
    return [view for view in views if _shown(view, volume, turn)] or views[:1]


def _shown(view: View, volume: Volume, turn: Turn) -> bool:
    row, column = view.spacing(volume.geometry, turn)
    width, height = (volume.voxels.shape[axis] for place, axis in enumerate(turn.axes) if place != view.across)
    aspect = width * column / (height * row)
    return bool(NARROWEST <= aspect <= 1 / NARROWEST and min(width, height) > 1)


Window = tuple[float, float]
SOFT_TISSUE: Window = (-160.0, 240.0)
"""Hounsfield units from black to white: level 40, width 400."""
LEAST_HOUNSFIELD = -500.0
"""Values that reach below this are taken for Hounsfield units, for other scales have no such values."""


def window(values: NDArray[Any]) -> Window:
    """The values that are shown black and white: a soft-tissue window for Hounsfield units, else the outer half percentiles.

    >>> window(np.array([-1000.0, 40.0])), window(np.arange(201.0))
    ((-160.0, 240.0), (1.0, 199.0))
    """
    if values.min() <= LEAST_HOUNSFIELD:
        return SOFT_TISSUE
    low, high = np.percentile(values, (0.5, 99.5))
    return float(low), float(high)
