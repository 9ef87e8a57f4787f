"""A transformer or an LSTM over the codes of a patient, as a learner on covariates."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.estimator import covariate_matrix
from vesalius.learners.kept_file import kept
from vesalius.learners.tabular import Answer, classes_of, told
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
from vesalius.metrics import macro_f1
from vesalius.nets.code_sequences import CodeSequence, CodeSize, Reader
from vesalius.nets.unet import count_parameters
from vesalius.records import Record, Vector
from vesalius.tasks import Prediction

WEIGHTS, SHAPE = "code-sequence.safetensors", "shape.json"
_ANSWERED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecipe:
    """How a network is made.

    Attributes:
        reader: which.
        size: of it.
        batch: records a step.
        regime: of training.
    """

    reader: Reader
    size: CodeSize
    batch: int
    regime: Regime


@dataclass(frozen=True, slots=True)
class Columns:
    """What the covariates are, by the training records.

    Attributes:
        names: of all.
        codes: places of those that are 0 or 1 in each of them.
        numbers: places of the others, with mean and standard deviation.
        means, deviations: of the numbers.
        classes: of the target.
    """

    names: tuple[str, ...]
    codes: tuple[int, ...]
    numbers: tuple[int, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    classes: tuple[str, ...]


class CodeClassifier:
    """Class of a patient by a network that reads its covariates as a sequence.

    Covariates that are 0 or 1 in every training record are codes, in the order of their names; the others are numbers. The state
    with the best macro F1 on the validation records is kept.

    Args:
        recipe: how.
        target: field of the ``Label``.
        answer: what is told; scores are probabilities.
        seed: of weights and batches.
    """

    def __init__(self, recipe: CodeRecipe, *, target: str, answer: Answer, seed: int) -> None:
        self._recipe, self._target, self._answer, self._seed = recipe, target, answer, seed
        self._columns: Columns | None = None
        self._network: CodeSequence | None = None
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made."""
        return 0 if self._network is None else count_parameters(self._network)

    def fit(self, train_records: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train.

        Raises:
            UserError: if a record lacks its class or covariates, or a class has no training record.
        """
        classes, targets = classes_of(train_records, self._target)
        self._columns = _columns(train_records, classes)
        inputs = self._inputs(train_records)
        network = self._network = self._made(self._columns)

        def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = rng.choice(len(targets), min(self._recipe.batch, len(targets)), replace=False)
            return {**{name: value[chosen] for name, value in inputs.items()}, "targets": targets[chosen]}

        def loss(inner: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            return nn.functional.cross_entropy(inner(batch["codes_BL"], batch["numbers_BP"]), batch["targets"])

        truths = [str(record.fields[self._target].value) for record in validation]  # type: ignore[union-attr]

        def score(inner: nn.Module) -> float:
            said = self._scores(inner, validation).argmax(axis=1)
            return macro_f1([classes[place] for place in said], truths)

        regime = self._recipe.regime
        chosen = score if validation else None
        self.histories = {
            "training": train(network, loss=loss, draw=draw, regime=regime, seed=self._seed, score=chosen, name="codes")
        }

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What ``answer`` says.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record has other covariates.
        """
        if self._network is None or self._columns is None:
            raise UserError("CodeClassifier: no network yet; fit the learner or load it first.")
        network = self._network.to(device()).eval()
        with torch.inference_mode():
            scores = self._scores(network, records)
        return told(records, scores, self._columns.classes, self._answer)

    def _scores(self, network: nn.Module, records: Sequence[Record]) -> NDArray[np.float64]:
        found = []
        for start in range(0, len(records), _ANSWERED):
            batch = placed(self._inputs(records[start : start + _ANSWERED]))
            logits = network(batch["codes_BL"], batch["numbers_BP"])
            found.append(torch.softmax(logits.double(), -1).cpu().numpy())
        return np.concatenate(found)

    def _inputs(self, records: Sequence[Record]) -> dict[str, NDArray[np.generic]]:
        assert self._columns is not None
        own = self._columns
        values_NP = covariate_matrix(records)
        if records[0].get("covariates", Vector).names != own.names:
            raise UserError(f"record {records[0].id}, field 'covariates': other names than in training; give the same.")
        has_NC = values_NP[:, own.codes] > 0
        codes_NL = np.zeros((len(records), max(1, int(has_NC.sum(axis=1).max(initial=0)))), np.int64)
        for row, has in zip(codes_NL, has_NC, strict=True):
            tokens = np.flatnonzero(has) + 1
            row[: len(tokens)] = tokens
        numbers_NP = (values_NP[:, own.numbers] - np.array(own.means)) / np.array(own.deviations)
        return {"codes_BL": codes_NL, "numbers_BP": numbers_NP.astype(np.float32)}

    def _made(self, columns: Columns) -> CodeSequence:
        def make() -> CodeSequence:
            return CodeSequence(
                self._recipe.reader,
                vocabulary=len(columns.codes),
                numbers=len(columns.numbers),
                classes=len(columns.classes),
                size=self._recipe.size,
            )

        return new_network(make, self._seed)

    def save(self, folder: Path) -> None:
        """Write the weights and what the covariates are."""
        assert self._network is not None and self._columns is not None
        content = {name: list(getattr(self._columns, name)) for name in Columns.__dataclass_fields__}
        (folder / SHAPE).write_text(json.dumps(content) + "\n", encoding="utf-8")
        save_network(self._network, folder / WEIGHTS)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        with kept(folder / SHAPE) as content:
            self._columns = Columns(**{name: tuple(content[name]) for name in Columns.__dataclass_fields__})
        self._network = self._made(self._columns)
        load_network(self._network, folder / WEIGHTS)


def _columns(records: Sequence[Record], classes: tuple[str, ...]) -> Columns:
    values_NP = covariate_matrix(records)
    codes = np.isin(values_NP, (0, 1)).all(axis=0)
    numbers_NP = values_NP[:, ~codes]
    return Columns(
        records[0].get("covariates", Vector).names,
        tuple(np.flatnonzero(codes).tolist()),
        tuple(np.flatnonzero(~codes).tolist()),
        tuple(numbers_NP.mean(axis=0).tolist()),
        tuple((numbers_NP.std(axis=0) + 1e-6).tolist()),
        classes,
    )
