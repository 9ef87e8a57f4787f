"""Small trained parts beside the frozen linear layers of a language model, added and dropped by name.

A layer holds its parts as modules of its own, and a hook adds what they say to its output; so its weights keep their names, and
a model's added numbers are those whose names the base does not have.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError

SCALE = 2
"""By which what a part adds is multiplied: alpha over rank, with alpha twice the rank."""

_HELD = "parts"

Make = Callable[[str, int, int], Mapping[str, nn.Module]]
"""From a layer's name and how many numbers it takes and gives, its new parts by name; none leaves the layer as it is."""


class LowRank(nn.Module):
    """LoRA: what two thin matrices add, s B A x (Hu et al. 2022, arXiv 2106.09685). B starts at zero, so nothing at first.

    Args:
        inputs, outputs: of the layer beside which it stands.
        rank: of B A.

    >>> bool(LowRank(4, 3, 2)(torch.ones(1, 4)).any())
    False
    """

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(uniform(rank, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, features: Tensor) -> Tensor:
        """What is to be added to the layer's output."""
        added: Tensor = SCALE * functional.linear(functional.linear(features, self.down), self.up)
        return added


def uniform(*shape: int) -> Tensor:
    """As ``nn.Linear`` starts its weight: uniform within ± 1/√inputs; the inputs are the last axis."""
    bound = 1 / math.sqrt(shape[-1])
    return torch.empty(*shape).uniform_(-bound, bound)


def linear_layers(network: nn.Module) -> dict[str, nn.Module]:
    """The linear layers of a language model but its output layer, whose weight may be that of its input, by name.

    >>> list(linear_layers(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Linear(2, 1)))))
    ['0', '2.0']
    """
    from transformers.pytorch_utils import Conv1D

    output = getattr(network, "get_output_embeddings", lambda: None)()
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and module is not output
    }


def width(layer: nn.Module) -> tuple[int, int]:
    """How many numbers a linear layer takes and gives; transformers' ``Conv1D`` keeps its weight the other way round."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    inputs, outputs = layer.get_parameter("weight").shape
    return inputs, outputs


def in_attention(name: str) -> bool:
    """Whether a layer of this name belongs to an attention, rather than to a perceptron.

    >>> in_attention("model.layers.0.self_attn.q_proj"), in_attention("transformer.h.0.mlp.c_fc")
    (True, False)
    """
    return any("attn" in one or "attention" in one for one in name.split("."))


def add_parts(network: nn.Module, make: Make) -> None:
    """Freeze all that a network has, and put new parts beside its linear layers; they alone are then trained.

    Args:
        network: changed in place.
        make: the parts of each layer.

    Raises:
        UserError: if no layer got a part.
        ValueError: if a layer has a part of that name.

    >>> network = nn.Sequential(nn.Linear(4, 3))
    >>> add_parts(network, lambda name, inputs, outputs: {"lora": LowRank(inputs, outputs, 2)})
    >>> [name for name, each in network.named_parameters() if each.requires_grad]
    ['0.parts.lora.down', '0.parts.lora.up']
    """
    network.requires_grad_(False)
    for name, layer in linear_layers(network).items():
        for part_name, part in make(name, *width(layer)).items():
            beside = _beside(layer)
            if part_name in beside:
                raise ValueError(f"{name} has a part {part_name!r} already.")
            beside[part_name] = part.to(next(layer.parameters()).device).train(layer.training)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise UserError(f"{type(network).__name__} has no linear layer that a part could stand beside; name another model.")


def drop_part(network: nn.Module, part: str) -> None:
    """Take the part of this name away from every layer; a layer without parts is again what it was.

    Raises:
        ValueError: if no layer has it.
    """
    holders = [layer for layer in linear_layers(network).values() if part in held_by(layer)]
    if not holders:
        raise ValueError(f"no layer has a part {part!r}.")
    for layer in holders:
        parts = _beside(layer)
        del parts[part]
        if not parts:
            delattr(layer, _HELD)
            for key in [key for key, hook in layer._forward_hooks.items() if hook is _with_parts]:
                del layer._forward_hooks[key]


def held_by(layer: nn.Module) -> dict[str, nn.Module]:
    """The parts of a layer by name."""
    return dict(getattr(layer, _HELD, {}).items())


def parts_of(network: nn.Module, part: str) -> dict[str, nn.Module]:
    """The part of this name of every layer that has one, by the layer's name."""
    layers = linear_layers(network).items()
    return {name: held_by(layer)[part] for name, layer in layers if part in held_by(layer)}


def overlap(network: nn.Module, first: str, second: str) -> Tensor:
    """How much two parts read the same directions of their layers' inputs: Σ |A₁ A₂ᵀ| over entries and layers.

    The regularisation that keeps MedCare's alignment module out of the knowledge aggregator's space (Liao et al. 2024, arXiv
    2406.17484), as in O-LoRA (Wang et al. 2023, arXiv 2310.14152).

    Args:
        network: has both parts, each a ``LowRank``, at some layers.
        first: name of the one.
        second: name of the other.

    Raises:
        ValueError: if no layer has both.
    """
    terms = [(one.down @ two.down.T).abs().sum() for one, two in _both(network, first, second)]
    if not terms:
        raise ValueError(f"no layer has both {first!r} and {second!r}.")
    return torch.stack(terms).sum()


def shared_directions(network: nn.Module, first: str, second: str) -> float:
    """Share of the directions that the second part reads which lie in those that the first reads, averaged over layers.

    With orthonormal bases Q of both spaces it is ‖Q₁ᵀ Q₂‖² over the second's rank: 0 where they are orthogonal, 1 where the first
    holds the second; of spaces at random, the first's rank over the number of inputs.
    """
    shares: list[float] = []
    for one, two in _both(network, first, second):
        bases = [torch.linalg.qr(each.down.detach().float().T).Q for each in (one, two)]
        shares.append(float((bases[0].T @ bases[1]).square().sum()) / two.down.shape[0])
    return sum(shares) / len(shares)


def _both(network: nn.Module, first: str, second: str) -> Iterator[tuple[LowRank, LowRank]]:
    ones, twos = parts_of(network, first), parts_of(network, second)
    for name in ones.keys() & twos.keys():
        one, two = ones[name], twos[name]
        if isinstance(one, LowRank) and isinstance(two, LowRank):
            yield one, two


def _beside(layer: nn.Module) -> nn.ModuleDict:
    """Where a layer's parts stand: made when first asked for."""
    if not hasattr(layer, _HELD):
        layer.add_module(_HELD, nn.ModuleDict())
        layer.register_forward_hook(_with_parts)
    held = layer.get_submodule(_HELD)
    assert isinstance(held, nn.ModuleDict)
    return held


def _with_parts(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """A layer's own output and what each part adds; parts compute in their own precision."""
    for part in held_by(layer).values():
        own = next(part.parameters()).dtype
        output = output + part(given[0].to(own)).to(output.dtype)
    return output
