"""Trains a network over many tasks to segment by the examples that it is given, of any task (Butoi et al. 2023, UniverSeg)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners import training
from vesalius.learners.losses import cross_entropy, soft_dice, summed
from vesalius.learners.synthetic_tasks import synthetic_task
from vesalius.learners.task_examples import Example, TaskExamples, moved_at_random, toned_at_random
from vesalius.learners.training import History, Regime, device, load_network, new_network, save_histories, save_network
from vesalius.metrics import dice
from vesalius.nets.unet import count_parameters
from vesalius.progress import track
from vesalius.records import Image, Mask, Record
from vesalius.sources.supported import SUPPORT
from vesalius.tasks import Prediction
from vesalius.tasks.prompts import generator_of

WEIGHTS = "in_context.safetensors"
LOSS = summed(soft_dice, cross_entropy)
EDGES = 0.1
"""Share of episodes whose task is to find the border of the structure instead."""
Floats = NDArray[np.float32]
Batch = dict[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes:
    """How tasks are put to the network.

    Attributes:
        support: examples that come with a query, at most; a batch has one to so many.
        synthetic: share of tasks that are made of random label maps.
        ensemble: support sets of a query at prediction, whose probabilities are averaged.
    """

    support: int
    synthetic: float
    ensemble: int


class InContext:
    """A learner of queries that come with a support set (see ``vesalius.sources.supported``); it never trains on a tested task.

    In training a query and its examples are of one random task, all changed alike (mirrored, inverted, or their borders asked
    for), and each changed for itself. At prediction random parts of the query's support set are the examples, several times.

    Args:
        network: makes the untrained network; it takes queries B×1×S×S and examples B×N×2×S×S and gives two logits a pixel.
        regime: of training.
        seed: of initial weights, episodes and the parts of support sets.
        episodes: what they are.
        size: pixels of a side.
        batch: episodes a step.

    >>> from vesalius.nets.universeg import UniverSeg
    >>> episodes = Episodes(support=2, synthetic=0.5, ensemble=2)
    >>> learner = InContext(
    ...     lambda: UniverSeg((4, 4)), regime=Regime(steps=1, learning_rate=1e-3), seed=0, episodes=episodes, size=8, batch=1
    ... )
    >>> support = {"support_images": Image(np.zeros((8, 8, 3))), "support_masks": Mask(np.zeros((8, 8, 3), int), ("a",))}
    >>> query = Record(id="1", subject_id="1", fields={"image": Image(np.zeros((8, 8))), **support})
    >>> learner.predict([query])[0].value.shape
    (8, 8)
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        regime: Regime,
        seed: int,
        episodes: Episodes,
        size: int,
        batch: int,
        image: str = "image",
        target: str = "mask",
    ) -> None:
        self._make, self._regime, self._seed, self._episodes = network, regime, seed, episodes
        self._size, self._batch, self._image, self._target = size, batch, image, target
        self.network = self._new()
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Weights of the network."""
        return count_parameters(self.network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train over the tasks of the records; the best mean Dice of the validation queries picks the state.

        Raises:
            UserError: if there is nothing to train on.
        """
        tasks = TaskExamples(train, size=self._size, image=self._image, target=self._target)
        truths = [(query, query.get(self._target, Mask).labels.astype(np.uint8)) for query in validation]

        def draw(generator: np.random.Generator) -> Batch:
            count = int(generator.integers(1, self._episodes.support + 1))
            drawn = [self._episode(tasks, count, generator) for _ in range(self._batch)]
            return {key: np.stack([episode[key] for episode in drawn]) for key in drawn[0]}

        def loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            return LOSS(network(batch["query"], batch["support"]).float(), batch["truth"].long())

        def score(network: nn.Module) -> float:
            return float(np.mean([dice(self._mask(query), truth_SS) for query, truth_SS in truths]))

        self.network = self._new()
        self.histories["training"] = training.train(
            self.network, loss=loss, draw=draw, regime=self._regime, seed=self._seed, score=score if truths else None
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of the query for each record.

        Raises:
            UserError: if a record has no support set, or one of another size.
        """
        self.network.eval()
        predictions = []
        for record in track(records, "segmenting", len(records)):
            with torch.inference_mode():
                predictions.append(Prediction(record_id=record.id, value=self._mask(record)))
        return predictions

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
        return new_network(self._make, self._seed).eval()

    def _episode(self, tasks: TaskExamples, count: int, generator: np.random.Generator) -> Batch:
        """A query, ``count`` examples of its task, and the truth of the query."""
        if generator.random() < self._episodes.synthetic:
            examples = synthetic_task(count + 1, self._size, generator)
        else:
            known = tasks.draw_task(generator)
            # The query is not among its examples; a task of few examples shows some twice, changed anew.
            query, *others = (known[index] for index in generator.permutation(len(known)))
            examples = [query, *((others or [query])[index % max(1, len(others))] for index in range(count))]
        query, *support = changed(examples, generator)
        stacked = np.stack([np.stack([each.image, each.region.astype(np.float32)]) for each in support])
        return {"query": query.image[None], "support": stacked, "truth": query.region.astype(np.float32)}

    def _mask(self, record: Record) -> NDArray[np.uint8]:
        """The mean of the probabilities by several random parts of the support set, above a half."""
        query_SS, support_NCSS = self._question(record)
        generator = generator_of(record.id, self._seed)
        probability_SS = torch.zeros(query_SS.shape, device=device())
        for _ in range(self._episodes.ensemble):
            chosen = generator.permutation(len(support_NCSS))[: self._episodes.support]
            query, support = (torch.from_numpy(each).to(device()) for each in (query_SS[None, None], support_NCSS[chosen][None]))
            probability_SS += self.network(query, support).float().softmax(dim=1)[0, 1] / self._episodes.ensemble
        return (probability_SS > 0.5).cpu().numpy().astype(np.uint8)

    def _question(self, record: Record) -> tuple[Floats, Floats]:
        if SUPPORT[0] not in record.fields:
            raise UserError(f"Record {record.id}: no support set; give it the fields {' and '.join(SUPPORT)}.")
        query_SS = record.get(self._image, Image).pixels.astype(np.float32)
        images_SSN, masks_SSN = record.get(SUPPORT[0], Image).pixels, record.get(SUPPORT[1], Mask).labels
        if query_SS.shape != images_SSN.shape[:2] or images_SSN.shape != masks_SSN.shape:
            raise UserError(
                f"Record {record.id}, field {SUPPORT[0]!r}: {images_SSN.shape} beside masks {masks_SSN.shape} and a query "
                f"{query_SS.shape}; resize all to one size."
            )
        support_NCSS = np.stack([np.moveaxis(images_SSN, -1, 0), np.moveaxis(masks_SSN != 0, -1, 0)], axis=1)
        return query_SS, support_NCSS.astype(np.float32)


def changed(examples: Sequence[Example], generator: np.random.Generator) -> list[Example]:
    """Examples of a new task: all changed alike, by a flip, an inversion or the border as the structure; then each for itself.

    >>> made = changed([Example(np.zeros((8, 8), np.float32), np.eye(8, dtype=bool))] * 3, np.random.default_rng(0))
    >>> len(made), made[0].region.shape
    (3, (8, 8))
    """
    flips, inverted = generator.integers(2, size=2), generator.random() < 0.3
    edges = generator.random() < EDGES
    made = []
    for example in examples:
        image, region = (1 - example.image if inverted else example.image), example.region
        for axis in np.flatnonzero(flips).tolist():
            image, region = np.flip(image, axis), np.flip(region, axis)
        if edges:
            region = ndimage.binary_dilation(region) & ~ndimage.binary_erosion(region)
        moved, inside = moved_at_random(image, region, generator, flip=False)
        # A structure that was moved out of the image is shown where it was.
        image, region = (moved, inside) if inside.any() else (image, region)
        made.append(Example(toned_at_random(image, generator, invert=False), region))
    return made
