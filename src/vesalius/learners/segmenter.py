"""Trains a network to label every pixel of an image, or every voxel of a volume."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.intensity import Intensity, Pixels, Standard
from vesalius.learners.losses import Loss, cross_entropy_and_dice
from vesalius.learners.patches import PatchSampler
from vesalius.learners.scans import (
    Scan,
    Shelf,
    Spacing,
    labels_of,
    require_channels,
    resample_image,
    resample_labels,
    scan_of,
    size_at,
)
from vesalius.learners.sliding_window import add_flips, segment
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
from vesalius.metrics import dice
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Record
from vesalius.tasks import Prediction

WEIGHTS, SETTINGS = "segmenter.safetensors", "segmenter.json"
_WHOLE = 2**20
"""Pixels up to which an image goes through the network in one piece."""
_PLANES = 8


class Segmenter:
    """A learner of label masks: random patches in training, whole images or sliding windows at prediction.

    AdamW with a cosine schedule. At ``checks`` evenly spaced steps the mean Dice of the validation records is taken, and the best
    of these states is kept; without validation records, the last. A network that gives several logits in training (deep
    supervision) is trained on the mean of their losses; at prediction its evaluation mode gives one.

    A patch of two sides on volumes trains a network of planes across the last axis, and labels volumes plane by plane.

    Args:
        network: makes the untrained network.
        steps: optimiser updates.
        seed: of the initial weights and the patches; equal seeds on the same machine and threads give equal bits.
        patch: pixels along each side.
        batch: patches a step.
        learning_rate: at the start; it falls to 0.
        image, target: names of the fields.
        standardise: how intensities are.
        checks: how often the validation records are looked at.
        loss: of the logits and labels of one head.
        foreground: share of patches that are centred on a labelled pixel.
        spacing: millimetres between pixels that scans are resampled to before the network sees them, and their labels back from;
            None leaves scans as they are.
        flips: whether a prediction is the mean over all flips of the image.

    >>> from vesalius.nets.unet import UNet
    >>> from vesalius.records import Image
    >>> records = [Record(id="1", subject_id="1", fields={"image": Image(np.zeros((8, 12)))})]
    >>> segmenter = Segmenter(lambda: UNet(1, 2, (4, 8)), steps=1, seed=0, patch=(8, 8), batch=1, learning_rate=1e-3)
    >>> segmenter.predict(records)[0].value.shape
    (8, 12)
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        steps: int,
        seed: int,
        patch: Sequence[int],
        batch: int,
        learning_rate: float,
        image: str = "image",
        target: str = "mask",
        standardise: Standard = "training",
        checks: int = 4,
        loss: Loss = cross_entropy_and_dice,
        foreground: float = 0.0,
        spacing: Spacing | None = None,
        flips: bool = False,
    ) -> None:
        self._make_network, self._loss, self._seed = network, loss, seed
        self._regime = Regime(steps=steps, learning_rate=learning_rate, checks=checks)
        self._patch, self._batch, self._foreground = tuple(patch), batch, foreground
        self._image, self._target, self._standard = image, target, standardise
        self._spacing, self._flips = spacing, flips
        self._channels: int | None = None
        self._intensity: Intensity | None = None
        self.histories: dict[str, History] = {}

    @cached_property
    def network(self) -> nn.Module:
        """With its first weights until it is fitted or loaded; made when it is first needed."""
        return self._new_network()

    @property
    def trained_parameters(self) -> int:
        """Weights of the network."""
        return count_parameters(self.network)

    def train_for(self, steps: int) -> None:
        """Take so many optimiser updates."""
        self._regime = replace(self._regime, steps=steps)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train on the masks of ``train``; ``validation`` picks the state that is kept.

        Raises:
            UserError: if there is nothing to train on, a mask has another size than its image, or images differ in channels.
        """
        if not train:
            raise UserError("No training records: give at least one record with an image and its mask.")
        shelf = Shelf()
        self._channels = len(scan_of(train[0], self._image).image_CS)
        pairs = [self._pair(record, shelf) for record in track(train, "reading", len(train))]
        held_out = [self._pair(record, shelf) for record in validation]
        self._intensity = self._measured(pairs)
        images_CS, masks_S = [image for image, _ in pairs], [mask for _, mask in pairs]
        intensities = [self._intensity_of(image) for image in images_CS]
        sampler = PatchSampler(images_CS, masks_S, intensities, patch=self._patch, batch=self._batch, foreground=self._foreground)
        self.network = self._new_network()
        self.histories["training"] = self._train(sampler, held_out)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A label mask of the image's own size, in unsigned bytes, for each record.

        Raises:
            UserError: if an image has other channels than those of training.
        """
        predictions = []
        for record in track(records, "segmenting", len(records)):
            scan = self._scan(record)
            image_CS = resample_image(scan.image_CS, size_at(scan, self._spacing))
            labels_S = resample_labels(self._segment(image_CS), scan.size)
            predictions.append(Prediction(record_id=record.id, value=labels_S))
        return predictions

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors), the intensities of the training images and the curves (JSON)."""
        save_network(self.network, folder / WEIGHTS)
        settings = {"channels": self._channels, "intensity": self._intensity and self._intensity.to_json()}
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a network of the same shape.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            channels, intensity = settings["channels"], settings["intensity"] and Intensity.from_json(settings["intensity"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "give the folder of a saved segmenter of the same configuration."
            raise UserError(f"{folder / SETTINGS}: missing or damaged; {remedy}") from error
        network = self._new_network()
        load_network(network, folder / WEIGHTS)
        self._channels, self._intensity, self.network = channels, intensity, network

    def _new_network(self) -> nn.Module:
        # Channels last halves the time of narrow convolutions on a CPU.
        layout = torch.channels_last if len(self._patch) == 2 else torch.channels_last_3d
        return new_network(self._make_network, self._seed, layout)

    def _scan(self, record: Record) -> Scan:
        scan = scan_of(record, self._image)
        if self._channels is not None:
            require_channels(record, self._image, scan.image_CS, self._channels)
        return scan

    def _pair(self, record: Record, shelf: Shelf) -> tuple[NDArray[np.generic], NDArray[np.integer]]:
        """Image and labels at the network's spacing, in their own intensities."""
        scan = self._scan(record)
        labels_S = labels_of(record, self._target, scan.size)
        size = size_at(scan, self._spacing)
        return shelf.keep(resample_image(scan.image_CS, size)), shelf.keep(resample_labels(labels_S, size))  # type: ignore[return-value]

    def _measured(self, pairs: Sequence[tuple[NDArray[np.generic], NDArray[np.integer]]]) -> Intensity | None:
        match self._standard:
            case "training":
                return Intensity.of(image for image, _ in pairs)
            case "ct":
                return Intensity.of_labelled(pairs)
            case "image":
                return None

    def _intensity_of(self, image_CS: NDArray[np.generic]) -> Intensity:
        return self._intensity or Intensity.of([image_CS])

    def _train(self, sampler: PatchSampler, held_out: Sequence[tuple[NDArray[np.generic], NDArray[np.integer]]]) -> History:
        def mean_dice(_: nn.Module) -> float:
            return float(np.mean([dice(self._segment(image_CS), mask_S) for image_CS, mask_S in held_out]))

        return train(
            self.network,
            loss=self._loss_of,
            draw=sampler.draw,
            regime=self._regime,
            seed=self._seed,
            score=mean_dice if held_out else None,
        )

    def _loss_of(self, network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        image_BCS, labels_BS = batch
        output = network(self._laid_out(image_BCS))
        heads, labels_BS = output if isinstance(output, list) else [output], labels_BS.long()
        return torch.stack([self._loss(logits_BKS, labels_BS) for logits_BKS in heads]).mean()

    def _segment(self, image_CS: NDArray[np.generic]) -> NDArray[np.integer]:
        """Labels of an image in its own intensities."""
        pixels_CS = self._intensity_of(image_CS).standardise(image_CS)
        with evaluating(self.network):
            if pixels_CS.ndim - 1 > len(self._patch):
                return self._plane_by_plane(pixels_CS)
            if pixels_CS.ndim == 3 and pixels_CS[0].size <= _WHOLE:
                return self._labels(pixels_CS[None]).squeeze(0)
            return self._in_windows(pixels_CS)

    def _plane_by_plane(self, image_CS: Pixels) -> NDArray[np.integer]:
        planes_NCHW = np.moveaxis(image_CS, -1, 0)
        batches = [planes_NCHW[start : start + _PLANES] for start in range(0, len(planes_NCHW), _PLANES)]
        labels_NHW = np.concatenate([self._labels(planes_BCHW) for planes_BCHW in batches])
        return np.moveaxis(labels_NHW, 0, -1)

    def _labels(self, image_BCS: Pixels) -> NDArray[np.uint8]:
        image = torch.from_numpy(np.ascontiguousarray(image_BCS)).to(device())
        logits_BKS = self._logits(image)
        if self._flips:
            logits_BKS = add_flips(self._logits, image, logits_BKS)
        labels_BS: NDArray[np.uint8] = logits_BKS.argmax(dim=1).to(torch.uint8).cpu().numpy()
        return labels_BS

    def _in_windows(self, image_CS: Pixels) -> NDArray[np.integer]:
        roi = self._patch if len(self._patch) == 3 else (512, 512)
        image = torch.from_numpy(image_CS).to(device())
        classes = self.network(image.new_zeros(1, len(image), *self._patch)).shape[1]
        return segment(self._logits, image, classes=classes, roi=roi, flips=self._flips)

    def _logits(self, image_BCS: Tensor) -> Tensor:
        logits_BKS: Tensor = self.network(self._laid_out(image_BCS))
        return logits_BKS

    def _laid_out(self, image_BCS: Tensor) -> Tensor:
        layout = torch.channels_last if image_BCS.ndim == 4 else torch.channels_last_3d
        return image_BCS.contiguous(memory_format=layout)
