"""Random sub-volumes, turned and with pieces cut out, as pretext tasks take them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.intensity import Pixels


def random_crop(image_CS: Pixels, size: Sequence[int], random: np.random.Generator) -> Pixels:
    """A piece of that size from anywhere; what is smaller is first mirrored at its end.

    >>> random_crop(np.zeros((1, 4, 9)), (6, 6), np.random.default_rng(0)).shape
    (1, 6, 6)
    """
    missing = [max(0, wanted - there) for wanted, there in zip(size, image_CS.shape[1:])]
    if any(missing):
        image_CS = np.pad(image_CS, [(0, 0), *((0, more) for more in missing)], mode="symmetric")
    starts = [int(random.integers(there - wanted + 1)) for there, wanted in zip(image_CS.shape[1:], size)]
    return image_CS[(slice(None), *(slice(start, start + wanted) for start, wanted in zip(starts, size)))]


def random_boxes(size: Sequence[int], share: float, random: np.random.Generator) -> NDArray[np.bool_]:
    """Boxes of an eighth to half of each side, one after the other until they cover that share of the voxels.

    >>> float(random_boxes((16, 16, 16), 0.3, np.random.default_rng(0)).mean()) >= 0.3
    True
    """
    inside = np.zeros(tuple(size), dtype=bool)
    while inside.mean() < share:
        sides = [int(random.integers(max(1, side // 8), side // 2 + 1)) for side in size]
        starts = [int(random.integers(side - length + 1)) for side, length in zip(size, sides)]
        inside[tuple(slice(start, start + length) for start, length in zip(starts, sides))] = True
    return inside


def cut_out(image_CS: Pixels, inside_S: NDArray[np.bool_]) -> Pixels:
    """The image with 0, the mean of standardised intensities, at those places.

    >>> cut_out(np.ones((1, 2)), np.array([True, False])).tolist()
    [[0.0, 1.0]]
    """
    return np.where(inside_S, np.float32(0), image_CS)
