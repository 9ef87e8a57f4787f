"""Trains a network to label every pixel of an image."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners.patches import Intensity, Labels, PatchSampler, Pixels, Standard, channels_first, labels_of
from vesalius.metrics import dice
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Image, Record
from vesalius.tasks import Prediction

Loss = Callable[[Tensor, Tensor], Tensor]
"""Takes logits B×K×H×W and labels B×H×W, gives one number."""

WEIGHTS, SETTINGS = "segmenter.safetensors", "segmenter.json"


def cross_entropy_and_dice(logits_BKHW: Tensor, labels_BHW: Tensor) -> Tensor:
    """Cross-entropy plus one minus the soft Dice of the batch, mean over the classes but background.

    As in nnU-Net (Isensee et al. 2021); Zhou et al. 2018 (arXiv 1807.10165) have the two with a sigmoid. Both terms are sums over
    one-hot labels, for the indexed form is not deterministic on a GPU.

    >>> labels = torch.tensor([[[0, 1]]])
    >>> certain = torch.tensor([[[[20.0, -20.0]], [[-20.0, 20.0]]]])
    >>> round(float(cross_entropy_and_dice(certain, labels)), 3), round(float(cross_entropy_and_dice(-certain, labels)), 3)
    (0.0, 40.667)
    """
    truth_BKHW = functional.one_hot(labels_BHW, logits_BKHW.shape[1]).movedim(-1, 1).to(logits_BKHW.dtype)
    log_probabilities = functional.log_softmax(logits_BKHW, dim=1)
    cross_entropy = -(truth_BKHW * log_probabilities).sum(dim=1).mean()
    probabilities, pixels = log_probabilities.exp(), (0, 2, 3)
    both_K, either_K = (probabilities * truth_BKHW).sum(pixels), (probabilities + truth_BKHW).sum(pixels)
    # One pixel is added to each so that a class absent from the batch asks for little rather than dividing by zero.
    return cross_entropy + 1 - ((2 * both_K[1:] + 1) / (either_K[1:] + 1)).mean()


class Segmenter:
    """A learner of label masks: random patches in training, the whole image at prediction.

    AdamW with a cosine schedule. At ``checks`` evenly spaced steps the mean Dice of the validation records is taken, and the best
    of these states is kept; without validation records, the last. A network that gives several logits in training (deep
    supervision) is trained on the mean of their losses; at prediction its evaluation mode gives one.

    Args:
        network: makes the untrained network.
        steps: optimiser updates.
        seed: of the initial weights and the patches; equal seeds on the same machine and threads give equal bits.
        patch: height and width.
        batch: patches a step.
        learning_rate: at the start; it falls to 0.
        image, target: names of the fields.
        standardise: by the mean and deviation of the training images, or of each image itself.
        checks: how often the validation records are looked at.
        loss: of the logits and labels of one head.

    >>> from vesalius.nets.unet import UNet
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
        patch: tuple[int, int],
        batch: int,
        learning_rate: float,
        image: str = "image",
        target: str = "mask",
        standardise: Standard = "training",
        checks: int = 4,
        loss: Loss = cross_entropy_and_dice,
    ) -> None:
        self._make_network, self._loss = network, loss
        self._steps, self._seed, self._checks = steps, seed, checks
        self._patch, self._batch, self._learning_rate = patch, batch, learning_rate
        self._image, self._target, self._standard = image, target, standardise
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._channels: int | None = None
        self._intensity: Intensity | None = None
        with _repeatable(self._seed):
            self.network = self._new_network()

    @property
    def trained_parameters(self) -> int:
        """Weights of the network."""
        return count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train on the masks of ``train``; ``validation`` picks the state that is kept.

        Raises:
            UserError: if there is nothing to train on, a mask has another size than its image, or images differ in channels.
        """
        if not train:
            raise UserError("No training records: give at least one record with an image and its mask.")
        self._channels = len(channels_first(train[0].get(self._image, Image)))
        images_CHW = [self._read(record) for record in train]
        self._intensity = Intensity.of(images_CHW) if self._standard == "training" else None
        masks_HW = [labels_of(record, self._target, image.shape[1:]) for record, image in zip(train, images_CHW)]
        images_CHW = [self._standardised(image) for image in images_CHW]
        sampler = PatchSampler(images_CHW, masks_HW, patch=self._patch, batch=self._batch, seed=self._seed)
        held_out_CHW = [self._standardised(self._read(record)) for record in validation]
        truths_HW = [labels_of(record, self._target, image.shape[1:]) for record, image in zip(validation, held_out_CHW)]
        with _repeatable(self._seed):
            self.network = self._new_network()
            self._train(sampler, list(zip(held_out_CHW, truths_HW)))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A label mask, H×W of unsigned bytes, for each record.

        Raises:
            UserError: if an image has other channels than those of training.
        """
        predictions = []
        for record in track(records, "segmenting", len(records)):
            mask_HW = self._segment(self._standardised(self._read(record)))
            predictions.append(Prediction(record_id=record.id, value=mask_HW))
        return predictions

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors) and the intensities of the training images (JSON)."""
        save_file({name: value.contiguous().cpu() for name, value in self.network.state_dict().items()}, folder / WEIGHTS)
        fitted = self._intensity
        intensity = None if fitted is None else {"mean": fitted.mean_C.tolist(), "deviation": fitted.deviation_C.tolist()}
        (folder / SETTINGS).write_text(json.dumps({"channels": self._channels, "intensity": intensity}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a network of the same shape.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        remedy = "give the folder of a saved segmenter of the same configuration."
        with _repeatable(self._seed):
            network = self._new_network()
        try:
            settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            channels, fitted = settings["channels"], settings["intensity"]
            intensity = fitted and Intensity(np.array(fitted["mean"]), np.array(fitted["deviation"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{folder / SETTINGS}: missing or damaged; {remedy}") from error
        try:
            network.load_state_dict(load_file(folder / WEIGHTS))
        except (OSError, SafetensorError, RuntimeError) as error:
            raise UserError(f"{folder / WEIGHTS}: missing, damaged, or of another network; {remedy}") from error
        self._channels, self._intensity, self.network = channels, intensity, network

    def _new_network(self) -> nn.Module:
        # Channels last halves the time of narrow convolutions on a CPU.
        return self._make_network().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _read(self, record: Record) -> Pixels:
        image_CHW = channels_first(record.get(self._image, Image))
        if self._channels not in (None, len(image_CHW)):
            raise UserError(
                f"Record {record.id}, field {self._image!r}: {len(image_CHW)} channels where the training images have "
                f"{self._channels}; convert it."
            )
        return image_CHW

    def _standardised(self, image_CHW: Pixels) -> Pixels:
        return (self._intensity or Intensity.of([image_CHW])).standardise(image_CHW)

    def _train(self, sampler: PatchSampler, validation: Sequence[tuple[Pixels, Labels]]) -> None:
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=self._learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self._steps)
        check_at = {round(self._steps * check / self._checks) for check in range(1, self._checks + 1)} if validation else set()
        best, best_dice = None, -1.0
        for step in track(range(1, self._steps + 1), "training", self._steps):
            self._update(optimiser, *sampler.draw())
            schedule.step()
            if step in check_at and (reached := self._mean_dice(validation)) >= best_dice:
                best, best_dice = {name: value.clone() for name, value in self.network.state_dict().items()}, reached
        if best is not None:
            self.network.load_state_dict(best)

    def _update(self, optimiser: torch.optim.Optimizer, image_BCHW: Pixels, mask_BHW: Labels) -> None:
        self.network.train()
        output = self.network(self._tensor(image_BCHW))
        heads = output if isinstance(output, list) else [output]
        labels_BHW = torch.from_numpy(mask_BHW).to(self._device)
        optimiser.zero_grad()
        torch.stack([self._loss(logits, labels_BHW) for logits in heads]).mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    def _mean_dice(self, validation: Sequence[tuple[Pixels, Labels]]) -> float:
        return float(np.mean([dice(self._segment(image), mask) for image, mask in validation]))

    def _segment(self, image_CHW: Pixels) -> NDArray[np.uint8]:
        self.network.eval()
        with torch.inference_mode():
            labels_BHW = self.network(self._tensor(image_CHW[None])).argmax(dim=1)
        labels_HW: NDArray[np.uint8] = labels_BHW[0].to(torch.uint8).cpu().numpy()
        return labels_HW

    def _tensor(self, image_BCHW: Pixels) -> Tensor:
        return torch.from_numpy(image_BCHW).to(self._device).contiguous(memory_format=torch.channels_last)


@contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """Within it, what torch draws follows from the seed; outside, its random state is as before."""
    with torch.random.fork_rng(), torch.backends.cudnn.flags(benchmark=False, deterministic=True):
        torch.manual_seed(seed)
        yield
