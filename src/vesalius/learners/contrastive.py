"""Momentum contrast as a pretext: tell two views of an image from views of other images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from vesalius.learners.intensity import Pixels
from vesalius.learners.networks import device, repeatable
from vesalius.learners.training import History, Regime, train
from vesalius.learners.views import Range, strong_view
from vesalius.nets.momentum_contrast import MomentumContrast


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentumContrastImages:
    """MoCo v2 (Chen et al. 2020).

    Attributes:
        encoder: from a network, the part to pretrain; it gives feature maps.
        size: pixels along each side of a view.
        batch: images a step.
        regime: how long and how.
        queue: keys kept, a multiple of the batch.
        momentum: share that the slow copy keeps of itself in a step.
        temperature: of the contrast.
        embedding: numbers that describe a view.
        area: of the random resized crop, as shares of the image.
    """

    encoder: Callable[[nn.Module], nn.Module]
    size: int
    batch: int
    regime: Regime
    queue: int
    momentum: float = 0.999
    temperature: float = 0.2
    embedding: int = 128
    area: Range = (0.2, 1.0)

    def __call__(self, network: nn.Module, images_CS: Sequence[Pixels], seed: int) -> History:
        """Train the network's encoder in place."""
        encoder, channels = self.encoder(network.to(device())), len(images_CS[0])
        with torch.no_grad():
            width = encoder.eval()(torch.zeros(1, channels, self.size, self.size, device=device())).shape[1]
        with repeatable(seed):
            model = MomentumContrast(
                encoder,
                width,
                embedding=self.embedding,
                queue=self.queue,
                momentum=self.momentum,
                temperature=self.temperature,
            )

        def draw(random: np.random.Generator) -> tuple[Pixels, Pixels]:
            chosen = [images_CS[index] for index in random.integers(len(images_CS), size=self.batch)]
            one, other = (np.stack([strong_view(image, self.size, self.area, random) for image in chosen]) for _ in range(2))
            return one, other

        return train(model, loss=lambda model, batch: model(batch), draw=draw, regime=self.regime, seed=seed, name="pretraining")
