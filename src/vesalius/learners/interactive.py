"""Trains a network to segment what boxes, clicks and scribbles point out, and to follow corrections (Wong et al. 2024)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.learners import training
from vesalius.learners.losses import focal, soft_dice, summed
from vesalius.learners.prompt_batches import prompts_of, slab_of
from vesalius.learners.simulated_user import Maps, SimulatedUser
from vesalius.learners.task_examples import TaskExamples
from vesalius.learners.training import History, Regime, device, load_network, new_network, save_histories, save_network
from vesalius.metrics import dice
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Image, Mask, Record
from vesalius.tasks import Prediction

WEIGHTS = "interactive.safetensors"
CHANNELS = 5
"""Of the network's input: image, box, positive marks, negative marks, logits of the step before (0 at the first)."""
LOSS = summed(soft_dice, focal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """How a simulated person works with the network in training.

    Attributes:
        user: what is drawn.
        rounds: predictions of an example, each after the first with one more correction of the one before.
        synthetic: share of examples whose structure is replaced by a superpixel of the image.
    """

    user: SimulatedUser
    rounds: int
    synthetic: float


class Interactive:
    """A learner of prompted images (see ``vesalius.tasks.prompts``) that is trained on prompts it draws itself.

    Of each example a simulated person first points out the structure, then corrects the prediction where it is wrong; the loss is
    the mean over all rounds. Sets, and tasks of a set, are drawn equally often, however many records they have.

    Args:
        network: makes the untrained network, from ``CHANNELS`` channels to two logits a pixel.
        regime: of training.
        seed: of initial weights, batches and prompts.
        practice: how it is interacted with in training.
        size: pixels of a side of the network's input.
        batch: examples a step.
        image, target: names of the fields.

    >>> from vesalius.nets.unet import UNet
    >>> practice = Practice(user=SimulatedUser(("clicks",)), rounds=1, synthetic=0.0)
    >>> regime = Regime(steps=1, learning_rate=1e-3)
    >>> learner = Interactive(lambda: UNet(5, 2, (4, 8)), regime=regime, seed=0, practice=practice, size=16, batch=1)
    >>> scribbles = Mask(np.eye(20, dtype=np.uint8), ("positive", "negative"))
    >>> fields = {"image": Image(np.zeros((20, 20))), "scribbles": scribbles}
    >>> learner.predict([Record(id="1", subject_id="1", fields=fields)])[0].value.shape
    (20, 20)
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        regime: Regime,
        seed: int,
        practice: Practice,
        size: int,
        batch: int,
        image: str = "image",
        target: str = "mask",
    ) -> None:
        self._make, self._regime, self._seed, self._practice = network, regime, seed, practice
        self._size, self._batch, self._image, self._target = size, batch, image, target
        self.network = self._new()
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Weights of the network."""
        return count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train on the structures of the records; the best mean Dice of the prompted validation records picks the state.

        Raises:
            UserError: if there is nothing to train on.
        """
        examples = TaskExamples(train, size=self._size, image=self._image, target=self._target)
        questions = [(record, record.get(self._target, Mask).labels.astype(np.uint8)) for record in validation]

        def draw(generator: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            drawn = [examples.draw(generator, synthetic=self._practice.synthetic) for _ in range(self._batch)]
            images, regions = np.stack([image for image, _ in drawn]), np.stack([region for _, region in drawn])
            return {"image": images, "region": regions, "seed": generator.integers(2**31, size=4)}

        def score(network: nn.Module) -> float:
            return float(np.mean([dice(self._mask(record, network), truth_HW) for record, truth_HW in questions]))

        self.network = self._new()
        self.histories["training"] = training.train(
            self.network,
            loss=self._rounds,
            draw=draw,
            regime=self._regime,
            seed=self._seed,
            score=score if questions else None,
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of the image's own size for each record.

        Raises:
            UserError: if a record has no prompt.
        """
        self.network.eval()
        predictions = []
        for record in track(records, "segmenting", len(records)):
            with torch.inference_mode():
                predictions.append(Prediction(record_id=record.id, value=self._mask(record, self.network)))
        return predictions

    def respond(self, image_SS: NDArray[np.float32], maps: Maps, before_SS: NDArray[np.float32] | None = None) -> Tensor:
        """Logits S×S of one image in the network's frame, from 0 to 1, after prompts and what was answered before them."""
        before = np.zeros_like(image_SS) if before_SS is None else before_SS
        with torch.inference_mode():
            return self._margin(self.network, _batch(image_SS[None], maps[None], before[None]))[0]

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors) and the curves of training."""
        save_network(self.network, folder / WEIGHTS)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote for a network of the same shape.

        Raises:
            UserError: if the file is missing, damaged, or of another network.
        """
        self.network = self._new()
        load_network(self.network, folder / WEIGHTS)

    def _new(self) -> nn.Module:
        return new_network(self._make, self._seed, torch.channels_last).eval()

    def _rounds(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        """The mean loss of all rounds of interaction with a batch."""
        generator = np.random.default_rng(batch["seed"].tolist())
        user, region_BSS = self._practice.user, batch["region"]
        regions = region_BSS.cpu().numpy()
        maps = np.stack([user.first(region, generator) for region in regions])
        before_BSS, losses = torch.zeros_like(batch["image"]), []
        for turn in range(self._practice.rounds):
            if turn:
                guesses = (before_BSS > 0).cpu().numpy()
                maps = np.stack([user.corrected(*each, generator) for each in zip(maps, regions, guesses)])
            marks = torch.from_numpy(maps).to(batch["image"].device)
            logits_BKSS = network(_stacked(batch["image"], marks, before_BSS)).float()
            losses.append(LOSS(logits_BKSS, region_BSS.long()))
            # A prediction is corrected as it stands: no gradient flows from a round into the one before.
            before_BSS = (logits_BKSS[:, 1] - logits_BKSS[:, 0]).detach()
        return torch.stack(losses).mean()

    def _margin(self, network: nn.Module, inputs_BCSS: Tensor) -> Tensor:
        logits_BKSS = network(inputs_BCSS).float()
        margin_BSS: Tensor = logits_BKSS[:, 1] - logits_BKSS[:, 0]
        return margin_BSS

    def _mask(self, record: Record, network: nn.Module) -> NDArray[np.uint8]:
        image_HW = record.get(self._image, Image).pixels
        image_SS, maps = framed(record, self._size, self._image)
        margin_BSS = self._margin(network, _batch(image_SS[None], maps[None], np.zeros_like(image_SS)[None]))
        margin_HW = functional.interpolate(margin_BSS[None], size=image_HW.shape[:2], mode="bilinear")[0, 0]
        return (margin_HW > 0).cpu().numpy().astype(np.uint8)


def framed(record: Record, size: int, image: str = "image") -> tuple[NDArray[np.float32], Maps]:
    """The image of a record, grey from 0 to 1, and its prompts, in a square of so many pixels.

    Raises:
        UserError: if the record has no prompt.
    """
    slab = slab_of(record, image, (0,), size)
    maps: Maps = prompts_of(record, (0,), slab.shape, size)["maps"][0]
    if not maps.any():
        raise UserError(f"Record {record.id}: no prompt; give it a box, clicks or scribbles.")
    return slab.image_DCSS[0].mean(axis=0), maps


def _stacked(image_BSS: Tensor, maps_BKSS: Tensor, before_BSS: Tensor) -> Tensor:
    inputs_BCSS = torch.cat((image_BSS[:, None], maps_BKSS, before_BSS[:, None]), dim=1)
    return inputs_BCSS.contiguous(memory_format=torch.channels_last)


def _batch(image_BSS: NDArray[np.float32], maps_BKSS: Maps, before_BSS: NDArray[np.float32]) -> Tensor:
    return _stacked(*(torch.from_numpy(each).to(device()) for each in (image_BSS, maps_BKSS, before_BSS)))
