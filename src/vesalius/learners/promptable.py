"""Segments the one object of an image or volume that a prompt points out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners import training
from vesalius.learners.prompt_batches import Batch, Slab, joined, prompted_places, prompts_of, slab_of
from vesalius.learners.training import History, Regime, device, load_network, repeatable, save_histories, save_network
from vesalius.metrics import dice
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Mask, Record, Volume
from vesalius.tasks import Prediction
from vesalius.tasks.prompts import Prompting

WEIGHTS = "promptable.safetensors"
Loss = Callable[[Tensor, Tensor], Tensor]
"""Takes logits and truths, both N×S×S, gives one number."""


def dice_and_cross_entropy(logits_NSS: Tensor, truth_NSS: Tensor) -> Tensor:
    """One minus the soft Dice of each mask, plus the cross-entropy of each pixel; their plain sum, as in MedSAM (Ma et al. 2024).

    >>> truth = torch.tensor([[[0.0, 1.0]]])
    >>> [round(float(dice_and_cross_entropy(sign * (40 * truth - 20), truth)), 1) for sign in (1, -1)]
    [0.0, 20.7]
    """
    cross_entropy = functional.binary_cross_entropy_with_logits(logits_NSS, truth_NSS)
    probability_NSS, pixels = logits_NSS.sigmoid(), (1, 2)
    both_N, either_N = (probability_NSS * truth_NSS).sum(pixels), (probability_NSS + truth_NSS).sum(pixels)
    # One pixel is added to each, so that an empty mask divides nothing by zero.
    return cross_entropy + 1 - ((2 * both_N + 1) / (either_N + 1)).mean()


@dataclass(frozen=True, slots=True, eq=False)
class _Example:
    """A training record in the frame of the network: its slices with some of the object, and where that is."""

    image_DCSS: NDArray[np.float32]
    inside_DSS: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A record to be answered: its prompted slices, what the network is given of them, and whether it is a volume."""

    slab: Slab
    batch: Batch
    volume: bool


class Promptable:
    """A learner of prompted records (see ``vesalius.tasks.prompts``): the mask of the object that the prompt points out.

    In training the prompts are drawn anew each time; validation and test records are answered with the prompts that they carry. A
    network that reads neighbouring slices is given ``depth`` of them at once, stacked in the batch; it sees the slices that
    have a prompt, and the others of a volume are background.

    Args:
        network: makes the untrained network; it takes the batch that ``prompt_batches`` describes and gives logits N×S×S.
        regime: of training; a network of which nothing is trainable is not trained.
        seed: of initial weights, batches and prompts.
        prompting: how prompts are drawn in training.
        size: pixels S of a side of the network's input.
        batch: records a step.
        depth: slices of a record.
        start: gives a network the weights that it starts from, such as pretrained ones; not called where weights are loaded.
        adapt: changes the network after that, such as by adapters, and says what is trained by ``requires_grad``.
        loss: of logits and truth.
        image, target: names of the fields.
        name: of the training, in progress and histories.
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        regime: Regime,
        seed: int,
        prompting: Prompting,
        size: int,
        batch: int,
        depth: int = 1,
        start: Callable[[nn.Module], object] | None = None,
        adapt: Callable[[nn.Module], nn.Module] | None = None,
        loss: Loss = dice_and_cross_entropy,
        image: str = "image",
        target: str = "mask",
        name: str = "training",
    ) -> None:
        self._make, self._start, self._adapt = network, start, adapt
        self._regime, self._seed, self._prompting = regime, seed, prompting
        self._size, self._batch, self._depth = size, batch, depth
        self._loss, self._image, self._target, self._name = loss, image, target, name
        self.network = self._new(None)
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Weights that training changes."""
        return count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train on the objects of the records; the best mean Dice of the validation records picks the state that is kept.

        Raises:
            UserError: if there is nothing to train on.
        """
        self.network = self._new(self._start)
        if not self.trained_parameters:
            return
        questions = [self._question(record) for record in validation]
        truths = [self._inside(record) for record in validation]
        examples = [example for record in train if (example := self._example(record)) is not None]
        if not examples:
            raise UserError(
                "No training records with an object that the network can see; give some with a mask, or a larger size."
            )

        def draw(generator: np.random.Generator) -> Batch:
            return joined(
                [self._drawn(examples[index], generator) for index in generator.integers(len(examples), size=self._batch)]
            )

        def loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            return self._loss(network(batch).float(), batch["truth"])

        def score(network: nn.Module) -> float:
            return float(
                np.mean(
                    [dice(self._segment(network, question), truth.astype(np.uint8)) for question, truth in zip(questions, truths)]
                )
            )

        self.histories[self._name] = training.train(
            self.network,
            loss=loss,
            draw=draw,
            regime=self._regime,
            seed=self._seed,
            score=score if questions else None,
            name=self._name,
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of the prompted object, of the record's own size, for each record.

        Raises:
            UserError: if a record has no prompt.
        """
        self.network.eval()
        predictions = []
        for record in track(records, "segmenting", len(records)):
            with torch.inference_mode():
                predictions.append(Prediction(record_id=record.id, value=self._segment(self.network, self._question(record))))
        return predictions

    def save(self, folder: Path) -> None:
        """Write the whole network, also what was not trained, and the curves of training."""
        save_network(self.network, folder / WEIGHTS)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a network of the same shape.

        Raises:
            UserError: if the file is missing, damaged, or of another network.
        """
        self.network = self._new(None)
        load_network(self.network, folder / WEIGHTS)

    def _new(self, start: Callable[[nn.Module], object] | None) -> nn.Module:
        with repeatable(self._seed):
            network = self._make()
            if start is not None:
                start(network)
            network = network if self._adapt is None else self._adapt(network)
        return network.to(device()).eval()

    def _inside(self, record: Record) -> NDArray[np.bool_]:
        return record.get(self._target, Mask).labels.astype(bool)

    def _example(self, record: Record) -> _Example | None:
        inside = self._inside(record)
        inside_DHW = inside if inside.ndim == 3 else inside[None]
        slab = slab_of(record, self._image, np.flatnonzero(inside_DHW.any(axis=(1, 2))).tolist(), self._size)
        size = (self._size, self._size)
        share_DSS = functional.interpolate(
            torch.from_numpy(inside_DHW[list(slab.places)].astype(np.float32))[None], size=size, mode="bilinear", antialias=True
        )[0].numpy()
        inside_DSS = share_DSS > 0.5
        seen = inside_DSS.any(axis=(1, 2))
        return _Example(slab.image_DCSS[seen], inside_DSS[seen]) if seen.any() else None

    def _drawn(self, example: _Example, generator: np.random.Generator) -> Batch:
        """Neighbouring slices, mirrored at random, with prompts of this draw."""
        first = int(generator.integers(max(1, len(example.inside_DSS) - self._depth + 1)))
        places = _filled(range(first, min(first + self._depth, len(example.inside_DSS))), self._depth)
        image_DCSS, inside_DSS = example.image_DCSS[places], example.inside_DSS[places]
        for axis in (-1, -2):
            if generator.integers(2):
                image_DCSS, inside_DSS = np.flip(image_DCSS, axis), np.flip(inside_DSS, axis)
        fields = self._prompting.simulate(inside_DSS, generator)
        prompts = prompts_of(Record(id="", subject_id="", fields=fields), range(self._depth), inside_DSS.shape, self._size)
        return {"image": np.ascontiguousarray(image_DCSS), "truth": inside_DSS.astype(np.float32), **prompts}

    def _question(self, record: Record) -> _Question:
        places = prompted_places(record)
        slab = slab_of(record, self._image, places, self._size)
        batch = {"image": slab.image_DCSS, **prompts_of(record, places, slab.shape, self._size)}
        return _Question(slab, batch, isinstance(record.fields[self._image], Volume))

    def _segment(self, network: nn.Module, question: _Question) -> NDArray[np.uint8]:
        """The mask of a record, in its own pixels."""
        slab = question.slab
        mask_DHW = np.zeros(slab.shape, dtype=np.uint8)
        for chunk in _chunks(len(slab.places), self._depth):
            logits_NSS = network({key: torch.from_numpy(values[chunk]).to(device()) for key, values in question.batch.items()})
            logits_NHW = functional.interpolate(logits_NSS[None].float(), size=slab.shape[1:], mode="bilinear")[0]
            mask_DHW[[slab.places[index] for index in chunk]] = (logits_NHW > 0).cpu().numpy()
        return mask_DHW if question.volume else mask_DHW[0]


def _filled(places: Sequence[int], count: int) -> list[int]:
    """So many places; the last one again where there are fewer."""
    return [places[min(index, len(places) - 1)] for index in range(count)]


def _chunks(slices: int, depth: int) -> Iterator[list[int]]:
    """Runs of ``depth`` slices that cover all; the last run ends with the last slice.

    >>> list(_chunks(5, 3)), list(_chunks(2, 3))
    ([[0, 1, 2], [2, 3, 4]], [[0, 1, 1]])
    """
    for first in range(0, slices, depth):
        low = max(0, min(first, slices - depth))
        yield _filled(range(low, min(low + depth, slices)), depth)
