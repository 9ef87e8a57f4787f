"""A transformer over histories that is pretrained on the time to every code, and adapted to the time to one outcome."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.events.hazards import (
    Begun,
    EventRecipe,
    HazardNetwork,
    ended,
    hazard_loss,
    inputs_of,
    pieces_of,
    singles,
)
from vesalius.learners.events.histories import Vocabulary, history_of, numbered, vocabulary_from, vocabulary_of
from vesalius.learners.events.pretraining import pretrain
from vesalius.learners.kept_file import kept
from vesalius.learners.training import History as Curves
from vesalius.learners.training import device, load_network, new_network, placed, save_histories, save_network, train
from vesalius.nets.piecewise import exposures, log_rates, survival
from vesalius.records import Record, Survival
from vesalius.records.durations import DAYS
from vesalius.records.record import digest_of
from vesalius.remembered import Remembered
from vesalius.tasks import Prediction

WEIGHTS, CODES, SHAPE = "time-to-event.safetensors", "codes.json", "shape.json"
_ANSWERED = 128
_pretrained: Remembered[tuple[Begun, Curves]] = Remembered(2)


class TimeToEvent:
    """The survival curve of one outcome from a history of events (MOTOR: Steinberg et al. 2024).

    ``fit`` pretrains on all training histories, those without a target too: at moments of each, the time until every code of the
    vocabulary comes next, censored at the end of the history, under piecewise exponential hazards. Then the records that have a
    target tune the model for it, and the state with the highest validation likelihood is kept. What pretraining gives is kept for
    learners of this process that ask for the same.

    Args:
        recipe: how it is made.
        target: field of the ``Survival``.
        seed: of weights and batches.
    """

    def __init__(self, recipe: EventRecipe, *, target: str, seed: int) -> None:
        self._recipe, self._target, self._seed = recipe, target, seed
        self._begun: Begun | None = None
        self._network: HazardNetwork | None = None
        self._unit = 1.0
        self.histories: dict[str, Curves] = {}

    @property
    def trained_parameters(self) -> int:
        """What tuning changes; 0 before."""
        if self._network is None:
            return 0
        return sum(parameter.numel() for parameter in self._tuned(self._network))

    def fit(self, train_records: Sequence[Record], validation: Sequence[Record]) -> None:
        """Pretrain, then tune.

        Raises:
            UserError: if a record has no history, or none has the target.
        """
        labelled = [record for record in train_records if self._target in record.fields]
        if not labelled:
            raise UserError(f"training records: none has the field {self._target!r}; give at least one.")
        self.histories = {}
        self._unit = DAYS[labelled[0].get(self._target, Survival).unit]
        regime = self._recipe.pretraining
        if regime is None:
            vocabulary = vocabulary_of([history_of(record) for record in train_records])
            self._begun = Begun(vocabulary, pieces_of(self._times(labelled), self._recipe.pieces), None)
        else:
            told = [_without(record, self._target) for record in (*train_records, *validation)]
            key = (replace(self._recipe, tuning=regime, adapt="all"), digest_of(told), self._seed)
            self._begun, self.histories["pretraining"] = _pretrained.get(
                key, partial(pretrain, self._recipe, regime, train_records, validation, self._seed)
            )
        checked = [record for record in validation if self._target in record.fields]
        self._network = self._made(self._begun, self._rates(labelled))
        self.histories["tuning"] = self._tune(self._network, labelled, checked)

    def _made(self, begun: Begun, rates_KP: Tensor) -> HazardNetwork:
        network = new_network(lambda: HazardNetwork(len(begun.vocabulary), self._recipe, rates_KP), self._seed)
        if begun.weights is not None:
            own = {name: value for name, value in begun.weights.items() if name not in ("head.outcomes_KI", "head.bias_KP")}
            network.load_state_dict(own, strict=False)
            # a new outcome begins at its rates alone: it has no vector yet
            nn.init.zeros_(network.head.outcomes_KI)
        return network

    def _rates(self, labelled: Sequence[Record]) -> Tensor:
        assert self._begun is not None
        times = self._times(labelled)
        at_risk, came = exposures(singles(times[:, :1]), torch.tensor(times[:, 1:] > 0), singles(self._begun.edges))
        return log_rates(at_risk, came)

    def _tuned(self, network: HazardNetwork) -> list[nn.Parameter]:
        head = [network.head.outcomes_KI, network.head.bias_KP]
        return head if self._recipe.adapt == "probe" else list(network.parameters())

    def _tune(self, network: HazardNetwork, labelled: Sequence[Record], checked: Sequence[Record]) -> Curves:
        assert self._begun is not None
        own, recipe = self._begun, self._recipe
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        for parameter in self._tuned(network):
            parameter.requires_grad_(True)
        seen = [numbered(history_of(record), own.vocabulary) for record in labelled]
        times, edges = self._times(labelled), singles(own.edges).to(device())

        def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = rng.choice(len(seen), min(recipe.batch, len(seen)), replace=False)
            return {**ended([seen[place] for place in chosen], recipe.length), "target_B2": times[chosen]}

        def loss(inner: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            return hazard_loss(inner, batch, edges)

        validation = [numbered(history_of(record), own.vocabulary) for record in checked]
        told = self._times(checked)

        def score(inner: nn.Module) -> float:
            return -float(hazard_loss(inner, placed({**ended(validation, recipe.length), "target_B2": told}), edges))

        return train(
            network, loss=loss, draw=draw, regime=recipe.tuning, seed=self._seed, score=score if checked else None, name="tuning"
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Probability to be without the event after 1, 2, … units of time.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record has no history.
        """
        if self._network is None or self._begun is None:
            raise UserError("TimeToEvent: no network yet; fit the learner or load it first.")
        grid = np.arange(1.0, self._recipe.horizon + 1) * self._unit
        found = []
        for start in range(0, len(records), _ANSWERED):
            some = records[start : start + _ANSWERED]
            batch = ended([numbered(history_of(record), self._begun.vocabulary) for record in some], self._recipe.length)
            with torch.inference_mode():
                log_hazards = self._network.to(device()).eval()(*inputs_of(placed(batch)))[:, 0].double().cpu().numpy()
            curves = survival(log_hazards, self._begun.edges, grid)
            found += [Prediction(record_id=record.id, value=curve) for record, curve in zip(some, curves, strict=True)]
        return found

    def save(self, folder: Path) -> None:
        """Write vocabulary, weights and what the weights don't say."""
        assert self._network is not None and self._begun is not None
        self._begun.vocabulary.save(folder / CODES)
        content = {"edges": self._begun.edges.tolist(), "unit": self._unit}
        (folder / SHAPE).write_text(json.dumps(content) + "\n", encoding="utf-8")
        save_network(self._network, folder / WEIGHTS)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        with kept(folder / SHAPE) as content:
            edges, self._unit = np.array(content["edges"], dtype=np.float64), float(content["unit"])
        self._begun = Begun(vocabulary_from(folder / CODES), edges, None)
        rates = torch.zeros(1, len(edges))
        self._network = new_network(lambda: HazardNetwork(len(self._vocabulary), self._recipe, rates), self._seed)
        load_network(self._network, folder / WEIGHTS)

    @property
    def _vocabulary(self) -> Vocabulary:
        assert self._begun is not None
        return self._begun.vocabulary

    def _times(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """Days and whether the event came, N × 2."""
        found = [record.get(self._target, Survival) for record in records]
        return np.array([[one.time * self._unit, one.event] for one in found], dtype=np.float64).reshape(-1, 2)


def _without(record: Record, target: str) -> Record:
    fields = {name: value for name, value in record.fields.items() if name != target}
    return Record(id=record.subject_id, subject_id=record.subject_id, fields=fields)
