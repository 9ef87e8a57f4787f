"""Where the voxels of a simulated volume are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Geometry
from vesalius.sources.simulators.shapes import Floats


def geometry(size: int, extent: Sequence[float]) -> Geometry:
    """Axes to the right, front and head, with the middle of the volume at the origin.

    >>> geometry(4, (8.0, 8.0, 4.0)).affine[:, 3].tolist()
    [-3.0, -3.0, -1.5, 1.0]
    """
    spacing = np.array(extent) / size
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -spacing * (size - 1) / 2
    return Geometry(affine)


def positions(geometry: Geometry, size: int) -> list[Floats]:
    """Millimetres of every voxel along each axis, as arrays that broadcast; for an affine without rotation."""
    lines = [geometry.affine[axis, 3] + geometry.affine[axis, axis] * np.arange(size) for axis in range(3)]
    return list(np.meshgrid(*(line.astype(np.float32) for line in lines), indexing="ij", sparse=True))


def innermost(
    generator: np.random.Generator, room: NDArray[np.bool_], axes: Sequence[Floats], spacing: Sequence[float], margin: float
) -> list[float]:
    """A random place, in millimetres, at that distance from the border of a region, or far inside where it is too narrow."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(room, sampling=spacing)
    places = np.argwhere(depth >= min(margin, 0.8 * depth.max()))
    voxel = places[generator.integers(len(places))]
    return [float(axis.ravel()[at]) for axis, at in zip(axes, voxel)]
