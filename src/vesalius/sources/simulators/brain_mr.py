"""T1-weighted magnetic resonance volumes of a head with tissues and a tumour that are known to the voxel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Mask, Record, Volume
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, require
from vesalius.sources.simulators.head_anatomy import GREY, WHITE, WHITE_SIGNAL, head
from vesalius.sources.simulators.shapes import Floats, blur, ellipse, levelled, smooth_noise, soft
from vesalius.sources.simulators.volumes import geometry, innermost, positions
from vesalius.tasks import Tier

EXTENT = (176.0, 208.0, 176.0)
"""Millimetres that a volume covers from left to right, back to front and foot to head."""

TISSUES = ("grey matter", "white matter", "cerebrospinal fluid", "tumour")
TUMOUR = 4
SCANNER = Scanner(noise=0.025, blur=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainMr:
    """Volumes X×Y×Z (field ``image``, axes to the right, front and head of the patient) with their ``mask``.

    Labels 1 to 4 are grey matter, white matter, cerebrospinal fluid and tumour. What the coil receives varies smoothly over the
    head, and noise is Rician, as that of a magnitude image is.

    Attributes:
        count: volumes.
        size: voxels along each axis of the 176×208×176 mm that are covered.
        seed: of everything drawn.
        lesions: tumours of a brain.
        lesion_size: diameter of one as a share of the width of 176 mm.
        lesion_contrast: mean signal of a tumour above that of white matter, before bias, blur and noise.
        bias: deviation of the logarithm of the smooth factor by which signals are multiplied.
        scanner: noise and shift in the unit of the image, blur in voxels.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = BrainMr(count=1, size=32).records()[0]
    >>> record.get("image", Volume).voxels.shape, record.get("image", Volume).geometry.spacing
    ((32, 32, 32), (5.5, 6.5, 5.5))
    """

    count: int = 20
    size: int = 64
    seed: int = 0
    lesions: int = 1
    lesion_size: float = 0.18
    lesion_contrast: float = -0.25
    bias: float = 0.12
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-brain-mr"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size, least_size=16)
        require(0 <= self.lesions <= 5, f"lesions are 0 to 5 a volume; got {self.lesions}.")
        require(np.isfinite(self.lesion_contrast), f"lesion_contrast is a number; got {self.lesion_contrast}.")
        require(0 <= self.bias <= 1, f"bias is from 0 to 1; got {self.bias}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.count} simulated T1-weighted volumes of {self.size} voxels a side with tissues and tumours."

    def records(self) -> Sequence[Record]:
        """One record a volume, the same in every call."""
        return _records(self)


@lru_cache(maxsize=2)
def _records(source: BrainMr) -> tuple[Record, ...]:
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record("brain", number, seed=source.seed, fields=_volume(source, number, tags[number]), tags=tags[number])
        for number in range(source.count)
    )


def _volume(source: BrainMr, number: int, tags: Mapping[str, str]) -> dict[str, Field]:
    anatomy, planted, coil, noise = acquisition.streams(source.seed, number, 4)
    place = geometry(source.size, EXTENT)
    axes = positions(place, source.size)
    signal, labels = head(anatomy, axes, place.spacing)
    for _ in range(source.lesions):
        inside, profile = _tumour(source, planted, axes, labels, place.spacing)
        labels[inside] = TUMOUR
        signal = np.where(inside, WHITE_SIGNAL + np.float32(source.lesion_contrast) * profile, signal)
    field = np.exp(np.float32(source.bias) * smooth_noise(coil, signal.shape, source.size / 2))
    scanner = acquisition.scanner_of(tags, source.scanner, source.linked)
    received = blur(np.maximum(signal, 0) * field, scanner.blur) + np.float32(scanner.shift)
    real, imaginary = (noise.standard_normal(signal.shape, dtype=np.float32) * np.float32(scanner.noise) for _ in range(2))
    taken = np.hypot(received + real, imaginary).astype(np.float32)
    return {"image": Volume(taken, place), "mask": Mask(labels, TISSUES)}


def _tumour(
    source: BrainMr, planted: np.random.Generator, axes: Sequence[Floats], labels: NDArray[np.uint8], spacing: Sequence[float]
) -> tuple[NDArray[np.bool_], Floats]:
    """Where a tumour is, and its contrast there relative to its mean: most in the middle, uneven throughout."""
    radius = source.lesion_size * EXTENT[0] / 2
    tissue = (labels == GREY) | (labels == WHITE)
    hemispheres = (labels == WHITE) & (axes[2] > 0)
    centre = innermost(planted, hemispheres, axes, spacing, 0.4 * radius)
    smooth = ellipse(axes, centre, (radius * planted.uniform(0.8, 1.15, 3)).tolist())
    distance = smooth + np.float32(0.15 * radius) * smooth_noise(planted, labels.shape, max(2.0, 0.6 * radius / spacing[0]))
    inside = (distance <= 0) & tissue
    uneven = 1 + 0.12 * smooth_noise(planted, labels.shape, max(2.0, 0.3 * radius / spacing[0]))
    profile = np.clip(uneven, 0.3, None) * (0.6 + 0.4 * soft(distance + np.float32(0.5 * radius), radius))
    return inside, levelled(profile, inside)
