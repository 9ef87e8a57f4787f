"""The recipe for fine-tuning a pretrained transformer: learning rates by layer, random augmentation, dropped paths."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vesalius.learners.classifier import soft_cross_entropy
from vesalius.learners.operations import OPERATIONS


def layer_wise_groups(
    network: nn.Module, layers: Sequence[nn.Module], *, learning_rate: float, decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Parameter groups of AdamW whose learning rate falls from the last layer to the first.

    What is in none of the layers, such as the head, has the full rate; layer l of L, counted from 1, has the rate times
    decay^(L + 1 - l). Biases and normalisation, which have one axis, get no weight decay. As ELECTRA (Clark et al. 2020) and the
    masked autoencoder are fine-tuned.

    Args:
        network: all of whose trainable parameters are in one of the groups.
        layers: parts of it, from input to output.
        learning_rate: of the head.
        decay: from each layer to the one before it.
        weight_decay: of matrices.

    >>> network = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False))
    >>> groups = layer_wise_groups(network, list(network)[:2], learning_rate=1.0, decay=0.5, weight_decay=0.05)
    >>> [(group["lr"], len(group["params"])) for group in groups]
    [(1.0, 1), (0.5, 1), (0.25, 1)]
    """
    depth = {parameter: place for place, layer in enumerate(layers) for parameter in layer.parameters()}
    members: dict[tuple[int, float], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            own_decay = weight_decay if parameter.ndim > 1 else 0.0
            members.setdefault((depth.get(parameter, len(layers)), own_decay), []).append(parameter)
    return [
        {"params": parameters, "lr": learning_rate * decay ** (len(layers) - place), "weight_decay": own_decay}
        for (place, own_decay), parameters in sorted(members.items(), key=lambda item: item[0], reverse=True)
    ]


def random_augment(image_BCHW: Tensor, magnitude: float, count: int = 2) -> Tensor:
    """So many operations one after the other, each image by about the magnitude, from 0 to 1 (Cubuk et al. 2020, RandAugment).

    >>> random_augment(torch.rand(2, 1, 8, 8), magnitude=0.6).shape
    torch.Size([2, 1, 8, 8])
    """
    for _ in range(count):
        operation = OPERATIONS[int(torch.randint(len(OPERATIONS), ()))]
        amount_B = (magnitude + 0.05 * torch.randn(len(image_BCHW), device=image_BCHW.device)).clamp(0, 1)
        image_BCHW = operation(image_BCHW, amount_B)
    return image_BCHW


@contextmanager
def dropped_paths(blocks: Sequence[nn.Module], rate: float) -> Iterator[None]:
    """Within it, each residual block in training is skipped for a random part of the images (Huang et al. 2016).

    The rate rises evenly to the given one at the last block; what a block adds is scaled so that its mean stays.
    """

    def drop(chance: float, tokens_BNC: Tensor, output_BNC: Tensor) -> Tensor:
        kept_B11 = torch.rand(len(tokens_BNC), 1, 1, device=tokens_BNC.device) >= chance
        return tokens_BNC + (output_BNC - tokens_BNC) * kept_B11 / (1 - chance)

    handles = []
    for place, block in enumerate(blocks):
        chance = rate * place / max(1, len(blocks) - 1)
        if chance:
            handles.append(block.register_forward_hook(lambda _, inputs, output, chance=chance: drop(chance, inputs[0], output)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a ``Classifier`` augments in fine-tuning.

    Attributes:
        magnitude: of random augmentation, from 0 to 1.
        drop_path: highest rate at which blocks are skipped, for a network that has ``blocks``; 0 for none.
    """

    magnitude: float
    drop_path: float = 0.0

    def __call__(self, network: nn.Module, image_BCHW: Tensor, truth_BK: Tensor) -> Tensor:
        """Cross-entropy of the augmented images."""
        image_BCHW = random_augment(image_BCHW, self.magnitude)
        if not self.drop_path:
            return soft_cross_entropy(network(image_BCHW), truth_BK)
        # Training on several GPUs wraps the network.
        blocks = getattr(network, "module", network).get_submodule("blocks")
        with dropped_paths(list(blocks.children()), self.drop_path):
            return soft_cross_entropy(network(image_BCHW), truth_BK)
