"""Skeletons of 2D and 3D masks by the thinning of Lee, Kashyap and Chu (1994).

Border voxels are peeled off, one face direction after the other, until none can go. A voxel may go if it is simple (taking it
away joins and splits nothing, in object or background) and no end of a line. The candidates of a direction are found together
and then checked again one by one, in raster order, since taking away one may make its neighbour necessary. Objects are
26-connected, background 6-connected (8 and 4 in 2D, which is thinned as a volume of one plane).
"""

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

CENTRE = 13
CUBE = tuple(product((-1, 0, 1), repeat=3))

PIECE = 1 << 18
"""Border voxels whose neighbourhoods are looked at together."""

DIRECTIONS = ((1, -1), (2, 1), (0, 1), (1, 1), (2, -1), (0, -1))
"""Axis and side whose border is peeled, in the order of the usual implementations (Homann's ITK filter, ImageJ)."""


def skeleton(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines of one voxel width with the topology of the mask.

    Args:
        mask: an image or a volume; outside it is background.

    >>> skeleton(np.ones((3, 7), bool)).astype(int).tolist()
    [[0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]
    """
    volume = mask[None] if mask.ndim == 2 else mask
    padded = np.pad(volume.astype(np.uint8), 1)
    directions = [(axis, side) for axis, side in DIRECTIONS if axis or mask.ndim == 3]
    strides = [padded.shape[1] * padded.shape[2], padded.shape[2], 1]
    thinning = _Thinning(bytearray(padded.ravel().data), strides)
    shape = padded.shape
    del volume, padded
    while sum(thinning.peel(side * strides[axis]) for axis, side in directions):
        pass
    return thinning.image().reshape(shape)[1:-1, 1:-1, 1:-1].reshape(mask.shape).astype(bool)


class _Thinning:
    """A padded volume as bytes, and which neighbourhoods let their centre go."""

    def __init__(self, voxels: bytearray, strides: list[int]) -> None:
        self.voxels = voxels
        self.rows = [z * strides[0] + y * strides[1] - 1 for z in (-1, 0, 1) for y in (-1, 0, 1)]
        self.steps = [int(np.dot(step, strides)) for step in CUBE]
        self.removable: dict[bytes, bool] = {}
        self.inside = np.flatnonzero(self.image()).astype(np.min_scalar_type(-len(voxels)))

    def image(self) -> NDArray[np.uint8]:
        """The voxels as an array, 1 for the object."""
        return np.frombuffer(self.voxels, np.uint8)

    def peel(self, towards: int) -> int:
        """Take away what may go on the border that faces ``towards``; gives the number of voxels taken away."""
        image = self.image()
        self.inside = self.inside[image[self.inside] > 0]
        border = self.inside[image[self.inside + towards] == 0]
        candidates = [self._removable_among(border[low : low + PIECE]) for low in range(0, len(border), PIECE)]
        return sum(self._take_away(voxel) for piece in candidates for voxel in piece.tolist())

    def _removable_among(self, border: NDArray[np.integer]) -> NDArray[np.integer]:
        image = self.image()
        codes = np.zeros(len(border), np.int64)
        for place, step in enumerate(self.steps):
            codes |= image[border + step].astype(np.int64) << place
        distinct, which = np.unique(codes, return_inverse=True)
        return border[_removable(distinct)[which]]

    def _take_away(self, voxel: int) -> bool:
        voxels = self.voxels
        around = b"".join([voxels[voxel + row : voxel + row + 3] for row in self.rows])
        may_go = self.removable.get(around)
        if may_go is None:
            may_go = self.removable[around] = _is_removable(sum(1 << place for place, value in enumerate(around) if value))
        if may_go:
            voxels[voxel] = 0
        return may_go


def _is_removable(code: int) -> bool:
    """``_removable`` of one neighbourhood, without the cost of arrays."""
    around = code & ~(1 << CENTRE)
    empty = ~code & _within(2)
    faces = empty & _within(1)
    if around.bit_count() < 2 or not faces:
        return False
    return _flooded(around & -around, around, 3) == around and not faces & ~_flooded(faces & -faces, empty, 1)


def _flooded(seed: int, room: int, reach: int) -> int:
    around = _neighbours(reach)
    reached = front = seed
    while front:
        lowest = front & -front
        new = around[lowest.bit_length() - 1] & room & ~reached
        reached |= new
        front = (front ^ lowest) | new
    return reached


def _removable(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the centre is simple and no end, from neighbourhoods as 27 bits in raster order.

    Simple: one 26-component of the object in the 26 neighbours, and one 6-component of the background in the 18 neighbours that
    touches the centre's faces (Bertrand and Malandain 1994), which is what Lee's Euler and connectivity conditions ask for
    together.
    """
    object_N = codes & ~(1 << CENTRE)
    background_N = ~codes & _within(2)
    faces_N = background_N & _within(1)
    one_object = (object_N != 0) & (_grown(object_N & -object_N, object_N, 3) == object_N)
    one_background = (faces_N != 0) & (faces_N & ~_grown(faces_N & -faces_N, background_N, 1) == 0)
    return np.asarray(one_object & one_background & (np.bitwise_count(object_N) > 1))


def _grown(seed_N: NDArray[np.int64], room_N: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """All of the room that the seed is connected to, by steps along at most ``reach`` axes."""
    while True:
        grown_N = seed_N.copy()
        for place, around in enumerate(_neighbours(reach)):
            grown_N |= np.where(seed_N >> place & 1, around, 0)
        grown_N &= room_N
        if (grown_N == seed_N).all():
            return seed_N
        seed_N = grown_N


@cache
def _neighbours(reach: int) -> tuple[int, ...]:
    """For each voxel of the cube, the bits of those next to it."""
    return tuple(
        sum(
            1 << other
            for other, place in enumerate(CUBE)
            if max(abs(a - b) for a, b in zip(place, centre)) == 1 and sum(a != b for a, b in zip(place, centre)) <= reach
        )
        for centre in CUBE
    )


@cache
def _within(reach: int) -> int:
    """The bits of the cube next to its centre."""
    return _neighbours(reach)[CENTRE]
