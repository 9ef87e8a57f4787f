"""VoCo as a pretext: learn where in its volume a crop is (Wu, Zhuang, Chen, CVPR 2024)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from torch import nn

from vesalius.learners.intensity import Pixels
from vesalius.learners.networks import device, repeatable
from vesalius.learners.scans import resample_image
from vesalius.learners.training import History, Regime, train
from vesalius.nets.encoders import level_widths
from vesalius.nets.volume_contrast import VolumeContrast

Place = tuple[int, ...]


def base_places(grid: Sequence[int], crop: Sequence[int]) -> list[Place]:
    """Where the base crops start, which tile the volume without overlap.

    >>> base_places((2, 1), (8, 16))
    [(0, 0), (8, 0)]
    """
    return [tuple(index * side for index, side in zip(cell, crop)) for cell in product(*map(range, grid))]


def overlap_shares(place: Place, grid: Sequence[int], crop: Sequence[int]) -> NDArray[np.float32]:
    """Which share of a crop that starts there lies in each base crop; inside the grid the shares sum to 1.

    >>> overlap_shares((2, 0), (2, 1), (8, 16)).tolist()
    [0.75, 0.25]
    """
    shares = [
        np.prod([max(0.0, 1 - abs(start - base) / side) for start, base, side in zip(place, other, crop)])
        for other in base_places(grid, crop)
    ]
    return np.array(shares, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumePosition:
    """The pretext of VoCo.

    Attributes:
        encoder: from a network, the part to pretrain; it gives the features of several levels.
        size: voxels that every volume is resampled to; multiples of the grid.
        grid: base crops along each axis; the paper has 4, 4 and 1.
        crops: random crops a volume.
        volumes: a step.
        embedding: numbers that describe a crop.
        regime: how long and how.
        discrepancy: weight of the difference between bases; 0 leaves it out.
    """

    encoder: Callable[[nn.Module], nn.Module]
    size: tuple[int, ...]
    grid: tuple[int, ...]
    crops: int
    volumes: int
    embedding: int
    regime: Regime
    discrepancy: float = 1.0

    @property
    def crop(self) -> tuple[int, ...]:
        """Voxels of a crop along each axis."""
        return tuple(size // count for size, count in zip(self.size, self.grid))

    def __call__(self, network: nn.Module, images_CS: Sequence[Pixels], seed: int) -> History:
        """Train the network's encoder in place."""
        return train(
            self.model(network, len(images_CS[0]), seed),
            loss=lambda model, batch: model(batch),
            draw=self.sampler(images_CS),
            regime=self.regime,
            seed=seed,
            name="pretraining",
        )

    def model(self, network: nn.Module, channels: int, seed: int) -> VolumeContrast:
        """The network's encoder with projector and teacher."""
        encoder = self.encoder(network.to(device()))
        width = sum(level_widths(encoder, self.crop, channels))
        with repeatable(seed):
            return VolumeContrast(encoder, width, embedding=self.embedding, discrepancy=self.discrepancy).to(device())

    def sampler(self, images_CS: Sequence[Pixels]) -> Callable[[np.random.Generator], dict[str, Pixels]]:
        """Draws ``bases`` B×N×C×S, ``crops`` B×M×C×S and ``overlaps`` B×M×N."""
        resampled_CS = [np.asarray(resample_image(image, self.size), dtype=np.float32) for image in images_CS]

        def draw(random: np.random.Generator) -> dict[str, Pixels]:
            drawn = [
                self._of(resampled_CS[int(index)], random) for index in random.integers(len(resampled_CS), size=self.volumes)
            ]
            return {name: np.stack([volume[name] for volume in drawn]) for name in ("bases", "crops", "overlaps")}

        return draw

    def _of(self, image_CS: Pixels, random: np.random.Generator) -> dict[str, Pixels]:
        last = [side * (count - 1) for side, count in zip(self.crop, self.grid)]
        places: list[Place] = [tuple(int(random.integers(most + 1)) for most in last) for _ in range(self.crops)]

        def cut(place: Place) -> Pixels:
            window = tuple(slice(start, start + side) for start, side in zip(place, self.crop))
            contrast, brightness = random.uniform(0.9, 1.1), random.uniform(-0.1, 0.1)
            return (image_CS[(slice(None), *window)] * contrast + brightness).astype(np.float32)

        return {
            "bases": np.stack([cut(place) for place in base_places(self.grid, self.crop)]),
            "crops": np.stack([cut(place) for place in places]),
            "overlaps": np.stack([overlap_shares(place, self.grid, self.crop) for place in places]),
        }
