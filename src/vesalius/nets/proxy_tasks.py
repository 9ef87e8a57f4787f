"""The proxy tasks of Swin UNETR: inpainting, rotation and contrastive coding (Tang et al., CVPR 2022, arXiv 2111.14791)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.encoders import cosine

ROTATIONS = 4
"""Quarter turns about the axis from foot to head."""


def contrastive_coding_loss(one_BE: Tensor, other_BE: Tensor, temperature: float) -> Tensor:
    """Normalised temperature-scaled cross-entropy: of all other 2B - 1 vectors, each is to be nearest to its partner.

    Chen et al. 2020 (SimCLR), which the paper takes over as its equation 3.

    >>> apart = contrastive_coding_loss(torch.eye(2), torch.eye(2), temperature=0.1)
    >>> swapped = contrastive_coding_loss(torch.eye(2), torch.eye(2).flip(0), temperature=0.1)
    >>> round(float(apart), 3), round(float(swapped), 3)
    (0.0, 10.0)
    """
    both = torch.cat((one_BE, other_BE))
    logits = cosine(both, both) / temperature
    logits = logits.masked_fill(torch.eye(len(both), dtype=torch.bool, device=both.device), float("-inf"))
    partner = torch.arange(len(both), device=both.device).roll(len(one_BE))
    return functional.cross_entropy(logits, partner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Of the three terms; a term of weight 0 is left out. The paper's search ended at 1 for each."""

    inpainting: float = 1.0
    rotation: float = 1.0
    contrast: float = 1.0


class ProxyTasks(nn.Module):
    """An encoder with a head for each of three tasks, all on its coarsest features.

    Reconstruction is by transposed convolutions, each of which doubles the sides and halves the channels. Rotation and contrast
    read the mean over space; the authors' code reads one token each, which is the same where one is all that there is.

    Args:
        encoder: gives features of several levels.
        width: channels of its coarsest level.
        channels: of the image.
        doublings: log2 of the stride of the coarsest level.
        embedding: numbers that describe a sub-volume.
        temperature: of contrastive coding.
        weights: of the three terms.
    """

    def __init__(
        self,
        encoder: nn.Module,
        width: int,
        *,
        channels: int,
        doublings: int,
        embedding: int = 512,
        temperature: float = 0.5,
        weights: Weights = Weights(),
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.rotation = nn.Linear(width, ROTATIONS)
        self.contrast = nn.Linear(width, embedding)
        self.reconstruction = _upsampling(width, channels, doublings)
        self._temperature, self._weights = temperature, weights

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the ``terms``."""
        weights, terms = self._weights, self.terms(batch)
        return (
            weights.inpainting * terms["inpainting"] + weights.rotation * terms["rotation"] + weights.contrast * terms["contrast"]
        )

    def terms(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each loss by itself.

        Args:
            batch: ``seen`` and ``whole`` 2B×C×S, the two views of B sub-volumes one after the other, turned, with and without
                what was cut out; ``turns`` 2B, the quarter turns of each.
        """
        coarsest = self.encoder(batch["seen"])[-1]
        pooled = coarsest.flatten(2).mean(dim=2)
        one, other = self.contrast(pooled).chunk(2)
        return {
            "inpainting": functional.l1_loss(self.reconstruction(coarsest), batch["whole"]),
            "rotation": functional.cross_entropy(self.rotation(pooled), batch["turns"]),
            "contrast": contrastive_coding_loss(one, other, self._temperature),
        }


def _upsampling(width: int, channels: int, doublings: int) -> nn.Module:
    widths = [max(8, width // 2**step) for step in range(doublings)]
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, (*widths[1:], channels), strict=True):
        layers += [nn.ConvTranspose3d(inputs, outputs, 2, stride=2), nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])
