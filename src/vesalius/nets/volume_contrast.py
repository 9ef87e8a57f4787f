"""VoCo: where in a volume is this crop? By its likeness to base crops of known places (Wu, Zhuang, Chen, CVPR 2024)."""

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor, nn

from vesalius.nets.encoders import PooledLevels, cosine

_EPSILON = 1e-6


def similarity(crops_ME: Tensor, bases_NE: Tensor) -> Tensor:
    """Cosine of each crop with each base, negative ones as 0: it is to be a share, and a share is not below 0.

    >>> similarity(torch.tensor([[1.0, 1.0]]), torch.tensor([[2.0, 2.0], [-1.0, -1.0]])).round(decimals=4).tolist()
    [[1.0, 0.0]]
    """
    return cosine(crops_ME, bases_NE).clamp(min=0)


def prediction_loss(similarity_MN: Tensor, overlap_MN: Tensor) -> Tensor:
    """Mean of -log(1 - |s - y|) of similarities s and overlaps y, both 0 to 1 (equation 3 of the paper).

    >>> round(float(prediction_loss(torch.tensor([[0.5]]), torch.tensor([[1.0]]))), 3)
    0.693
    """
    return -torch.log(1 - (similarity_MN - overlap_MN).abs() + _EPSILON).mean()


def discrepancy_loss(bases_NE: Tensor) -> Tensor:
    """Mean similarity of two different bases: least where they are orthogonal (equation 5 of the paper).

    >>> float(discrepancy_loss(torch.eye(3))), float(discrepancy_loss(torch.ones(3, 2)).round(decimals=4))
    (0.0, 1.0)
    """
    similarity_NN = similarity(bases_NE, bases_NE)
    count = bases_NE.shape[-2]
    above = torch.ones(count, count, dtype=torch.bool, device=bases_NE.device).triu(diagonal=1)
    return similarity_NN[..., above].mean()


class VolumeContrast(nn.Module):
    """An encoder with a projector, and their slow copy, the teacher, which gives the bases.

    The similarity of a random crop to each base is to be the share of the crop that lies in that base. No gradient reaches the
    bases by it, for their features come from the teacher; what moves the features of bases is that they are to differ.

    Args:
        encoder: gives features of several levels.
        width: sum of the channels of its levels.
        embedding: numbers that describe a crop.
        momentum: share that the teacher keeps of itself in a step.
        discrepancy: weight of the difference between bases; 0 leaves it out.
    """

    def __init__(
        self, encoder: nn.Module, width: int, *, embedding: int = 2048, momentum: float = 0.9, discrepancy: float = 1.0
    ) -> None:
        super().__init__()
        self.student = nn.Sequential(PooledLevels(encoder), _projector(width, embedding))
        self.teacher = deepcopy(self.student).requires_grad_(False)
        self._momentum, self._discrepancy = momentum, discrepancy

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The loss of ``bases`` B×N×C×S, ``crops`` B×M×C×S and ``overlaps`` B×M×N; in training the teacher moves on first."""
        if self.training:
            self.update_teacher()
        prediction, discrepancy = self.terms(batch)
        return prediction + self._discrepancy * discrepancy

    def terms(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """How far similarities are from overlaps, and how alike bases are."""
        bases_BNCS, crops_BMCS = batch["bases"], batch["crops"]
        # All in one batch, so that normalisation layers treat bases and crops alike.
        both = torch.cat((bases_BNCS, crops_BMCS), dim=1)
        student = self.student(both.flatten(0, 1)).unflatten(0, both.shape[:2])
        with torch.no_grad():
            teacher = self.teacher(both.flatten(0, 1)).unflatten(0, both.shape[:2])
        count = bases_BNCS.shape[1]
        similarity_BMN = similarity(student[:, count:], teacher[:, :count])
        return prediction_loss(similarity_BMN, batch["overlaps"]), discrepancy_loss(student[:, :count])

    @torch.no_grad()
    def update_teacher(self) -> None:
        """Each weight of the teacher goes the remaining share of the way to the student's."""
        for slow, fast in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
            slow.lerp_(fast, 1 - self._momentum)


def _projector(width: int, embedding: int) -> nn.Module:
    """Three linear layers; between them normalisation over the batch, without weights or running statistics."""
    layers: list[nn.Module] = []
    for inputs in (width, embedding):
        normalisation = nn.BatchNorm1d(embedding, affine=False, track_running_stats=False)
        layers += [nn.Linear(inputs, embedding), normalisation, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(embedding, embedding))
