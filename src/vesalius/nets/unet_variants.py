"""U-Nets whose blocks are residual, whose skip connections are gated by attention, or both; in two and three dimensions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.unet import (
    CONVOLUTION,
    MAX_POOL,
    NORMALISATION,
    ConvBlock,
    Dimensions,
    UNet,
    crop,
    pad_to_multiple,
    up_sampler,
)

Architecture = Literal["u-net", "deeper-u-net", "res-u-net", "attention-u-net", "attention-res-u-net"]
INTERPOLATION = {2: "bilinear", 3: "trilinear"}


class ResidualBlock(nn.Module):
    """Two convolutions of extent 3 with batch normalisation, added to their input before the last ReLU.

    The input passes a convolution of extent 1 with batch normalisation, for its channels are others (He et al. 2016, arXiv
    1512.03385; in a U-Net, Zhang et al. 2018, arXiv 1711.10684).

    >>> ResidualBlock(3, 8)(torch.zeros(2, 3, 16, 16)).shape
    torch.Size([2, 8, 16, 16])
    """

    def __init__(self, in_channels: int, out_channels: int, dimensions: Dimensions = 2) -> None:
        super().__init__()
        convolution, normalisation = CONVOLUTION[dimensions], NORMALISATION[dimensions]
        self.residual = nn.Sequential(
            convolution(in_channels, out_channels, 3, padding=1, bias=False),
            normalisation(out_channels),
            nn.ReLU(),
            convolution(out_channels, out_channels, 3, padding=1, bias=False),
            normalisation(out_channels),
        )
        self.shortcut = nn.Sequential(convolution(in_channels, out_channels, 1, bias=False), normalisation(out_channels))

    def forward(self, image_BCS: Tensor) -> Tensor:
        """Features of the same size."""
        return functional.relu(self.residual(image_BCS) + self.shortcut(image_BCS))


class AttentionGate(nn.Module):
    """Multiplies a skip connection by what the level below says of each place: sigmoid(psi ReLU(W_x x + W_g g)).

    The additive gate of Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): the skip x is brought to the resolution of the
    gating signal g, which is half as fine, and the coefficients are interpolated back to that of x.

    Args:
        skip_channels: of x.
        gate_channels: of g.
        dimensions: 2 or 3.

    >>> AttentionGate(4, 8)(torch.zeros(1, 4, 6, 6), torch.zeros(1, 8, 3, 3)).shape
    torch.Size([1, 4, 6, 6])
    """

    def __init__(self, skip_channels: int, gate_channels: int, dimensions: Dimensions = 2) -> None:
        super().__init__()
        convolution = CONVOLUTION[dimensions]
        self.of_skip = convolution(skip_channels, skip_channels, 2, stride=2, bias=False)
        self.of_gate = convolution(gate_channels, skip_channels, 1)
        self.psi = convolution(skip_channels, 1, 1)
        self._mode = INTERPOLATION[dimensions]

    def coefficients(self, skip_BCS: Tensor, gate_BCS: Tensor) -> Tensor:
        """B × 1 × S, between 0 and 1, at the resolution of the skip connection."""
        joint_BCS = functional.relu(self.of_skip(skip_BCS) + self.of_gate(gate_BCS))
        coarse_B1S = self.psi(joint_BCS).sigmoid()
        return functional.interpolate(coarse_B1S, skip_BCS.shape[2:], mode=self._mode, align_corners=False)

    def forward(self, skip_BCS: Tensor, gate_BCS: Tensor) -> Tensor:
        """The skip connection, gated."""
        return skip_BCS * self.coefficients(skip_BCS, gate_BCS)


class UNetVariant(nn.Module):
    """A U-Net with residual blocks, attention gates, or both: Res-UNet, Attention U-Net, Attention Res-UNet.

    Everything else is as in ``vesalius.nets.unet.UNet``, so that only the named parts differ.

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        widths: channels of each level, from full resolution down.
        residual: whether blocks are residual.
        attention: whether skip connections are gated by the level below.
        dimensions: 2 for images, 3 for volumes.

    >>> UNetVariant(1, 3, (4, 8), residual=True, attention=True)(torch.zeros(2, 1, 31, 20)).shape
    torch.Size([2, 3, 31, 20])
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        widths: Sequence[int],
        *,
        residual: bool,
        attention: bool,
        dimensions: Dimensions = 2,
    ) -> None:
        super().__init__()
        block = ResidualBlock if residual else ConvBlock
        levels = list(pairwise(widths))
        self.encoders = nn.ModuleList(block(above, width, dimensions) for above, width in pairwise((in_channels, *widths)))
        self.gates = nn.ModuleList(AttentionGate(width, below, dimensions) for width, below in levels) if attention else None
        self.ups = nn.ModuleList(up_sampler(below, width, dimensions) for width, below in levels)
        self.decoders = nn.ModuleList(block(2 * width, width, dimensions) for width in widths[:-1])
        self.head = CONVOLUTION[dimensions](widths[0], classes, 1)
        self._pool = MAX_POOL[dimensions]

    def forward(self, image_BCS: Tensor) -> Tensor:
        """Logits, B × classes × S, for any size S."""
        features = pad_to_multiple(image_BCS, 2 ** len(self.ups))
        skips: list[Tensor] = []
        for level, encoder in enumerate(self.encoders):
            features = encoder(self._pool(features, 2) if level else features)
            skips.append(features)
        for level in reversed(range(len(self.ups))):
            skip = skips[level] if self.gates is None else self.gates[level](skips[level], features)
            features = self.decoders[level](torch.cat((skip, self.ups[level](features)), dim=1))
        logits_BKS: Tensor = self.head(features)
        return crop(logits_BKS, image_BCS)


def network(
    architecture: Architecture, in_channels: int, classes: int, widths: Sequence[int], dimensions: Dimensions = 2
) -> UNet | UNetVariant:
    """The architecture of that name; the deeper U-Net has a level more, twice as wide as the last.

    >>> [len(network(name, 1, 2, (4, 8)).encoders) for name in ("u-net", "deeper-u-net", "attention-res-u-net")]
    [2, 3, 2]
    """
    match architecture:
        case "u-net":
            return UNet(in_channels, classes, widths, dimensions)
        case "deeper-u-net":
            return UNet(in_channels, classes, (*widths, 2 * widths[-1]), dimensions)
        case "res-u-net":
            return UNetVariant(in_channels, classes, widths, residual=True, attention=False, dimensions=dimensions)
        case "attention-u-net":
            return UNetVariant(in_channels, classes, widths, residual=False, attention=True, dimensions=dimensions)
        case "attention-res-u-net":
            return UNetVariant(in_channels, classes, widths, residual=True, attention=True, dimensions=dimensions)
