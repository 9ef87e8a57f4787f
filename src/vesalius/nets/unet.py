"""The U-Net in two and three dimensions, and what networks of its kind share."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Dimensions = Literal[2, 3]
CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORMALISATION = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAX_POOL = {2: functional.max_pool2d, 3: functional.max_pool3d}


class ConvBlock(nn.Module):
    """Two convolutions of extent 3, each with batch normalisation and ReLU; keeps height and width (and depth).

    Batch normalisation, although batches are small: its statistics are of batch × height × width values, thousands for a few
    patches, and at prediction it is a fixed affine map, so that a network trained on patches answers a whole image alike at every
    place. Group and instance normalisation would take their statistics from another field of view than they were trained on.

    >>> ConvBlock(3, 8)(torch.zeros(2, 3, 16, 16)).shape
    torch.Size([2, 8, 16, 16])
    """

    def __init__(self, in_channels: int, out_channels: int, dimensions: Dimensions = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            # The normalisation that follows has the bias.
            convolution = CONVOLUTION[dimensions](channels, out_channels, 3, padding=1, bias=False)
            layers += [convolution, NORMALISATION[dimensions](out_channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, image_BCS: Tensor) -> Tensor:
        """Features of the same size."""
        features: Tensor = self.layers(image_BCS)
        return features


def up_sampler(in_channels: int, out_channels: int, dimensions: Dimensions = 2) -> nn.Module:
    """A transposed convolution that doubles every side, as the UNet++ authors' code has it.

    >>> up_sampler(8, 4)(torch.zeros(1, 8, 5, 5)).shape
    torch.Size([1, 4, 10, 10])
    """
    return TRANSPOSED[dimensions](in_channels, out_channels, 2, stride=2)


def pad_to_multiple(image_BCS: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column (and slice) until every side is a multiple; the original stands at the start of each axis.

    >>> pad_to_multiple(torch.zeros(1, 1, 5, 8), 4).shape
    torch.Size([1, 1, 8, 8])
    """
    missing = [-size % multiple for size in image_BCS.shape[2:]]
    if not any(missing):
        return image_BCS
    # torch names the last axis first.
    return functional.pad(image_BCS, [pad for more in reversed(missing) for pad in (0, more)], mode="replicate")


def crop(padded_BCS: Tensor, like_BCS: Tensor) -> Tensor:
    """The start of each axis, as long as in the other: what ``pad_to_multiple`` was given.

    >>> crop(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 5, 8)).shape
    torch.Size([1, 3, 5, 8])
    """
    for axis, size in enumerate(like_BCS.shape[2:], start=2):
        padded_BCS = padded_BCS.narrow(axis, 0, size)
    return padded_BCS


class UNet(nn.Module):
    """Encoder and decoder with a skip connection at each level.

    Ronneberger et al. 2015 (arXiv 1505.04597); in three dimensions Çiçek et al. 2016 (arXiv 1606.06650).

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        widths: channels of each level, from full resolution down; n widths halve the resolution n - 1 times.
        dimensions: 2 for images, 3 for volumes.

    >>> UNet(1, 3, (4, 8, 16))(torch.zeros(2, 1, 30, 21)).shape
    torch.Size([2, 3, 30, 21])
    """

    def __init__(self, in_channels: int, classes: int, widths: Sequence[int], dimensions: Dimensions = 2) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(ConvBlock(above, width, dimensions) for above, width in pairwise((in_channels, *widths)))
        self.ups = nn.ModuleList(up_sampler(below, width, dimensions) for width, below in pairwise(widths))
        self.decoders = nn.ModuleList(ConvBlock(2 * width, width, dimensions) for width in widths[:-1])
        self.head = CONVOLUTION[dimensions](widths[0], classes, 1)
        self._pool = MAX_POOL[dimensions]

    def forward(self, image_BCS: Tensor) -> Tensor:
        """Logits, B × classes × S, for any size S (H × W, or D × H × W)."""
        features = pad_to_multiple(image_BCS, 2 ** len(self.ups))
        skips: list[Tensor] = []
        for level, encoder in enumerate(self.encoders):
            features = encoder(self._pool(features, 2) if level else features)
            skips.append(features)
        for level in reversed(range(len(self.ups))):
            features = self.decoders[level](torch.cat((skips[level], self.ups[level](features)), dim=1))
        logits_BKS: Tensor = self.head(features)
        return crop(logits_BKS, image_BCS)


def count_parameters(network: nn.Module) -> int:
    """How many numbers training may change.

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def wide_widths(target: int, in_channels: int, classes: int, widths: Sequence[int]) -> tuple[int, ...]:
    """Widths, in about the proportions of those given, whose U-Net has nearest to ``target`` parameters.

    Raises:
        ValueError: if the nearest is more than 2 % off; such widths are too few or too small for a fair comparison.

    >>> wide_widths(9_045_348, 1, 1, (32, 64, 128, 256, 512))
    (35, 69, 138, 276, 553)
    """

    def parameters(candidate: Sequence[int]) -> int:
        with torch.device("meta"):
            return count_parameters(UNet(in_channels, classes, candidate))

    def off(candidate: Sequence[int]) -> int:
        return abs(parameters(candidate) - target)

    scale = (target / parameters(widths)) ** 0.5
    near = [scale * thousandth / 1000 for thousandth in range(900, 1101)]
    candidates = {tuple(max(1, round(width * factor)) for width in widths) for factor in near}
    nearest = min(sorted(candidates), key=off)
    if off(nearest) > 0.02 * target:
        raise ValueError(f"no U-Net in the proportions {tuple(widths)} is within 2 % of {target} parameters; widen the network.")
    return nearest
