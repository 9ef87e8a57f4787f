"""Tuning that several tasks of a trial test is done once a process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vesalius.learners.language_model.adapted import Tune, Tuned
from vesalius.records import Record, digest_of
from vesalius.remembered import Remembered

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_tuned: Remembered[Tuned] = Remembered(12)
_LARGEST = 50_000_000
"""Parameters of a network that is kept; a dozen of larger ones would fill a small machine."""


def is_kept(network: "PreTrainedModel") -> bool:
    """Whether what a network is tuned to is small enough to be remembered."""
    count: int = sum(parameter.numel() for parameter in network.parameters())
    return count <= _LARGEST


@dataclass(frozen=True, slots=True)
class Once:
    """Gives what ``tune`` gave before, where base, records and seed are the same.

    Whoever is given a network that is kept here must not change it. The seconds of tuning are spent by the first of the learners
    alone. Large networks are not kept but tuned anew.

    Attributes:
        tune: a dataclass, whose ``repr`` says all that it depends on beside its arguments.
    """

    tune: Tune

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """As the tuning itself."""
        from vesalius.learners.language_model.networks import weights_digest

        if not is_kept(network):
            return self.tune(network, tokenizer, train, validation, seed)
        key = (repr(self.tune), weights_digest(network), digest_of(train), digest_of(validation), seed)
        return _tuned.get(key, lambda: self.tune(network, tokenizer, train, validation, seed))
