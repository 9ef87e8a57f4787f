"""Trains a network to tell the class of an image or volume."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners.intensity import Intensity, Pixels
from vesalius.learners.scans import require_channels, scan_of
from vesalius.learners.training import (
    History,
    Regime,
    device,
    load_network,
    new_network,
    save_histories,
    save_network,
    train,
)
from vesalius.metrics import log_loss
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Label, Record
from vesalius.tasks import Prediction

WEIGHTS, SETTINGS = "classifier.safetensors", "classifier.json"
_BATCH = 32


Augment = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Takes the network, standardised images B×C×S and classes B×K, changes them in any way, and gives the loss."""


def soft_cross_entropy(logits_BK: Tensor, truth_BK: Tensor) -> Tensor:
    """Cross-entropy with classes that may be shared between several, mean of the batch.

    >>> round(float(soft_cross_entropy(torch.zeros(1, 2), torch.tensor([[0.5, 0.5]]))), 3)
    0.693
    """
    return -(truth_BK * functional.log_softmax(logits_BK, dim=1)).sum(dim=1).mean()


def plain(network: nn.Module, image_BCS: Tensor, truth_BK: Tensor) -> Tensor:
    """Cross-entropy of the images as they are."""
    return soft_cross_entropy(network(image_BCS), truth_BK)


class Classifier:
    """A learner of class probabilities.

    Images are standardised by the training images, shifted by up to an eighth of their size and, if asked, mirrored. Classes are
    drawn equally often. At each check the log loss of the validation records is taken, and the state with the lowest is kept.

    Args:
        network: makes the untrained network; its logits are as many as the label has classes.
        regime: how long and how it is trained.
        seed: of the weights and of everything drawn.
        batch: images a step.
        image, target: names of the fields.
        augment: how a batch is changed in training and its loss taken.
        mirror: whether images are mirrored from left to right; not in a chest, whose heart is on the left.
        groups: from the network, parameter groups with learning rates of their own.

    >>> from vesalius.nets.resnet import ResNet
    >>> from vesalius.records import Image
    >>> record = Record(id="1", subject_id="1", fields={"image": Image(np.zeros((8, 8))), "label": Label("a", ("a", "b"))})
    >>> regime = Regime(steps=1, learning_rate=1e-3)
    >>> learner = Classifier(lambda: ResNet(1, 2, widths=(4,)), regime=regime, seed=0, batch=2)
    >>> learner.fit([record], [])
    >>> learner.predict([record])[0].value.shape
    (2,)
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        regime: Regime,
        seed: int,
        batch: int,
        image: str = "image",
        target: str = "label",
        augment: Augment = plain,
        mirror: bool = False,
        groups: Callable[[nn.Module], Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self._make_network, self._regime, self._seed, self._batch = network, regime, seed, batch
        self._image, self.target, self._augment, self._mirror, self._groups = image, target, augment, mirror, groups
        self._intensity: Intensity | None = None
        self.histories: dict[str, History] = {}

    @cached_property
    def network(self) -> nn.Module:
        """With its first weights until it is fitted or loaded; made when it is first needed."""
        return self._new_network()

    @property
    def trained_parameters(self) -> int:
        """Weights of the network that are trained."""
        return count_parameters(self.network)

    def train_for(self, steps: int) -> None:
        """Take so many optimiser updates."""
        self._regime = replace(self._regime, steps=steps)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train on the labels of ``train``; ``validation`` picks the state that is kept.

        Raises:
            UserError: if there is nothing to train on, or images differ in size or channels.
        """
        if not train:
            raise UserError("No training records: give at least one record with an image and its label.")
        images = [scan_of(record, self._image).image_CS for record in train]
        for record, image_CS in zip(train, images):
            if image_CS.shape != images[0].shape:
                raise UserError(f"Record {record.id}: {image_CS.shape} where the first image has {images[0].shape}; resize it.")
        self._intensity = Intensity.of(images)
        standard = [self._intensity.standardise(image_CS) for image_CS in images]
        labels = [record.get(self.target, Label) for record in train]
        truth_NK = np.eye(len(labels[0].classes), dtype=np.float32)[[label.index for label in labels]]
        self.network = self._new_network()
        self.histories["training"] = self._train(standard, truth_NK, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The probability of each class, for each record."""
        probabilities_NK = self.probabilities(records)
        return [Prediction(record_id=record.id, value=values) for record, values in zip(records, probabilities_NK)]

    def probabilities(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """N × classes."""
        self.network.eval()
        parts = []
        with torch.inference_mode():
            for start in track(range(0, len(records), _BATCH), "classifying", -(-len(records) // _BATCH)):
                image_BCS = torch.stack([self.standardised(record) for record in records[start : start + _BATCH]])
                parts.append(self.network(image_BCS.to(device())).double().softmax(dim=1).cpu().numpy())
        return np.concatenate(parts)

    def standardised(self, record: Record) -> Tensor:
        """The image of a record as the network takes it, C×S.

        Raises:
            UserError: before ``fit`` or ``load``, or if the image has other channels than those of training.
        """
        image_CS = scan_of(record, self._image).image_CS
        if self._intensity is None:
            raise UserError("This classifier has seen no images yet: fit or load it first.")
        require_channels(record, self._image, image_CS, len(self._intensity.mean_C))
        return torch.from_numpy(self._intensity.standardise(image_CS))

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors), the intensities of the training images and the curves (JSON)."""
        save_network(self.network, folder / WEIGHTS)
        (folder / SETTINGS).write_text(json.dumps(self._intensity and self._intensity.to_json()), encoding="utf-8")
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a network of the same shape.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            intensity = Intensity.from_json(json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{folder / SETTINGS}: missing or damaged; give the folder of a saved classifier.") from error
        network = self._new_network()
        load_network(network, folder / WEIGHTS)
        self._intensity, self.network = intensity, network

    def _new_network(self) -> nn.Module:
        return new_network(self._make_network, self._seed)

    def _train(self, images: Sequence[Pixels], truth_NK: Pixels, validation: Sequence[Record]) -> History:
        true = np.array([record.get(self.target, Label).index for record in validation], dtype=float)

        def score(_: nn.Module) -> float:
            return -log_loss(self.probabilities(validation), true)

        return train(
            self.network,
            loss=lambda network, batch: self._augment(network, *batch),
            draw=lambda random: self._draw(images, truth_NK, random),
            regime=self._regime,
            seed=self._seed,
            score=score if len(validation) else None,
            groups=self._groups(self.network) if self._groups else None,
        )

    def _draw(self, images: Sequence[Pixels], truth_NK: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
        """Images B×C×S and one-hot classes B×K, each class that occurs equally often."""
        occurring = np.flatnonzero(truth_NK.any(axis=0))
        drawn = [random.choice(np.flatnonzero(truth_NK[:, kind])) for kind in random.choice(occurring, size=self._batch)]
        return np.stack([moved(images[index], random, mirror=self._mirror) for index in drawn]), truth_NK[drawn]


def moved(image_CS: Pixels, random: np.random.Generator, *, mirror: bool) -> Pixels:
    """Shifted by up to an eighth along each axis, the border repeated, and mirrored along the last axis half of the time.

    >>> moved(np.zeros((1, 16, 16), dtype=np.float32), np.random.default_rng(0), mirror=False).shape
    (1, 16, 16)
    """
    reach = [side // 8 for side in image_CS.shape[1:]]
    wide = np.pad(image_CS, [(0, 0), *((most, most) for most in reach)], mode="edge")
    starts = [int(random.integers(2 * most + 1)) for most in reach]
    shifted = wide[(slice(None), *(slice(start, start + side) for start, side in zip(starts, image_CS.shape[1:])))]
    return shifted[..., ::-1] if mirror and random.integers(2) else shifted
