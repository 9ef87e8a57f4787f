"""Scales of inputs with which the four-bit rounding of weights spares what matters most.

An input channel that is large carries what a rounding of its weights does wrong into every output. So weights are multiplied by
a scale of their input channel before they are rounded, and divided by it afterwards: W becomes Q(W · s) / s, the rounding Q that
of ``vesalius.nets.int4``, and s = mean |x| ^ α over calibration inputs x, with the α of a grid from 0 to 1 whose outputs are
nearest to those of the unrounded layer. At α = 0 it is plain rounding.

Lin et al.: AWQ: Activation-aware Weight Quantization. 2024, arXiv 2306.00978; without its clipping of weights, and with scales
kept beside a layer instead of folded into the one before.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from vesalius.nets.int4 import linear_layers, packed, unpacked

GRID = 11
"""Values of α that are tried."""

_ROWS = 512
"""Inputs of a layer that are kept."""

_LEAST = 1e-4


def input_scales(network: nn.Module, run: Callable[[], object], *, group: int = 32) -> dict[str, Tensor]:
    """Of each linear layer that a run reaches, by its name, the scales of its inputs.

    Args:
        network: not packed yet; it stays as it is.
        run: runs the network on calibration inputs, never on those that it is tested on.
        group: neighbouring weights of a row that share a scale, as they will be packed.

    >>> network = nn.Sequential(nn.Linear(8, 4))
    >>> scales = input_scales(network, lambda: network(torch.randn(16, 8) * torch.tensor([50.0, 1, 1, 1, 1, 1, 1, 1])), group=8)
    >>> scales["0"].argmax().item()
    0
    """
    layers = dict(linear_layers(network))
    inputs = _inputs(layers, run)
    return {name: best_scales(layers[name].weight.detach().float(), given, group) for name, given in inputs.items()}


def best_scales(weight_OI: Tensor, inputs_NI: Tensor, group: int) -> Tensor:
    """The scales of the grid with which the rounded weight gives outputs nearest to the weight's own.

    Args:
        weight_OI: outputs × inputs.
        inputs_NI: calibration inputs.
        group: neighbouring weights of a row that share a scale.
    """
    sizes_I = inputs_NI.abs().mean(dim=0).clamp_min(_LEAST)
    candidates = [_centred(sizes_I**alpha) for alpha in torch.linspace(0, 1, GRID).tolist()]
    errors = [float(((_rounded(weight_OI, one, group) - weight_OI) @ inputs_NI.T).square().mean()) for one in candidates]
    return candidates[errors.index(min(errors))]


def _centred(scales_I: Tensor) -> Tensor:
    """Around 1, so that products stay in the range of half precision."""
    return scales_I / (scales_I.max() * scales_I.min()).sqrt()


def _rounded(weight_OI: Tensor, scales_I: Tensor, group: int) -> Tensor:
    return unpacked(*packed(weight_OI * scales_I, group), weight_OI.shape[1]) / scales_I


def _inputs(layers: Mapping[str, nn.Linear], run: Callable[[], object]) -> dict[str, Tensor]:
    """Of each layer, what it is given in a run, positions × inputs."""
    seen: dict[str, list[Tensor]] = {}

    def noting(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            seen.setdefault(name, []).append(given[0].detach().reshape(-1, given[0].shape[-1]).float())

        return note

    hooks = [layer.register_forward_pre_hook(noting(name)) for name, layer in layers.items()]
    try:
        with torch.no_grad():
            run()
    finally:
        for hook in hooks:
            hook.remove()
    return {name: _few(torch.cat(parts)) for name, parts in seen.items()}


def _few(inputs_NI: Tensor) -> Tensor:
    """At most some hundred of them, evenly spread."""
    places = torch.linspace(0, len(inputs_NI) - 1, min(_ROWS, len(inputs_NI))).round().long()
    return inputs_NI[places.to(inputs_NI.device)]
