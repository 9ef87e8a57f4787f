"""Computed tomography of the trunk with organs and liver lesions that are known to the voxel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Mask, Record, Volume
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, require
from vesalius.sources.simulators.ct_anatomy import ORGANS, trunk
from vesalius.sources.simulators.shapes import Floats, blur, ellipse, levelled, soft
from vesalius.sources.simulators.volumes import geometry, innermost, positions
from vesalius.tasks import Tier

EXTENT = (350.0, 350.0, 260.0)
"""Millimetres that a volume covers from left to right, back to front and foot to head."""

LABELS = (*ORGANS, "lesion")
SCANNER = Scanner(noise=12.0, blur=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class CtPhantom:
    """Volumes X×Y×Z in Hounsfield units (field ``image``, axes to the right, front and head of the patient) with their ``mask``.

    Labels 1 to 6 are lungs, liver, spleen, kidneys, spine and lesion; lesions lie in the liver. The body has fat, muscle, heart,
    great vessels, ribs, stomach and bowel besides, in the portal venous phase.

    Attributes:
        count: volumes.
        size: voxels along each axis of the 350×350×260 mm that are covered.
        seed: of everything drawn.
        lesions: how many a liver has; fewer where there is no room.
        lesion_size: diameter as a share of the 350 mm.
        lesion_contrast: mean Hounsfield units that a lesion adds inside its mask, before the scanner blurs it.
        scanner: noise and shift in Hounsfield units, blur in voxels.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = CtPhantom(count=1, size=32).records()[0]
    >>> record.get("image", Volume).voxels.shape, record.get("image", Volume).geometry.spacing
    ((32, 32, 32), (10.9375, 10.9375, 8.125))
    """

    count: int = 20
    size: int = 64
    seed: int = 0
    lesions: int = 2
    lesion_size: float = 0.08
    lesion_contrast: float = -60.0
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-ct"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size, least_size=16)
        require(0 <= self.lesions <= 20, f"lesions are 0 to 20 a volume; got {self.lesions}.")
        require(np.isfinite(self.lesion_contrast), f"lesion_contrast is a number; got {self.lesion_contrast}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.count} simulated CT volumes of {self.size} voxels a side with {', '.join(ORGANS)} and liver lesions."

    def records(self) -> Sequence[Record]:
        """One record a volume, the same in every call."""
        return _records(self)


@lru_cache(maxsize=2)
def _records(source: CtPhantom) -> tuple[Record, ...]:
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record("ct", number, seed=source.seed, fields=_volume(source, number, tags[number]), tags=tags[number])
        for number in range(source.count)
    )


def _volume(source: CtPhantom, number: int, tags: Mapping[str, str]) -> dict[str, Field]:
    anatomy, planted, noise = acquisition.streams(source.seed, number, 3)
    place = geometry(source.size, EXTENT)
    axes = positions(place, source.size)
    hounsfield, labels = trunk(anatomy, axes, place.spacing)
    inside, profile = _lesions(source, planted, axes, labels == 1 + ORGANS.index("liver"), place.spacing)
    labels[inside] = len(LABELS)
    hounsfield += np.float32(source.lesion_contrast) * profile
    scanner = acquisition.scanner_of(tags, source.scanner, source.linked)
    taken = blur(hounsfield, scanner.blur) + np.float32(scanner.shift)
    taken += _quantum_noise(noise, taken.shape, scanner.noise)
    return {"image": Volume(taken, place), "mask": Mask(labels, LABELS)}


def _lesions(
    source: CtPhantom, planted: np.random.Generator, axes: list[Floats], liver: NDArray[np.bool_], spacing: Sequence[float]
) -> tuple[NDArray[np.bool_], Floats]:
    """Where lesions are, and what they add: mean 1 inside the mask of all, nothing outside."""
    radius = source.lesion_size * EXTENT[0] / 2
    inside, profile = np.zeros(liver.shape, dtype=bool), np.zeros(liver.shape, dtype=np.float32)
    room = liver.copy()
    for _ in range(source.lesions):
        if not room.any():
            break
        centre = innermost(planted, room, axes, spacing, radius)
        radii = (radius * planted.uniform(0.75, 1.1, 3)).tolist()
        distance = ellipse(axes, centre, radii)
        inside |= (distance <= 0) & liver
        profile = np.maximum(profile, soft(distance - np.float32(0.25 * radius), max(*spacing, 0.6 * radius)))
        room &= distance > 0
    return inside, levelled(np.where(inside, profile, np.float32(0)), inside)


def _quantum_noise(generator: np.random.Generator, shape: tuple[int, ...], deviation: float) -> Floats:
    """Noise of filtered back-projection: grains in the plane of a slice, with little power at low frequencies."""
    white = generator.standard_normal(shape, dtype=np.float32)
    grain = blur(white, (0.5, 0.5, 0.0)) - np.float32(0.9) * blur(white, (1.4, 1.4, 0.0))
    scaled: Floats = grain * np.float32(deviation / grain.std())
    return scaled
