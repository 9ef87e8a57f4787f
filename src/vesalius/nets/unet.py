"""The two-dimensional U-Net, and what networks of its kind share."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBlock(nn.Module):
    """Two 3×3 convolutions, each with batch normalisation and ReLU; keeps height and width.

    Batch normalisation, although batches are small: its statistics are of batch × height × width values, thousands for a few
    patches, and at prediction it is a fixed affine map, so that a network trained on patches answers a whole image alike at every
    place. Group and instance normalisation would take their statistics from another field of view than they were trained on.

    >>> ConvBlock(3, 8)(torch.zeros(2, 3, 16, 16)).shape
    torch.Size([2, 8, 16, 16])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            # The normalisation that follows has the bias.
            layers += [nn.Conv2d(channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Features of the same height and width."""
        features: Tensor = self.layers(image_BCHW)
        return features


def up_sampler(in_channels: int, out_channels: int) -> nn.Module:
    """A transposed convolution that doubles height and width, as the UNet++ authors' code has it.

    >>> up_sampler(8, 4)(torch.zeros(1, 8, 5, 5)).shape
    torch.Size([1, 4, 10, 10])
    """
    return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)


def pad_to_multiple(image_BCHW: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until height and width are multiples; the original is the top left part.

    >>> pad_to_multiple(torch.zeros(1, 1, 5, 8), 4).shape
    torch.Size([1, 1, 8, 8])
    """
    below, right = -image_BCHW.shape[-2] % multiple, -image_BCHW.shape[-1] % multiple
    return functional.pad(image_BCHW, (0, right, 0, below), mode="replicate") if below or right else image_BCHW


class UNet(nn.Module):
    """Encoder and decoder with a skip connection at each level (Ronneberger et al. 2015, arXiv 1505.04597).

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        widths: channels of each level, from full resolution down; n widths halve the resolution n - 1 times.

    >>> UNet(1, 3, (4, 8, 16))(torch.zeros(2, 1, 30, 21)).shape
    torch.Size([2, 3, 30, 21])
    """

    def __init__(self, in_channels: int, classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(ConvBlock(above, width) for above, width in pairwise((in_channels, *widths)))
        self.ups = nn.ModuleList(up_sampler(below, width) for width, below in pairwise(widths))
        self.decoders = nn.ModuleList(ConvBlock(2 * width, width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits, B × classes × H × W, for any height and width."""
        height, width = image_BCHW.shape[-2:]
        features = pad_to_multiple(image_BCHW, 2 ** len(self.ups))
        skips: list[Tensor] = []
        for level, encoder in enumerate(self.encoders):
            features = encoder(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        for level in reversed(range(len(self.ups))):
            features = self.decoders[level](torch.cat((skips[level], self.ups[level](features)), dim=1))
        logits_BKHW: Tensor = self.head(features)
        return logits_BKHW[..., :height, :width]


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
