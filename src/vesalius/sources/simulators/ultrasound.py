"""B-mode ultrasound of a breast with a cyst and solid lesions that are known to the pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Image, Mask, Record
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, require
from vesalius.sources.simulators.shapes import Floats, blur, ellipse, grid, levelled, smooth_noise, soft
from vesalius.tasks import Tier

CYST, LESION = 1, 2
RANGE = 60.0
"""Decibels from black to white."""
GAIN = 0.55
"""Grey level of tissue of 0 decibels."""
APEX, NEAR, FAR, OPENING = -0.28, 0.33, 1.26, 0.5
"""Of the cone: row of its apex and radii of its ends as shares of the side, and half its angle in radians."""
SCANNER = Scanner(noise=0.015, blur=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ultrasound:
    """Sector images H×W (field ``image``, 60 decibels from 0 to 1, black outside the cone) with their ``mask``.

    Label 1 is a cyst, an ellipse without echoes that brightens what lies behind it; label 2 are solid lesions, which shadow it.
    Speckle is the envelope of a complex Gaussian field of the width of the beam, and grows wider with depth.

    Attributes:
        count: images.
        size: pixels a side.
        seed: of everything drawn.
        lesions: solid lesions of an image.
        lesion_size: diameter of one as a share of the side.
        lesion_contrast: mean decibels that a lesion adds inside its mask.
        shadow: decibels that are lost behind a lesion.
        scanner: noise and shift in the unit of the image, blur in pixels.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = Ultrasound(count=1, size=64).records()[0]
    >>> record.get("image", Image).pixels.shape, record.get("mask", Mask).names
    ((64, 64), ('cyst', 'lesion'))
    """

    count: int = 100
    size: int = 128
    seed: int = 0
    lesions: int = 1
    lesion_size: float = 0.2
    lesion_contrast: float = -12.0
    shadow: float = 10.0
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-ultrasound"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size)
        require(0 <= self.lesions <= 3, f"lesions are 0 to 3 an image; got {self.lesions}.")
        require(np.isfinite(self.lesion_contrast), f"lesion_contrast is a number; got {self.lesion_contrast}.")
        require(self.shadow >= 0, f"a shadow is not negative; got {self.shadow}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            f"{self.count} simulated ultrasound images of {self.size} pixels a side, each with a cyst and {self.lesions} lesions."
        )

    def records(self) -> Sequence[Record]:
        """One record an image, the same in every call."""
        return _records(self)


@lru_cache(maxsize=4)
def _records(source: Ultrasound) -> tuple[Record, ...]:
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record("ultrasound", number, seed=source.seed, fields=_image(source, number, tags[number]), tags=tags[number])
        for number in range(source.count)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Cone:
    """Position of every pixel: row, column, radius (shares of the side) and angle from straight down; distance to the cone."""

    axes: tuple[Floats, Floats]
    radius: Floats
    angle: Floats
    outside: Floats


def _cone(size: int) -> _Cone:
    rows, columns = (axis / np.float32(size - 1) for axis in grid((size, size)))
    down, across = rows - np.float32(APEX), columns - np.float32(0.5)
    radius, angle = np.hypot(down, across), np.arctan2(across, down)
    outside = np.maximum(np.maximum(NEAR - radius, radius - FAR), (np.abs(angle) - OPENING) * radius)
    return _Cone((rows, columns), radius, angle, outside)


def _image(source: Ultrasound, number: int, tags: Mapping[str, str]) -> dict[str, Field]:
    anatomy, planted, speckle, noise = acquisition.streams(source.seed, number, 4)
    cone = _cone(source.size)
    side = 1 if anatomy.random() < 0.5 else -1
    tissue = _tissue(anatomy, cone)
    cyst, behind = _cyst(anatomy, cone, side)
    labels = np.where((cyst <= 0) & (cone.outside < 0), np.uint8(CYST), np.uint8(0))
    tissue = tissue + 7 * behind + soft(cyst, 0.012) * (-45 - tissue) + 9 * soft(np.abs(cyst) - 0.004, 0.012)
    for _ in range(source.lesions):
        inside, profile, shadowed = _lesion(source, planted, cone, -side, labels)
        labels[inside] = LESION
        tissue = tissue + source.lesion_contrast * profile - source.shadow * shadowed * ~inside
    scanner = acquisition.scanner_of(tags, source.scanner, source.linked)
    taken = blur(GAIN + (tissue + _speckle(speckle, cone)) / RANGE, scanner.blur) + scanner.shift
    taken = taken + noise.standard_normal(taken.shape) * scanner.noise
    shown = np.where(cone.outside < 0, np.clip(taken, 0, 1), 0).astype(np.float32)
    return {"image": Image(shown), "mask": Mask(labels, ("cyst", "lesion"))}


def _tissue(anatomy: np.random.Generator, cone: _Cone) -> Floats:
    """Decibels of skin, fat, fibrous septa, gland, muscle and of what is lost with depth."""
    size = len(cone.radius)
    depth = (cone.radius - NEAR) / (FAR - NEAR)
    wavy = 0.025 * smooth_noise(anatomy, (size, size), size / 5)
    made = 2.2 * smooth_noise(anatomy, (size, size), size / 9) - 7 * depth
    made = made + 9 * soft(depth - 0.05, 0.03) - 6 * soft(depth - 0.22 + wavy, 0.04) * (1 - soft(depth - 0.05, 0.03))
    made = made - 9 * soft(0.8 + wavy - depth, 0.05)
    for level in (0.12, 0.22, 0.79):
        made = made + anatomy.uniform(5, 9) * soft(np.abs(depth - level + wavy) - 0.006, 0.02)
    streaks = smooth_noise(anatomy, (size, size), size / 14)
    return np.asarray(made + 6 * np.exp(-((streaks / 0.25) ** 2)) * soft(0.22 - depth, 0.1) * soft(depth - 0.8, 0.1))


def _cyst(anatomy: np.random.Generator, cone: _Cone, side: int) -> tuple[Floats, Floats]:
    """Distance to the cyst in shares of the side, and how much of each pixel lies behind it."""
    angle, radius = side * anatomy.uniform(0.14, 0.27), anatomy.uniform(0.68, 0.9)
    centre = (APEX + radius * np.cos(angle), 0.5 + radius * np.sin(angle))
    radii = (anatomy.uniform(0.06, 0.1), anatomy.uniform(0.085, 0.13))
    distance = ellipse(cone.axes, centre, radii, angle=-angle + anatomy.uniform(-0.25, 0.25))
    behind = _behind(cone, angle, radius, float(max(radii)) * 0.8) * (distance > 0)
    return distance, np.asarray(behind * np.exp(-np.maximum(cone.radius - radius, 0) / np.float32(0.35)))


def _lesion(
    source: Ultrasound, planted: np.random.Generator, cone: _Cone, side: int, labels: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Where a lesion is, its contrast relative to the mean, and its shadow."""
    angle, radius = side * planted.uniform(0.08, 0.3), planted.uniform(0.62, 0.92)
    half, size = source.lesion_size / 2, source.size
    centre = (APEX + radius * np.cos(angle), 0.5 + radius * np.sin(angle))
    radii = half * planted.uniform(0.8, 1.2, 2)
    uneven = smooth_noise(planted, labels.shape, max(2.0, 0.7 * half * size))
    distance = ellipse(cone.axes, centre, radii.tolist(), planted.uniform(0, np.pi)) + 0.16 * half * uneven
    inside = (distance <= 0) & (cone.outside < 0) & (labels == 0)
    profile = soft(distance, 0.3 * half) + 0.12 * smooth_noise(planted, labels.shape, max(2.0, 0.4 * half * size))
    profile = np.where(inside, np.clip(profile, 0.2, None), 0)
    return inside, levelled(profile, inside), _behind(cone, angle, radius + 0.4 * half, 0.75 * half)


def _behind(cone: _Cone, angle: float, radius: float, half_width: float) -> Floats:
    """What lies behind something that wide at that place, as the beam runs."""
    beside = np.abs(cone.angle - np.float32(angle)) * np.float32(radius) - np.float32(half_width)
    return soft(beside, half_width) * soft(np.float32(radius) - cone.radius, half_width)


def _speckle(generator: np.random.Generator, cone: _Cone) -> Floats:
    """Decibels of a fully developed speckle pattern of mean power 1, drawn along the beams and turned into the picture."""
    from scipy.ndimage import map_coordinates

    size = len(cone.radius)
    depths, beams = round(1.2 * size), round(0.9 * size)
    grain = size / 128
    real, imaginary = (
        blur(generator.standard_normal((depths, beams), dtype=np.float32), (0.75 * grain, 1.1 * grain)) for _ in range(2)
    )
    power = real**2 + imaginary**2
    places = [(cone.radius - NEAR) / (FAR - NEAR) * (depths - 1), (cone.angle / OPENING + 1) / 2 * (beams - 1)]
    decibels = 10 * np.log10(power / power.mean() + 1e-4)
    return np.asarray(map_coordinates(decibels, places, order=1, mode="nearest"))
