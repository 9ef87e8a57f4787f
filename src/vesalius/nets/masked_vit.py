"""Masked autoencoding of a vision transformer (He et al., CVPR 2022, arXiv 2111.06377)."""

import torch
from torch import Tensor, nn

from vesalius.nets.masked_patches import hide, reconstruction_loss
from vesalius.nets.vit import Block, ViT, sine_positions


class MaskedViT(nn.Module):
    """A vision transformer that sees few patches, and a light decoder that says what the others hold.

    The encoder is given the tokens of the seen patches only, so that hiding nine in ten makes it ten times cheaper. The decoder
    takes what it makes of them, a learned token in place of each hidden patch, and the positions of all.

    Args:
        vit: the encoder; its head is not used.
        channels: of the image.
        ratio: share of the patches that is hidden.
        width: channels of the decoder, a multiple of 4 and of the heads.
        depth: blocks of the decoder.
        heads: of its attention.

    >>> network = MaskedViT(ViT(1, 2, size=16, patch=4, width=8, depth=1, heads=2), 1, ratio=0.75, width=8, depth=1, heads=2)
    >>> network(torch.zeros(2, 1, 16, 16)).shape, network.reconstruct(torch.zeros(2, 1, 16, 16), torch.rand(2, 16) < 0).shape
    (torch.Size([]), torch.Size([2, 16, 16]))
    """

    positions: Tensor

    def __init__(self, vit: ViT, channels: int, *, ratio: float, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.vit, self._ratio = vit, ratio
        self.to_decoder = nn.Linear(vit.features, width)
        self.hidden_token = nn.Parameter(torch.zeros(width).normal_(std=0.02))
        self.register_buffer("positions", sine_positions(vit.side, width))
        self.decoder = nn.Sequential(*(Block(width, heads) for _ in range(depth)), nn.LayerNorm(width))
        self.to_pixels = nn.Linear(width, channels * vit.patch**2)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """The loss of reconstructing a random choice of hidden patches."""
        hidden_BN = hide(len(image_BCHW), self.vit.side**2, self._ratio, image_BCHW.device)
        said_BNP = self.reconstruct(image_BCHW, hidden_BN)
        return reconstruction_loss(said_BNP, image_BCHW, (self.vit.patch, self.vit.patch), hidden_BN)

    def reconstruct(self, image_BCHW: Tensor, hidden_BN: Tensor) -> Tensor:
        """What every patch is said to hold, B×N×P, from those that are not hidden, as many in each image."""
        tokens_BNC = self.vit.embed(image_BCHW)
        seen_BVC = tokens_BNC[~hidden_BN].view(len(tokens_BNC), -1, tokens_BNC.shape[2])
        encoded_BVC = self.to_decoder(self.vit.encode(seen_BVC))
        all_BNC = self.hidden_token.to(encoded_BVC.dtype).expand(*hidden_BN.shape, -1).clone()
        all_BNC[~hidden_BN] = encoded_BVC.flatten(0, 1)
        said_BNP: Tensor = self.to_pixels(self.decoder(all_BNC + self.positions))
        return said_BNP
