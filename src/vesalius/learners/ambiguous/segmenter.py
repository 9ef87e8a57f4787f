"""Trains a distribution of masks on those of several annotators, and draws masks from it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.ambiguous.models import Floats32, MaskModel
from vesalius.learners.denoiser.examples import padded
from vesalius.learners.intensity import Intensity
from vesalius.learners.scans import labels_of, require_channels, scan_of
from vesalius.learners.training import (
    History,
    Regime,
    device,
    evaluating,
    load_network,
    new_network,
    save_histories,
    save_network,
    train,
)
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Mask, Record
from vesalius.tasks import Prediction

WEIGHTS, SETTINGS = "ambiguous.safetensors", "ambiguous.json"


class AmbiguousSegmenter:
    """A learner that gives several masks of one label for each image, N × H × W.

    In each training step an annotator is drawn for each image, and image and mask are mirrored alike. What is random in the masks
    of a record follows from the seed and its id. Annotators that a record lacks are left out.

    Args:
        model: of the masks.
        regime: how long and how it is trained.
        seed: of the weights, the batches and the masks.
        readings: fields of the annotators' masks.
        samples: masks that are drawn for a record.
        batch: images a step.
        image: the field that it reads.

    >>> from vesalius.learners.ambiguous.models import ProbabilisticMasks
    >>> from vesalius.sources.simulators.graders import Graders
    >>> source = Graders(count=2, size=32)
    >>> model, regime = ProbabilisticMasks(widths=(4, 8)), Regime(steps=1, learning_rate=1e-3)
    >>> learner = AmbiguousSegmenter(model, regime=regime, seed=0, readings=source.annotations, samples=3, batch=2)
    >>> learner.fit(source.records(), [])
    >>> learner.predict(source.records())[0].value.shape
    (3, 32, 32)
    """

    def __init__(
        self,
        model: MaskModel,
        *,
        regime: Regime,
        seed: int,
        readings: Sequence[str],
        samples: int,
        batch: int,
        image: str = "image",
    ) -> None:
        self._model, self._regime, self._seed = model, regime, seed
        self._readings, self._samples, self._batch, self._image = tuple(readings), samples, batch, image
        self._intensity: Intensity | None = None
        self.network: nn.Module | None = None
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Weights of the network; 0 before it is fitted, for its size depends on the images' channels."""
        return 0 if self.network is None else count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn from the annotators' masks of ``train``; ``validation`` is not used, for the losses say little of the samples.

        Raises:
            UserError: if there is nothing to train on, images differ in size, or a mask has several labels or another size.
        """
        if not train:
            raise UserError("No training records: give at least one record with an image and its annotators' masks.")
        images = [scan_of(record, self._image).image_CS for record in train]
        for record, image in zip(train, images, strict=True):
            if image.shape != images[0].shape or image.ndim != 3:
                raise UserError(
                    f"Record {record.id}, field {self._image!r}: {image.shape} where the first image has {images[0].shape}; "
                    "cut all images to one size."
                )
        self._intensity = Intensity.of(images)
        masks = [self._masks(record, image.shape[1:]) for record, image in zip(train, images, strict=True)]
        self.network = self._new_network(len(images[0]))
        self.histories["training"] = self._train(images, masks)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Masks of 0 and 1 in unsigned bytes, samples × H × W, for each record.

        Raises:
            UserError: if it was not fitted, or an image has other channels than those of training.
        """
        return [Prediction(record_id=record.id, value=self._drawn(record)) for record in track(records, "sampling", len(records))]

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors), the seed of the masks, the images' intensities and the curves (JSON)."""
        network, intensity = self._fitted()
        save_network(network, folder / WEIGHTS)
        (folder / SETTINGS).write_text(json.dumps({"seed": self._seed, "intensity": intensity.to_json()}), encoding="utf-8")
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a model of the same shape.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            content = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            seed, intensity = int(content["seed"]), Intensity.from_json(content["intensity"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "give the folder of a saved segmenter of the same configuration."
            raise UserError(f"{folder / SETTINGS}: missing or damaged; {remedy}") from error
        network = self._new_network(len(intensity.mean_C))
        load_network(network, folder / WEIGHTS)
        self._seed, self._intensity, self.network = seed, intensity, network.eval()

    def _fitted(self) -> tuple[nn.Module, Intensity]:
        if self.network is None or self._intensity is None:
            raise UserError("The segmenter has no weights: fit it, or load a folder that was saved.")
        return self.network, self._intensity

    def _new_network(self, channels: int) -> nn.Module:
        return new_network(lambda: self._model.network(channels), self._seed, torch.channels_last)

    def _masks(self, record: Record, size: tuple[int, ...]) -> Floats32:
        """1 and -1 of each annotator that the record has, G × H × W."""
        names = [name for name in self._readings if name in record.fields]
        if not names:
            raise UserError(f"Record {record.id}: none of the fields {', '.join(self._readings)}; name those of its annotators.")
        several = [name for name in names if len(record.get(name, Mask).names) > 1]
        if several:
            raise UserError(f"Record {record.id}, field {several[0]!r}: several labels; make one task of each label.")
        return np.stack([2 * (labels_of(record, name, size) > 0).astype(np.float32) - 1 for name in names])

    def _train(self, images: Sequence[NDArray[np.generic]], masks: Sequence[Floats32]) -> History:
        network, intensity = self._fitted()
        images_NCHW = padded(np.stack([intensity.standardise(image) for image in images]), self._model.multiple)

        def draw(random: np.random.Generator) -> dict[str, Any]:
            rows = random.integers(0, len(masks), self._batch)
            chosen = np.stack([masks[row][random.integers(len(masks[row]))] for row in rows])[:, None]
            chosen_B1HW = padded(chosen, self._model.multiple)
            sides = tuple(axis for axis in (2, 3) if random.random() < 0.5)
            image_BCHW, mask_B1HW = (np.flip(each, sides) for each in (images_NCHW[rows], chosen_B1HW))
            return self._model.lesson(np.ascontiguousarray(image_BCHW), np.ascontiguousarray(mask_B1HW), random)

        return train(network, loss=self._model.loss, draw=draw, regime=self._regime, seed=self._seed)

    def _drawn(self, record: Record) -> NDArray[np.uint8]:
        network, intensity = self._fitted()
        image_CHW = scan_of(record, self._image).image_CS
        require_channels(record, self._image, image_CHW, len(intensity.mean_C))
        height, width = image_CHW.shape[1:]
        image_NCHW = padded(intensity.standardise(image_CHW)[None], self._model.multiple).repeat(self._samples, axis=0)
        random = np.random.default_rng([self._seed, crc32(record.id.encode())])

        def noise(shape: tuple[int, ...]) -> Tensor:
            return torch.from_numpy(random.standard_normal(shape, dtype=np.float32)).to(device())

        with evaluating(network):
            masks_NHW = self._model.sample(network, torch.from_numpy(image_NCHW).to(device()), noise)
        return masks_NHW.to(torch.uint8).cpu().numpy()[:, :height, :width]
