"""Lesions that several annotators outline each in their own way, with the distribution that the outlines are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Image, Mask, Record
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, require
from vesalius.sources.simulators.shapes import Floats, blur, ellipse, grid, levelled, smooth_noise, soft
from vesalius.sources.simulators.vessels import Branch, Course, drawn, grow
from vesalius.tasks import Tier

NAMES = ("lesion",)
SCANNER = Scanner(noise=0.04, blur=0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one annotator works, in every image alike.

    Attributes:
        bias: pixels by which the outline lies outside the true border; below 0 where too little is taken.
        jitter: deviation of the outline about that, in pixels; it varies smoothly along the border.
        inclusion: chance that an ambiguous region is taken as part of the lesion.

    Raises:
        ValueError: if the jitter is negative, or the inclusion is no probability.
    """

    bias: float = 0.0
    jitter: float = 0.7
    inclusion: float = 0.5

    def __post_init__(self) -> None:
        require(self.jitter >= 0 and np.isfinite(self.bias), f"jitter is not negative and bias finite; got {self}.")
        require(0 <= self.inclusion <= 1, f"inclusion is between 0 and 1; got {self.inclusion}.")


STYLES = (Style(), Style(bias=1.5, inclusion=0.7), Style(bias=-1.5, inclusion=0.3), Style(jitter=1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Graders:
    """Patches H×W (field ``image``) like a nodule in a CT of the lung, with one mask an annotator: ``mask_1``, ``mask_2``, ...

    A lesion has a solid core, which all annotators take, and fainter regions beside it, which each takes or leaves by chance. An
    annotator's mask is where the distance to a part that was taken is at most ``bias`` plus ``jitter`` times a smooth Gaussian
    field, drawn anew for each part and annotator. ``probability`` is hence exactly the chance, by the normal distribution, that a
    pixel is in the mask of an annotator of a random one of the styles; ``mask`` is where it is at least a half.

    Attributes:
        count: patches.
        size: pixels a side.
        seed: of everything drawn.
        styles: of the annotators, in the order of their masks.
        ambiguous: regions of a patch that annotators disagree about.
        lesion_size: diameter of the core as a share of the side.
        lesion_contrast: mean brightness that the core adds, before the scanner blurs it; an ambiguous region adds half of it.
        scanner: noise, blur and shift, in the unit of the image.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = Graders(count=1).records()[0]
    >>> sorted(record.fields)
    ['image', 'mask', 'mask_1', 'mask_2', 'mask_3', 'mask_4', 'probability']
    """

    count: int = 200
    size: int = 64
    seed: int = 0
    styles: tuple[Style, ...] = STYLES
    ambiguous: int = 1
    lesion_size: float = 0.26
    lesion_contrast: float = 0.4
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-graders"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size)
        require(len(self.styles) >= 1, "there is at least one annotator; give their styles.")
        require(0 <= self.ambiguous <= 4, f"ambiguous regions are 0 to 4 a patch; got {self.ambiguous}.")
        require(np.isfinite(self.lesion_contrast), f"lesion_contrast is a number; got {self.lesion_contrast}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.count} simulated lung lesions, each outlined by {len(self.styles)} annotators of known styles."

    @property
    def annotations(self) -> tuple[str, ...]:
        """Names of the fields of the annotators' masks."""
        return tuple(f"mask_{place}" for place in range(1, len(self.styles) + 1))

    def records(self) -> Sequence[Record]:
        """One record a patch, the same in every call."""
        return _records(self)

    def readings(self, number: int, times: int) -> NDArray[np.uint8]:
        """More masks of record ``number`` from the distribution of its annotations, times × H × W, the styles in turn.

        >>> Graders(count=1).readings(0, times=5).shape
        (5, 64, 64)
        """
        anatomy, _, _, more = acquisition.streams(self.seed, number, 4)
        parts = _parts(anatomy, self)
        return np.stack([_reading(more, self.styles[turn % len(self.styles)], parts) for turn in range(times)])


@lru_cache(maxsize=4)
def _records(source: Graders) -> tuple[Record, ...]:
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record("graders", number, seed=source.seed, fields=_patch(source, number, tags[number]), tags=tags[number])
        for number in range(source.count)
    )


def _patch(source: Graders, number: int, tags: Mapping[str, str]) -> dict[str, Field]:
    anatomy, outlines, noise, _ = acquisition.streams(source.seed, number, 4)
    parts = _parts(anatomy, source)
    ideal = _lung(anatomy, source.size)
    for place, distance in enumerate(parts):
        # What lies within the core adds nothing more, so that the core has its planted contrast.
        inside = (distance <= 0) if place == 0 else (distance <= 0) & (parts[0] > 0)
        profile = np.where(inside, soft(distance + np.float32(0.5), max(2.0, 0.12 * source.lesion_size * source.size)), 0)
        ideal += np.float32(source.lesion_contrast * (1.0 if place == 0 else 0.5)) * levelled(profile, inside)
    scanner = acquisition.scanner_of(tags, source.scanner, source.linked)
    taken = blur(ideal, scanner.blur) + np.float32(scanner.shift)
    taken += noise.standard_normal(taken.shape, dtype=np.float32) * np.float32(scanner.noise)
    probability = np.mean([_probability(style, parts) for style in source.styles], axis=0).astype(np.float32)
    masks = {
        name: Mask(_reading(outlines, style, parts), NAMES) for name, style in zip(source.annotations, source.styles, strict=True)
    }
    truth = Mask((probability >= 0.5).astype(np.uint8), NAMES)
    return {"image": Image(taken), "mask": truth, "probability": Image(probability), **masks}


def _parts(anatomy: np.random.Generator, source: Graders) -> list[Floats]:
    """Distance in pixels to the core and to each ambiguous region."""
    size, radius = source.size, source.lesion_size * source.size / 2
    centre = anatomy.uniform(0.38, 0.62, 2) * size
    parts = [_lump(anatomy, size, centre, radius)]
    for _ in range(source.ambiguous):
        angle, away = anatomy.uniform(0, 2 * np.pi), radius * anatomy.uniform(1.0, 1.4)
        beside = centre + away * np.array([np.sin(angle), np.cos(angle)])
        parts.append(_lump(anatomy, size, beside, radius * anatomy.uniform(0.7, 1.0)))
    return parts


def _lump(anatomy: np.random.Generator, size: int, centre: NDArray[np.float64], radius: float) -> Floats:
    radii = radius * anatomy.uniform(0.8, 1.2, 2)
    smooth = ellipse(grid((size, size)), centre.tolist(), radii.tolist(), anatomy.uniform(0, np.pi))
    uneven: Floats = smooth + np.float32(0.12 * radius) * smooth_noise(anatomy, (size, size), max(2.0, 0.7 * radius))
    return uneven


def _lung(anatomy: np.random.Generator, size: int) -> Floats:
    """Dark lung with a few vessels."""
    ground = 0.2 + 0.02 * smooth_noise(anatomy, (size, size), size / 5) + 0.012 * smooth_noise(anatomy, (size, size), 2)
    branches: list[Branch] = []
    for _ in range(4):
        angle = anatomy.uniform(0, 2 * np.pi)
        border = size * (0.5 - 0.49 * np.array([np.sin(angle), np.cos(angle)]))
        course = Course(width=anatomy.uniform(0.025, 0.05), length=0.6, heading=angle, turn=anatomy.uniform(-0.6, 0.6), order=2)
        branches += grow(anatomy, border, size, course)
    covered, _ = drawn(branches, size)
    return np.asarray(ground + 0.3 * blur(covered, 0.6), dtype=np.float32)


def _reading(generator: np.random.Generator, style: Style, parts: Sequence[Floats]) -> NDArray[np.uint8]:
    """One annotator's mask; every number is drawn whatever the style, so that styles can be compared on the same luck."""
    taken = np.zeros(parts[0].shape, dtype=bool)
    for place, distance in enumerate(parts):
        field = smooth_noise(generator, distance.shape, max(3.0, distance.shape[0] / 10))
        included = generator.random() < style.inclusion
        if place == 0 or included:
            taken |= distance <= style.bias + style.jitter * field
    return taken.astype(np.uint8)


def _probability(style: Style, parts: Sequence[Floats]) -> NDArray[np.float64]:
    """The chance of each pixel to be in a reading of that style."""
    from scipy.special import ndtr

    left_out = np.ones(parts[0].shape)
    for place, distance in enumerate(parts):
        beyond = style.bias - distance.astype(np.float64)
        within = ndtr(beyond / style.jitter) if style.jitter > 0 else (beyond >= 0).astype(np.float64)
        left_out *= 1 - within * (1.0 if place == 0 else style.inclusion)
    return 1 - left_out
