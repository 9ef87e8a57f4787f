"""UNet++: a U-Net whose skip connections are nested and dense (Zhou et al. 2018, arXiv 1807.10165)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.unet import ConvBlock, pad_to_multiple, up_sampler


class UNetPlusPlus(nn.Module):
    """Nodes X^{i,j} at level i (resolution halved i times) and place j along the skip pathway.

    X^{i,0} is the encoder. For j > 0, X^{i,j} = H([X^{i,0}, ..., X^{i,j-1}, U(X^{i+1,j-1})]): all predecessors of its level, and
    the node below up-sampled (equation 1 of the paper). A 1×1 convolution on each of X^{0,1} to X^{0,L} gives logits (deep
    supervision).

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        widths: channels of each level, from full resolution down; n widths make depth L = n - 1.

    >>> network = UNetPlusPlus(1, 3, (4, 8, 16))
    >>> [tuple(logits.shape) for logits in network(torch.zeros(2, 1, 30, 21))]
    [(2, 3, 30, 21), (2, 3, 30, 21)]
    >>> network.eval()(torch.zeros(2, 1, 30, 21)).shape
    torch.Size([2, 3, 30, 21])
    """

    def __init__(self, in_channels: int, classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.depth = len(widths) - 1
        self.nodes = nn.ModuleDict()
        self.ups = nn.ModuleDict()
        for level, width in enumerate(widths):
            self.nodes[name(level, 0)] = ConvBlock(widths[level - 1] if level else in_channels, width)
            for place in range(1, self.depth - level + 1):
                self.ups[name(level, place)] = up_sampler(widths[level + 1], width)
                self.nodes[name(level, place)] = ConvBlock((place + 1) * width, width)
        self.heads = nn.ModuleList(nn.Conv2d(widths[0], classes, 1) for _ in range(self.depth))

    def forward(self, image_BCHW: Tensor) -> Tensor | list[Tensor]:
        """In training, the logits of every head; at prediction the accurate mode, the log of the heads' mean probabilities."""
        logits = self._supervised(image_BCHW, self.depth, tuple(range(1, self.depth + 1)))
        if self.training:
            return logits
        log_probabilities = torch.stack([functional.log_softmax(head, dim=1) for head in logits])
        return torch.logsumexp(log_probabilities, dim=0) - torch.log(torch.tensor(float(self.depth)))

    def predict_pruned(self, image_BCHW: Tensor, depth: int) -> Tensor:
        """The fast mode, UNet++ L^d: logits of head d from the nodes that it needs, i + j ≤ d; no other is computed.

        >>> UNetPlusPlus(1, 2, (4, 8, 16)).predict_pruned(torch.zeros(1, 1, 8, 8), depth=1).shape
        torch.Size([1, 2, 8, 8])
        """
        return self._supervised(image_BCHW, depth, (depth,))[0]

    def _supervised(self, image_BCHW: Tensor, depth: int, supervised: Sequence[int]) -> list[Tensor]:
        """Logits of the heads named, from the nodes with i + j ≤ depth."""
        height, width = image_BCHW.shape[-2:]
        pathways: list[list[Tensor]] = []
        # The encoder's next node, then the diagonal that it makes possible: L^d is what the first d + 1 rounds compute.
        for bottom in range(depth + 1):
            entering = functional.max_pool2d(pathways[-1][0], 2) if bottom else pad_to_multiple(image_BCHW, 2**self.depth)
            pathways.append([self.nodes[name(bottom, 0)](entering)])
            for place in range(1, bottom + 1):
                level = bottom - place
                below = self.ups[name(level, place)](pathways[level + 1][place - 1])
                pathways[level].append(self.nodes[name(level, place)](torch.cat((*pathways[level], below), dim=1)))
        return [self.heads[place - 1](pathways[0][place])[..., :height, :width] for place in supervised]


def name(level: int, place: int) -> str:
    """The key of node X^{level,place}.

    >>> name(0, 4)
    'x0_4'
    """
    return f"x{level}_{place}"
