"""MCANet: an MSCAN encoder, and a decoder whose two axial attentions attend to each other."""

from collections.abc import Sequence
from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.mscan import MSCAN, STRIPS
from vesalius.nets.unet import crop, pad_to_multiple

GROUPS = 32


class CrossAxisAttention(nn.Module):
    """MCA: attention over rows and attention over columns side by side, each asked by the features of the other axis.

    Strips of three lengths along each axis are summed to features of the x-axis and of the y-axis. Rows of the x-axis features
    are keys and values, and rows of the y-axis features ask for them; columns the other way round. Queries and keys have unit
    length, and the query is added to what it finds, as in the authors' code, where one 1 × 1 convolution serves all projections.

    Args:
        channels: of the features, a multiple of the heads.
        heads: of attention.

    >>> CrossAxisAttention(8, 2)(torch.zeros(1, 8, 5, 6)).shape
    torch.Size([1, 8, 5, 6])
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.along_x = strips(channels, axis=1)
        self.along_y = strips(channels, axis=0)
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Features of the same size."""
        x_BCHW, y_BCHW = self.axes(features_BCHW)
        rows_BCHW = attend(y_BCHW, x_BCHW, self.heads)
        columns_BCHW = attend(x_BCHW.mT, y_BCHW.mT, self.heads).mT
        attended_BCHW: Tensor = features_BCHW + self.project(rows_BCHW) + self.project(columns_BCHW)
        return attended_BCHW

    def axes(self, features_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """The multi-scale features of the x-axis and of the y-axis."""
        normal_BCHW = self.norm(features_BCHW.movedim(1, -1)).movedim(-1, 1)
        x_BCHW = torch.stack([strip(normal_BCHW) for strip in self.along_x]).sum(dim=0)
        y_BCHW = torch.stack([strip(normal_BCHW) for strip in self.along_y]).sum(dim=0)
        return self.project(x_BCHW), self.project(y_BCHW)


class SequentialAxialAttention(CrossAxisAttention):
    """What MCA is set against: attention over rows, then over columns of what came out, each asked by its own axis's features.

    Of as many parameters as MCA.

    >>> SequentialAxialAttention(8, 2)(torch.zeros(1, 8, 5, 6)).shape
    torch.Size([1, 8, 5, 6])
    """

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Features of the same size."""
        x_BCHW, _ = self.axes(features_BCHW)
        between_BCHW = features_BCHW + self.project(attend(x_BCHW, x_BCHW, self.heads))
        _, y_BCHW = self.axes(between_BCHW)
        attended_BCHW: Tensor = between_BCHW + self.project(attend(y_BCHW.mT, y_BCHW.mT, self.heads).mT)
        return attended_BCHW


class MCANet(nn.Module):
    """MSCAN with a light decoder of cross-axis attention.

    The three coarser stages are squeezed together at 1/4 of the resolution and attended; depthwise separable convolutions join
    them with the finest stage, and the logits are enlarged to the image.

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        widths, depths: of the encoder's four stages; (32, 64, 160, 256) and (3, 3, 5, 2) in the tiny size, of 4 M parameters.
        heads: of attention; they divide the second width.
        attention: makes the decoder's attention of channels and heads; by default MCA.

    >>> MCANet(1, 3, (4, 8, 12, 16), (1, 1, 1, 1), heads=2)(torch.zeros(2, 1, 33, 50)).shape
    torch.Size([2, 3, 33, 50])
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        widths: Sequence[int],
        depths: Sequence[int],
        *,
        heads: int = 8,
        attention: type[CrossAxisAttention] = CrossAxisAttention,
    ) -> None:
        super().__init__()
        finest, second, _, coarsest = widths
        self.encoder = MSCAN(in_channels, widths, depths)
        self.squeeze = normalised(nn.Conv2d(sum(widths[1:]), second, 1, bias=False))
        self.attention = attention(second, heads)
        self.join = nn.Sequential(*separable(second + finest, coarsest), *separable(coarsest, coarsest))
        self.align = normalised(nn.Conv2d(coarsest, finest, 1, bias=False))
        self.head = nn.Conv2d(finest, classes, 1)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits, B × classes × H × W, for any height and width."""
        padded_BCHW = pad_to_multiple(image_BCHW, 32)
        finest, *coarser = self.encoder(padded_BCHW)
        size = finest.shape[2:]
        enlarged = [functional.interpolate(features, size, mode="bilinear", align_corners=False) for features in coarser]
        attended = self.attention(self.squeeze(torch.cat(enlarged, dim=1)))
        logits_BKHW = self.head(self.align(self.join(torch.cat((attended, finest), dim=1))))
        whole_BKHW = functional.interpolate(logits_BKHW, padded_BCHW.shape[2:], mode="bilinear", align_corners=False)
        return crop(whole_BKHW, image_BCHW)


def attend(query_BCHW: Tensor, keys_BCHW: Tensor, heads: int) -> Tensor:
    """Each row of the query finds rows of the other image, which are keys and values alike; found rows plus the query's.

    A row is one vector of width × channels / heads. Queries and keys have length 1, so that a row is found by its direction.

    >>> rows = torch.eye(3)[None, None]
    >>> torch.equal(attend(torch.zeros(1, 1, 3, 3), rows, 1), torch.full((1, 1, 3, 3), 1 / 3))
    True
    """
    query, values = _rows(query_BCHW, heads), _rows(keys_BCHW, heads)
    query, keys = functional.normalize(query, dim=-1), functional.normalize(values, dim=-1)
    found = (query @ keys.mT).softmax(dim=-1) @ values + query
    batch, channels, height, width = query_BCHW.shape
    return found.reshape(batch, heads, height, channels // heads, width).transpose(2, 3).reshape(query_BCHW.shape)


def _rows(features_BCHW: Tensor, heads: int) -> Tensor:
    """Batch × heads × height × (channels / heads · width)."""
    batch, channels, height, width = features_BCHW.shape
    return features_BCHW.reshape(batch, heads, channels // heads, height, width).transpose(2, 3).flatten(3)


def strips(channels: int, *, axis: int) -> nn.ModuleList:
    """Depthwise convolutions of strips along one axis of an image, one of each length.

    >>> [strip.kernel_size for strip in strips(4, axis=1)]
    [(1, 7), (1, 11), (1, 21)]
    """
    sizes = [(length, 1) if axis == 0 else (1, length) for length in STRIPS]
    return nn.ModuleList(
        nn.Conv2d(channels, channels, size, padding=(size[0] // 2, size[1] // 2), groups=channels) for size in sizes
    )


def normalised(convolution: nn.Conv2d) -> nn.Sequential:
    """A convolution with group normalisation, of 32 groups where the channels allow, and ReLU.

    >>> normalised(nn.Conv2d(4, 48, 1))[1].num_groups
    16
    """
    channels = convolution.out_channels
    return nn.Sequential(convolution, nn.GroupNorm(gcd(GROUPS, channels), channels), nn.ReLU())


def separable(in_channels: int, out_channels: int) -> tuple[nn.Sequential, nn.Sequential]:
    """A depthwise 3 × 3 and a 1 × 1 convolution, each normalised.

    >>> nn.Sequential(*separable(4, 8))(torch.zeros(1, 4, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """
    depthwise = nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False)
    return normalised(depthwise), normalised(nn.Conv2d(in_channels, out_channels, 1, bias=False))
