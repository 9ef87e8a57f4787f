"""A small residual network for images."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around which the input is added (He et al. 2016, arXiv 1512.03385)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False), nn.BatchNorm2d(out_channels))
        changes = stride > 1 or in_channels != out_channels
        shortcut = [nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)] if changes else []
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Features of the size divided by the stride."""
        return functional.relu(self.shortcut(image_BCHW) + self.second(self.first(image_BCHW)))


class ResNet(nn.Module):
    """Residual blocks, mean over all places, and a linear layer.

    Args:
        in_channels: of the image.
        classes: how many logits.
        widths: channels of each stage; each but the first halves height and width.
        blocks: in each stage.

    >>> import torch
    >>> network = ResNet(1, 3, widths=(8, 16))
    >>> network(torch.zeros(2, 1, 20, 20)).shape, network.maps(torch.zeros(2, 1, 20, 20)).shape
    (torch.Size([2, 3]), torch.Size([2, 16, 5, 5]))
    """

    def __init__(self, in_channels: int, classes: int, *, widths: Sequence[int], blocks: int = 1) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(in_channels, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.stages = nn.ModuleList(
            nn.Sequential(
                ResidualBlock(above, width, 1 if place == 0 else 2), *(ResidualBlock(width, width, 1) for _ in range(blocks - 1))
            )
            for place, (above, width) in enumerate(pairwise((widths[0], *widths)))
        )
        self.features = widths[-1]
        self.head = nn.Linear(widths[-1], classes)

    def maps(self, image_BCHW: Tensor) -> Tensor:
        """Features of the last stage, with their places."""
        features: Tensor = self.stem(image_BCHW)
        for stage in self.stages:
            features = stage(features)
        return features

    def encode(self, image_BCHW: Tensor) -> Tensor:
        """One vector an image."""
        return self.maps(image_BCHW).mean(dim=(2, 3))

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits, B × classes."""
        logits_BK: Tensor = self.head(self.encode(image_BCHW))
        return logits_BK
