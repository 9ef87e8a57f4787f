"""Trees of vessels that branch by Murray's law and taper, and the pixels that they cover."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.shapes import Floats

STEP = 0.6
"""Pixels between the points of a vessel."""
THINNEST = 0.55
"""Radius in pixels below which nothing grows; a vessel of it still is one unbroken line of pixels."""
DEEPEST = 4
"""Order of branching from which a vessel has no side branches."""


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A vessel without its side branches: points along its middle (N×2), and its radius at each, in pixels."""

    points: NDArray[np.float64]
    radii: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a vessel starts: width and length as shares of the side, its heading there, and by how much that turns on the way.

    Headings are in radians: 0 is to the right, a quarter turn is downwards. ``order`` is that of its branching; a trunk has 0.
    """

    width: float
    length: float
    heading: float
    turn: float
    order: int = 0


def tree(generator: np.random.Generator, root: NDArray[np.float64], size: int, width: float) -> list[Branch]:
    """The four arcades of a retina that leave a disc on the left, the two on the right of it round the middle.

    Args:
        generator: of everything drawn.
        root: row and column from which they grow.
        size: pixels a side.
        width: of a vessel at the root, as a share of the side.
    """
    branches: list[Branch] = []
    for side in (-1, 1):  # upwards, downwards
        tilt = generator.uniform(0.05, 0.3)
        temporal = Course(width=width, length=1.0, heading=side * (np.pi / 2 - tilt), turn=-side * generator.uniform(1.7, 2.1))
        nasal = Course(
            width=0.75 * width,
            length=0.45,
            heading=side * (np.pi / 2 + tilt + 0.5),
            turn=side * generator.uniform(0.3, 0.7),
            order=1,
        )
        branches += grow(generator, root, size, temporal) + grow(generator, root, size, nasal)
    return branches


def grow(generator: np.random.Generator, start: NDArray[np.float64], size: int, course: Course) -> list[Branch]:
    """A vessel from a point (row, column) on, after the side branches that leave it."""
    headings, points = _path(generator, start, size, course)
    count = len(points)
    if count < 4:
        return []
    along = np.arange(count) * STEP / (course.length * size)
    radii = course.width * size / 2 * (1 - 0.35 * along)
    branches: list[Branch] = []
    for fork in _forks(generator, course, count):
        share = generator.uniform(0.35, 0.6) if course.order else generator.uniform(0.3, 0.5)
        rest, child_radius = parted(float(radii[fork]), share)
        radii[fork:] *= rest / radii[fork]
        side = 1 if generator.random() < 0.5 else -1
        if child_radius >= THINNEST * 0.8 and course.order < DEEPEST:
            child = Course(
                width=2 * child_radius / size,
                length=course.length * (1 - 0.6 * along[fork]) * generator.uniform(0.4, 0.65),
                heading=headings[fork] + side * generator.uniform(0.5, 1.1),
                turn=-side * generator.uniform(0.1, 0.7),
                order=course.order + 1,
            )
            branches += grow(generator, points[fork], size, child)
    return [*branches, Branch(points, np.maximum(radii, THINNEST))]


def parted(radius: float, share: float) -> tuple[float, float]:
    """Radii of a vessel after a fork and of the branch that leaves it with that share: their cubes sum to the cube (Murray 1926).

    >>> parted(1.0, 0.5)
    (0.7937005259840998, 0.7937005259840998)
    """
    return radius * (1 - share) ** (1 / 3), radius * share ** (1 / 3)


def _path(
    generator: np.random.Generator, start: NDArray[np.float64], size: int, course: Course
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Headings and points along a vessel as far as it stays in the picture; slow waves, so that it winds and never kinks."""
    along = np.linspace(0, 1, max(4, round(course.length * size / STEP)))
    frequencies = np.array([2, 3, 5, 7])
    heights, phases = generator.normal(0, 0.22 / frequencies), generator.uniform(0, 2 * np.pi, 4)
    waves = heights @ np.sin(np.pi * frequencies[:, None] * along + phases[:, None])
    headings = course.heading + course.turn * along**0.8 + waves - waves[0]
    points = start + np.cumsum(np.stack([np.sin(headings), np.cos(headings)], axis=1) * STEP, axis=0)
    outside = ((points < -2) | (points > size + 1)).any(axis=1)
    count = int(outside.argmax()) if outside.any() else len(points)
    return headings[:count], points[:count]


def _forks(generator: np.random.Generator, course: Course, count: int) -> list[int]:
    """Places along a vessel where another leaves it, none near its ends."""
    number = int(generator.poisson(course.length * (9 if course.order == 0 else 7)))
    if course.order == 0:
        number = max(number, 5)
    return sorted(int(place) for place in generator.uniform(0.12, 0.92, number) * count)


def drawn(branches: Sequence[Branch], size: int) -> tuple[Floats, NDArray[np.bool_]]:
    """How much of each pixel the vessels cover (0 to 1), and which pixels count as vessel: those whose middle is within a vessel.

    A vessel thinner than a pixel keeps an unbroken line of pixels.
    """
    covered, inside = np.zeros(size * size, dtype=np.float32), np.zeros(size * size, dtype=bool)
    if not branches:
        return covered.reshape(size, size), inside.reshape(size, size)
    points = np.concatenate([branch.points for branch in branches])
    radii = np.concatenate([branch.radii for branch in branches])
    nearest = np.rint(points).astype(int)
    reach = int(np.ceil(radii.max() + 0.5))
    for row in range(-reach, reach + 1):
        for column in range(-reach, reach + 1):
            pixel = nearest + np.array([row, column])
            distance = np.hypot(pixel[:, 0] - points[:, 0], pixel[:, 1] - points[:, 1])
            kept = (distance < radii + 0.5) & (pixel >= 0).all(axis=1) & (pixel < size).all(axis=1)
            index = pixel[kept, 0] * size + pixel[kept, 1]
            np.maximum.at(covered, index, np.minimum(1, radii[kept] + 0.5 - distance[kept]).astype(np.float32))
            inside[index[distance[kept] <= np.maximum(radii[kept], 0.71)]] = True
    return covered.reshape(size, size), inside.reshape(size, size)
