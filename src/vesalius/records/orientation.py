"""Volumes turned so that their axes run to the right, the front and the head of the patient, and back.

A file may store the same head from left to right or from right to left. A network sees only the array, so all are turned alike.
Axes are exchanged and mirrored, nothing is interpolated: an oblique volume stays oblique, as near to these axes as it can be.
"""

from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vesalius.records.fields import Volume
from vesalius.records.geometry import Geometry

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Turn:
    """Which stored axis becomes the first, second and third, and which of these are then mirrored.

    >>> Turn.of(Geometry(np.diag([-1.0, -1.0, 2.5, 1.0])))
    Turn(axes=(0, 1, 2), mirrored=(True, True, False))
    """

    axes: tuple[int, int, int]
    mirrored: tuple[bool, bool, bool]

    @classmethod
    def of(cls, geometry: Geometry) -> "Turn":
        """The turn that brings a volume of that geometry to RAS, by the largest sum of direction cosines."""
        cosines = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
        first, second, third = max(
            permutations(range(3)), key=lambda axes: sum(abs(cosines[row, axis]) for row, axis in enumerate(axes))
        )
        return cls(
            (first, second, third), (bool(cosines[0, first] < 0), bool(cosines[1, second] < 0), bool(cosines[2, third] < 0))
        )

    @property
    def is_none(self) -> bool:
        """Whether nothing is turned."""
        return self.axes == (0, 1, 2) and not any(self.mirrored)

    def apply(self, values: NDArray[T]) -> NDArray[T]:
        """Values X×Y×Z, or with channels behind, turned.

        >>> Turn((0, 1, 2), (True, False, False)).apply(np.arange(3).reshape(3, 1, 1)).ravel().tolist()
        [2, 1, 0]
        """
        turned = values.transpose(*self.axes, *range(3, values.ndim))
        return np.ascontiguousarray(np.flip(turned, self._mirrored_axes()))

    def undo(self, values: NDArray[T]) -> NDArray[T]:
        """Turned values as they were stored.

        >>> turn = Turn((2, 0, 1), (True, False, True))
        >>> values = np.arange(24).reshape(2, 3, 4)
        >>> np.array_equal(turn.undo(turn.apply(values)), values)
        True
        """
        stored = np.flip(values, self._mirrored_axes()).transpose(*np.argsort(self.axes).tolist(), *range(3, values.ndim))
        return np.ascontiguousarray(stored)

    def geometry(self, geometry: Geometry, size: tuple[int, ...]) -> Geometry:
        """Of the turned values, from that of the stored ones and their size."""
        turned_to_stored = np.eye(4)
        turned_to_stored[:3, :3] = 0
        for place, (axis, mirrored) in enumerate(zip(self.axes, self.mirrored)):
            turned_to_stored[axis, place] = -1 if mirrored else 1
            turned_to_stored[axis, 3] = size[axis] - 1 if mirrored else 0
        return Geometry(geometry.affine @ turned_to_stored)

    def _mirrored_axes(self) -> tuple[int, ...]:
        return tuple(axis for axis, mirrored in enumerate(self.mirrored) if mirrored)


def to_ras(volume: Volume) -> Volume:
    """The volume with its axes to the right, the front and the head of the patient; the same points in the patient.

    >>> stored = Volume(np.arange(2).reshape(2, 1, 1), Geometry(np.diag([-3.0, 1.0, 1.0, 1.0])))
    >>> turned = to_ras(stored)
    >>> turned.voxels.ravel().tolist(), turned.geometry.affine[0].tolist()
    ([1, 0], [3.0, 0.0, 0.0, -3.0])
    """
    turn = Turn.of(volume.geometry)
    if turn.is_none:
        return volume
    return Volume(turn.apply(volume.voxels), turn.geometry(volume.geometry, volume.voxels.shape))
