"""A language model that is tuned, then asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.learners.learner import Learner
from vesalius.learners.prompted import Prompted
from vesalius.records import Record
from vesalius.tasks import Prediction

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from vesalius.learners.checkpoints import History

ASKED = "asked"

Ask = Callable[[Callable[[], Backend]], Learner]
"""From what makes a backend, the learner that asks it."""

BY_LETTER: Ask = partial(Prompted, protocol="letter")

Rebuild = Callable[["PreTrainedModel"], "nn.Module"]
"""From the base, a network of the shape that tuning gives, whatever its numbers."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning gives.

    Attributes:
        network: the base, changed in place, wrapped by peft, or another.
        trained_parameters: how many numbers were trained.
        histories: curves of each training, by its name.
    """

    network: "nn.Module"
    trained_parameters: int
    histories: Mapping[str, "History"] = field(default_factory=dict)


class Tune(Protocol):
    """How a base model is tuned."""

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train it; the network may be changed in place.

        Args:
            network: the base, in float32, in evaluation mode.
            tokenizer: of it.
            train: records that carry their target.
            validation: the same.
            seed: of everything random.
        """
        ...


class Adapted:
    """A base model in the Hugging Face layout that ``fit`` tunes and ``predict`` asks.

    What is saved is small where it can be: the adapter where the network is wrapped by peft, which plain peft loads back; with
    ``rebuild``, the numbers that differ from the base's; else the whole model, which plain transformers loads back.

    Args:
        base: gives the folder of the model; it is called when first needed.
        tune: how it is tuned.
        ask: makes the learner that asks the tuned model, such as ``partial(Prompted, protocol="chain of thought")``; it is fitted
            on the same records.
        rebuild: for networks of another shape than the base's that peft does not know: makes one of that shape, to be loaded.
        seed: of tuning.
    """

    def __init__(
        self,
        base: Callable[[], Path],
        tune: Tune,
        *,
        seed: int,
        ask: Ask = BY_LETTER,
        rebuild: Rebuild | None = None,
    ) -> None:
        self._base, self._tune, self._ask, self._rebuild, self._seed = base, tune, ask, rebuild, seed
        self._tuned: Tuned | None = None
        self._tokenizer: PreTrainedTokenizerBase | None = None
        self._asked: Learner | None = None

    @property
    def trained_parameters(self) -> int:
        """As tuning says; 0 before."""
        return 0 if self._tuned is None else self._tuned.trained_parameters

    @property
    def network(self) -> "nn.Module":
        """The tuned network.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        return self._known().network

    @property
    def histories(self) -> dict[str, "History"]:
        """Curves of each training."""
        return {} if self._tuned is None else dict(self._tuned.histories)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Tune the base, then fit what asks it."""
        from vesalius.learners.language_model.networks import opened_network

        network, self._tokenizer = opened_network(self._base())
        self._tuned = self._tune(network, self._tokenizer, train, validation, self._seed)
        self._asked = self._ask(self.backend)
        self._asked.fit(train, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the tuned model.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        self._known()
        assert self._asked is not None
        return self._asked.predict(records)

    def save(self, folder: Path) -> None:
        """Write the adapter, the numbers that differ, or the model; the curves; and what the asking learner keeps."""
        from vesalius.learners.language_model.kept import save_tuned

        tuned = self._known()
        assert self._asked is not None and self._tokenizer is not None
        save_tuned(tuned, self._tokenizer, folder, self._base if self._rebuild is not None else None)
        (folder / ASKED).mkdir()
        self._asked.save(folder / ASKED)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if it is missing, damaged, or of another base.
        """
        from vesalius.learners.language_model.kept import load_tuned

        self._tuned, self._tokenizer = load_tuned(folder, self._base, self._rebuild)
        self._asked = self._ask(self.backend)
        self._asked.load(folder / ASKED)

    def backend(self) -> Backend:
        """The tuned model, to be asked in any way.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        from vesalius.learners.language_model.networks import as_backend

        tuned = self._known()
        assert self._tokenizer is not None
        return as_backend(tuned.network, self._tokenizer)

    def _known(self) -> Tuned:
        if self._tuned is None:
            raise UserError("Adapted: no model yet; fit the learner or load it first.")
        return self._tuned
