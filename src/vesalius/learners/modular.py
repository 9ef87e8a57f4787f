"""A learner of records with several kinds of data, some of them missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.kept_file import kept_arrays
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
from vesalius.nets.modular import ParallelFusion, SequentialFusion, modular_loss
from vesalius.nets.unet import count_parameters
from vesalius.records import Label, Record, Vector
from vesalius.tasks import Prediction

WEIGHTS, SCALES = "modular.safetensors", "scales.npz"

Fusion = Literal["sequential", "parallel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionRecipe:
    """How modalities are brought together.

    Attributes:
        fusion: one after the other into a state, or side by side.
        sizes: numbers of each modality, in order.
        width: of the state, or of what a modality is encoded in.
        batch: records a step.
        regime: of training.
        change: weight of the changes of the state.
    """

    fusion: Fusion
    sizes: Mapping[str, int]
    width: int
    batch: int
    regime: Regime
    change: float = 0.01


class ModalityFusion:
    """Probabilities of the first of several outcomes with two classes, all of which it learns (multi-task).

    Modalities are ``Vector`` fields, standardised by the training records; a record may lack any. With sequential fusion
    ``steps`` tells what is believed after each modality.

    Args:
        recipe: how.
        outcomes: fields to learn; the first is predicted.
        seed: of weights and batches.
    """

    def __init__(self, recipe: FusionRecipe, *, outcomes: Sequence[str], seed: int) -> None:
        self._recipe, self._outcomes, self._seed = recipe, tuple(outcomes), seed
        self._network: nn.Module | None = None
        self._scales: dict[str, NDArray[np.float64]] = {}
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made."""
        return 0 if self._network is None else count_parameters(self._network)

    def fit(self, train_records: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train; the state with the lowest validation loss of the last step is kept.

        Raises:
            UserError: if a modality is in no training record, or of another size than the recipe says.
        """
        self._scales = {}
        for name in self._recipe.sizes:
            found = [record.get(name, Vector).values for record in train_records if name in record.fields]
            if not found:
                raise UserError(f"training records: none has the modality {name!r}; leave it out of the recipe.")
            self._scales[name] = np.stack([np.mean(found, axis=0), np.std(found, axis=0) + 1e-6])
        self._network = self._made()
        inputs, targets = self._inputs(train_records), self._targets(train_records)
        checked, wanted = self._inputs(validation), self._targets(validation)

        def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
            chosen = rng.choice(len(targets), min(self._recipe.batch, len(targets)), replace=False)
            return {**{name: value[chosen] for name, value in inputs.items()}, "targets": targets[chosen]}

        def loss(network: nn.Module, batch: Mapping[str, Any]) -> Tensor:
            said, moved = network(self._values(batch), batch["present"])
            return modular_loss(said, moved, batch["present"], batch["targets"], change=self._recipe.change)

        def score(network: nn.Module) -> float:
            logits = self._logits(network, checked)[:, -1, 0]
            return -float(
                nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(wanted[:, 0], device=logits.device))
            )

        self.histories["training"] = train(
            self._network, loss=loss, draw=draw, regime=self._recipe.regime, seed=self._seed, score=score if len(wanted) else None
        )

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Probability of the first outcome after all modalities.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        return [
            Prediction(record_id=record.id, value=float(said[-1]))
            for record, said in zip(records, self.steps(records), strict=True)
        ]

    def steps(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """Probability of the first outcome at the beginning and after each modality, records × steps.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        if self._network is None:
            raise UserError("ModalityFusion: no network yet; fit the learner or load it first.")
        with torch.inference_mode():
            logits = self._logits(self._network.to(device()).eval(), self._inputs(records))[..., 0]
        said: NDArray[np.float64] = torch.sigmoid(logits).double().cpu().numpy()
        return said

    def _logits(self, network: nn.Module, inputs: Mapping[str, NDArray[np.generic]]) -> Tensor:
        batch = placed(inputs)
        said: Tensor = network(self._values(batch), batch["present"])[0]
        return said

    def _values(self, batch: Mapping[str, Tensor]) -> list[Tensor]:
        return [batch[name] for name in self._recipe.sizes]

    def _made(self) -> nn.Module:
        kind = SequentialFusion if self._recipe.fusion == "sequential" else ParallelFusion
        return new_network(lambda: kind(self._recipe.sizes, len(self._outcomes), self._recipe.width), self._seed)

    def _inputs(self, records: Sequence[Record]) -> dict[str, NDArray[np.generic]]:
        present = np.array([[name in record.fields for name in self._recipe.sizes] for record in records], dtype=bool)
        found: dict[str, NDArray[np.generic]] = {"present": present.reshape(len(records), len(self._recipe.sizes))}
        for name, size in self._recipe.sizes.items():
            values = np.zeros((len(records), size), np.float32)
            middle, spread = self._scales[name]
            for row, record in zip(values, records, strict=True):
                if name in record.fields:
                    own = record.get(name, Vector).values
                    if len(own) != size:
                        raise UserError(f"record {record.id}, field {name!r}: {len(own)} numbers, where the recipe has {size}.")
                    row[:] = (own - middle) / spread
            found[name] = values
        return found

    def _targets(self, records: Sequence[Record]) -> NDArray[np.float32]:
        found = [[record.get(name, Label).index for name in self._outcomes] for record in records]
        return np.array(found, dtype=np.float32).reshape(len(records), len(self._outcomes))

    def save(self, folder: Path) -> None:
        """Write the weights and scales."""
        assert self._network is not None
        save_network(self._network, folder / WEIGHTS)
        np.savez(folder / SCALES, allow_pickle=False, **self._scales)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        with kept_arrays(folder / SCALES) as kept:
            self._scales = {name: kept[name] for name in self._recipe.sizes}
        self._network = self._made()
        load_network(self._network, folder / WEIGHTS)
