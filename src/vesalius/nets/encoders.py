"""The encoders of segmentation networks on their own: they share the weights of the network that they are of."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.unet import MAX_POOL


class UNetEncoder(nn.Module):
    """The contracting path of a ``UNet``.

    >>> from vesalius.nets.unet import UNet
    >>> encoder = UNetEncoder(UNet(1, 2, (4, 8), dimensions=3))
    >>> [tuple(level.shape) for level in encoder(torch.zeros(1, 1, 8, 8, 8))]
    [(1, 4, 8, 8, 8), (1, 8, 4, 4, 4)]
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.encoders = network.get_submodule("encoders")

    def forward(self, image_BCS: Tensor) -> list[Tensor]:
        """Features of every level, from full resolution down; sides are multiples of the coarsest level's pixels."""
        levels: list[Tensor] = []
        for encoder in self.encoders.children():
            finer = levels[-1] if levels else image_BCS
            levels.append(encoder(MAX_POOL[2 if image_BCS.ndim == 4 else 3](finer, 2) if levels else finer))
        return levels


class SwinEncoder(nn.Module):
    """The Swin transformer of MONAI's ``SwinUNETR``: what Tang et al. 2022 pretrain.

    Args:
        network: a ``monai.networks.nets.SwinUNETR``.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.transformer = network.get_submodule("swinViT")

    def forward(self, image_BCS: Tensor) -> list[Tensor]:
        """Features at a half, a quarter and so on to a thirty-second of the resolution; sides are multiples of 32."""
        levels: list[Tensor] = self.transformer(image_BCS)
        return levels


class SwinSkipEncoder(nn.Module):
    """The Swin transformer with the convolutions of the skip connections: what Wu et al. 2024 (VoCo) pretrain.

    Args:
        network: a ``monai.networks.nets.SwinUNETR``.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.transformer = network.get_submodule("swinViT")
        names = ("encoder1", "encoder2", "encoder3", "encoder4", "encoder10")
        self.skips = nn.ModuleList(network.get_submodule(name) for name in names)

    def forward(self, image_BCS: Tensor) -> list[Tensor]:
        """Features from full resolution down, without the level that the decoder takes from the transformer as it is."""
        states = self.transformer(image_BCS)
        inputs = (image_BCS, states[0], states[1], states[2], states[4])
        return [skip(features) for skip, features in zip(self.skips, inputs, strict=True)]


class PooledLevels(nn.Module):
    """The means over space of every level of an encoder, one after the other: a vector for each image.

    >>> from vesalius.nets.unet import UNet
    >>> PooledLevels(UNetEncoder(UNet(1, 2, (4, 8))))(torch.zeros(3, 1, 8, 8)).shape
    torch.Size([3, 12])
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image_BCS: Tensor) -> Tensor:
        """B × the sum of the levels' channels."""
        return torch.cat([level.flatten(2).mean(dim=2) for level in self.encoder(image_BCS)], dim=1)


def level_widths(encoder: nn.Module, image_S: Sequence[int], channels: int) -> list[int]:
    """Channels of every level of an encoder for images of that size.

    >>> from vesalius.nets.unet import UNet
    >>> level_widths(UNetEncoder(UNet(1, 2, (4, 8))), (8, 8), 1)
    [4, 8]
    """
    parameter = next(encoder.parameters())
    training = encoder.training
    with torch.no_grad():
        levels = encoder.eval()(parameter.new_zeros(1, channels, *image_S))
    encoder.train(training)
    return [level.shape[1] for level in levels]


def cosine(one_NE: Tensor, other_ME: Tensor) -> Tensor:
    """Cosine of the angle of each with each, N×M (of stacks: ... × N × M).

    >>> cosine(torch.tensor([[3.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])).tolist()
    [[1.0, 0.0]]
    """
    return functional.normalize(one_NE, dim=-1) @ functional.normalize(other_ME, dim=-1).mT
