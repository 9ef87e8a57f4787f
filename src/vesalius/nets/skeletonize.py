"""Skeletons of images and volumes for use inside a loss.

``topological_skeleton`` keeps the topology exactly: it deletes simple points, subfield by subfield, from a binary image that was
drawn from probabilities, and passes the gradient straight through to those (Menten et al. 2023, arXiv 2309.02527).
``soft_skeleton`` is the morphological one of clDice (Shit et al. 2021, arXiv 2003.07311), which does not.

Objects are connected through corners (8 and 26 neighbours), background through sides (4 and 6).
"""

from functools import cache
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

Offset = tuple[int, ...]

NOISE, TEMPERATURE = 0.33, 1.0
"""Scale of the logistic noise, and softness of the gradient, as in the paper."""


def topological_skeleton(probability_BS: Tensor, *, noise: float = NOISE) -> Tensor:
    """The skeleton of a binary image drawn from probabilities, 0 or 1, with the topology of that image.

    Points that are simple and no end of a line are deleted, from the border inwards: in each round the border is found, and of
    its points those of each subfield (every second along each axis, of which no two touch) together. The gradient reaches the
    probability of every point that stays; which points are deleted counts as given, where the paper differentiates its
    conditions as well.

    Args:
        probability_BS: B × H × W, or B × D × H × W.
        noise: scale of the logistic noise of the draw; 0 takes what is above one half.

    >>> bar = torch.zeros(1, 5, 9)
    >>> bar[:, 1:4, 1:8] = 1
    >>> topological_skeleton(bar, noise=0)[0, 2].int().tolist()
    [0, 1, 1, 1, 1, 1, 1, 1, 0]
    """
    binary_BS = straight_through(probability_BS, noise)
    return binary_BS * kept_points(binary_BS.detach() > 0.5)


def straight_through(probability_BS: Tensor, noise: float) -> Tensor:
    """A Boolean drawn for each probability (Maddison et al. 2017, arXiv 1611.00712), with the gradient of its soft form.

    >>> straight_through(torch.tensor([0.2, 0.7]), noise=0.0)
    tensor([0., 1.])
    """
    clamped_BS = probability_BS.clamp(1e-4, 1 - 1e-4)
    logit_BS = clamped_BS.logit()
    if noise:
        uniform_BS = torch.rand_like(logit_BS).clamp(1e-6, 1 - 1e-6)
        logit_BS = logit_BS + noise * uniform_BS.logit()
    soft_BS = (logit_BS / TEMPERATURE).sigmoid()
    return (soft_BS > 0.5).to(soft_BS.dtype) - soft_BS.detach() + soft_BS


def kept_points(object_BS: Tensor) -> Tensor:
    """Which points of a binary image its skeleton has, as numbers 0 and 1."""
    dimensions = object_BS.ndim - 1
    padded = functional.pad(object_BS, (1, 1) * dimensions)
    flat, sizes = padded.flatten().clone(), padded.shape
    steps = _strides(sizes)
    around = torch.tensor([sum(o * s for o, s in zip(offset, steps)) for offset in neighbours(dimensions)], device=flat.device)
    sides = around[[sum(map(abs, offset)) == 1 for offset in neighbours(dimensions)]]
    fields = _subfields(sizes).to(flat.device)
    while True:
        inside = flat.nonzero()[:, 0]
        border = inside[~flat[inside[:, None] + sides].all(dim=1)]
        deleted = 0
        for subfield in range(2**dimensions):
            candidates = border[fields[border] == subfield]
            if len(candidates):
                around_NK = flat[candidates[:, None] + around]
                removable = candidates[is_simple(around_NK, dimensions) & (around_NK.sum(dim=1) > 1)]
                flat[removable] = False
                deleted += len(removable)
        if not deleted:
            kept = flat.view(sizes)[(slice(None), *(slice(1, -1),) * dimensions)]
            return kept.to(torch.get_default_dtype())


def is_simple(around_NK: Tensor, dimensions: int) -> Tensor:
    """Whether taking a point away joins and splits nothing, from the Booleans of its 8 or 26 neighbours.

    That is so if its object neighbours are one component, and the background among those that share a side or edge with it has
    one component that touches its sides (Bertrand and Malandain 1994).

    >>> is_simple(torch.tensor([[True, True, True, False, False, False, False, False]]), 2)
    tensor([True])
    >>> is_simple(torch.tensor([[True, False, True, False, False, False, False, False]]), 2)
    tensor([False])
    """
    corners_KK, edges_KK, near_K, side_K = _adjacency(dimensions, around_NK.device)
    one_object = _one_component(around_NK, corners_KK, seeds_NK=around_NK)
    background_NK = ~around_NK & near_K
    return one_object & _one_component(background_NK, edges_KK, seeds_NK=background_NK & side_K)


def _one_component(members_NK: Tensor, adjacent_KK: Tensor, *, seeds_NK: Tensor) -> Tensor:
    """Whether there are seeds, and all are reached from the first within the members."""
    first_N = seeds_NK.to(torch.uint8).argmax(dim=1)
    reached_NK = torch.zeros_like(members_NK)
    reached_NK.scatter_(1, first_N[:, None], seeds_NK.any(dim=1, keepdim=True))
    while True:
        further_NK = (reached_NK.float() @ adjacent_KK > 0) & members_NK | reached_NK
        if torch.equal(further_NK, reached_NK):
            return seeds_NK.any(dim=1) & (reached_NK | ~seeds_NK).all(dim=1)
        reached_NK = further_NK


@cache
def neighbours(dimensions: int) -> tuple[Offset, ...]:
    """Steps to the 8 or 26 neighbours, row by row."""
    return tuple(offset for offset in product((-1, 0, 1), repeat=dimensions) if any(offset))


@cache
def _adjacency(dimensions: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of the neighbours: who touches whom, who shares a side with whom, who shares a side or edge with the point, who a side."""
    offsets = neighbours(dimensions)
    apart = [[[abs(a - b) for a, b in zip(one, other)] for other in offsets] for one in offsets]
    corners = torch.tensor([[max(steps) <= 1 for steps in row] for row in apart], dtype=torch.float32, device=device)
    edges = torch.tensor([[sum(steps) <= 1 for steps in row] for row in apart], dtype=torch.float32, device=device)
    far = [sum(map(abs, offset)) for offset in offsets]
    return corners, edges, torch.tensor([f <= 2 for f in far], device=device), torch.tensor([f == 1 for f in far], device=device)


def _strides(sizes: torch.Size) -> list[int]:
    """Steps in flat memory along each axis but the first."""
    strides = [1]
    for size in reversed(sizes[2:]):
        strides.insert(0, strides[0] * size)
    return strides


@cache
def _subfields(sizes: torch.Size) -> Tensor:
    """A number for each point: which of its coordinates are odd."""
    number = torch.zeros((1,) * len(sizes), dtype=torch.long)
    for axis, size in enumerate(sizes[1:], start=1):
        shape = [1] * len(sizes)
        shape[axis] = size
        number = 2 * number + (torch.arange(size) % 2).view(shape)
    return number.expand(sizes).flatten()


def soft_skeleton(probability_BS: Tensor, rounds: int) -> Tensor:
    """What each opening takes away, added up over erosions: minima and maxima over neighbourhoods only.

    Args:
        probability_BS: B × H × W, or B × D × H × W.
        rounds: erosions, at least the radius of the widest part.
    """
    image_BCS = probability_BS[:, None]
    skeleton_BCS = functional.relu(image_BCS - _opened(image_BCS))
    for _ in range(rounds):
        image_BCS = _eroded(image_BCS)
        left = functional.relu(image_BCS - _opened(image_BCS))
        skeleton_BCS = skeleton_BCS + functional.relu(left - skeleton_BCS * left)
    return skeleton_BCS[:, 0]


def _eroded(image_BCS: Tensor) -> Tensor:
    """The minimum over the neighbours along each axis."""
    dimensions = image_BCS.ndim - 2
    pool = functional.max_pool2d if dimensions == 2 else functional.max_pool3d
    sides = [tuple(3 if along == axis else 1 for along in range(dimensions)) for axis in range(dimensions)]
    minima = [-pool(-image_BCS, side, 1, tuple(extent // 2 for extent in side)) for side in sides]
    return torch.stack(minima).amin(dim=0)


def _opened(image_BCS: Tensor) -> Tensor:
    """Eroded, and the maximum over the square or cube around each point."""
    pool = functional.max_pool2d if image_BCS.ndim == 4 else functional.max_pool3d
    return pool(_eroded(image_BCS), 3, 1, 1)
