"""Attribution maps: which places of an image speak for a class, as a network sees it.

Each takes a network in evaluation mode, images B×C×S and a class of each, and gives maps B×S of the images' size, at least 0 and
high where it matters. Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) and Grad-CAM++ (Chattopadhay et al. 2018, arXiv
1710.11063) weigh the last feature maps by the slope of the class's logit; input gradients (Simonyan et al. 2013, arXiv 1312.6034)
and occlusion (Zeiler and Fergus 2014, arXiv 1311.2901) look at the pixels. Edges and noise ask the network nothing.

``cascade`` draws the layers of a network anew, from the last to the first: a map that explains what was learned must change
(Adebayo et al. 2018, arXiv 1810.03292).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError

Attribution = Callable[[nn.Module, Tensor, Tensor], Tensor]

_BATCH = 128
_COARSE = 8
"""Pixels of a cell of noise, as coarse as the feature maps of three halvings; finer noise would harm an image by its texture."""


def grad_cam(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """The last feature maps, each times the mean slope of the class's logit in it, summed; what is below 0 is cut off.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    >>> grad_cam(network, torch.zeros(1, 1, 8, 8), torch.tensor([0])).shape
    torch.Size([1, 8, 8])
    """
    maps_BCS, slopes_BCS = _maps_and_slopes(network, image_BCS, chosen_B)
    return _enlarged(_weighted(maps_BCS, slopes_BCS.flatten(2).mean(dim=2)), image_BCS)


def grad_cam_plus_plus(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """As Grad-CAM, but each place weighs by itself: α = g² / (2 g² + g³ Σ A), for the score exp(logit).

    With that score the second and third derivative are powers of the slope g (equation 19, exact where the layers behind the maps
    are linear by parts); exp(logit) cancels in α, is one factor of the whole map otherwise, and is left out.
    """
    maps_BCS, slopes_BCS = _maps_and_slopes(network, image_BCS, chosen_B)
    total_BC = maps_BCS.flatten(2).sum(dim=2)
    denominator_BCS = 2 * slopes_BCS**2 + _spread(total_BC, slopes_BCS) * slopes_BCS**3
    alpha_BCS = slopes_BCS**2 / torch.where(denominator_BCS == 0, 1, denominator_BCS)
    weight_BC = (alpha_BCS * slopes_BCS.relu()).flatten(2).sum(dim=2)
    return _enlarged(_weighted(maps_BCS, weight_BC), image_BCS)


def input_gradient(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """The size of the logit's slope at each pixel, the largest of its channels."""
    with torch.enable_grad():
        image_BCS = image_BCS.detach().clone().requires_grad_()
        (slope_BCS,) = torch.autograd.grad(_score(network(image_BCS), chosen_B), image_BCS)
    return slope_BCS.abs().amax(dim=1)


@torch.no_grad()
def occlusion(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """How much the class's probability falls when the patch that holds a place is set to 0.

    Patches are an eighth of the image along each side and do not overlap.
    """
    extents = image_BCS.shape[2:]
    steps = [-(-extent // 8) for extent in extents]
    spans = [[slice(start, start + step) for start in range(0, extent, step)] for extent, step in zip(extents, steps)]
    patches = list(product(*spans))
    covers_PS = torch.zeros(len(patches), *extents, device=image_BCS.device)
    for cover_S, patch in zip(covers_PS, patches):
        cover_S[patch] = 1
    maps = [_occluded(network, image_CS, chosen, covers_PS) for image_CS, chosen in zip(image_BCS, chosen_B)]
    return torch.stack(maps)


def edges(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """The size of the image's own slope, mean over channels; the network is not asked.

    >>> step = torch.tensor([[[[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]] * 2]])
    >>> edges(nn.Identity(), step, torch.tensor([0]))[0, 0].tolist()
    [0.0, 0.0, 0.5, 0.5, 0.0, 0.0]
    """
    slopes = torch.gradient(image_BCS, dim=list(range(2, image_BCS.ndim)))
    return torch.stack(list(slopes)).square().sum(dim=0).sqrt().mean(dim=1)


def noise(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
    """Random numbers on a coarse grid, made as smooth as the maps of Grad-CAM; neither image nor network is asked."""
    cells = [max(1, side // _COARSE) for side in image_BCS.shape[2:]]
    return _enlarged(torch.rand(len(image_BCS), *cells, device=image_BCS.device), image_BCS)


def of_untrained(attribution: Attribution) -> Attribution:
    """The same method on a copy of the network whose every layer is drawn anew."""

    def attribute(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> Tensor:
        *_, untrained = cascade(network)
        return attribution(untrained, image_BCS, chosen_B)

    return attribute


def cascade(network: nn.Module) -> Iterator[nn.Module]:
    """The network with its last block drawn anew, then with its last two, until all are.

    Blocks are what the network is directly made of, each member of a list by itself. They are drawn from torch's random state.

    >>> network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    >>> [[bool((one.weight == other.weight).all()) for one, other in zip(network[::2], drawn[::2])] for drawn in cascade(network)]
    [[True, False], [False, False]]
    """
    drawn = deepcopy(network)
    for block in reversed(_blocks(drawn)):
        for layer in block.modules():
            if callable(reset := getattr(layer, "reset_parameters", None)):
                reset()
        yield drawn


def _blocks(network: nn.Module) -> list[nn.Module]:
    children = [block for child in network.children() for block in (child if isinstance(child, nn.ModuleList) else [child])]
    return [block for block in children if any(True for _ in block.parameters())]


def _maps_and_slopes(network: nn.Module, image_BCS: Tensor, chosen_B: Tensor) -> tuple[Tensor, Tensor]:
    """The last output with channels and more than one place of any module, and the slope of the logits in it."""
    last: list[Tensor] = []

    def note(_: nn.Module, __: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == image_BCS.ndim and output.shape[2:].numel() > 1:
            last[:] = [output]

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.enable_grad():
            score = _score(network(image_BCS.detach().clone().requires_grad_()), chosen_B)
    finally:
        for hook in hooks:
            hook.remove()
    if not last:
        raise UserError(
            f"{type(network).__name__}: no module gives maps of several places; Grad-CAM needs a convolutional network."
        )
    (slopes_BCS,) = torch.autograd.grad(score, last[0])
    return last[0].detach(), slopes_BCS


def _score(logits_BK: Tensor, chosen_B: Tensor) -> Tensor:
    """The logits of the classes, summed: in evaluation mode images do not touch each other, so that each has its own slope."""
    return logits_BK.gather(1, chosen_B[:, None]).sum()


def _weighted(maps_BCS: Tensor, weight_BC: Tensor) -> Tensor:
    return (_spread(weight_BC, maps_BCS) * maps_BCS).sum(dim=1).relu()


def _spread(values_BC: Tensor, like_BCS: Tensor) -> Tensor:
    return values_BC.reshape(*values_BC.shape, *(1,) * (like_BCS.ndim - 2))


def _enlarged(map_BS: Tensor, image_BCS: Tensor) -> Tensor:
    mode = {4: "bilinear", 5: "trilinear"}[image_BCS.ndim]
    return functional.interpolate(map_BS[:, None], image_BCS.shape[2:], mode=mode, align_corners=False)[:, 0]


def _occluded(network: nn.Module, image_CS: Tensor, chosen: Tensor, covers_PS: Tensor) -> Tensor:
    def probability(batch_BCS: Tensor) -> Tensor:
        probabilities_B: Tensor = network(batch_BCS).softmax(dim=1)[:, chosen]
        return probabilities_B

    parts = torch.split(covers_PS, _BATCH)
    covered_P = torch.cat([probability(image_CS * (1 - part_PS[:, None])) for part_PS in parts])
    return torch.einsum("p,p...->...", probability(image_CS[None]) - covered_P, covers_PS).relu()
