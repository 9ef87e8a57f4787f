"""Images cut into patches of which most are hidden, and how a reconstruction of the hidden ones is judged."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

_EPSILON = 1e-6


def patchify(image_BCS: Tensor, patch: Sequence[int]) -> Tensor:
    """Patches that tile the image, B×N×P, in row-major order; P is channels × pixels of a patch.

    >>> patchify(torch.arange(8.0).view(1, 1, 2, 4), (2, 2)).tolist()
    [[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]
    """
    axes = len(patch)
    sides = [part for side, length in zip(image_BCS.shape[2:], patch) for part in (side // length, length)]
    cells, pixels = range(2, 2 + 2 * axes, 2), range(3, 3 + 2 * axes, 2)
    split = image_BCS.reshape(*image_BCS.shape[:2], *sides).permute(0, *cells, 1, *pixels)
    return split.flatten(1 + axes).flatten(1, axes)


def unpatchify(patches_BNP: Tensor, patch: Sequence[int], size: Sequence[int]) -> Tensor:
    """The image of that size, B×C×S, that ``patchify`` cut.

    >>> image = torch.arange(16.0).view(1, 2, 2, 4)
    >>> bool((unpatchify(patchify(image, (2, 2)), (2, 2), (2, 4)) == image).all())
    True
    """
    axes, cells = len(patch), [side // length for side, length in zip(size, patch)]
    channels = patches_BNP.shape[2] // prod(patch)
    split = patches_BNP.reshape(len(patches_BNP), *cells, channels, *patch)
    order = [index for axis in range(axes) for index in (1 + axis, 2 + axes + axis)]
    return split.permute(0, 1 + axes, *order).reshape(len(patches_BNP), channels, *size)


def hide(batch: int, count: int, ratio: float, device: torch.device) -> Tensor:
    """Which patches are hidden, B×N booleans: in each image the same number, drawn anew.

    >>> hide(2, 10, 0.9, torch.device("cpu")).sum(dim=1).tolist()
    [9, 9]
    """
    hidden = round(count * ratio)
    order_BN = torch.rand(batch, count, device=device).argsort(dim=1)
    return order_BN.argsort(dim=1) < hidden


def normalised(patches_BNP: Tensor) -> Tensor:
    """Each patch with mean 0 and variance 1 of its own pixels: what is to be reconstructed (He et al. 2022, section 4.1).

    >>> normalised(torch.tensor([[[1.0, 3.0, 5.0]]])).round(decimals=3).tolist()
    [[[-1.0, 0.0, 1.0]]]
    """
    return (patches_BNP - patches_BNP.mean(dim=-1, keepdim=True)) / (patches_BNP.var(dim=-1, keepdim=True) + _EPSILON).sqrt()


def reconstruction_loss(said_BNP: Tensor, image_BCS: Tensor, patch: Sequence[int], hidden_BN: Tensor) -> Tensor:
    """Mean squared error of the hidden patches, each normalised by itself; nothing is asked of those that are seen.

    >>> image = torch.tensor([[[[1.0, 3.0, 5.0, 9.0]]]])
    >>> loss = reconstruction_loss(torch.zeros(1, 2, 2), image, (1, 2), torch.tensor([[True, False]]))
    >>> round(float(loss), 3)
    0.5
    """
    error_BN = (said_BNP - normalised(patchify(image_BCS, patch))).square().mean(dim=-1)
    return (error_BN * hidden_BN).sum() / hidden_BN.sum()


class MaskedBlocks(nn.Module):
    """Masked autoencoding for an encoder that needs a whole grid, such as convolutions or shifted windows.

    Hidden blocks are set to 0, the mean of standardised intensities; a linear layer on the coarsest features says what was there.
    A block is what one coarsest pixel covers. This is SimMIM (Xie et al. 2022) with the target of He et al. 2022.

    Args:
        encoder: gives features of several levels.
        width: channels of its coarsest level.
        block: pixels of a block along each axis.
        channels: of the image.
        ratio: share of the blocks that is hidden.
    """

    def __init__(self, encoder: nn.Module, width: int, *, block: Sequence[int], channels: int, ratio: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, channels * prod(block))
        self._block, self._ratio = tuple(block), ratio

    def forward(self, image_BCS: Tensor) -> Tensor:
        """The loss of reconstructing a random choice of hidden blocks."""
        patches_BNP = patchify(image_BCS, self._block)
        hidden_BN = hide(len(patches_BNP), patches_BNP.shape[1], self._ratio, image_BCS.device)
        return reconstruction_loss(self.reconstruct(image_BCS, hidden_BN), image_BCS, self._block, hidden_BN)

    def reconstruct(self, image_BCS: Tensor, hidden_BN: Tensor) -> Tensor:
        """What each block is said to hold, B×N×P, from those that are not hidden."""
        seen_BNP = patchify(image_BCS, self._block) * ~hidden_BN[..., None]
        coarsest = self.encoder(unpatchify(seen_BNP, self._block, image_BCS.shape[2:]))[-1]
        said_BNP: Tensor = self.head(coarsest.flatten(2).mT)
        return said_BNP
