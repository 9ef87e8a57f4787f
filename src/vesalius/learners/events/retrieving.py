"""Whether an outcome comes, from a history of any length: by retrieved events, the last ones, random ones, or all pooled."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.events.histories import History, Vocabulary, history_of, numbered, vocabulary_from, vocabulary_of
from vesalius.learners.kept_file import kept
from vesalius.learners.training import History as Curves
from vesalius.learners.training import Regime, device, load_network, new_network, placed, save_histories, save_network, train
from vesalius.nets.event_transformer import EventBatch, EventSize
from vesalius.nets.retrieved_events import EventVectors, PooledEvents, Predictor, RetrievedEvents
from vesalius.nets.unet import count_parameters
from vesalius.records import Label, Record
from vesalius.tasks import Prediction

WEIGHTS, CODES, DRAWN = "events.safetensors", "codes.json", "drawn.json"

Takes = Literal["retrieved", "last", "random", "all"]

Chosen = tuple[History, NDArray[np.int64]]
"""A history and places of some of its events."""

PIECE = 4096
"""Events that are scored at once, so that memory does not grow with the length of a history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRecipe:
    """How a history is read.

    Attributes:
        takes: which events: those that a retriever scores highest, the last, random ones, or all, pooled.
        size: of the transformer.
        kept: events that reach it.
        batch: histories a step.
        regime: of training; with a retriever its steps are halved between the two paths.
    """

    takes: Takes
    size: EventSize
    kept: int
    batch: int
    regime: Regime


class _Chosen(nn.Module):
    """The same vectors and transformer, over events that somebody else has chosen."""

    def __init__(self, vocabulary: int, size: EventSize) -> None:
        super().__init__()
        self.vectors = EventVectors(vocabulary, size.width)
        self.predictor = Predictor(size)

    def forward(self, batch: EventBatch) -> Tensor:
        logits: Tensor = self.predictor(self.vectors(batch), batch.codes_BL != 0)
        return logits


class HistoryClassifier:
    """The probability of the second class of a label, from a history.

    Args:
        recipe: how.
        target: field of the ``Label`` of two classes.
        seed: of weights, batches and random events.
    """

    def __init__(self, recipe: HistoryRecipe, *, target: str, seed: int) -> None:
        self._recipe, self._target, self._seed = recipe, target, seed
        self._vocabulary: Vocabulary | None = None
        self._network: nn.Module | None = None
        self.histories: dict[str, Curves] = {}

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made."""
        return 0 if self._network is None else count_parameters(self._network)

    def fit(self, train_records: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train; the state with the lowest validation loss is kept.

        Raises:
            UserError: if a record has no history.
        """
        self._vocabulary = vocabulary_of([history_of(record) for record in train_records])
        self._network = self._made()
        seen, targets = self._numbered(train_records), self._targets(train_records)
        checked, wanted = self._numbered(validation), self._targets(validation)

        def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = rng.choice(len(seen), min(self._recipe.batch, len(seen)), replace=False)
            batch = self._batch([seen[place] for place in chosen], rng)
            return {**batch, "targets": targets[chosen], "retrieves": np.array(rng.random() < 0.5)}

        def loss(network: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            retrieves = self._recipe.takes == "retrieved" and bool(batch["retrieves"])
            logits = network(_events(batch), retrieves=True) if retrieves else network(_events(batch))
            return nn.functional.binary_cross_entropy_with_logits(logits, batch["targets"])

        def score(network: nn.Module) -> float:
            told = torch.tensor(wanted, device=device())
            return -float(nn.functional.binary_cross_entropy_with_logits(self._logits(network, checked), told))

        self.histories["training"] = train(
            self._network, loss=loss, draw=draw, regime=self._recipe.regime, seed=self._seed, score=score if len(wanted) else None
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The probability of the second class.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record has no history.
        """
        network = self._known()
        with torch.inference_mode():
            said = torch.sigmoid(self._logits(network, self._numbered(records))).double().cpu().tolist()
        return [Prediction(record_id=record.id, value=value) for record, value in zip(records, said, strict=True)]

    def retrieved(self, record: Record) -> NDArray[np.int64]:
        """Places of the events of a history that reach the transformer, the most telling first.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record has no history.
        """
        network = self._known()
        (history,) = self._numbered([record])
        with torch.inference_mode():
            return self._places(network, [history])[0]

    def _known(self) -> nn.Module:
        if self._network is None:
            raise UserError("HistoryClassifier: no network yet; fit the learner or load it first.")
        return self._network.to(device()).eval()

    def _made(self) -> nn.Module:
        assert self._vocabulary is not None
        size, recipe = len(self._vocabulary), self._recipe
        match recipe.takes:
            case "retrieved":
                return new_network(lambda: RetrievedEvents(size, recipe.size, recipe.kept), self._seed)
            case "all":
                return new_network(lambda: PooledEvents(size, recipe.size), self._seed)
            case _:
                return new_network(lambda: _Chosen(size, recipe.size), self._seed)

    def _numbered(self, records: Sequence[Record]) -> list[History]:
        assert self._vocabulary is not None
        return [numbered(history_of(record), self._vocabulary) for record in records]

    def _targets(self, records: Sequence[Record]) -> NDArray[np.float32]:
        return np.array([record.get(self._target, Label).index for record in records], dtype=np.float32)

    def _batch(self, histories: Sequence[History], rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Of training: whole histories where all are looked at, else those events that are taken."""
        if self._recipe.takes in ("retrieved", "all"):
            return padded([(history, np.arange(len(history.places))) for history in histories])
        return padded([(history, self._taken(history, rng)) for history in histories])

    def _taken(self, history: History, rng: np.random.Generator) -> NDArray[np.int64]:
        count = len(history.places)
        if self._recipe.takes == "last" or count <= self._recipe.kept:
            return np.arange(max(0, count - self._recipe.kept), count)
        return np.sort(rng.permutation(count)[: self._recipe.kept])

    def _logits(self, network: nn.Module, histories: Sequence[History]) -> Tensor:
        """Of all histories; those are read together that have few events together."""
        chosen = [(history, np.sort(places)) for history, places in zip(histories, self._places(network, histories), strict=True)]
        said: list[Tensor] = []
        for group in _groups(chosen):
            batch = _tensors(padded(group))
            if isinstance(network, RetrievedEvents):
                said.append(network.predictor(network.vectors(batch), batch.codes_BL != 0))
            else:
                said.append(network(batch))
        return torch.cat(said)

    def _places(self, network: nn.Module, histories: Sequence[History]) -> list[NDArray[np.int64]]:
        """Events of each that are read; of a long history scores are had piece by piece."""
        if isinstance(network, RetrievedEvents):
            return [scores.topk(min(network.kept, len(scores))).indices.cpu().numpy() for scores in _scores(network, histories)]
        if isinstance(network, PooledEvents):
            return [np.arange(len(history.places)) for history in histories]
        return [self._taken(one, np.random.default_rng([self._seed, len(one.places)])) for one in histories]

    def save(self, folder: Path) -> None:
        """Write vocabulary, weights, and the seed of random events."""
        assert self._network is not None and self._vocabulary is not None
        (folder / DRAWN).write_text(json.dumps({"seed": self._seed}) + "\n", encoding="utf-8")
        self._vocabulary.save(folder / CODES)
        save_network(self._network, folder / WEIGHTS)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        self._vocabulary = vocabulary_from(folder / CODES)
        with kept(folder / DRAWN) as content:
            self._seed = int(content["seed"])
        self._network = self._made()
        load_network(self._network, folder / WEIGHTS)


def padded(chosen: Sequence[Chosen]) -> dict[str, NDArray[np.generic]]:
    """Chosen events of each history, filled up behind; ages are days before the last event of the whole history."""
    longest = max(1, max(len(places) for _, places in chosen))
    shape = len(chosen), longest
    codes, since = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    numbers, valued = np.zeros(shape, np.float32), np.zeros(shape, bool)
    for row, (history, places) in enumerate(chosen):
        count = len(places)
        codes[row, :count], since[row, :count] = history.places[places], history.ages[-1] - history.ages[places]
        values = history.values[places]
        numbers[row, :count], valued[row, :count] = np.nan_to_num(values), ~np.isnan(values)
    return {"codes_BL": codes, "ages_BL": since, "numbers_BL": numbers, "valued_BL": valued}


def _scores(network: RetrievedEvents, histories: Sequence[History]) -> list[Tensor]:
    """Of all events of each history."""
    pieces = [
        (history, np.arange(start, min(start + PIECE, len(history.places))))
        for history in histories
        for start in range(0, len(history.places), PIECE)
    ]
    rows = [row for group in _groups(pieces) for row in network.scores(_tensors(padded(group)))]
    found = iter([row[: len(places)] for row, (_, places) in zip(rows, pieces, strict=True)])
    return [torch.cat([next(found) for _ in range(0, len(history.places), PIECE)]) for history in histories]


def _groups(chosen: Sequence[Chosen]) -> Iterator[list[Chosen]]:
    """Neighbours that have no more events together than a piece, or one that has more."""
    group: list[Chosen] = []
    longest = 0
    for one in chosen:
        longest = max(longest, len(one[1]))
        if group and longest * (len(group) + 1) > PIECE:
            yield group
            group, longest = [], len(one[1])
        group.append(one)
    if group:
        yield group


def _events(batch: Mapping[str, Tensor]) -> EventBatch:
    return EventBatch(batch["codes_BL"], batch["ages_BL"], batch["numbers_BL"], batch["valued_BL"])


def _tensors(batch: Mapping[str, NDArray[np.generic]]) -> EventBatch:
    return _events(placed(batch))
