"""A U-Net of tokens whose blocks are of attention in windows."""

from functools import cache
from itertools import takewhile
from typing import cast

import torch
from torch import Tensor, nn

from vesalius.nets.unet import count_parameters
from vesalius.nets.vm_unet import VMUNet

WINDOW = 7
HEAD = 32
"""Channels of an attention head; a head has all channels where these are fewer."""


class WindowBlock(nn.Module):
    """Attention among the tokens of a window of 7 × 7, then a perceptron of one hidden layer; each normalised and residual.

    Swin Transformer (Liu et al. 2021, arXiv 2103.14030), the block as MONAI has it. Every second block of a stage shifts its
    windows by half, so that neighbouring windows meet.

    Args:
        channels: of the tokens.
        place: of the block in its stage; odd ones are shifted.
        heads: of attention; they divide the channels.
        ratio: of the perceptron's hidden width to the channels.

    >>> WindowBlock(8, 1, heads=2, ratio=4)(torch.zeros(1, 9, 10, 8)).shape
    torch.Size([1, 9, 10, 8])
    """

    def __init__(self, channels: int, place: int, *, heads: int, ratio: float) -> None:
        super().__init__()
        from monai.networks.nets.swin_unetr import SwinTransformerBlock

        shift = WINDOW // 2 if place % 2 else 0
        self.block = SwinTransformerBlock(channels, heads, (WINDOW, WINDOW), (shift, shift), mlp_ratio=ratio)

    def forward(self, tokens_BHWC: Tensor) -> Tensor:
        """Tokens of the same shape."""
        from monai.networks.nets.swin_unetr import compute_mask, get_window_size

        size = tokens_BHWC.shape[1:3]
        window, shift = get_window_size(size, self.block.window_size, self.block.shift_size)
        padded = tuple(-(-side // step) * step for side, step in zip(size, window))
        mask = compute_mask(padded, window, shift, tokens_BHWC.device) if any(shift) else None
        return cast(Tensor, self.block(tokens_BHWC, mask))


def swin_unet(in_channels: int, classes: int, *, parameters: int, widths: tuple[int, ...] = tuple(range(16, 129, 8))) -> VMUNet:
    """VM-UNet with blocks of attention in windows in place of its own, of about so many parameters.

    A transformer in the same skeleton, like Swin-Unet (Cao et al. 2021, arXiv 2105.05537). The hidden width of the perceptrons is
    what makes the number of parameters come out; of the widths, that which brings it nearest to 4 times the channels is taken.

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        parameters: of the whole network.
        widths: that the first stage may have, rising; narrower ones leave a pixel less than 4 channels at the end.

    Raises:
        ValueError: if no width has so few parameters.

    >>> abs(count_parameters(swin_unet(1, 2, parameters=900_000)) / 900_000 - 1) < 0.01
    True
    """
    return _network(in_channels, classes, *_shape(in_channels, classes, parameters, widths))


def _network(in_channels: int, classes: int, width: int, ratio: float) -> VMUNet:
    heads = width // HEAD if width >= HEAD and width % (width // HEAD) == 0 else 1

    def block(channels: int, place: int) -> WindowBlock:
        return WindowBlock(channels, place, heads=heads * channels // width, ratio=ratio)

    return VMUNet(in_channels, classes, width=width, block=block)


@cache
def _shape(in_channels: int, classes: int, parameters: int, widths: tuple[int, ...]) -> tuple[int, float]:
    """The width, and the ratio of the perceptrons, of a network of so many parameters."""

    def ratio_of(width: int) -> float:
        with torch.device("meta"):
            one, two = (count_parameters(_network(in_channels, classes, width, ratio)) for ratio in (1, 2))
        return 1 + (parameters - one) / (two - one)

    # At least half as wide as the tokens: a narrower perceptron is not one that anybody would use.
    ratios = dict(takewhile(lambda pair: pair[1] >= 0.5, ((width, ratio_of(width)) for width in widths)))
    if not ratios:
        raise ValueError(f"a network of {parameters} parameters is narrower than {min(widths)} channels; give it more.")
    width = min(ratios, key=lambda width: abs(ratios[width] - 4))
    return width, ratios[width]
