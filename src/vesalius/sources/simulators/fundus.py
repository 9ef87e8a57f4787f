"""Photographs of the back of the eye with vessel trees that are known to the pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Image, Mask, Record
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, balanced, require
from vesalius.sources.simulators.shapes import Floats, Place, blur, ellipse, grid, smooth_noise, soft
from vesalius.sources.simulators.vessels import Branch, drawn, tree
from vesalius.tasks import Tier

ABSORBED = (0.35, 1.0, 0.75)
"""How much red, green and blue light blood absorbs, relative to green, in which vessels are seen best."""
SCANNER = Scanner(noise=0.015, blur=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fundus:
    """Colour photographs H×W×3 of 8 bits (field ``image``) with their vessels (field ``mask``, label 1).

    Arteries and veins leave the disc along the arcades, branch by Murray's law and taper. The macula is dark, the border of the
    picture too. ``field_of_view`` is the aperture, outside of which all is background; the tag ``eye`` is right or left.

    Attributes:
        count: photographs.
        size: pixels a side.
        seed: of everything drawn.
        vessel_contrast: share of green light that a vein of full width absorbs.
        lesions: microaneurysms of a photograph, label 2 of the mask; with 0, the mask has vessels only.
        lesion_size: diameter of one as a share of the side.
        lesion_contrast: share of green light that one absorbs.
        scanner: noise, blur and shift, in grey levels of 0 to 1.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = Fundus(count=1, size=64).records()[0]
    >>> record.get("image", Image).pixels.shape, record.get("mask", Mask).names
    ((64, 64, 3), ('vessel',))
    """

    count: int = 60
    size: int = 128
    seed: int = 0
    vessel_contrast: float = 0.45
    lesions: int = 0
    lesion_size: float = 0.022
    lesion_contrast: float = 0.4
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-fundus"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size)
        require(0 <= self.lesions <= 30, f"lesions are 0 to 30 a photograph; got {self.lesions}.")
        for contrast in (self.vessel_contrast, self.lesion_contrast):
            require(0 <= contrast < 1, f"a contrast is a share of light, from 0 to below 1; got {contrast}.")

    @property
    def description(self) -> str:
        """What the records are."""
        lesions = f" and {self.lesions} microaneurysms each" if self.lesions else ""
        return f"{self.count} simulated fundus photographs of {self.size} pixels a side with known vessels{lesions}."

    def records(self) -> Sequence[Record]:
        """One record a photograph, the same in every call."""
        return _records(self)


@lru_cache(maxsize=4)
def _records(source: Fundus) -> tuple[Record, ...]:
    eyes = balanced(np.random.default_rng((source.seed, 3)), ("right", "left"), source.count)
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record(
            "fundus",
            number,
            seed=source.seed,
            fields=_photograph(source, number, eye, tags[number]),
            tags={**tags[number], "eye": eye},
        )
        for number, eye in enumerate(eyes)
    )


def _photograph(source: Fundus, number: int, eye: str, tags: dict[str, str]) -> dict[str, Field]:
    size = source.size
    anatomy, growth, spots, noise = acquisition.streams(source.seed, number, 4)
    axes, middle = grid((size, size)), (size - 1) / 2
    seen = ellipse(axes, (middle, middle), (0.48 * size, 0.48 * size))
    # Drawn as a left eye, whose disc is to the left of the macula; a right eye is its mirror image.
    disc = np.array([middle + anatomy.uniform(-0.03, 0.03) * size, middle - anatomy.uniform(0.2, 0.25) * size])
    macula = disc + np.array([anatomy.uniform(0.01, 0.05), anatomy.uniform(0.28, 0.31)]) * size
    red_green_blue = _retina(anatomy, axes, disc, macula, size)
    veins, arteries = (tree(growth, disc, size, width) for width in (0.021, 0.016))
    vessels, absorbed = _vessels(source, veins, arteries)
    labels = (vessels & (seen <= 0)).astype(np.uint8)
    if source.lesions:
        inside = _microaneurysms(source, spots, axes, labels, seen, disc)
        labels[inside] = 2
        absorbed[inside] = source.lesion_contrast
    for channel, share in enumerate(ABSORBED):
        red_green_blue[channel] *= 1 - absorbed * np.float32(share)
    pixels = _taken(red_green_blue, seen, noise, acquisition.scanner_of(tags, source.scanner, source.linked))
    inside_view = (seen <= 0).astype(np.uint8)
    if eye == "right":
        pixels, labels, inside_view = pixels[:, ::-1].copy(), labels[:, ::-1].copy(), inside_view[:, ::-1].copy()
    names = ("vessel", "microaneurysm") if source.lesions else ("vessel",)
    return {"image": Image(pixels), "mask": Mask(labels, names), "field_of_view": Mask(inside_view, ("field of view",))}


def _retina(
    anatomy: np.random.Generator, axes: list[Floats], disc: NDArray[np.float64], macula: NDArray[np.float64], size: int
) -> Floats:
    """The ground without vessels, 3×H×W of 0 to 1: choroid, macula, disc with its cup, and light that falls off to the border."""
    red, green, blue = anatomy.uniform(0.72, 0.86), anatomy.uniform(0.34, 0.44), anatomy.uniform(0.14, 0.22)
    texture = smooth_noise(anatomy, (size, size), size / 5) * 0.05 + smooth_noise(anatomy, (size, size), size / 24) * 0.025
    middle = (size - 1) / 2
    lit = middle + anatomy.uniform(-0.08, 0.08, 2) * size
    away = (axes[0] - np.float32(lit[0])) ** 2 + (axes[1] - np.float32(lit[1])) ** 2
    light = (1 + texture) * (1.08 - 0.42 * away / np.float32((0.5 * size) ** 2))
    dark = np.exp(-((axes[0] - np.float32(macula[0])) ** 2 + (axes[1] - np.float32(macula[1])) ** 2) / (2 * (0.065 * size) ** 2))
    made = np.stack([red * light * (1 - 0.16 * dark), green * light * (1 - 0.36 * dark), blue * light * (1 - 0.3 * dark)])
    height, width = anatomy.uniform(0.085, 0.098) * size, anatomy.uniform(0.072, 0.085) * size
    rim = soft(ellipse(axes, disc, (height, width)), max(2.0, 0.03 * size))
    cup_share = anatomy.uniform(0.4, 0.55)
    cup = soft(ellipse(axes, disc, (height * cup_share, width * cup_share)), max(2.0, 0.04 * size))
    rim_colour, cup_colour = (0.95, 0.68, 0.36), (1.0, 0.88, 0.62)
    for channel in range(3):
        made[channel] += rim * (rim_colour[channel] - made[channel])
        made[channel] += cup * (cup_colour[channel] - made[channel])
    return np.clip(made, 0, 1).astype(np.float32)


def _vessels(source: Fundus, veins: list[Branch], arteries: list[Branch]) -> tuple[NDArray[np.bool_], Floats]:
    """Where vessels are, and the share of green light absorbed; arteries are brighter, with a reflex along the middle."""
    vein, vein_inside = drawn(veins, source.size)
    artery, artery_inside = drawn(arteries, source.size)
    reflex, _ = drawn([Branch(branch.points, branch.radii * 0.3) for branch in arteries if branch.radii[0] > 1.5], source.size)
    absorbed = np.maximum(vein * source.vessel_contrast, artery * source.vessel_contrast * (0.72 - 0.3 * reflex))
    return vein_inside | artery_inside, absorbed.astype(np.float32)


def _microaneurysms(
    source: Fundus, spots: np.random.Generator, axes: list[Floats], labels: NDArray[np.uint8], seen: Floats, disc: Place
) -> NDArray[np.bool_]:
    """Where round spots are, off the vessels and off the disc; fewer than asked for where there is no room."""
    from scipy.ndimage import distance_transform_edt

    radius = max(1.0, source.lesion_size * source.size / 2)
    free = (distance_transform_edt(labels == 0) > radius + 1) & (seen < -2 * radius)
    free &= ellipse(axes, disc, (0.13 * source.size,) * 2) > radius
    inside = np.zeros(seen.shape, dtype=bool)
    for _ in range(source.lesions):
        places = np.argwhere(free)
        if not len(places):
            break
        distance = ellipse(axes, places[spots.integers(len(places))] + spots.uniform(-0.3, 0.3, 2), (radius, radius))
        inside |= distance <= 0
        free &= distance > radius + 1
    return inside


def _taken(red_green_blue: Floats, seen: Floats, noise: np.random.Generator, scanner: Scanner) -> NDArray[np.uint8]:
    """What the camera writes: blurred, shifted, noisy, black outside its aperture."""
    taken = blur(red_green_blue, (0, scanner.blur, scanner.blur)) + np.float32(scanner.shift)
    taken = taken + noise.standard_normal(taken.shape, dtype=np.float32) * np.float32(scanner.noise)
    taken = np.clip(taken, 0, 1) * soft(seen, 1.5)
    return np.ascontiguousarray(np.rint(np.moveaxis(taken, 0, 2) * 255).astype(np.uint8))
