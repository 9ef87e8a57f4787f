"""A learner of stays with vitals and notes at irregular times."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.events.histories import Vocabulary, vocabulary_from
from vesalius.learners.kept_file import kept
from vesalius.learners.stays import Arrays, StayForm, note_arrays, series_arrays, variables_of
from vesalius.learners.training import (
    History,
    Regime,
    device,
    load_network,
    new_network,
    placed,
    save_histories,
    save_network,
    train,
)
from vesalius.metrics import f1
from vesalius.nets.irregular import Fusion, IrregularMultimodal, IrregularSize, Modality, NotesBatch, SeriesBatch, SeriesWay
from vesalius.nets.unet import count_parameters
from vesalius.records import Label, Record
from vesalius.tasks import Prediction

WEIGHTS, VARIABLES, THRESHOLD = "irregular.safetensors", "variables.json", "threshold.json"

Answer = Literal["probability", "decision"]

Stays = dict[Modality, Arrays]

_PADDED: Mapping[Modality, tuple[str, ...]] = {
    "series": ("measured_BLV", "moments_BL", "values_BLV"),
    "notes": ("there_BN", "written_BN", "vectors_BND"),
}
"""Arrays that are filled up behind; the first says where there is something."""

_AT_ONCE = 256
"""Stays that are answered at once, so that memory does not grow with their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IrregularRecipe:
    """How stays are read.

    Attributes:
        modalities: series, notes or both.
        way: how the series is embedded.
        fusion: of both, interleaved or late.
        form: how a stay becomes arrays.
        width, depth, heads, time, dropout: of the network.
        batch: stays a step.
        regime: of training.
        answer: a probability, or 1 from the threshold on that gives the highest F1 in validation and 0 below it.
    """

    modalities: tuple[Modality, ...]
    way: SeriesWay
    fusion: Fusion
    form: StayForm
    width: int
    depth: int
    heads: int
    time: int
    dropout: float
    batch: int
    regime: Regime
    answer: Answer


class IrregularStays:
    """Whether the second class of a label comes, from a stay.

    Args:
        recipe: how.
        target: field of the ``Label`` of two classes.
        seed: of weights and batches.
    """

    def __init__(self, recipe: IrregularRecipe, *, target: str, seed: int) -> None:
        self._recipe, self._target, self._seed = recipe, target, seed
        self._variables = Vocabulary((), (0.0, 0.0), (1.0, 1.0))
        self._network: nn.Module | None = None
        self._threshold = 0.5
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made."""
        return 0 if self._network is None else count_parameters(self._network)

    def fit(self, train_records: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train; the state with the lowest validation loss is kept, and from it the threshold is chosen.

        Raises:
            UserError: if a record lacks a modality.
        """
        if "series" in self._recipe.modalities:
            self._variables = variables_of(train_records, self._recipe.form)
        self._network = self._made()
        inputs, targets = self._inputs(train_records), self._targets(train_records)
        checked, wanted = self._inputs(validation), self._targets(validation)

        def draw(rng: np.random.Generator) -> dict[str, Any]:
            chosen = rng.choice(len(targets), min(self._recipe.batch, len(targets)), replace=False)
            return {"stays": _shortened(inputs, chosen), "targets": targets[chosen]}

        def loss(network: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            return nn.functional.binary_cross_entropy_with_logits(_read(network, batch["stays"]), batch["targets"])

        def score(network: nn.Module) -> float:
            told = torch.tensor(wanted, device=device())
            return -float(nn.functional.binary_cross_entropy_with_logits(_logits(network, checked, len(wanted)), told))

        self.histories["training"] = train(
            self._network, loss=loss, draw=draw, regime=self._recipe.regime, seed=self._seed, score=score if len(wanted) else None
        )
        self._threshold = best_threshold(self.probabilities(validation), wanted)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The probability of the second class, or the decision for it.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record lacks a modality.
        """
        said = self.probabilities(records)
        if self._recipe.answer == "decision":
            said = (said >= self._threshold).astype(float)
        return [Prediction(record_id=record.id, value=value) for record, value in zip(records, said.tolist(), strict=True)]

    def probabilities(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """Of the second class.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record lacks a modality.
        """
        if self._network is None:
            raise UserError("IrregularStays: no network yet; fit the learner or load it first.")
        if not records:
            return np.zeros(0)
        with torch.inference_mode():
            logits = _logits(self._network.to(device()).eval(), self._inputs(records), len(records))
        said: NDArray[np.float64] = torch.sigmoid(logits).double().cpu().numpy()
        return said

    def _made(self) -> nn.Module:
        recipe = self._recipe
        size = IrregularSize(
            variables=len(self._variables.codes),
            vector=recipe.form.vector,
            references=recipe.form.references,
            width=recipe.width,
            depth=recipe.depth,
            heads=recipe.heads,
            time=recipe.time,
            dropout=recipe.dropout,
        )
        return new_network(lambda: IrregularMultimodal(recipe.modalities, recipe.way, recipe.fusion, size), self._seed)

    def _inputs(self, records: Sequence[Record]) -> Stays:
        found: Stays = {}
        if "series" in self._recipe.modalities:
            found["series"] = series_arrays(records, self._variables, self._recipe.form)
        if "notes" in self._recipe.modalities:
            found["notes"] = note_arrays(records, self._recipe.form)
        return found

    def _targets(self, records: Sequence[Record]) -> NDArray[np.float32]:
        return np.array([record.get(self._target, Label).index for record in records], dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write variables, weights and threshold."""
        assert self._network is not None
        self._variables.save(folder / VARIABLES)
        save_network(self._network, folder / WEIGHTS)
        (folder / THRESHOLD).write_text(json.dumps({"threshold": self._threshold}) + "\n", encoding="utf-8")
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        self._variables = vocabulary_from(folder / VARIABLES)
        with kept(folder / THRESHOLD) as content:
            self._threshold = float(content["threshold"])
        self._network = self._made()
        load_network(self._network, folder / WEIGHTS)


def best_threshold(probabilities: NDArray[np.float64], truths: NDArray[np.floating[Any]]) -> float:
    """The threshold of the highest F1, of equal ones the middle; 0.5 where there is nothing to choose from.

    >>> best_threshold(np.array([0.1, 0.2, 0.6, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.4
    """
    if not truths.any():
        return 0.5
    different = np.unique(probabilities)
    possible = np.concatenate([different[:1], (different[1:] + different[:-1]) / 2])
    scores = np.array([f1((probabilities >= one).astype(int), truths.astype(int)) for one in possible])
    best = np.flatnonzero(scores == scores.max())
    return float(possible[best[(len(best) - 1) // 2]])


def _shortened(stays: Stays, chosen: NDArray[np.int64]) -> Stays:
    """Some stays, without what is padding in all of them."""
    found: Stays = {}
    for modality, arrays in stays.items():
        some = {name: value[chosen] for name, value in arrays.items()}
        sign = some[_PADDED[modality][0]]
        longest = max(1, int(sign.any(axis=(0, *range(2, sign.ndim))).sum()))
        found[modality] = some | {name: some[name][:, :longest] for name in _PADDED[modality]}
    return found


def _read(network: nn.Module, stays: Mapping[Modality, Mapping[str, Tensor]]) -> Tensor:
    series, notes = stays.get("series"), stays.get("notes")
    logits: Tensor = network(series and SeriesBatch(**series), notes and NotesBatch(**notes))
    return logits


def _logits(network: nn.Module, stays: Stays, count: int) -> Tensor:
    found = []
    for start in range(0, count, _AT_ONCE):
        some = _shortened(stays, np.arange(start, min(start + _AT_ONCE, count)))
        found.append(_read(network, placed(some)))
    return torch.cat(found)
