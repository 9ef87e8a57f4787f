"""Merging the weights of models that come from one base: SLERP, TIES and DARE.

A task vector is what training changed: the weights of a tuned model less those of its base (Ilharco et al. 2023). TIES and DARE
thin task vectors out before they are joined, so that what one model learnt disturbs less of what another knows. Weights are
mappings from names to tensors of floats, as ``state_dict`` gives them; all models must have the same.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]

_PARALLEL = 1e-6
"""Sine of the angle below which two tensors have one direction, and the arc between them is a line."""


def slerp(one: Weights, other: Weights, share: float = 0.5) -> dict[str, Tensor]:
    """Spherical interpolation, tensor by tensor: sin((1−t)Ω)/sinΩ · a + sin(tΩ)/sinΩ · b, Ω the angle between a and b.

    Unlike a mean it doesn't shorten tensors of different directions (Shoemake 1985).

    Args:
        one: at a share of 0.
        other: at a share of 1.
        share: t, from 0 to 1.

    Raises:
        ValueError: if the models differ in names or shapes.

    >>> half = slerp({"w": torch.tensor([1.0, 0.0])}, {"w": torch.tensor([0.0, 1.0])})
    >>> [round(number, 3) for number in half["w"].tolist()]
    [0.707, 0.707]
    """
    _require_alike(one, [other])
    return {name: _arc(value, other[name], share) for name, value in one.items()}


def ties(base: Weights, models: Sequence[Weights], *, density: float = 0.2, scale: float = 1.0) -> dict[str, Tensor]:
    """Trim the task vectors, elect a sign for each number, and add the mean of those that have it (Yadav et al. 2023).

    Args:
        base: what all models were trained from.
        models: at least one.
        density: share of each task vector that is kept, the largest of all its numbers.
        scale: λ, by which the merged task vector is multiplied.

    Raises:
        ValueError: if the models differ in names or shapes.

    >>> base, models = {"w": torch.zeros(3)}, [{"w": torch.tensor([3.0, -1.0, 0.1])}, {"w": torch.tensor([1.0, 2.0, 0.1])}]
    >>> ties(base, models, density=2 / 3)["w"].tolist()
    [2.0, 2.0, 0.0]
    """
    vectors = [trimmed(vector, density) for vector in task_vectors(base, models)]
    return _added(base, disjoint_mean(vectors), scale)


def dare(
    base: Weights, models: Sequence[Weights], *, density: float = 0.5, scale: float = 1.0, seed: int = 0
) -> dict[str, Tensor]:
    """Drop numbers of the task vectors at random, rescale the others, then elect signs and join as TIES does (Yu et al. 2024).

    Args:
        base: what all models were trained from.
        models: at least one.
        density: share of each task vector that is expected to stay; what stays is divided by it.
        scale: λ, by which the merged task vector is multiplied.
        seed: of what is dropped.

    Raises:
        ValueError: if the models differ in names or shapes.
    """
    vectors = [dropped(vector, density, seed + place) for place, vector in enumerate(task_vectors(base, models))]
    return _added(base, disjoint_mean(vectors), scale)


def task_vectors(base: Weights, models: Sequence[Weights]) -> list[dict[str, Tensor]]:
    """What training changed in each model.

    Raises:
        ValueError: if the models differ in names or shapes.

    >>> task_vectors({"w": torch.tensor([1.0])}, [{"w": torch.tensor([3.0])}])
    [{'w': tensor([2.])}]
    """
    _require_alike(base, models)
    return [{name: model[name] - value for name, value in base.items()} for model in models]


def trimmed(vector: Weights, density: float) -> dict[str, Tensor]:
    """The share of a task vector's numbers that are largest, over all its tensors together; the others are 0.

    >>> trimmed({"a": torch.tensor([0.1, -3.0]), "b": torch.tensor([2.0, 0.2])}, 0.5)
    {'a': tensor([ 0., -3.]), 'b': tensor([2., 0.])}
    """
    sizes = torch.cat([value.abs().reshape(-1) for value in vector.values()])
    kept = max(1, round(density * len(sizes)))
    least = sizes.kthvalue(len(sizes) - kept + 1).values
    return {name: torch.where(value.abs() >= least, value, 0.0) for name, value in vector.items()}


def dropped(vector: Weights, density: float, seed: int) -> dict[str, Tensor]:
    """Each number with probability ``density``, divided by it, so that sums are expected to stay as they are; else 0.

    >>> thin = dropped({"w": torch.ones(1000)}, 0.25, seed=0)["w"]
    >>> thin.unique().tolist(), 0.9 < thin.mean().item() < 1.1
    ([0.0, 4.0], True)
    """
    random = torch.Generator().manual_seed(seed)
    return {
        name: torch.where(torch.rand(value.shape, generator=random).to(value.device) < density, value / density, 0.0)
        for name, value in vector.items()
    }


def disjoint_mean(vectors: Sequence[Weights]) -> dict[str, Tensor]:
    """For each number the sign of the sum over the vectors, and the mean of those that have that sign; 0 counts for nothing.

    >>> disjoint_mean([{"w": torch.tensor([4.0, 1.0])}, {"w": torch.tensor([-1.0, 0.0])}])
    {'w': tensor([4., 1.])}
    """
    found = {}
    for name in vectors[0]:
        stacked = torch.stack([vector[name] for vector in vectors])
        agrees = (stacked.sign() == stacked.sum(dim=0).sign()) & (stacked != 0)
        found[name] = (stacked * agrees).sum(dim=0) / agrees.sum(dim=0).clamp_min(1)
    return found


def _added(base: Weights, vector: Weights, scale: float) -> dict[str, Tensor]:
    return {name: value + scale * vector[name] for name, value in base.items()}


def _arc(one: Tensor, other: Tensor, share: float) -> Tensor:
    lengths = one.norm() * other.norm()
    angle = torch.arccos(((one * other).sum() / lengths).clamp(-1, 1)) if lengths else torch.tensor(0.0)
    if angle.sin().abs() < _PARALLEL:
        return torch.lerp(one, other, share)
    weights = torch.sin(torch.stack([(1 - share) * angle, share * angle])) / angle.sin()
    return weights[0] * one + weights[1] * other


def _require_alike(base: Weights, models: Sequence[Weights]) -> None:
    shapes = {name: value.shape for name, value in base.items()}
    for model in models:
        if shapes != {name: value.shape for name, value in model.items()}:
            raise ValueError("the models differ in the names or shapes of their weights; merge models of one base.")
