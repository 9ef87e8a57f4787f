"""The pretext of Swin UNETR: inpainting, rotation and contrastive coding of sub-volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log2

import numpy as np
from numpy.typing import NDArray
from torch import nn

from vesalius.learners.intensity import Pixels
from vesalius.learners.networks import device, repeatable
from vesalius.learners.sub_volumes import cut_out, random_boxes, random_crop
from vesalius.learners.training import History, Regime, train
from vesalius.nets import proxy_tasks
from vesalius.nets.encoders import level_widths
from vesalius.nets.proxy_tasks import ROTATIONS, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class SwinProxyTasks:
    """Inpainting, rotation and contrastive coding of two views of a sub-volume (Tang et al. 2022).

    Attributes:
        encoder: from a network, the part to pretrain.
        size: voxels of a sub-volume along each axis; the first two are the same, for it is turned in their plane.
        stride: voxels along an axis that a coarsest feature covers.
        batch: sub-volumes a step, each in two views.
        cut: share of a view that is cut out.
        regime: how long and how.
        embedding: numbers that describe a sub-volume.
        temperature: of contrastive coding.
        weights: of the three tasks.
    """

    encoder: Callable[[nn.Module], nn.Module]
    size: tuple[int, int, int]
    stride: int
    batch: int
    regime: Regime
    cut: float = 0.3
    embedding: int = 512
    temperature: float = 0.5
    weights: Weights = field(default_factory=Weights)

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

    def model(self, network: nn.Module, channels: int, seed: int) -> proxy_tasks.ProxyTasks:
        """The network's encoder with a head for each task."""
        encoder = self.encoder(network.to(device()))
        width = level_widths(encoder, self.size, channels)[-1]
        with repeatable(seed):
            return proxy_tasks.ProxyTasks(
                encoder,
                width,
                channels=channels,
                doublings=int(log2(self.stride)),
                embedding=self.embedding,
                temperature=self.temperature,
                weights=self.weights,
            ).to(device())

    def sampler(self, images_CS: Sequence[Pixels]) -> Callable[[np.random.Generator], dict[str, NDArray[np.generic]]]:
        """Draws ``seen`` and ``whole`` 2B×C×S, the first views before the second, and ``turns`` 2B."""

        def draw(random: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = random.integers(len(images_CS), size=self.batch)
            crops = [random_crop(images_CS[int(index)], self.size, random) for index in chosen] * 2
            turns = random.integers(ROTATIONS, size=2 * self.batch)
            whole = [np.rot90(crop, int(turn), axes=(1, 2)) for crop, turn in zip(crops, turns)]
            seen = [cut_out(view, random_boxes(self.size, self.cut, random)) for view in whole]
            return {"seen": np.stack(seen), "whole": np.stack(whole), "turns": turns}

        return draw
