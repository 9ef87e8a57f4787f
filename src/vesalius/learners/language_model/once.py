"""Tuning that several tasks of a trial test is done once a process."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vesalius.learners.language_model.adapted import Tune, Tuned
from vesalius.records import Record, digest_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_MOST = 8
"""Tuned networks that are kept."""

_tuned: OrderedDict[tuple[str, ...], Tuned] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Once:
    """Gives what ``tune`` gave before, where base, records and seed are the same.

    Whoever is given a network that is kept here must not change it. The seconds of tuning are spent by the first of the learners
    alone.

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

        key = (repr(self.tune), weights_digest(network), digest_of(train), digest_of(validation), str(seed))
        if key not in _tuned:
            _tuned[key] = self.tune(network, tokenizer, train, validation, seed)
        _tuned.move_to_end(key)
        while len(_tuned) > _MOST:
            _tuned.popitem(last=False)
        return _tuned[key]


def forget() -> None:
    """Tune anew what is asked for next."""
    _tuned.clear()
