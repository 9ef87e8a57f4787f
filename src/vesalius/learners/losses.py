"""Losses of segmentation, of logits B×K×S and labels B×S; each gives one number.

All but background are classes with an overlap of their own. Sums over one-hot labels rather than indexing, for the indexed form
is not deterministic on a GPU.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]
"""Takes logits B×K×S and labels B×S, gives one number."""


def cross_entropy(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
    """Mean over pixels of -log p of the true class; of two classes it is the binary cross-entropy of their logits' difference.

    >>> round(float(cross_entropy(torch.zeros(1, 2, 1, 3), torch.zeros(1, 1, 3, dtype=torch.long))), 4)
    0.6931
    """
    return -(_one_hot(logits_BKS, labels_BS) * functional.log_softmax(logits_BKS, dim=1)).sum(dim=1).mean()


def balanced_cross_entropy(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
    """Mean over the classes present in the batch of the mean over their pixels of -log p: each class weighs alike.

    The cross-entropy with weights in inverse proportion to the classes' frequency.

    >>> logits, labels = torch.tensor([[[[2.0, 2.0, 2.0]], [[0.0, 0.0, 0.0]]]]), torch.tensor([[[0, 0, 1]]])
    >>> round(float(balanced_cross_entropy(logits, labels)), 4)
    1.1269
    """
    truth_BKS = _one_hot(logits_BKS, labels_BS)
    surprise_K = -(truth_BKS * functional.log_softmax(logits_BKS, dim=1)).sum(_pixels(logits_BKS))
    count_K = truth_BKS.sum(_pixels(logits_BKS))
    return (surprise_K / count_K.clamp(min=1)).sum() / (count_K > 0).sum()


def focal(logits_BKS: Tensor, labels_BS: Tensor, gamma: float = 2.0) -> Tensor:
    """Mean over pixels of -(1 - p)^gamma log p of the true class (Lin et al. 2017, arXiv 1708.02002).

    Pixels that are already right weigh little; with gamma 0 it is the cross-entropy.

    >>> logits = torch.tensor([[[[0.0]], [[0.0]]]])
    >>> round(float(focal(logits, torch.tensor([[[1]]]))), 4)
    0.1733
    """
    log_p_BS = (_one_hot(logits_BKS, labels_BS) * functional.log_softmax(logits_BKS, dim=1)).sum(dim=1)
    return -((1 - log_p_BS.exp()) ** gamma * log_p_BS).mean()


def soft_dice(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
    """One minus the Dice of probabilities and labels over the batch, mean over the classes but background.

    Milletari et al. 2016 (arXiv 1606.04797), with plain sums in the denominator.

    >>> labels = torch.tensor([[[0, 1]]])
    >>> round(float(soft_dice(torch.tensor([[[[20.0, -20.0]], [[-20.0, 20.0]]]]), labels)), 4)
    0.0
    """
    return tversky(logits_BKS, labels_BS, false_positives=0.5, false_negatives=0.5)


def tversky(logits_BKS: Tensor, labels_BS: Tensor, false_positives: float = 0.3, false_negatives: float = 0.7) -> Tensor:
    """One minus TP / (TP + a FP + b FN) of probabilities over the batch, mean over the classes but background.

    Salehi et al. 2017 (arXiv 1706.05721); with a = b = 1/2 it is the soft Dice. What is missed costs more than what is too much.

    >>> labels = torch.tensor([[[0, 1, 1, 1]]])
    >>> half_missed = torch.tensor([[[[20.0, -20.0, 20.0, 20.0]], [[-20.0, 20.0, -20.0, -20.0]]]])
    >>> tversky(half_missed, labels) > soft_dice(half_missed, labels)
    tensor(True)
    """
    return (1 - _tversky_index(logits_BKS, labels_BS, false_positives, false_negatives)).mean()


def focal_tversky(logits_BKS: Tensor, labels_BS: Tensor, gamma: float = 4 / 3) -> Tensor:
    """The Tversky loss of each class to the power 1/gamma, mean over them (Abraham and Khan 2019, arXiv 1810.07842).

    Its slope grows as a class comes out well, so that small structures are not given up for good ones.

    >>> labels = torch.tensor([[[0, 1]]])
    >>> logits = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    >>> torch.isclose(focal_tversky(logits, labels), tversky(logits, labels) ** 0.75)
    tensor(True)
    """
    # A class that is all right would have an infinite slope.
    missing_K = (1 - _tversky_index(logits_BKS, labels_BS, 0.3, 0.7)).clamp(min=1e-6)
    return (missing_K ** (1 / gamma)).mean()


def cross_entropy_and_dice(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
    """Cross-entropy plus one minus the soft Dice of the batch, mean over the classes but background.

    As in nnU-Net (Isensee et al. 2021); Zhou et al. 2018 (arXiv 1807.10165) have the two with a sigmoid. Equal to the sum of
    ``cross_entropy`` and ``soft_dice``, with one pass over the probabilities.

    >>> labels = torch.tensor([[[0, 1]]])
    >>> certain = torch.tensor([[[[20.0, -20.0]], [[-20.0, 20.0]]]])
    >>> round(float(cross_entropy_and_dice(certain, labels)), 3), round(float(cross_entropy_and_dice(-certain, labels)), 3)
    (0.0, 40.667)
    """
    truth_BKS, pixels = _one_hot(logits_BKS, labels_BS), _pixels(logits_BKS)
    log_probabilities = functional.log_softmax(logits_BKS, dim=1)
    surprise = -(truth_BKS * log_probabilities).sum(dim=1).mean()
    probabilities = log_probabilities.exp()
    both_K, either_K = (probabilities * truth_BKS).sum(pixels), (probabilities + truth_BKS).sum(pixels)
    # One pixel is added to each so that a class absent from the batch asks for little rather than dividing by zero.
    return surprise + 1 - ((2 * both_K[1:] + 1) / (either_K[1:] + 1)).mean()


def summed(*losses: Loss, weights: tuple[float, ...] | None = None) -> Loss:
    """The weighted sum of losses; all weigh 1 unless told.

    >>> both = summed(cross_entropy, soft_dice, weights=(0.4, 0.6))
    >>> both(torch.zeros(1, 2, 1, 1), torch.ones(1, 1, 1, dtype=torch.long))
    tensor(0.3973)
    """
    factors = weights or (1.0,) * len(losses)

    def loss(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
        return torch.stack([factor * part(logits_BKS, labels_BS) for factor, part in zip(factors, losses, strict=True)]).sum()

    return loss


LOSSES: Mapping[str, Loss] = {
    "cross-entropy": cross_entropy,
    "balanced-cross-entropy": balanced_cross_entropy,
    "dice": soft_dice,
    "cross-entropy-and-dice": cross_entropy_and_dice,
    "focal-and-dice": summed(focal, soft_dice),
    "focal-tversky": focal_tversky,
}


def _one_hot(logits_BKS: Tensor, labels_BS: Tensor) -> Tensor:
    return functional.one_hot(labels_BS, logits_BKS.shape[1]).movedim(-1, 1).to(logits_BKS.dtype)


def _pixels(logits_BKS: Tensor) -> tuple[int, ...]:
    return (0, *range(2, logits_BKS.ndim))


def _tversky_index(logits_BKS: Tensor, labels_BS: Tensor, false_positives: float, false_negatives: float) -> Tensor:
    """Of each class but background. Half a pixel is added to both sides: a class absent from the batch asks for little."""
    truth_BKS, probabilities, pixels = _one_hot(logits_BKS, labels_BS), logits_BKS.softmax(dim=1), _pixels(logits_BKS)
    hit_K = (probabilities * truth_BKS).sum(pixels)
    extra_K, missed_K = probabilities.sum(pixels) - hit_K, truth_BKS.sum(pixels) - hit_K
    index_K = (hit_K + 0.5) / (hit_K + false_positives * extra_K + false_negatives * missed_K + 0.5)
    return index_K[1:]
