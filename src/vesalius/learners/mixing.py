"""Augmentations that mix images and their classes, as a ``Classifier`` takes them.

Each takes the network, images B×C×H×W and classes B×K, and gives the loss. What they draw follows torch's random state.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Beta, Dirichlet
from torch.nn import functional

from vesalius.learners.classifier import soft_cross_entropy
from vesalius.learners.operations import any_operation

Box = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class MixUp:
    """Every image and its class averaged with another's, the weight from Beta(α, α) (Zhang et al. 2018, arXiv 1710.09412)."""

    alpha: float = 0.4

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Loss of the mixtures."""
        mixed, truth = self.mix(image_BCHW, truth_BK)
        return soft_cross_entropy(network(mixed), truth)

    def mix(self, image_BCHW: Tensor, truth_BK: Tensor) -> tuple[Tensor, Tensor]:
        """Images and classes, by one weight."""
        weight, other = _weight(self.alpha), torch.randperm(len(image_BCHW))
        return image_BCHW.lerp(image_BCHW[other], weight), truth_BK.lerp(truth_BK[other], weight)


@dataclass(frozen=True, slots=True)
class CutMix:
    """A box of every image replaced by another's, classes weighted by area (Yun et al. 2019, arXiv 1905.04899)."""

    alpha: float = 1.0

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Loss of the mixtures."""
        mixed, truth = self.mix(image_BCHW, truth_BK)
        return soft_cross_entropy(network(mixed), truth)

    def mix(self, image_BCHW: Tensor, truth_BK: Tensor) -> tuple[Tensor, Tensor]:
        """Images and classes, the latter by the area that is left after cutting the box at the border."""
        box, other = random_box(image_BCHW, 1 - _weight(self.alpha)), torch.randperm(len(image_BCHW))
        mixed = image_BCHW.clone()
        mixed[..., *box] = image_BCHW[other][..., *box]
        return mixed, truth_BK.lerp(truth_BK[other], area(box) / image_BCHW[0, 0].numel())


@dataclass(frozen=True, slots=True)
class CropMix:
    """Crops of one image at several scales mixed with each other; its class stays (Han et al. 2022, arXiv 2205.15955).

    Attributes:
        scales: bounds, as shares of the area, between which each crop is drawn: from part to whole.
        alpha: of the Dirichlet weights.
    """

    scales: tuple[float, ...] = (0.01, 0.34, 0.67, 1.0)
    alpha: float = 1.0

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Loss of the mixtures."""
        return soft_cross_entropy(network(self.mix(image_BCHW)), truth_BK)

    def mix(self, image_BCHW: Tensor) -> Tensor:
        """One crop from each range of scales, resized to the image, averaged by Dirichlet weights."""
        ranges = list(zip(self.scales, self.scales[1:]))
        weights = Dirichlet(torch.full((len(ranges),), self.alpha)).sample()
        crops = [weight * _cropped(image_BCHW, low, high) for weight, (low, high) in zip(weights.tolist(), ranges)]
        return torch.stack(crops).sum(dim=0)


@dataclass(frozen=True, slots=True)
class Yoco:
    """You only cut once: each half of an image is changed by itself and put back (Han et al. 2022, arXiv 2201.12078).

    Attributes:
        severity: most of each operation.
    """

    severity: float = 0.5

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Loss of the images whose halves were changed."""
        return soft_cross_entropy(network(self.mix(image_BCHW)), truth_BK)

    def mix(self, image_BCHW: Tensor) -> Tensor:
        """Cut across the rows or the columns."""
        axis = 2 + int(torch.randint(2, ()))
        halves = image_BCHW.tensor_split(2, dim=axis)
        return torch.cat([any_operation(half, self.severity) for half in halves], dim=axis)


@dataclass(frozen=True, slots=True)
class AugMix:
    """Chains of operations mixed with the image, and three views asked to agree (Hendrycks et al. 2020, arXiv 1912.02781).

    Attributes:
        chains: mixed into one view.
        depth: most operations in a chain.
        severity: most of each operation.
        consistency: weight of the Jensen-Shannon divergence between the image and two views.
    """

    chains: int = 3
    depth: int = 3
    severity: float = 0.3
    consistency: float = 12.0

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Cross-entropy of the images, and the divergence of the three."""
        views = torch.cat([image_BCHW, self.view(image_BCHW), self.view(image_BCHW)])
        logits = network(views).chunk(3)
        return soft_cross_entropy(logits[0], truth_BK) + self.consistency * jensen_shannon([one.softmax(dim=1) for one in logits])

    def view(self, image_BCHW: Tensor) -> Tensor:
        """Chains averaged by Dirichlet weights, and averaged with the image by a Beta weight."""
        weights, kept = Dirichlet(torch.ones(self.chains)).sample().tolist(), _weight(1.0)
        mixture = torch.zeros_like(image_BCHW)
        for weight in weights:
            chained = image_BCHW
            for _ in range(int(torch.randint(1, self.depth + 1, ()))):
                chained = any_operation(chained, self.severity)
            mixture += weight * chained
        return mixture.lerp(image_BCHW, kept)


@dataclass(frozen=True, slots=True)
class SnapMix:
    """A box pasted into another image's box, classes by what the network looks at there (Huang et al. 2021, arXiv 2012.04846).

    The network has ``maps`` (B×F×h×w, whose mean over places its linear ``head`` reads), from which class activation maps follow.
    """

    alpha: float = 5.0

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Cross-entropy with each of the two classes, weighted by its semantic share; the two need not sum to 1."""
        other = torch.randperm(len(image_BCHW))
        share_BHW = semantic_share(network, image_BCHW, truth_BK)
        target, source = (random_box(image_BCHW, _weight(self.alpha)) for _ in range(2))
        mixed = image_BCHW.clone()
        size = [side.stop - side.start for side in target]
        mixed[..., *target] = functional.interpolate(image_BCHW[other][..., *source], size, mode="bilinear", align_corners=False)
        log_probabilities = network(mixed).log_softmax(dim=1)
        kept_B = 1 - share_BHW[:, *target].sum(dim=(1, 2))
        pasted_B = share_BHW[other][:, *source].sum(dim=(1, 2))
        own_B, others_B = (-(truth * log_probabilities).sum(dim=1) for truth in (truth_BK, truth_BK[other]))
        loss: Tensor = (kept_B * own_B + pasted_B * others_B).mean()
        return loss


def semantic_share(network: Any, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
    """How much of an image's class lies at each pixel, by its class activation map; sums to 1 over the image."""
    bare = getattr(network, "module", network)  # in several processes the network is wrapped
    was_training = bare.training
    bare.eval()
    with torch.no_grad():
        maps_BFhw = bare.maps(image_BCHW)
        activation = torch.einsum("bk,kf,bfhw->bhw", truth_BK, bare.head.weight, maps_BFhw)
    bare.train(was_training)
    wide = functional.interpolate(activation[:, None], image_BCHW.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
    positive = wide - wide.amin(dim=(1, 2), keepdim=True) + 1e-6
    share_BHW: Tensor = positive / positive.sum(dim=(1, 2), keepdim=True)
    return share_BHW


def jensen_shannon(probabilities: list[Tensor]) -> Tensor:
    """Mean divergence of distributions from their mean, over a batch; 0 where they agree.

    >>> jensen_shannon([torch.tensor([[0.3, 0.7]])] * 3)
    tensor(0.)
    """
    log_mean = torch.stack(probabilities).mean(dim=0).clamp(1e-7, 1).log()
    return torch.stack([functional.kl_div(log_mean, one, reduction="batchmean") for one in probabilities]).mean()


def random_box(image_BCHW: Tensor, share: float) -> Box:
    """A box of a share of the image around a random pixel, cut at the border, at least a pixel large."""

    def side(length: int) -> slice:
        half, centre = length * share**0.5 / 2, int(torch.randint(length, ()))
        start = max(0, round(centre - half))
        return slice(start, max(start + 1, min(length, round(centre + half))))

    return side(image_BCHW.shape[2]), side(image_BCHW.shape[3])


def area(box: Box) -> int:
    """Pixels in a box.

    >>> area((slice(1, 3), slice(0, 4)))
    8
    """
    rows, columns = box
    return int((rows.stop - rows.start) * (columns.stop - columns.start))


def _weight(alpha: float) -> float:
    return float(Beta(alpha, alpha).sample())


def _cropped(image_BCHW: Tensor, low: float, high: float) -> Tensor:
    """Wholly inside the image, of a share of its area between the two, resized to it."""
    height, width = image_BCHW.shape[2:]
    side = float(torch.empty(()).uniform_(low, high)) ** 0.5
    rows, columns = max(1, round(height * side)), max(1, round(width * side))
    top, left = int(torch.randint(height - rows + 1, ())), int(torch.randint(width - columns + 1, ()))
    crop = image_BCHW[..., top : top + rows, left : left + columns]
    return functional.interpolate(crop, (height, width), mode="bilinear", align_corners=False)
