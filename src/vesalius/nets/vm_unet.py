"""VM-UNet: a U-Net of tokens whose blocks mix positions by a selective scan in four directions."""

from collections.abc import Callable, Sequence
from math import ceil, log

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.selective_scan import cross_merge, cross_scan, selective_scan
from vesalius.nets.unet import crop, pad_to_multiple

DIRECTIONS, STATES, PATCH = 4, 16, 4
SHORTEST_STEP, LONGEST_STEP = 0.001, 0.1
"""Between which the step sizes of the scan start."""

Block = Callable[[int, int], nn.Module]
"""Makes a block from its channels and its place in the stage; it keeps B × H × W × C."""


class SelectiveScan2D(nn.Module):
    """SS2D: an image read along rows and columns, both ways, each with a state-space model of its own; the results are summed.

    Step size, input map and output map are linear in the features at each position; decay starts at -1, ..., -16 (Gu and Dao
    2023, arXiv 2312.00752; in four directions Liu et al. 2024, arXiv 2401.10166).

    >>> SelectiveScan2D(8)(torch.zeros(1, 8, 3, 5)).shape
    torch.Size([1, 8, 3, 5])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rank = ceil(channels / 32)
        bound = channels**-0.5
        maps = torch.empty(DIRECTIONS, self.rank + 2 * STATES, channels).uniform_(-bound, bound)
        self.maps_RXC = nn.Parameter(maps)
        self.step_RCX = nn.Parameter(torch.empty(DIRECTIONS, channels, self.rank).uniform_(-(self.rank**-0.5), self.rank**-0.5))
        steps = torch.empty(DIRECTIONS, channels).uniform_(log(SHORTEST_STEP), log(LONGEST_STEP)).exp()
        # The inverse of the softplus that makes a step positive.
        self.step_bias_RC = nn.Parameter(steps + torch.log(-torch.expm1(-steps)))
        self.log_decay_RCN = nn.Parameter(torch.arange(1.0, STATES + 1).log().repeat(DIRECTIONS, channels, 1))
        self.skip_RC = nn.Parameter(torch.ones(DIRECTIONS, channels))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """The sum over the directions, in the shape of the input."""
        sequences_BRCL = cross_scan(features_BCHW)
        mapped_BRXL = torch.einsum("brcl,rxc->brxl", sequences_BRCL, self.maps_RXC)
        low_BRXL, into_BRNL, out_BRNL = torch.split(mapped_BRXL, [self.rank, STATES, STATES], dim=2)
        step_BRCL = torch.einsum("brxl,rcx->brcl", low_BRXL, self.step_RCX) + self.step_bias_RC[..., None]
        read = [
            # In single precision, for the state sums over the whole sequence.
            selective_scan(
                sequences_BRCL[:, direction].float(),
                functional.softplus(step_BRCL[:, direction].float()),
                -self.log_decay_RCN[direction].float().exp(),
                into_BRNL[:, direction].float(),
                out_BRNL[:, direction].float(),
                self.skip_RC[direction].float(),
            )
            for direction in range(DIRECTIONS)
        ]
        height, width = features_BCHW.shape[2:]
        return cross_merge(torch.stack(read, dim=1), (height, width))


class VisualStateSpaceBlock(nn.Module):
    """VSS: normalised tokens go two ways; one is scanned, the other gates it, and the result is added to the input.

    x + W_out(LN(SS2D(SiLU(depthwise convolution of W_1 LN(x)))) · SiLU(W_2 LN(x))), both ways twice as wide as x.

    >>> VisualStateSpaceBlock(8)(torch.zeros(1, 4, 5, 8)).shape
    torch.Size([1, 4, 5, 8])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = 2 * channels
        self.norm = nn.LayerNorm(channels)
        self.into = nn.Linear(channels, 2 * inner, bias=False)
        self.convolution = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.scan = SelectiveScan2D(inner)
        self.scan_norm = nn.LayerNorm(inner)
        self.out = nn.Linear(inner, channels, bias=False)

    def forward(self, tokens_BHWC: Tensor) -> Tensor:
        """Tokens of the same shape."""
        scanned, gate_BHWC = self.into(self.norm(tokens_BHWC)).chunk(2, dim=-1)
        features_BCHW = functional.silu(self.convolution(scanned.movedim(-1, 1)))
        scanned_BHWC = self.scan_norm(self.scan(features_BCHW).movedim(1, -1))
        mixed_BHWC: Tensor = tokens_BHWC + self.out(scanned_BHWC * functional.silu(gate_BHWC))
        return mixed_BHWC


class PatchMerging(nn.Module):
    """Halves height and width and doubles the channels: four neighbours side by side, normalised, and halved by a linear map.

    >>> PatchMerging(8)(torch.zeros(1, 4, 6, 8)).shape
    torch.Size([1, 2, 3, 16])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduce = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, tokens_BHWC: Tensor) -> Tensor:
        """B × H/2 × W/2 × 2C; height and width are even."""
        merged_BCHW = functional.pixel_unshuffle(tokens_BHWC.movedim(-1, 1), 2)
        merged_BHWC: Tensor = self.reduce(self.norm(merged_BCHW.movedim(1, -1)))
        return merged_BHWC


class PatchExpanding(nn.Module):
    """Enlarges height and width by a factor: a linear map makes the tokens, of C / factor channels, that each becomes.

    >>> PatchExpanding(8, 2)(torch.zeros(1, 2, 3, 8)).shape, PatchExpanding(8, 4)(torch.zeros(1, 2, 3, 8)).shape
    (torch.Size([1, 4, 6, 4]), torch.Size([1, 8, 12, 2]))
    """

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.expand = nn.Linear(channels, factor * channels, bias=False)
        self.norm = nn.LayerNorm(channels // factor)

    def forward(self, tokens_BHWC: Tensor) -> Tensor:
        """B × factor H × factor W × C / factor."""
        enlarged_BCHW = functional.pixel_shuffle(self.expand(tokens_BHWC).movedim(-1, 1), self.factor)
        enlarged_BHWC: Tensor = self.norm(enlarged_BCHW.movedim(1, -1))
        return enlarged_BHWC


class VMUNet(nn.Module):
    """Encoder and decoder of four stages of tokens, the decoder with fewer blocks; skip connections are added.

    Patches of 4 × 4 pixels become tokens; between stages four tokens merge, in the decoder each expands into four, and at the end
    into 4 × 4 pixels. As in the authors' code, what is added is what the encoder stage of the same size is given, before the
    tokens expand, so that the first encoder stage has no skip connection. Without their stochastic depth and pretrained weights.

    Args:
        in_channels: of the image.
        classes: how many logits a pixel, background included.
        width: channels of the first stage, 8 or another multiple of 4; each further stage has twice as many. 96 in the paper.
        depths: blocks of each encoder stage.
        decoder_depths: blocks of each decoder stage, from the coarsest on, which has the encoder's last resolution.
        block: makes a block; by default the VSS block, which makes this VM-UNet.

    >>> VMUNet(1, 3, width=8)(torch.zeros(2, 1, 33, 50)).shape
    torch.Size([2, 3, 33, 50])
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        *,
        width: int,
        depths: Sequence[int] = (2, 2, 2, 2),
        decoder_depths: Sequence[int] = (2, 2, 2, 1),
        block: Block = lambda channels, place: VisualStateSpaceBlock(channels),
    ) -> None:
        super().__init__()
        widths = [width * 2**stage for stage in range(len(depths))]
        self.embed = nn.Conv2d(in_channels, width, PATCH, stride=PATCH)
        self.embed_norm = nn.LayerNorm(width)
        self.encoders = nn.ModuleList(_stage(block, channels, depth) for channels, depth in zip(widths, depths, strict=True))
        self.merges = nn.ModuleList(PatchMerging(channels) for channels in widths[:-1])
        self.expands = nn.ModuleList(PatchExpanding(channels, 2) for channels in reversed(widths[1:]))
        self.decoders = nn.ModuleList(
            _stage(block, channels, depth) for channels, depth in zip(reversed(widths), decoder_depths, strict=True)
        )
        self.final_expand = PatchExpanding(width, PATCH)
        self.head = nn.Conv2d(width // PATCH, classes, 1)
        self.apply(_start)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits, B × classes × H × W, for any height and width."""
        padded_BCHW = pad_to_multiple(image_BCHW, PATCH * 2 ** len(self.merges))
        tokens = self.embed_norm(self.embed(padded_BCHW).movedim(1, -1))
        skips = []
        for stage, encoder in enumerate(self.encoders):
            tokens = self.merges[stage - 1](tokens) if stage else tokens
            skips.append(tokens)
            tokens = encoder(tokens)
        for stage, decoder in enumerate(self.decoders):
            tokens = decoder(self.expands[stage - 1](tokens + skips[-stage]) if stage else tokens)
        logits_BKHW: Tensor = self.head(self.final_expand(tokens).movedim(-1, 1))
        return crop(logits_BKHW, image_BCHW)


def _stage(block: Block, channels: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(block(channels, place) for place in range(depth)))


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
