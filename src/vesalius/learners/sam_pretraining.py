"""A SAM that knows general pictures: read from a folder, or a small one that is trained on simulated scenes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.promptable import Promptable
from vesalius.learners.training import Regime
from vesalius.names import Size
from vesalius.nets.sam import SamShape, new_sam, read_sam, small_shape
from vesalius.records import Record
from vesalius.sources.simulators.scenes import Scenes
from vesalius.tasks.prompts import Prompting, PromptKind, prompted

VARIABLE = "VESALIUS_SAM"
SEED = 190
"""Of the pretrained weights: as in practice there is one foundation model, from which every seed of a trial starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretraining:
    """How a small SAM is trained on scenes: all of it, on objects pointed out by a prompt, once in a process.

    Attributes:
        shape: of the network.
        scenes: how many different ones.
        regime: of training.
        batch: objects a step.
        kind: of the prompts that it learns to follow.
    """

    shape: SamShape
    scenes: int
    regime: Regime
    batch: int
    kind: PromptKind = "box"


BASES: Mapping[Size, Pretraining | None] = {
    "smoke": Pretraining(
        shape=small_shape(image=32, width=16, layers=1), scenes=8, regime=Regime(steps=3, learning_rate=2e-3), batch=4
    ),
    "default": Pretraining(
        shape=small_shape(image=96, width=64, layers=3),
        scenes=600,
        regime=Regime(steps=1000, learning_rate=2e-3, warmup=20),
        batch=8,
    ),
    "paper": None,
}
"""The SAM that systems adapt; at the paper size it is read from the folder that ``VESALIUS_SAM`` names."""


def base_of(size: Size) -> Pretraining | Path:
    """How the SAM of a size is pretrained, or the folder that it is read from.

    Raises:
        UserError: at the paper size, if ``VESALIUS_SAM`` names no folder.
    """
    pretraining = BASES[size]
    if pretraining is not None:
        return pretraining
    named = os.environ.get(VARIABLE)
    if not named:
        raise UserError(f"{VARIABLE}: not set; set it to a folder with SAM's config.json and model.safetensors (transformers).")
    return Path(named)


def image_size(size: Size) -> int:
    """Pixels of a side of what the SAM of a size is given.

    >>> image_size("paper")
    1024
    """
    pretraining = BASES[size]
    return SamShape().image if pretraining is None else pretraining.shape.image


def start_of(base: Pretraining | Path) -> tuple[Callable[[], nn.Module], Callable[[nn.Module], object]]:
    """What makes a SAM, and what gives it the weights that it starts from: the two that ``Promptable`` asks for.

    Args:
        base: how it is pretrained here, or the folder that has its weights.
    """
    if isinstance(base, Path):
        return partial(read_sam, base), lambda network: None
    return partial(new_sam, base.shape), lambda network: network.load_state_dict(_weights(base))


@cache
def _weights(pretraining: Pretraining) -> dict[str, Tensor]:
    prompting = Prompting(kinds=(pretraining.kind,))
    records: list[Record] = prompted(
        Scenes(pretraining.scenes, pretraining.shape.image).records(), prompting, seed=SEED, least=pretraining.shape.patch**2
    )
    learner = Promptable(
        partial(new_sam, pretraining.shape),
        regime=pretraining.regime,
        seed=SEED,
        prompting=prompting,
        size=pretraining.shape.image,
        batch=pretraining.batch,
        name="pretraining",
    )
    learner.fit(records, [])
    return {name: value.detach().cpu().clone() for name, value in learner.network.state_dict().items()}
