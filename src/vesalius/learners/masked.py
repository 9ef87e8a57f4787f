"""Masked autoencoding as a pretext: say what was hidden, from the little that is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.intensity import Pixels
from vesalius.learners.networks import device, repeatable
from vesalius.learners.sub_volumes import random_crop
from vesalius.learners.training import History, Regime, train
from vesalius.learners.views import Range, random_resized_crop
from vesalius.nets.encoders import level_widths
from vesalius.nets.masked_patches import MaskedBlocks
from vesalius.nets.masked_vit import MaskedViT
from vesalius.nets.vit import ViT


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedImages:
    """Masked autoencoding of a vision transformer (He et al. 2022), as Xiao et al. 2023 do it with radiographs by default.

    Attributes:
        batch: images a step.
        regime: how long and how.
        width, depth, heads: of the decoder.
        ratio: share of the patches that is hidden; 0.75 is usual for photographs.
        area: of the random resized crop, as shares of the image; 0.2 to 1 is usual for photographs.
    """

    batch: int
    regime: Regime
    width: int
    depth: int
    heads: int
    ratio: float = 0.9
    area: Range = (0.5, 1.0)

    def __call__(self, network: nn.Module, images_CS: Sequence[Pixels], seed: int) -> History:
        """Train the transformer in place, but for its head.

        Raises:
            UserError: if the network is another.
        """
        if not isinstance(network, ViT):
            raise UserError(f"Patches are masked for a ViT, not a {type(network).__name__}; MaskedVolumes takes other encoders.")
        with repeatable(seed):
            decoder = {"width": self.width, "depth": self.depth, "heads": self.heads}
            model = MaskedViT(network, len(images_CS[0]), ratio=self.ratio, **decoder)
        size = network.side * network.patch

        def draw(random: np.random.Generator) -> Pixels:
            chosen = random.integers(len(images_CS), size=self.batch)
            return np.stack(
                [_mirrored(random_resized_crop(images_CS[index], size, self.area, random), random) for index in chosen]
            )

        return _pretrain(model, draw, self.regime, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedVolumes:
    """Masked autoencoding of sub-volumes by an encoder of convolutions or shifted windows (SimMIM, Xie et al. 2022).

    Attributes:
        encoder: from a network, the part to pretrain; it gives the features of several levels.
        size: voxels of a sub-volume along each axis.
        stride: voxels along an axis that a coarsest feature covers, which is the size of a block.
        batch: sub-volumes a step.
        regime: how long and how.
        ratio: share of the blocks that is hidden.
    """

    encoder: Callable[[nn.Module], nn.Module]
    size: tuple[int, ...]
    stride: int
    batch: int
    regime: Regime
    ratio: float = 0.75

    def __call__(self, network: nn.Module, images_CS: Sequence[Pixels], seed: int) -> History:
        """Train the network's encoder in place."""
        encoder, channels = self.encoder(network.to(device())), len(images_CS[0])
        width, block = level_widths(encoder, self.size, channels)[-1], (self.stride,) * len(self.size)
        with repeatable(seed):
            model = MaskedBlocks(encoder, width, block=block, channels=channels, ratio=self.ratio)

        def draw(random: np.random.Generator) -> Pixels:
            chosen = random.integers(len(images_CS), size=self.batch)
            return np.stack([random_crop(images_CS[index], self.size, random) for index in chosen])

        return _pretrain(model, draw, self.regime, seed)


def _mirrored(image_CHW: Pixels, random: np.random.Generator) -> Pixels:
    return image_CHW[:, :, ::-1] if random.integers(2) else image_CHW


def _pretrain(model: nn.Module, draw: Callable[[np.random.Generator], Pixels], regime: Regime, seed: int) -> History:
    return train(model, loss=lambda model, batch: model(batch), draw=draw, regime=regime, seed=seed, name="pretraining")
