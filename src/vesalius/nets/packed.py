"""Linear layers that hold their weights in eight or four bits, and so take less memory and less of a file.

Eight bits: symmetric, a scale for every row; a weight w becomes s · q with q = round(w / s), a whole number from −127 to 127, and
s = max |w| / 127, so that no weight moves by more than s / 2. Four bits: the groups and bytes of ``vesalius.nets.int4``. A layer
unpacks its weight each time it is run, and computes in the precision of its input.

Dettmers et al.: LLM.int8(). 2022, arXiv 2208.07339, of which this is the rounding of weights, without that of activations and so
without its part for their outliers.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets import int4

Bits = Literal[8, 4]
HIGHEST = 127


class PackedLinear(nn.Module):
    """A linear layer whose weight is packed; nothing of it is trained.

    Args:
        layer: what it replaces.
        bits: of a weight.
        group: neighbouring weights of a row that share a scale, at four bits.
        scales_I: by which the weights of each input are multiplied before they are rounded, and divided afterwards; none of it
            where there are none.

    >>> layer = nn.Linear(3, 1, bias=False)
    >>> _ = layer.weight.data.copy_(torch.tensor([[127.0, 1.4, -2.6]]))
    >>> PackedLinear(layer, 8).weight.tolist()
    [[127.0, 1.0, -3.0]]
    """

    codes: Tensor
    scales: Tensor
    divisors: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Linear, bits: Bits, *, group: int = 32, scales_I: Tensor | None = None) -> None:
        super().__init__()
        self.bits, self.in_features, self.out_features = bits, layer.in_features, layer.out_features
        weight_OI = layer.weight.detach().float()
        divisors_I = torch.ones(layer.in_features, device=weight_OI.device) if scales_I is None else scales_I
        # half precision is what is kept, so it is what is multiplied with
        self.register_buffer("divisors", divisors_I.to(torch.float16))
        multiplied_OI = weight_OI * self.divisors.float()
        codes, scales = coded(multiplied_OI) if bits == 8 else int4.packed(multiplied_OI, group)
        self.register_buffer("codes", codes)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach().clone())

    @property
    def weight(self) -> Tensor:
        """Outputs × inputs, in single precision."""
        if self.bits == 8:
            return self.codes * self.scales / self.divisors.float()
        return int4.unpacked(self.codes, self.scales, self.in_features) / self.divisors.float()

    def forward(self, states: Tensor) -> Tensor:
        """As a linear layer: ... × inputs to ... × outputs."""
        bias = None if self.bias is None else self.bias.to(states.dtype)
        return functional.linear(states, self.weight.to(states.dtype), bias)


def pack(
    network: nn.Module, bits: Bits, *, group: int = 32, scales: Mapping[str, Tensor] | None = None, keep: Sequence[str] = ()
) -> nn.Module:
    """The network, changed in place, with all linear layers packed, but for one whose weight is that of an embedding.

    Args:
        network: any, in evaluation mode; embeddings, normalisations and biases stay.
        bits: of a weight.
        group: neighbouring weights of a row that share a scale, at four bits.
        scales: of the inputs of layers, by their names, as ``vesalius.nets.activation_aware`` finds them.
        keep: names of layers that stay.

    >>> network = pack(nn.Sequential(nn.Linear(64, 4)), 4)
    >>> network[0].codes.dtype, network[0].codes.shape
    (torch.uint8, torch.Size([4, 32]))
    """
    for name, layer in list(int4.linear_layers(network, keep)):
        above, _, own = name.rpartition(".")
        packed = PackedLinear(layer, bits, group=group, scales_I=None if scales is None else scales.get(name))
        setattr(network.get_submodule(above), own, packed)
    return network


def coded(weight_OI: Tensor) -> tuple[Tensor, Tensor]:
    """A weight as whole numbers of eight bits, outputs × inputs, and the scale of each row, outputs × 1.

    >>> codes, scales = coded(torch.tensor([[254.0, -2.0]]))
    >>> codes.tolist(), scales.tolist()
    ([[127, -1]], [[2.0]])
    """
    scales_O1 = weight_OI.abs().amax(dim=1, keepdim=True) / HIGHEST
    codes_OI = (weight_OI / scales_O1.clamp_min(torch.finfo(torch.float32).tiny)).round()
    return codes_OI.to(torch.int8), scales_O1


def stored_bytes(network: nn.Module) -> int:
    """What the numbers of a network take, weights that are shared counted once.

    >>> stored_bytes(nn.Linear(64, 4)), stored_bytes(pack(nn.Sequential(nn.Linear(64, 4)), 8))
    (1040, 416)
    """
    tensors = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
