"""Base and adapted model, each fine-tuned on the questions of one task in the same steps."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.models import folder_of, model_of
from vesalius.learners.learner import Learner
from vesalius.learners.prompted import Prompted
from vesalius.names import Size
from vesalius.records import Record
from vesalius.systems.language.adapted_pairs import trained, untrained
from vesalius.tasks import Prediction, Task

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedTokenizerBase

    from vesalius.learners.checkpoints import History

FILE = "fine-tuned.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of fine-tuning all weights on the letters of the answers.

    Attributes:
        steps: optimiser updates.
        batch: questions a step.
        learning_rate: at its highest.
    """

    steps: int
    batch: int
    learning_rate: float


class FineTuned:
    """A model, adapted by a system or as it is, fine-tuned on multiple-choice records and asked for the letter.

    Args:
        system: id of what adapts it, of ``adapted_pairs.MODELS``; None for the base.
        size: of the system's training.
        model: what it starts from.
        budget: of fine-tuning.
        seed: of both trainings.
    """

    def __init__(self, system: str | None, size: Size, model: str, budget: Budget, seed: int) -> None:
        self._system, self._size, self._model, self._budget, self._seed = system, size, model, budget, seed
        self._network: nn.Module | None = None
        self._adapted: Learner | None = None
        self._asked: Prompted | None = None
        self.histories: dict[str, History] = {}

    @property
    def trained_parameters(self) -> int:
        """All of the model's."""
        return 0 if self._network is None else sum(parameter.numel() for parameter in self._network.parameters())

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Adapt the model on its system's records, then fine-tune it on these."""
        from vesalius.learners.language_model.examples import choice_examples
        from vesalius.learners.language_model.supervised import fine_tune

        if self._system is not None:
            self._adapted = trained(self._system, self._size, self._model, self._seed)
        network, tokenizer = self._start()
        network.requires_grad_(True)
        self.histories["fine-tuning"] = fine_tune(
            network,
            tokenizer,
            choice_examples(train, "letter"),
            steps=self._budget.steps,
            batch=self._budget.batch,
            learning_rate=self._budget.learning_rate,
            seed=self._seed,
        )
        self._ask(network, tokenizer)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The likeliest letter.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        if self._asked is None:
            raise UserError("FineTuned: no model yet; fit the learner or load it first.")
        return self._asked.predict(records)

    def save(self, folder: Path) -> None:
        """Write the adapted model, where there is one, and the fine-tuned weights."""
        from vesalius.learners.networks import save_network
        from vesalius.learners.training import save_histories

        assert self._network is not None
        if self._adapted is not None:
            (folder / "adapted").mkdir()
            self._adapted.save(folder / "adapted")
        save_network(self._network, folder / FILE)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote."""
        from vesalius.learners.networks import load_network

        if self._system is not None:
            self._adapted, _ = untrained(self._system, self._size, self._model, self._seed)
            self._adapted.load(folder / "adapted")
        network, tokenizer = self._start()
        load_network(network, folder / FILE)
        self._ask(network, tokenizer)

    def _start(self) -> "tuple[nn.Module, PreTrainedTokenizerBase]":
        from vesalius.learners.language_model.networks import opened_network

        network, tokenizer = opened_network(folder_of(self._model))
        if self._adapted is None:
            return network, tokenizer
        return deepcopy(self._adapted.network), tokenizer  # type: ignore[attr-defined]  # every one in MODELS is an Adapted

    def _ask(self, network: "nn.Module", tokenizer: "PreTrainedTokenizerBase") -> None:
        from vesalius.learners.language_model.networks import as_backend

        self._network = network.eval()
        self._asked = Prompted(lambda: as_backend(network, tokenizer), protocol="letter")


def fine_tuned_pair(task: Task, system: str, size: Size, budget: Budget) -> Callable[[int], Learner]:
    """Builds the fine-tuned adapted model's arm of a seed."""
    return lambda seed: FineTuned(system, size, model_of(task), budget, seed)


def fine_tuned_base(task: Task, size: Size, budget: Budget) -> Callable[[int], Learner]:
    """Builds the fine-tuned base's arm of a seed."""
    return lambda seed: FineTuned(None, size, model_of(task), budget, seed)
