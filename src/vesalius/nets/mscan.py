"""MSCAN: the encoder of SegNeXt, whose attention is made of convolutions of strips (Guo et al. 2022, arXiv 2209.08575)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

STRIPS = (7, 11, 21)
"""Lengths of the strips, whose pairs of 1 × n and n × 1 stand for wide square kernels at little cost."""

LAYER_SCALE = 0.01
"""What a residual branch is multiplied with at the start."""


class ConvolutionalAttention(nn.Module):
    """MSCA: features multiplied by a map that convolutions make of them, local, and along strips of three lengths.

    The map is a 1 × 1 convolution of the sum of a depthwise 5 × 5 convolution and, of its output, depthwise pairs of strips.

    >>> ConvolutionalAttention(4)(torch.zeros(1, 4, 6, 7)).shape
    torch.Size([1, 4, 6, 7])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.local = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.strips = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, (1, length), padding=(0, length // 2), groups=channels),
                nn.Conv2d(channels, channels, (length, 1), padding=(length // 2, 0), groups=channels),
            )
            for length in STRIPS
        )
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Features of the same size."""
        local_BCHW = self.local(features_BCHW)
        attention_BCHW: Tensor = self.mix(local_BCHW + torch.stack([strip(local_BCHW) for strip in self.strips]).sum(dim=0))
        return attention_BCHW * features_BCHW


class MSCANBlock(nn.Module):
    """Attention between two 1 × 1 convolutions, then a perceptron with a depthwise convolution; each normalised and residual.

    >>> MSCANBlock(4, 2)(torch.zeros(2, 4, 6, 7)).shape
    torch.Size([2, 4, 6, 7])
    """

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        hidden = ratio * channels
        self.attention = nn.Sequential(
            nn.BatchNorm2d(channels), Shortcut(nn.Conv2d(channels, channels, 1), nn.GELU(), ConvolutionalAttention(channels))
        )
        self.perceptron = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, hidden, 1),
            nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden),
            nn.GELU(),
            nn.Conv2d(hidden, channels, 1),
        )
        self.scales_2C11 = nn.Parameter(torch.full((2, channels, 1, 1), LAYER_SCALE))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Features of the same size."""
        attended_BCHW = features_BCHW + self.scales_2C11[0] * self.attention(features_BCHW)
        mixed_BCHW: Tensor = attended_BCHW + self.scales_2C11[1] * self.perceptron(attended_BCHW)
        return mixed_BCHW


class Shortcut(nn.Module):
    """Layers, a last 1 × 1 convolution, and their input added.

    >>> Shortcut(nn.Conv2d(4, 4, 1))(torch.zeros(1, 4, 2, 2)).shape
    torch.Size([1, 4, 2, 2])
    """

    def __init__(self, first: nn.Conv2d, *others: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(first, *others, nn.Conv2d(first.out_channels, first.in_channels, 1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Features of the same size."""
        added_BCHW: Tensor = features_BCHW + self.layers(features_BCHW)
        return added_BCHW


class MSCAN(nn.Module):
    """Four stages of blocks, at 1/4, 1/8, 1/16 and 1/32 of the resolution. Without stochastic depth and pretrained weights.

    Args:
        in_channels: of the image.
        widths: channels of each stage; (32, 64, 160, 256) in the tiny size.
        depths: blocks of each; (3, 3, 5, 2).
        ratios: of the perceptrons' hidden channels to those of the stage; (8, 8, 4, 4).

    >>> [features.shape[1:] for features in MSCAN(3, (4, 8, 12, 16), (1, 1, 1, 1))(torch.zeros(2, 3, 64, 32))]
    [torch.Size([4, 16, 8]), torch.Size([8, 8, 4]), torch.Size([12, 4, 2]), torch.Size([16, 2, 1])]
    """

    def __init__(
        self, in_channels: int, widths: Sequence[int], depths: Sequence[int], ratios: Sequence[int] = (8, 8, 4, 4)
    ) -> None:
        super().__init__()
        stem = nn.Sequential(*_halving(in_channels, widths[0] // 2), nn.GELU(), *_halving(widths[0] // 2, widths[0]))
        self.embeds = nn.ModuleList([stem, *(nn.Sequential(*_halving(above, width)) for above, width in pairwise(widths))])
        self.stages = nn.ModuleList(
            nn.Sequential(*(MSCANBlock(width, ratio) for _ in range(depth)))
            for width, depth, ratio in zip(widths, depths, ratios, strict=True)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths)
        self.apply(_start)

    def forward(self, image_BCHW: Tensor) -> list[Tensor]:
        """Features of each stage, from the finest on."""
        features, outputs = image_BCHW, []
        for embed, stage, norm in zip(self.embeds, self.stages, self.norms):
            features = norm(stage(embed(features)).movedim(1, -1)).movedim(-1, 1)
            outputs.append(features)
        return outputs


def _halving(in_channels: int, out_channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1), nn.BatchNorm2d(out_channels)


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        fan_out = module.weight[0, 0].numel() * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
