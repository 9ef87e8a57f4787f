"""Linear layers whose weights have four bits: symmetric, a scale for every group of a row.

A weight w of a group becomes s · q with q = round(w / s), a whole number from −7 to 7, and s = max |w| / 7 kept in half
precision, so that no weight moves by more than s / 2 and a rounding of s. The network computes with these values in its own
precision, as libraries do on hardware without four-bit arithmetic: answers are those of the packed model, memory is saved only by
who keeps the bytes. It stands here because, without an accelerator, torchao 0.18 refuses its own INT4 (it needs the library mslk)
and bitsandbytes offers other formats of number.

Frantar et al.: GPTQ. 2023, arXiv 2210.17323, of which this is the rounding to nearest that it is compared with.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

HIGHEST = 7
SCALE_BYTES = 2


def quantise(network: nn.Module, *, group: int = 32, keep: Sequence[str] = ()) -> nn.Module:
    """The network, changed in place, with the weights of all linear layers rounded to four bits.

    Args:
        network: any; embeddings, normalisations and biases stay, and so does a linear layer whose weight is that of an embedding.
        group: neighbouring weights of a row that share a scale, an even number; a row that it does not divide ends with a shorter
            group.
        keep: names of layers that stay.

    Raises:
        ValueError: if the group is not an even number from 2.

    >>> network = quantise(nn.Sequential(nn.Linear(64, 4)))
    >>> len({value for row in network[0].weight for value in (row[:32] / row[:32].abs().max() * 7).round().tolist()}) <= 15
    True
    """
    with torch.no_grad():
        for _, layer in linear_layers(network, keep):
            layer.weight.copy_(unpacked(*packed(layer.weight, group), layer.weight.shape[1]).to(layer.weight.dtype))
    return network


def packed(weight_OI: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """A weight as bytes, two numbers in each, and scales.

    Args:
        weight_OI: outputs × inputs.
        group: inputs that share a scale.

    Returns:
        Bytes, outputs × half the inputs rounded up to whole groups, the first number in the lower half of a byte; and scales of
        half precision, outputs × groups.

    Raises:
        ValueError: if the group is not an even number from 2.

    >>> codes, scales = packed(torch.tensor([[7.0, -7.0, 1.0, 0.0]]), 4)
    >>> codes.tolist(), scales.tolist()
    ([[151, 1]], [[1.0]])
    """
    if group < 2 or group % 2:
        raise ValueError(f"group {group}: two numbers share a byte; give an even number.")
    outputs, inputs = weight_OI.shape
    groups_OGM = functional.pad(weight_OI.float(), (0, -inputs % group)).reshape(outputs, -1, group)
    scales_OG = (groups_OGM.abs().amax(dim=-1) / HIGHEST).to(torch.float16)
    steps_OG = torch.where(scales_OG == 0, 1.0, scales_OG.float())
    codes_OGM = (groups_OGM / steps_OG[..., None]).round().clamp(-HIGHEST, HIGHEST).to(torch.int8)
    halves = (codes_OGM & 0xF).to(torch.uint8).reshape(outputs, -1)
    return halves[:, 0::2] | (halves[:, 1::2] << 4), scales_OG


def unpacked(bytes_OB: Tensor, scales_OG: Tensor, inputs: int) -> Tensor:
    """The weight that bytes and scales stand for, outputs × inputs, in single precision.

    >>> unpacked(*packed(torch.tensor([[7.0, -7.0, 1.0, 0.0]]), 4), 4).tolist()
    [[7.0, -7.0, 1.0, 0.0]]
    """
    halves = torch.stack([bytes_OB & 0xF, bytes_OB >> 4], dim=-1).reshape(len(bytes_OB), scales_OG.shape[1], -1)
    signed = halves.to(torch.int8)
    codes_OGM = torch.where(signed > HIGHEST, signed - 16, signed).float()
    weight = codes_OGM * scales_OG.float()[..., None]
    return weight.reshape(len(bytes_OB), -1)[:, :inputs]


def weight_bytes(network: nn.Module, *, group: int = 32, keep: Sequence[str] = ()) -> tuple[int, int]:
    """What the weights of the linear layers that ``quantise`` rounds take as they are, and packed with their scales.

    >>> weight_bytes(nn.Linear(64, 4), group=32)
    (1024, 144)
    """
    before = after = 0
    for _, layer in linear_layers(network, keep):
        before += layer.weight.numel() * layer.weight.element_size()
        codes, scales = packed(layer.weight, group)
        after += codes.numel() + scales.numel() * SCALE_BYTES
    return before, after


def linear_layers(network: nn.Module, keep: Sequence[str] = ()) -> Iterator[tuple[str, nn.Linear]]:
    """Every linear layer that is rounded, with its name: those whose weight is not an embedding's, ``keep`` left out."""
    tied = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear) and name not in keep and id(module.weight) not in tied:
            yield name, module
