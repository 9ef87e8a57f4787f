"""Tasks that no one annotated: images made from random label maps, of which one label is the structure (SynthMorph's way)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vesalius.learners.task_examples import Example

LABELS = (3, 9)
"""Labels of a map, at least and at most."""
MOVE = 0.06
"""Deviation of the field that deforms the map for each example, as a share of a side."""


def synthetic_task(count: int, side: int, generator: np.random.Generator) -> list[Example]:
    """Examples of one task: deformed copies of one random label map, each label about as bright in all, with noise.

    The map has at each pixel the greatest of several smooth random fields.

    >>> examples = synthetic_task(3, 32, np.random.default_rng(0))
    >>> len(examples), examples[0].image.shape, all(example.region.any() for example in examples)
    (3, (32, 32), True)
    """
    labels = int(generator.integers(*LABELS))
    smooth = generator.uniform(0.06, 0.18) * side
    fields = np.stack([_unit(ndimage.gaussian_filter(generator.normal(size=(side, side)), smooth)) for _ in range(labels)])
    map_SS, levels = fields.argmax(axis=0), generator.uniform(0, 1, size=labels)
    chosen = generator.choice(map_SS.reshape(-1))
    return [_example(map_SS, levels, chosen, generator) for _ in range(count)]


def _example(map_SS: NDArray[np.intp], levels: NDArray[np.float64], chosen: np.intp, generator: np.random.Generator) -> Example:
    side = len(map_SS)
    axes = np.mgrid[:side, :side]
    moves = [MOVE * side * _unit(ndimage.gaussian_filter(generator.normal(size=(side, side)), side / 8)) for _ in range(2)]
    places = [np.clip(np.rint(axis + move), 0, side - 1).astype(int) for axis, move in zip(axes, moves)]
    moved_SS = map_SS[tuple(places)]
    # A structure that the deformation drove out stays where the map has it.
    moved_SS = moved_SS if (moved_SS == chosen).any() else map_SS
    brightness = np.clip(levels + 0.05 * generator.normal(size=levels.shape), 0, 1)
    image = ndimage.gaussian_filter(brightness[moved_SS], generator.uniform(0.3, 1.0))
    noisy = image + generator.uniform(0.02, 0.1) * generator.normal(size=image.shape)
    return Example(noisy.astype(np.float32), moved_SS == chosen)


def _unit(field: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = (field - field.mean()) / max(float(field.std()), 1e-9)
    return unit
