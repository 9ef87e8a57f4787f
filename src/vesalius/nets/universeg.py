"""UniverSeg: a network that reads what is to be segmented from a set of examples (Butoi et al. 2023, arXiv 2304.06131)."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

SUPPORT_CHANNELS = 2
"""Image and mask of a support example."""


class CrossConv(nn.Module):
    """The query beside each support example, through one convolution that all pairs share.

    A convolution of two maps in one stack is the sum of one of each, so that the query's part is computed once.

    >>> CrossConv(4, 2, 8)(torch.zeros(1, 4, 6, 6), torch.zeros(1, 3, 2, 6, 6)).shape
    torch.Size([1, 3, 8, 6, 6])
    """

    def __init__(self, query_channels: int, support_channels: int, channels: int) -> None:
        super().__init__()
        self.of_query = nn.Conv2d(query_channels, channels, 3, padding=1)
        self.of_support = nn.Conv2d(support_channels, channels, 3, padding=1, bias=False)
        # As one convolution of both would be: normal, by all that a pixel sees (He et al. 2015).
        deviation = (2 / (9 * (query_channels + support_channels))) ** 0.5
        for part in (self.of_query, self.of_support):
            nn.init.normal_(part.weight, std=deviation)

    def forward(self, query_BCHW: Tensor, support_BNCHW: Tensor) -> Tensor:
        """The interaction of the query with each example, B×N×C×H×W."""
        interaction_BNCHW: Tensor = self.of_query(query_BCHW)[:, None] + each(self.of_support, support_BNCHW)
        return interaction_BNCHW


class CrossBlock(nn.Module):
    """Query and support set, updated by one another; without regard to the order and number of examples.

    The query becomes the mean of its interactions with the examples, each example its own interaction with the query, and both
    go through a convolution with a leaky ReLU.

    >>> query, support = CrossBlock(4, 2, 8)(torch.zeros(1, 4, 6, 6), torch.zeros(1, 3, 2, 6, 6))
    >>> query.shape, support.shape
    (torch.Size([1, 8, 6, 6]), torch.Size([1, 3, 8, 6, 6]))
    """

    def __init__(self, query_channels: int, support_channels: int, channels: int) -> None:
        super().__init__()
        self.cross = CrossConv(query_channels, support_channels, channels)
        self.query = _convolution(channels)
        self.support = _convolution(channels)

    def forward(self, query_BCHW: Tensor, support_BNCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Both of ``channels`` channels, of the same size."""
        interaction_BNCHW = self.cross(query_BCHW, support_BNCHW)
        return self.query(interaction_BNCHW.mean(dim=1)), each(self.support, interaction_BNCHW)


class PooledBlock(nn.Module):
    """The comparison of ``CrossBlock``: examples know nothing of the query, which is given their mean.

    With the same convolutions, of the same sizes, as in few-shot networks of two branches.

    >>> PooledBlock(4, 2, 8)(torch.zeros(1, 4, 6, 6), torch.zeros(1, 3, 2, 6, 6))[0].shape
    torch.Size([1, 8, 6, 6])
    """

    def __init__(self, query_channels: int, support_channels: int, channels: int) -> None:
        super().__init__()
        self.cross = CrossConv(query_channels, support_channels, channels)
        self.query = _convolution(channels)
        self.support = _convolution(channels)

    def forward(self, query_BCHW: Tensor, support_BNCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Both of ``channels`` channels, of the same size."""
        seen_BNCHW = each(self.cross.of_support, support_BNCHW)
        pooled_BCHW = each(functional.leaky_relu, seen_BNCHW).mean(dim=1)
        return self.query(self.cross.of_query(query_BCHW) + pooled_BCHW), each(self.support, seen_BNCHW)


class UniverSeg(nn.Module):
    """A U-Net whose blocks are CrossBlocks.

    Args:
        widths: channels of each level, from full resolution down.
        block: ``CrossBlock``, or what it is compared with.
        classes: logits a pixel.

    >>> UniverSeg((4, 8))(torch.zeros(2, 1, 16, 16), torch.zeros(2, 5, 2, 16, 16)).shape
    torch.Size([2, 2, 16, 16])
    """

    def __init__(self, widths: Sequence[int], block: type[CrossBlock] | type[PooledBlock] = CrossBlock, classes: int = 2) -> None:
        super().__init__()
        below = list(pairwise(widths))
        first = block(1, SUPPORT_CHANNELS, widths[0])
        self.encoders = nn.ModuleList([first, *(block(above, above, width) for above, width in below)])
        self.decoders = nn.ModuleList(block(width + deep, width + deep, width) for width, deep in below)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, query_BCHW: Tensor, support_BNCHW: Tensor) -> Tensor:
        """Logits of the query, B×classes×H×W.

        Args:
            query_BCHW: one channel; sides that the levels divide.
            support_BNCHW: any number of examples, image and mask.
        """
        query, support = query_BCHW, support_BNCHW
        skips: list[tuple[Tensor, Tensor]] = []
        for level, encoder in enumerate(self.encoders):
            if level:
                query, support = functional.max_pool2d(query, 2), each(_halved, support)
            query, support = encoder(query, support)
            skips.append((query, support))
        for level in reversed(range(len(self.decoders))):
            query_skip, support_skip = skips[level]
            query = torch.cat((_doubled(query), query_skip), dim=1)
            support = torch.cat((each(_doubled, support), support_skip), dim=2)
            query, support = self.decoders[level](query, support)
        logits: Tensor = self.head(query)
        return logits


def each(function: Callable[[Tensor], Tensor], support_BNCHW: Tensor) -> Tensor:
    """A function of images applied to every example of every support set."""
    flat = function(support_BNCHW.flatten(0, 1))
    return flat.reshape(*support_BNCHW.shape[:2], *flat.shape[1:])


def _halved(image_BCHW: Tensor) -> Tensor:
    return functional.max_pool2d(image_BCHW, 2)


def _doubled(image_BCHW: Tensor) -> Tensor:
    return functional.interpolate(image_BCHW, scale_factor=2, mode="bilinear", align_corners=True)


def _convolution(channels: int) -> nn.Module:
    convolution = nn.Conv2d(channels, channels, 3, padding=1)
    nn.init.kaiming_normal_(convolution.weight, 0.01)
    return nn.Sequential(convolution, nn.LeakyReLU(0.01))
