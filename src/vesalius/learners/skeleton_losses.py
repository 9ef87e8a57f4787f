"""Losses that ask for the right connections, by skeletons."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from vesalius.learners.losses import Loss, cross_entropy_and_dice

Skeleton = Callable[[Tensor], Tensor]
"""From probabilities B×S to a skeleton B×S of values from 0 to 1."""


def cl_dice_loss(skeleton: Skeleton, weight: float = 0.5) -> Loss:
    """Cross-entropy and Dice, and one minus the soft clDice of the object (Shit et al. 2021, arXiv 2003.07311).

    Its precision is the share of the predicted skeleton that lies in the true object, its sensitivity the share of the true
    skeleton that lies in the predicted object; clDice is their harmonic mean. Everything but background is one object.

    Args:
        skeleton: how skeletons are made.
        weight: of the clDice term; the rest is that of the other.
    """

    def loss(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
        return (1 - weight) * cross_entropy_and_dice(logits_BKS, labels_BS) + weight * (1 - soft_cl_dice(logits_BKS, labels_BS))

    def soft_cl_dice(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
        predicted_BS = 1 - functional.softmax(logits_BKS, dim=1)[:, 0]
        true_BS = (labels_BS > 0).to(predicted_BS.dtype)
        predicted_skeleton_BS, true_skeleton_BS = skeleton(predicted_BS), skeleton(true_BS)
        # One point is added to each, for a patch may have no object.
        precision = ((predicted_skeleton_BS * true_BS).sum() + 1) / (predicted_skeleton_BS.sum() + 1)
        sensitivity = ((true_skeleton_BS * predicted_BS).sum() + 1) / (true_skeleton_BS.sum() + 1)
        return 2 * precision * sensitivity / (precision + sensitivity)

    return loss
