"""Volumes of tubes that branch, close to rings and enclose cavities."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Mask, Record
from vesalius.sources.simulators.acquisition import require
from vesalius.tasks import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Tubes:
    """Binary volumes (fields ``object`` and ``mask``, which are equal) of bent tubes, rings and a hollow ball.

    Attributes:
        count: volumes.
        size: voxels a side.
        seed: of everything drawn.

    Raises:
        ValueError: if an option is out of its range.

    >>> Tubes(count=1, size=24).records()[0].get("mask", Mask).labels.shape
    (24, 24, 24)
    """

    count: int = 12
    size: int = 40
    seed: int = 0
    name: str = "simulated-tubes"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        require(self.count >= 1 and self.size >= 16, f"count is at least 1 and size 16; got {self.count} and {self.size}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.count} simulated volumes of {self.size} voxels a side with tubes, rings and a hollow ball."

    def records(self) -> Sequence[Record]:
        """One record a volume, the same in every call."""
        return _records(self)


@lru_cache(maxsize=4)
def _records(source: Tubes) -> tuple[Record, ...]:
    return tuple(_record(source, number) for number in range(source.count))


def _record(source: Tubes, number: int) -> Record:
    random = np.random.default_rng([source.seed, number])
    places = np.stack(np.meshgrid(*[np.arange(source.size)] * 3, indexing="ij"), axis=-1).astype(float)
    inside = np.zeros((source.size,) * 3, dtype=bool)
    for _ in range(3):
        inside |= _near(places, _bent(random, source.size), random.uniform(1.2, 2.5))
    for _ in range(2):
        inside |= _near(places, _ring(random, source.size), random.uniform(1.2, 2.0))
    inside |= _shell(places, random, source.size)
    name, mask = f"tubes-{source.seed}-{number}", Mask(inside.astype(np.uint8), ("tube",))
    return Record(id=name, subject_id=name, fields={"object": mask, "mask": mask}, licence="simulated")


def _bent(random: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Points of a parabola through three random places."""
    start, middle, end = random.uniform(0.1, 0.9, size=(3, 3)) * size
    share = np.linspace(0, 1, 3 * size)[:, None]
    return np.asarray((1 - share) ** 2 * start + 2 * share * (1 - share) * middle + share**2 * end)


def _ring(random: np.random.Generator, size: int) -> NDArray[np.float64]:
    axes, _ = np.linalg.qr(random.normal(size=(3, 2)))
    angle = np.linspace(0, 2 * np.pi, 6 * size)[:, None]
    centre, radius = random.uniform(0.3, 0.7, size=3) * size, random.uniform(0.15, 0.25) * size
    return np.asarray(centre + radius * (np.cos(angle) * axes[:, 0] + np.sin(angle) * axes[:, 1]))


def _near(places: NDArray[np.float64], line_N3: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    from scipy.spatial import KDTree

    distance, _ = KDTree(line_N3).query(places.reshape(-1, 3), distance_upper_bound=radius)
    return np.asarray((distance <= radius).reshape(places.shape[:3]))


def _shell(places: NDArray[np.float64], random: np.random.Generator, size: int) -> NDArray[np.bool_]:
    centre, radius = random.uniform(0.25, 0.75, size=3) * size, random.uniform(0.12, 0.18) * size
    distance = np.linalg.norm(places - centre, axis=-1)
    return np.asarray((distance <= radius) & (distance >= radius - 2))
