"""A transformer over histories that is pretrained on the time to every code, and adapted to the time to one outcome."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.events.histories import (
    History,
    Vocabulary,
    history_of,
    last_events,
    numbered,
    vocabulary_from,
    vocabulary_of,
)
from vesalius.learners.events.next_times import next_times
from vesalius.learners.kept_file import kept
from vesalius.learners.training import History as Curves
from vesalius.learners.training import Regime, device, load_network, new_network, save_histories, save_network, train
from vesalius.nets.event_transformer import EventBatch, EventSize, EventTransformer
from vesalius.nets.piecewise import PiecewiseHead, exposures, log_rates, piecewise_loss, survival
from vesalius.records import Record, Survival
from vesalius.records.record import digest_of
from vesalius.remembered import Remembered
from vesalius.tasks import Prediction

UNITS: Mapping[str, float] = {"days": 1.0, "months": 365.25 / 12, "quarters": 365.25 / 4, "years": 365.25}
"""Days of a unit of survival times."""

WEIGHTS, CODES, SHAPE = "time-to-event.safetensors", "codes.json", "shape.json"
_ANSWERED = 128
_pretrained: Remembered["tuple[Begun, Curves]"] = Remembered(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecipe:
    """How a model of times to events is made.

    Attributes:
        size: of the transformer.
        length: events of a history that are seen, at most.
        pieces: of the piecewise exponential hazard.
        inner: numbers by which an outcome reads a state.
        batch: histories a step.
        moments: of each history in a step of pretraining.
        pretraining: on the time to every code; None begins from random weights.
        tuning: on the time to the outcome.
        adapt: what tuning changes: all weights, or what the outcome has of its own (a linear probe).
        horizon: survival is told for 1, 2, … so many units of the target.
    """

    size: EventSize
    length: int
    pieces: int
    inner: int
    batch: int
    moments: int
    pretraining: Regime | None
    tuning: Regime
    adapt: Literal["all", "probe"] = "all"
    horizon: int = 20


class HazardNetwork(nn.Module):
    """The transformer, and hazards of outcomes from its states."""

    def __init__(self, vocabulary: int, recipe: EventRecipe, log_rates_KP: Tensor) -> None:
        super().__init__()
        self.body = EventTransformer(vocabulary, recipe.size)
        self.head = PiecewiseHead(recipe.size.width, recipe.inner, log_rates_KP)

    def forward(self, batch: EventBatch, at_N: Tensor) -> Tensor:
        """Log hazards, moments × outcomes × pieces, at places of the flattened B × L."""
        found: Tensor = self.head(self.body(batch).flatten(0, 1)[at_N])
        return found


@dataclass(frozen=True, slots=True)
class Begun:
    """Where tuning begins.

    Attributes:
        vocabulary: of the training histories.
        edges: of the pieces, in days.
        weights: of a pretrained ``HazardNetwork``; None for random ones.
    """

    vocabulary: Vocabulary
    edges: NDArray[np.float64]
    weights: Mapping[str, Tensor] | None


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
        if self._recipe.pretraining is None:
            vocabulary = vocabulary_of([history_of(record) for record in train_records])
            self._begun = Begun(vocabulary, _edges(self._times(labelled), self._recipe.pieces), None)
        else:
            told = [_without(record, self._target) for record in (*train_records, *validation)]
            key = (replace(self._recipe, tuning=self._recipe.pretraining, adapt="all"), digest_of(told), self._seed)
            self._begun, self.histories["pretraining"] = _pretrained.get(
                key, lambda: _pretrain(self._recipe, train_records, validation, self._seed)
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
        at_risk, came = exposures(_tensor(times[:, :1]), torch.tensor(times[:, 1:] > 0), _tensor(self._begun.edges))
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
        times, edges = self._times(labelled), _tensor(own.edges).to(device())

        def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = rng.choice(len(seen), min(recipe.batch, len(seen)), replace=False)
            return {**_ended([seen[place] for place in chosen], recipe.length), "target_B2": times[chosen]}

        def loss(inner: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            return _loss(inner, batch, edges)

        validation = [numbered(history_of(record), own.vocabulary) for record in checked]
        told = self._times(checked)

        def score(inner: nn.Module) -> float:
            batch = {**_ended(validation, recipe.length), "target_B2": told}
            return -float(_loss(inner, {name: torch.as_tensor(value, device=device()) for name, value in batch.items()}, edges))

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
            batch = _ended([numbered(history_of(record), self._begun.vocabulary) for record in some], self._recipe.length)
            with torch.inference_mode():
                log_hazards = self._network.to(device()).eval()(*_inputs(batch))[:, 0].double().cpu().numpy()
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

    _unit: float = 1.0

    def _times(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """Days and whether the event came, N × 2."""
        found = [record.get(self._target, Survival) for record in records]
        if found:
            self._unit = UNITS[found[0].unit]
        return np.array([[one.time * self._unit, one.event] for one in found], dtype=np.float64).reshape(-1, 2)


def _without(record: Record, target: str) -> Record:
    fields = {name: value for name, value in record.fields.items() if name != target}
    return Record(id=record.subject_id, subject_id=record.subject_id, fields=fields)


def _edges(times: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
    """Pieces with as many events each, from 0; fewer where times are equal."""
    came = times[times[:, 1] > 0, 0]
    if not len(came):
        return np.zeros(1)
    inner = np.quantile(came, np.arange(1, pieces) / pieces)
    return np.unique(np.concatenate([[0.0], inner]))


def _pretrain(recipe: EventRecipe, records: Sequence[Record], validation: Sequence[Record], seed: int) -> tuple[Begun, Curves]:
    assert recipe.pretraining is not None
    vocabulary = vocabulary_of([history_of(record) for record in records])
    wanted = np.arange(2, len(vocabulary))
    seen, checked = (
        [one for one in (numbered(history_of(record), vocabulary) for record in part) if len(np.unique(one.ages)) > 1]
        for part in (records, validation)
    )
    if not seen:
        raise UserError("training histories: none has events at two times; pretraining needs a future.")
    told = [next_times(one, wanted) for one in seen]
    times = np.concatenate([one.times_MK for one in told]).ravel(), np.concatenate([one.events_MK for one in told]).ravel()
    edges = _edges(np.column_stack(times), recipe.pieces)
    at_risk, came = exposures(
        _tensor(np.concatenate([one.times_MK for one in told])),
        torch.tensor(np.concatenate([one.events_MK for one in told])),
        _tensor(edges),
    )
    network = new_network(lambda: HazardNetwork(len(vocabulary), recipe, log_rates(at_risk, came)), seed)
    on_device = _tensor(edges).to(device())

    def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        chosen = rng.choice(len(seen), min(recipe.batch, len(seen)), replace=False)
        return _futures([seen[place] for place in chosen], wanted, recipe, rng)

    def score(inner: nn.Module) -> float:
        batch = _futures(checked, wanted, recipe, np.random.default_rng(seed))
        return -float(_loss(inner, {name: torch.as_tensor(value, device=device()) for name, value in batch.items()}, on_device))

    curves = train(
        network,
        loss=lambda inner, batch: _loss(inner, batch, on_device),
        draw=draw,
        regime=recipe.pretraining,
        seed=seed,
        score=score if checked else None,
        name="pretraining",
    )
    weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    return Begun(vocabulary, edges, weights), curves


def _futures(
    histories: Sequence[History], wanted: NDArray[np.int64], recipe: EventRecipe, rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """Histories, moments in their windows, and the times from there to every code."""
    batch = last_events(histories, [len(one.places) for one in histories], recipe.length)
    length = batch["codes_BL"].shape[1]
    at, times, events = [], [], []
    for row, history in enumerate(histories):
        known = next_times(history, wanted)
        place = length - len(history.places) + known.seen - 1
        inside = np.flatnonzero(place >= 0)
        for moment in rng.permutation(inside)[: recipe.moments]:
            at.append(row * length + place[moment])
            times.append(known.times_MK[moment])
            events.append(known.events_MK[moment])
    target = np.stack([np.array(times), np.array(events, dtype=np.float64)], axis=-1)
    return {**batch, "at_N": np.array(at), "target_NK2": target.astype(np.float32)}


def _ended(histories: Sequence[History], length: int) -> dict[str, NDArray[np.generic]]:
    """Histories, seen to their end."""
    batch = last_events(histories, [len(one.places) for one in histories], length)
    width = batch["codes_BL"].shape[1]
    return {**batch, "at_N": np.arange(len(histories)) * width + width - 1}


def _inputs(batch: Mapping[str, Any]) -> tuple[EventBatch, Tensor]:
    parts = {name: torch.as_tensor(value, device=device()) for name, value in batch.items()}
    return EventBatch(parts["codes_BL"], parts["ages_BL"], parts["numbers_BL"], parts["valued_BL"]), parts["at_N"]


def _loss(network: nn.Module, batch: Mapping[str, Any], edges: Tensor) -> Tensor:
    target = batch["target_NK2"] if "target_NK2" in batch else batch["target_B2"].unsqueeze(1)
    at_risk, came = exposures(target[..., 0].float(), target[..., 1] > 0, edges)
    return piecewise_loss(network(*_inputs(batch)), at_risk, came)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)
