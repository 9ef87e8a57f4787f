"""Trains a denoiser on images, and makes new ones by class, by mask or freely."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners.denoiser.conditions import Condition
from vesalius.learners.denoiser.examples import Examples, Floats32, Scale, padded
from vesalius.learners.denoiser.objectives import Objective
from vesalius.learners.denoiser.samplers import Sampler
from vesalius.learners.training import (
    History,
    Regime,
    device,
    evaluating,
    load_network,
    repeatable,
    save_histories,
    save_network,
    train,
)
from vesalius.nets.denoising_unet import DenoisingUNet
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Record
from vesalius.tasks import Prediction

WEIGHTS, SETTINGS = "denoiser.safetensors", "denoiser.json"
BATCH = 32
"""Samples drawn at once; a smaller rest is filled up, so that a record alone is sampled with the same sums as among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a denoiser is trained; two learners of equal plans, seeds and images share one training.

    Attributes:
        objective: what it is taught.
        regime: how long and how.
        widths: channels of each level of its network.
        fold: pixels along each side of the patches that its network works on.
        batch: images a step.
    """

    objective: Objective
    regime: Regime
    widths: tuple[int, ...]
    fold: int = 2
    batch: int = 16


@dataclass(frozen=True, slots=True)
class Shape:
    """What a trained denoiser needs to know of its images: their size, their condition and their intensities."""

    size: tuple[int, int, int]
    condition: Condition
    scale: Scale

    def network(self, plan: Plan) -> DenoisingUNet:
        """One that is not trained yet."""
        made = DenoisingUNet(
            self.size[0], plan.widths, image_channels=self.condition.channels, vector=self.condition.classes, fold=plan.fold
        )
        return made.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


class Denoiser:
    """A learner that gives, for each record, a new image in the intensities of the training images.

    The noise that a record's image begins with follows from the seed and the record's id. Learners that differ only in how they
    sample are trained once in a process: the first that is fitted spends the time.

    Args:
        plan: of the training.
        sampler: from noise to images.
        evaluations: of the network for each image.
        seed: of the initial weights, the batches and the noise.
        image: the field to learn.
        condition: the field that a record is asked by; empty for none.

    >>> from vesalius.learners.denoiser.objectives import Flow
    >>> from vesalius.learners.denoiser.samplers import Transport
    >>> from vesalius.records import Image
    >>> plan = Plan(objective=Flow(), regime=Regime(steps=1, learning_rate=1e-3), widths=(8, 8), batch=2)
    >>> records = [Record(id=str(n), subject_id=str(n), fields={"image": Image(np.eye(8) * n)}) for n in range(3)]
    >>> learner = Denoiser(plan, Transport(), evaluations=2, seed=0)
    >>> learner.fit(records, [])
    >>> learner.predict([Record(id="new", subject_id="new", fields={})])[0].value.shape
    (8, 8)
    """

    def __init__(
        self, plan: Plan, sampler: Sampler, *, evaluations: int, seed: int, image: str = "image", condition: str = ""
    ) -> None:
        self._plan, self._sampler, self._evaluations, self._seed = plan, sampler, evaluations, seed
        self._image, self._condition = image, condition
        self._shape: Shape | None = None
        self.network: DenoisingUNet | None = None
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Weights of the network; 0 before it is fitted, for its size depends on the images."""
        return 0 if self.network is None else count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn from the images of ``train``; ``validation`` is not used, for the loss says little of the samples.

        Raises:
            UserError: if there is nothing to train on, or images differ in size or channels.
        """
        condition = Condition.of(train[0], self._condition) if train else Condition()
        examples = Examples.of(train, self._image, condition)
        channels, height, width = examples.images_NCHW.shape[1:]
        self._shape = Shape((channels, height, width), condition, examples.scale)
        self.network, self.histories["training"] = _trained(self._plan, self._shape, self._seed, examples)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A new image H×W (or H×W×C) for each record, as its condition asks.

        Raises:
            UserError: if it was not fitted, or a condition is of another size than the training images.
        """
        made: list[Prediction] = []
        for start in track(range(0, len(records), BATCH), "generating", -(-len(records) // BATCH)):
            batch = records[start : start + BATCH]
            for record, image_CHW in zip(batch, self._made(batch), strict=True):
                value = image_CHW[0] if len(image_CHW) == 1 else np.moveaxis(image_CHW, 0, -1)
                made.append(Prediction(record_id=record.id, value=value, calls=self._evaluations))
        return made

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors), the seed of the noise, size and intensities of the images, and the curves (JSON)."""
        network, shape = self._fitted()
        save_network(network, folder / WEIGHTS)
        (folder / SETTINGS).write_text(json.dumps({"seed": self._seed, **asdict(shape)}), encoding="utf-8")
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a learner of the same plan.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            content = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            seed = int(content["seed"])
            channels, height, width = (int(length) for length in content["size"])
            shape = Shape((channels, height, width), Condition(**content["condition"]), Scale(**content["scale"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "give the folder of a saved denoiser of the same configuration."
            raise UserError(f"{folder / SETTINGS}: missing or damaged; {remedy}") from error
        network = shape.network(self._plan)
        load_network(network, folder / WEIGHTS)
        self._seed, self._shape, self.network = seed, shape, network.eval()

    def _fitted(self) -> tuple[DenoisingUNet, Shape]:
        if self.network is None or self._shape is None:
            raise UserError("The denoiser has no weights: fit it, or load a folder that was saved.")
        return self.network, self._shape

    def _made(self, records: Sequence[Record]) -> Floats32:
        """Images C×H×W in the intensities of training, one a record."""
        network, shape = self._fitted()
        _, height, width = shape.size
        filled = [*records, *[records[-1]] * (BATCH - len(records))]
        seen_BCHW, vectors_BV = shape.condition.images(filled), shape.condition.vectors(filled)
        if seen_BCHW is not None and seen_BCHW.shape[-2:] != (height, width):
            raise UserError(
                f"Record {records[0].id}, field {self._condition!r}: {seen_BCHW.shape[-2:]} pixels where the training images "
                f"have {(height, width)}; resample it to those."
            )
        image = None if seen_BCHW is None else _placed(padded(seen_BCHW, network.multiple))
        vector = None if vectors_BV is None else _placed(vectors_BV)
        noise = noise_of(self._seed, [record.id for record in filled], shape.size, network.multiple)
        with evaluating(network):
            samples_BCHW = self._sampler(
                lambda noisy, time: network(noisy, time, image=image, vector=vector), noise(), noise, self._evaluations
            )
        return shape.scale.back(samples_BCHW.cpu().numpy()[: len(records), :, :height, :width])


def noise_of(seed: int, names: Sequence[str], size: tuple[int, int, int], multiple: int) -> Callable[[], Tensor]:
    """Gives standard normal noise, B×C×H×W with sides that are multiples, again and again; each row from its own name.

    >>> one, other = (noise_of(0, names, (1, 5, 8), 4)() for names in ("ab", "b"))
    >>> one.shape, torch.equal(one[1], other[0])
    (torch.Size([2, 1, 8, 8]), True)
    """
    channels, height, width = size
    shape = (channels, height + -height % multiple, width + -width % multiple)
    randoms = [np.random.default_rng([seed, crc32(name.encode())]) for name in names]
    return lambda: _placed(np.stack([random.standard_normal(shape, dtype=np.float32) for random in randoms]))


def _placed(array: Floats32) -> Tensor:
    made = torch.from_numpy(np.ascontiguousarray(array)).to(device())
    return made.contiguous(memory_format=torch.channels_last) if made.ndim == 4 else made


@lru_cache(maxsize=4)
def _trained(plan: Plan, shape: Shape, seed: int, examples: Examples) -> tuple[DenoisingUNet, History]:
    with repeatable(seed):
        network = shape.network(plan)
    images_NCHW = padded(examples.images_NCHW, network.multiple)
    seen_NCHW = None if examples.seen_NCHW is None else padded(examples.seen_NCHW, network.multiple)
    groups = examples.groups

    def draw(random: np.random.Generator) -> dict[str, Any]:
        rows = random.integers(0, len(images_NCHW), plan.batch)
        lesson = plan.objective.lesson(images_NCHW[rows], random, [groups[row] for row in rows])
        batch: dict[str, Any] = {"noisy": lesson.noisy_BCHW, "time": lesson.time_B, "target": lesson.target_BCHW}
        batch["image"] = None if seen_NCHW is None else seen_NCHW[rows]
        batch["vector"] = None if examples.vectors_NV is None else examples.vectors_NV[rows]
        return batch

    return network, train(network, loss=squared_error, draw=draw, regime=plan.regime, seed=seed)


def squared_error(network: nn.Module, batch: dict[str, Any]) -> Tensor:
    """Mean over pixels between what the network says of a noisy image and what it is to say."""
    noisy_BCHW = batch["noisy"].contiguous(memory_format=torch.channels_last)
    said_BCHW = network(noisy_BCHW, batch["time"], image=batch["image"], vector=batch["vector"])
    return functional.mse_loss(said_BCHW, batch["target"])
