"""Examples of many tasks in one frame: drawn so that every set and every task counts alike, and varied at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners.prompt_batches import slab_of
from vesalius.learners.superpixels import random_superpixel
from vesalius.records import Mask, Record

Pixels = NDArray[np.float32]
Region = NDArray[np.bool_]
TURN, SCALE, SHIFT = 25.0, (0.8, 1.25), 0.1
"""Degrees to either side, factors, and share of a side of random affine maps."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """An image from 0 to 1 and where its structure is, both S×S."""

    image: Pixels
    region: Region


class TaskExamples:
    """The records of many tasks as squares of one size, by set and task (the tags ``set`` and ``task``).

    Args:
        records: images with a mask of one structure; those whose structure is lost at that size are left out.
        size: pixels of a side.
        image, target: names of the fields.

    Raises:
        UserError: if no record is left.
    """

    def __init__(self, records: Sequence[Record], *, size: int, image: str = "image", target: str = "mask") -> None:
        self.by_task: dict[tuple[str, str], list[Example]] = {}
        for record in records:
            example = example_of(record, size, image, target)
            if example.region.any():
                name = record.tags.get("set", "")
                self.by_task.setdefault((name, record.tags.get("task", name)), []).append(example)
        if not self.by_task:
            raise UserError("No training records with a structure that the network can see; give some with a mask.")
        self._tasks: dict[str, list[tuple[str, str]]] = {}
        for key in self.by_task:
            self._tasks.setdefault(key[0], []).append(key)

    def draw_task(self, generator: np.random.Generator) -> list[Example]:
        """All examples of a random task: each set equally often, and each task of a set."""
        names = list(self._tasks)
        tasks = self._tasks[names[generator.integers(len(names))]]
        return self.by_task[tasks[generator.integers(len(tasks))]]

    def draw(self, generator: np.random.Generator, *, synthetic: float) -> tuple[Pixels, Region]:
        """A varied image and its structure, or with the given probability one of its superpixels."""
        examples = self.draw_task(generator)
        example = examples[generator.integers(len(examples))]
        region = example.region
        if generator.random() < synthetic:
            region = random_superpixel(example.image, generator)
        image, moved = moved_at_random(example.image, region, generator)
        # A structure that was moved out of the image is shown where it was.
        image, region = (image, moved) if moved.any() else (example.image, region)
        return toned_at_random(image, generator), region


def example_of(record: Record, size: int, image: str, target: str) -> Example:
    """A record in a square of so many pixels; a pixel belongs to the structure where half of it does."""
    slab = slab_of(record, image, (0,), size)
    inside = torch.from_numpy(record.get(target, Mask).labels.astype(bool).astype(np.float32))[None, None]
    share_SS = functional.interpolate(inside, size=(size, size), mode="bilinear", antialias=True)[0, 0].numpy()
    return Example(slab.image_DCSS[0].mean(axis=0), share_SS >= 0.5)


def moved_at_random(image: Pixels, region: Region, generator: np.random.Generator, *, flip: bool = True) -> tuple[Pixels, Region]:
    """Both under the same random turn, scale and shift, and with ``flip`` random flips."""
    for axis in (0, 1):
        if flip and generator.integers(2):
            image, region = np.flip(image, axis), np.flip(region, axis)
    angle, scale = np.deg2rad(generator.uniform(-TURN, TURN)), generator.uniform(*SCALE)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + generator.uniform(-SHIFT, SHIFT, size=2) * image.shape)
    turned = ndimage.affine_transform(np.ascontiguousarray(image), matrix, offset, order=1, mode="nearest")
    inside = ndimage.affine_transform(region.astype(np.float32), matrix, offset, order=1)
    return turned.astype(np.float32), inside > 0.5


def toned_at_random(image: Pixels, generator: np.random.Generator, *, invert: bool = True) -> Pixels:
    """With another contrast, brightness and gamma, sometimes blurred (with ``invert``, sometimes inverted), and with noise."""
    if generator.random() < 0.3:
        image = ndimage.gaussian_filter(image, generator.uniform(0.3, 1.0))
    if invert and generator.random() < 0.2:
        image = 1 - image
    image = np.clip(image, 0, 1) ** np.exp(generator.uniform(-0.4, 0.4))
    image = image * generator.uniform(0.7, 1.3) + generator.uniform(-0.15, 0.15)
    noisy: Pixels = (image + generator.uniform(0, 0.08) * generator.normal(size=image.shape)).astype(np.float32)
    return noisy
