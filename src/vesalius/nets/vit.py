"""A small vision transformer."""

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """Self-attention and a two-layer perceptron, each normalised before and added to its input."""

    def __init__(self, width: int, heads: int, expansion: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width))

    def forward(self, tokens_BNC: Tensor) -> Tensor:
        """Tokens of the same shape."""
        batch, count, width = tokens_BNC.shape
        qkv = self.to_qkv(self.norm_attention(tokens_BNC)).view(batch, count, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        tokens_BNC = tokens_BNC + self.project(attended.transpose(1, 2).reshape(batch, count, width))
        output: Tensor = tokens_BNC + self.mlp(self.norm_mlp(tokens_BNC))
        return output


def sine_positions(side: int, width: int) -> Tensor:
    """Fixed positions of side × side patches, half of the channels by row and half by column, 1 × side² × width.

    As in the masked autoencoder (He et al. 2022, arXiv 2111.06377).

    Raises:
        ValueError: if the width is not a multiple of 4.

    >>> sine_positions(3, 8).shape
    torch.Size([1, 9, 8])
    """
    if width % 4:
        raise ValueError(f"width {width}: positions by row and column, sine and cosine, need a multiple of 4.")
    frequencies = 10_000 ** (-torch.arange(width // 4) / (width / 4))
    angles = torch.arange(side)[:, None] * frequencies
    line = torch.cat((angles.sin(), angles.cos()), dim=1)
    rows, columns = line[:, None].expand(side, side, -1), line[None].expand(side, side, -1)
    return torch.cat((rows, columns), dim=2).reshape(1, side * side, width)


class ViT(nn.Module):
    """Patches as tokens, transformer blocks, and a linear layer on the mean of the tokens.

    Dosovitskiy et al. 2021 (arXiv 2010.11929), with fixed positions and without a class token, as masked autoencoders are
    fine-tuned with global pooling.

    Args:
        in_channels: of the image.
        classes: how many logits.
        size: pixels along each side of the image, which is square.
        patch: along each side of a patch.
        width: channels of a token, a multiple of 4 and of the heads.
        depth: number of blocks.
        heads: of the attention.

    >>> network = ViT(1, 3, size=32, patch=8, width=16, depth=2, heads=2)
    >>> network(torch.zeros(2, 1, 32, 32)).shape, network.embed(torch.zeros(2, 1, 32, 32)).shape
    (torch.Size([2, 3]), torch.Size([2, 16, 16]))
    """

    positions: Tensor

    def __init__(self, in_channels: int, classes: int, *, size: int, patch: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.patch, self.side, self.features = patch, size // patch, width
        self.to_tokens = nn.Conv2d(in_channels, width, patch, patch)
        self.register_buffer("positions", sine_positions(self.side, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def embed(self, image_BCHW: Tensor) -> Tensor:
        """The patches as tokens with their positions, B × N × width, row by row."""
        tokens: Tensor = self.to_tokens(image_BCHW).flatten(2).transpose(1, 2)
        return tokens + self.positions

    def encode(self, tokens_BNC: Tensor) -> Tensor:
        """Through all blocks and the last normalisation; any number of tokens."""
        for block in self.blocks:
            tokens_BNC = block(tokens_BNC)
        encoded: Tensor = self.norm(tokens_BNC)
        return encoded

    def maps(self, image_BCHW: Tensor) -> Tensor:
        """The encoded tokens at their places, B × width × side × side."""
        tokens_BNC = self.encode(self.embed(image_BCHW))
        return tokens_BNC.transpose(1, 2).reshape(len(tokens_BNC), -1, self.side, self.side)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits, B × classes."""
        logits_BK: Tensor = self.head(self.maps(image_BCHW).mean(dim=(2, 3)))
        return logits_BK
