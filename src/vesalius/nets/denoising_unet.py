"""A small U-Net that knows the time of a diffusion or a flow, for images of 32 to 64 pixels a side."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

_GROUPS = 8
_FREQUENCIES = 32
_FASTEST = 1000.0


def time_features(time_B: Tensor) -> Tensor:
    """Sines and cosines of a time between 0 and 1 at frequencies from 1 to 1000 (Vaswani et al. 2017), B×64.

    >>> time_features(torch.zeros(2)).shape
    torch.Size([2, 64])
    """
    frequencies = torch.exp(torch.linspace(0, math.log(_FASTEST), _FREQUENCIES, device=time_B.device))
    angles = time_B[:, None] * frequencies
    return torch.cat((angles.sin(), angles.cos()), dim=1)


class ResidualBlock(nn.Module):
    """Two convolutions whose features are scaled and shifted by what is embedded: the time, a class, a latent.

    Group normalisation, for the statistics of a batch would mix times. The last convolution begins at zero, so that the block
    begins as the identity (Dhariwal and Nichol 2021).

    >>> ResidualBlock(8, 16, embedded=4)(torch.zeros(2, 8, 6, 6), torch.zeros(2, 4)).shape
    torch.Size([2, 16, 6, 6])
    """

    def __init__(self, in_channels: int, out_channels: int, *, embedded: int) -> None:
        super().__init__()
        self.first_norm = nn.GroupNorm(min(_GROUPS, in_channels), in_channels)
        self.first = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.modulation = nn.Linear(embedded, 2 * out_channels)
        self.second_norm = nn.GroupNorm(min(_GROUPS, out_channels), out_channels)
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip = nn.Identity() if in_channels == out_channels else nn.Conv2d(in_channels, out_channels, 1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features_BCHW: Tensor, embedding_BE: Tensor) -> Tensor:
        """Features of the same size."""
        inner = self.first(functional.silu(self.first_norm(features_BCHW)))
        scale, shift = self.modulation(embedding_BE)[:, :, None, None].chunk(2, dim=1)
        inner = self.second(functional.silu(self.second_norm(inner) * (1 + scale) + shift))
        return self.skip(features_BCHW) + inner  # type: ignore[no-any-return]


class DenoisingUNet(nn.Module):
    """From a noisy image, its time and what is known of it, a field of the image's size: the noise, or a velocity.

    Ho et al. 2020 (arXiv 2006.11239), with the modulation of Dhariwal and Nichol 2021 and without attention. The image is folded
    into patches first, so that the first level works at a fraction of its size.

    Args:
        channels: of the noisy image, and of what is given back.
        widths: channels of each level; n widths halve the folded image n - 1 times.
        image_channels: of an image or mask that the noisy image is seen with; 0 for none.
        vector: numbers that are embedded along with the time, such as a one-hot class or a latent; 0 for none.
        fold: pixels along each side of a patch.

    >>> network = DenoisingUNet(1, (8, 16), image_channels=2, vector=3)
    >>> network(torch.zeros(2, 1, 16, 16), torch.zeros(2), image=torch.zeros(2, 2, 16, 16), vector=torch.zeros(2, 3)).shape
    torch.Size([2, 1, 16, 16])
    """

    def __init__(self, channels: int, widths: Sequence[int], *, image_channels: int = 0, vector: int = 0, fold: int = 2) -> None:
        super().__init__()
        embedded = 2 * widths[-1]
        self.multiple = fold * 2 ** (len(widths) - 1)
        self.time = nn.Sequential(nn.Linear(2 * _FREQUENCIES, embedded), nn.SiLU(), nn.Linear(embedded, embedded))
        self.vector = nn.Linear(vector, embedded) if vector else None
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(fold), nn.Conv2d((channels + image_channels) * fold**2, widths[0], 3, padding=1)
        )
        self.encoders = nn.ModuleList(
            ResidualBlock(above, width, embedded=embedded) for above, width in pairwise((widths[0], *widths))
        )
        self.middle = ResidualBlock(widths[-1], widths[-1], embedded=embedded)
        rising = widths[::-1]
        self.decoders = nn.ModuleList(
            ResidualBlock(below + width, width, embedded=embedded)
            for below, width in zip((rising[0], *rising[:-1]), rising, strict=True)
        )
        self.norm = nn.GroupNorm(min(_GROUPS, widths[0]), widths[0])
        self.head = nn.Sequential(nn.Conv2d(widths[0], channels * fold**2, 3, padding=1), nn.PixelShuffle(fold))

    def forward(self, noisy_BCHW: Tensor, time_B: Tensor, *, image: Tensor | None = None, vector: Tensor | None = None) -> Tensor:
        """The field, B × channels × H × W; the sides are multiples of ``multiple``."""
        embedding = self.time(time_features(time_B))
        if self.vector is not None and vector is not None:
            embedding = embedding + self.vector(vector)
        embedding = functional.silu(embedding)
        features = self.stem(noisy_BCHW if image is None else torch.cat((noisy_BCHW, image), dim=1))
        skips: list[Tensor] = []
        for level, encoder in enumerate(self.encoders):
            features = encoder(functional.avg_pool2d(features, 2) if level else features, embedding)
            skips.append(features)
        features = self.middle(features, embedding)
        for level, decoder in enumerate(self.decoders):
            if level:
                features = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = decoder(torch.cat((features, skips.pop()), dim=1), embedding)
        return self.head(functional.silu(self.norm(features)))  # type: ignore[no-any-return]
