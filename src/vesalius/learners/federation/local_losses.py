"""What a client minimises on its own records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vesalius.learners.classifier import soft_cross_entropy

LocalLoss = Callable[[nn.Module, Tensor, Tensor, Sequence[Tensor]], Tensor]
"""Takes the network, images B×C×S, classes B×K and the parameters that the server sent, gives a number."""


def cross_entropy(network: nn.Module, image_BCS: Tensor, truth_BK: Tensor, sent: Sequence[Tensor]) -> Tensor:
    """As in FedAvg (McMahan et al. 2017, arXiv 1602.05629)."""
    return soft_cross_entropy(network(image_BCS), truth_BK)


@dataclass(frozen=True, slots=True)
class Proximal:
    """Cross-entropy, and μ/2 of the squared distance from what the server sent: FedProx (Li et al. 2020, arXiv 1812.06127)."""

    mu: float

    def __call__(self, network: nn.Module, image_BCS: Tensor, truth_BK: Tensor, sent: Sequence[Tensor]) -> Tensor:
        """The loss."""
        distance = torch.stack([(own - other).square().sum() for own, other in zip(network.parameters(), sent)]).sum()
        return cross_entropy(network, image_BCS, truth_BK, sent) + self.mu / 2 * distance


@dataclass(frozen=True, slots=True)
class MarginControl:
    """Cross-entropy, and λ·log(1 + ‖p‖²) of the batch's probabilities p: FedLD's reduction of the distribution shift loss.

    The norm is greatest for certain answers, so that clients do not widen their margins on what only they see. As in the authors'
    code (https://github.com/Zeng-Shuang/FedLD).
    """

    weight: float

    def __call__(self, network: nn.Module, image_BCS: Tensor, truth_BK: Tensor, sent: Sequence[Tensor]) -> Tensor:
        """The loss."""
        logits_BK = network(image_BCS)
        squared_norm = logits_BK.softmax(dim=1).square().sum()
        return soft_cross_entropy(logits_BK, truth_BK) + self.weight * torch.log1p(squared_norm)
