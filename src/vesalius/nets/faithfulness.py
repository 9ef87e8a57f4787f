"""Whether a network agrees with an attribution map of it.

Each takes a network in evaluation mode, one image 1×C×S, the class that is explained and a method of attribution.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.attribution import Attribution, cascade

STEPS = 16
"""Equal parts in which an image is taken away."""


def heat_map(network: nn.Module, image_1CS: Tensor, chosen_1: Tensor, attribution: Attribution) -> Tensor:
    """The map S itself, its highest value 1; a map of zeros stays one."""
    map_S = attribution(network, image_1CS, chosen_1)[0]
    highest = map_S.max()
    return map_S / highest if highest > 0 else map_S


@torch.no_grad()
def perturbation_curves(network: nn.Module, image_1CS: Tensor, chosen_1: Tensor, attribution: Attribution) -> Tensor:
    """The class's probability while the image is taken away and while it comes into being, highest places of the map first, 2×S.

    Places are deleted to 0, the mean of standardised images, and inserted into a blurred image, as Petsiuk et al. 2018 (arXiv
    1806.07421) have it. Equally high places follow each other at random.
    """
    map_S = attribution(network, image_1CS, chosen_1)[0]
    levels = torch.arange(STEPS + 1, device=image_1CS.device) / STEPS
    taken_LS = _rank(map_S)[None] < levels.reshape(-1, *(1,) * map_S.ndim)
    deleted = torch.where(taken_LS[:, None], 0.0, image_1CS)
    inserted = torch.where(taken_LS[:, None], image_1CS, blurred(image_1CS))
    probabilities_NK: Tensor = network(torch.cat([deleted, inserted])).softmax(dim=1)
    return probabilities_NK[:, int(chosen_1)].reshape(2, -1)


def randomisation_curve(network: nn.Module, image_1CS: Tensor, chosen_1: Tensor, attribution: Attribution) -> Tensor:
    """Rank correlation of the map with that of the network whose last block, last two, ... and all are drawn anew."""
    map_S = attribution(network, image_1CS, chosen_1)[0]
    return torch.stack([rank_correlation(map_S, attribution(drawn, image_1CS, chosen_1)[0]) for drawn in cascade(network)])


def blurred(image_1CS: Tensor) -> Tensor:
    """Means over a sixth of each side, three times, which is nearly a Gaussian.

    >>> blurred(torch.ones(1, 1, 12, 12)).unique().tolist()
    [1.0]
    """
    pool = {4: functional.avg_pool2d, 5: functional.avg_pool3d}[image_1CS.ndim]
    reach = [side // 12 for side in image_1CS.shape[2:]]
    for _ in range(3):
        image_1CS = pool(image_1CS, [2 * r + 1 for r in reach], 1, reach, count_include_pad=False)
    return image_1CS


def rank_correlation(one_S: Tensor, other_S: Tensor) -> Tensor:
    """Spearman's ρ, ties at their mean rank; 0 where a map is the same everywhere and orders nothing.

    >>> float(rank_correlation(torch.tensor([0.0, 1.0, 5.0]), torch.tensor([3.0, 2.0, 1.0]))).__round__(6)
    -1.0
    """
    first_N, second_N = _mean_ranks(one_S), _mean_ranks(other_S)
    size = first_N.norm() * second_N.norm()
    return ((first_N @ second_N) / size).clamp(-1, 1) if size > 0 else torch.zeros_like(size)


def _rank(map_S: Tensor) -> Tensor:
    """The share of places that come before each, highest first; equally high ones in random order."""
    values_N = map_S.flatten()
    shuffled_N = torch.randperm(len(values_N), device=values_N.device)
    order_N = shuffled_N[values_N[shuffled_N].argsort(descending=True, stable=True)]
    rank_N = torch.empty_like(values_N)
    rank_N[order_N] = torch.arange(len(values_N), device=values_N.device, dtype=values_N.dtype) / len(values_N)
    return rank_N.reshape(map_S.shape)


def _mean_ranks(map_S: Tensor) -> Tensor:
    """Ranks less their mean."""
    _, which_N, counts = torch.unique(map_S.flatten(), return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    rank_N: Tensor = (last - (counts - 1) / 2)[which_N]
    return rank_N - rank_N.mean()
