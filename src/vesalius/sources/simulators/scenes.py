"""Scenes: coloured things of any form before a textured background, what a model of general pictures is trained on.

They stand in for photographs where a model is first trained on general data and then adapted to medical images: they teach what
an object and its border are, and show nothing medical.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.records import Field, Image, Mask, Record
from vesalius.sources.simulators.shapes import Floats, ellipse, grid, smooth_noise, soft
from vesalius.tasks import Tier

MOST = 4
"""Things in a scene, at most."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Colour pictures H×W×3 (field ``image``) of one to four things, some of which hide parts of others (field ``mask``)."""

    count: int
    size: int
    seed: int = 0
    name: str = "scenes"
    tier: Tier = "simulator"
    description: str = "Coloured, textured things of random form before a textured background, with their masks."

    def records(self) -> Sequence[Record]:
        """One record a scene.

        >>> Scenes(1, 32).records()[0].get("image", Image).pixels.shape
        (32, 32, 3)
        """
        return _drawn(self.count, self.size, self.seed)


@cache
def _drawn(count: int, size: int, seed: int) -> tuple[Record, ...]:
    return tuple(_scene(number, size, np.random.default_rng([seed, number])) for number in range(count))


def _scene(number: int, size: int, generator: np.random.Generator) -> Record:
    """Things are painted one over the other, each in a colour and texture of its own, then blurred and seen with noise."""
    image_HWC = _surface(size, generator)
    labels = np.zeros((size, size), dtype=np.uint8)
    things = int(generator.integers(1, MOST + 1))
    for thing in range(1, things + 1):
        distance = _form(size, generator)
        cover = soft(distance, float(generator.uniform(1, 3)))
        image_HWC += cover[..., None] * (_surface(size, generator) - image_HWC)
        labels[distance < 0] = thing
    image_HWC += generator.normal(0, generator.uniform(0, 0.06), image_HWC.shape).astype(np.float32)
    if generator.random() < 0.5:
        image_HWC[:] = image_HWC.mean(axis=2, keepdims=True)
    pixels = np.rint(255 * np.clip(image_HWC, 0, 1)).astype(np.uint8)
    names = tuple(f"thing {index}" for index in range(1, things + 1))
    fields: dict[str, Field] = {"image": Image(pixels), "mask": Mask(labels, names)}
    return Record(id=f"scene-{number:05d}", subject_id=f"scene-{number:05d}", fields=fields, licence="CC0-1.0")


def _surface(size: int, generator: np.random.Generator) -> Floats:
    """A colour with a texture: H×W×3, about 0 to 1."""
    colour = generator.uniform(0.05, 0.95, 3).astype(np.float32)
    texture = smooth_noise(generator, (size, size), float(generator.choice([1.0, 2.0, 4.0, 12.0])))
    strength = np.float32(generator.uniform(0, 0.15))
    surface: Floats = colour + strength * texture[..., None] * generator.uniform(0.3, 1, 3).astype(np.float32)
    return surface


def _form(size: int, generator: np.random.Generator) -> Floats:
    """Distance to the border of an ellipse with a wavy border, a polygon, or a ring; negative inside."""
    axes = grid((size, size))
    centre = (generator.uniform(0.2, 0.8, 2) * size).tolist()
    radii = size * np.exp(generator.uniform(np.log(0.05), np.log(0.32), 2))
    radii = np.clip(radii, radii.max() / 3, None)
    kind, angle = generator.choice(["wavy", "polygon", "ring"], p=[0.5, 0.35, 0.15]), float(generator.uniform(0, np.pi))
    if kind == "polygon":
        turns = np.sort(generator.uniform(0, 2 * np.pi, int(generator.integers(3, 7))))
        sides = [(np.cos(turn) * (axes[0] - centre[0]) + np.sin(turn) * (axes[1] - centre[1])) for turn in turns]
        reach = float(radii.mean())
        within: Floats = np.maximum.reduce(
            [*(side - np.float32(reach) for side in sides), ellipse(axes, centre, (2 * reach,) * 2)]
        )
        return within
    distance = ellipse(axes, centre, radii.tolist(), angle)
    if kind == "ring":
        return np.abs(distance) - np.float32(0.2 * radii.min())
    wave = smooth_noise(generator, (size, size), max(2.0, float(radii.mean()) / 2))
    return distance + np.float32(generator.uniform(0, 0.2) * radii.min()) * wave
