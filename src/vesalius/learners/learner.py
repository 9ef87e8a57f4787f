"""The contract of everything that can be an arm of a trial."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vesalius.records import Record
from vesalius.tasks import Prediction

if TYPE_CHECKING:
    from vesalius.learners.plan import Plan


@runtime_checkable
class Learner(Protocol):
    """Anything that is fitted on records and answers records.

    A network, a prompted language model, an agent, recorded answers: what needs no training has a ``fit`` that does nothing.
    A learner of a given seed gives the same answers in every run.
    """

    @property
    def trained_parameters(self) -> int:
        """How many numbers ``fit`` changes; 0 where nothing is trained or it is not counted."""
        ...

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn from records that carry their target; ``validation`` may pick a stopping point, never the test records."""
        ...

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """One prediction a record, in their order. The records come without their target."""
        ...

    def save(self, folder: Path) -> None:
        """Write what ``load`` needs into an existing, empty folder; weights as safetensors or plain arrays."""
        ...

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote; afterwards ``predict`` answers as before."""
        ...


@runtime_checkable
class Stepwise(Protocol):
    """A learner of one training, whose length can be chosen before ``fit``."""

    def train_for(self, steps: int) -> None:
        """Take so many optimiser updates."""
        ...


@runtime_checkable
class Planning(Protocol):
    """A learner that makes itself a plan, and can be given one before ``fit``."""

    def follow(self, plan: "Plan") -> None:
        """Follow this plan instead of making one."""
        ...
