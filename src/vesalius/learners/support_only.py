"""Trains a network anew for each support set, on its examples alone: what is done where no network for all tasks is at hand."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners import training
from vesalius.learners.losses import cross_entropy, soft_dice, summed
from vesalius.learners.task_examples import Example, moved_at_random, toned_at_random
from vesalius.learners.training import Regime, device, repeatable
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Image, Mask, Record
from vesalius.sources.supported import SUPPORT
from vesalius.tasks import Prediction

LOSS = summed(soft_dice, cross_entropy)
Floats = NDArray[np.float32]


class SupportOnly:
    """A learner that fits nothing beforehand; at prediction it trains a network on the examples that come with the query.

    Args:
        network: makes the untrained network, from one channel to two logits a pixel.
        regime: of the training on a support set.
        seed: of initial weights and batches.
        batch: images a step.
        image: name of the field.
    """

    def __init__(self, network: Callable[[], nn.Module], *, regime: Regime, seed: int, batch: int, image: str = "image") -> None:
        self._make, self._regime, self._seed, self._batch, self._image = network, regime, seed, batch, image

    @property
    def trained_parameters(self) -> int:
        """Weights of one network."""
        return count_parameters(self._make())

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do: other tasks do not count."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of the query for each record.

        Raises:
            UserError: if a record has no support set.
        """
        return [
            Prediction(record_id=record.id, value=self._mask(record)) for record in track(records, "segmenting", len(records))
        ]

    def save(self, folder: Path) -> None:
        """Nothing to write."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    def _mask(self, record: Record) -> NDArray[np.uint8]:
        if SUPPORT[0] not in record.fields:
            raise UserError(f"Record {record.id}: no support set; give it the fields {' and '.join(SUPPORT)}.")
        images_SSN, masks_SSN = record.get(SUPPORT[0], Image).pixels, record.get(SUPPORT[1], Mask).labels
        network = self._trained(
            [
                Example(images_SSN[..., index].astype(np.float32), masks_SSN[..., index] != 0)
                for index in range(images_SSN.shape[-1])
            ]
        )
        query = torch.from_numpy(record.get(self._image, Image).pixels.astype(np.float32))[None, None].to(device())
        with torch.inference_mode():
            return network(query).argmax(dim=1)[0].cpu().numpy().astype(np.uint8)  # type: ignore[no-any-return]

    def _trained(self, examples: Sequence[Example]) -> nn.Module:
        def draw(generator: np.random.Generator) -> tuple[Floats, Floats]:
            drawn = [examples[index] for index in generator.integers(len(examples), size=self._batch)]
            moved = [moved_at_random(each.image, each.region, generator, flip=False) for each in drawn]
            images = np.stack([toned_at_random(image, generator, invert=False) for image, _ in moved])
            return images[:, None], np.stack([region for _, region in moved]).astype(np.float32)

        def loss(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
            return LOSS(network(batch[0]).float(), batch[1].long())

        with repeatable(self._seed):
            network = self._make()
        training.train(network, loss=loss, draw=draw, regime=self._regime, seed=self._seed, name="support")
        return network
