"""Tuning a frozen language model by a mixture of low-rank experts, or by one LoRA with as many parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.supervised import with_lora
from vesalius.learners.language_model.terms import with_term
from vesalius.learners.language_model.trainings import Training, in_turn
from vesalius.learners.networks import repeatable
from vesalius.nets.mixture_of_lora import Experts, Padding, matching_rank, mean_balance
from vesalius.nets.parts import add_parts, drop_part
from vesalius.nets.unet import count_parameters
from vesalius.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

EXPERTS = "experts"
"""Name of the mixture beside a layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """The shape of a mixture.

    Attributes:
        experts: beside each layer.
        chosen: of them for a token.
        rank: of each.
        balance: weight of the term that spreads tokens over experts; 0 leaves it out.
    """

    experts: int
    chosen: int
    rank: int
    balance: float

    def beside(self, inputs: int, outputs: int, padding: Padding) -> Experts:
        """The experts of one layer."""
        return Experts(inputs, outputs, experts=self.experts, chosen=self.chosen, rank=self.rank, padding=padding)

    def everywhere(self, network: nn.Module) -> nn.Module:
        """The network, changed in place, with a mixture beside every linear layer."""
        padding = Padding()
        padding.watch(network)
        self._add(network, padding)
        return network

    def parameters(self, network: nn.Module) -> int:
        """How many ``everywhere`` adds to a network, which stays as it is but for what requires gradients."""
        self._add(network, Padding())
        added = count_parameters(network)
        drop_part(network, EXPERTS)
        return added

    def _add(self, network: nn.Module, padding: Padding) -> None:
        add_parts(network, lambda name, inputs, outputs: {EXPERTS: self.beside(inputs, outputs, padding)})


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureOfLora:
    """MoLoRA at every linear layer, trained on all records at once, with the balance beside the loss.

    Attributes:
        mixture: its shape.
        trainings: one after the other.
    """

    mixture: Mixture
    trainings: Sequence[Training]

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train it."""
        with repeatable(seed):
            self.mixture.everywhere(network)
        with with_term(network, lambda: self.mixture.balance * mean_balance(network)):
            histories = in_turn(self.trainings, network, tokenizer, train, seed)
        return Tuned(network, count_parameters(network), histories)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLora:
    """The baseline: a single LoRA of peft at every linear layer, of the rank at which it has as many parameters.

    Attributes:
        parameters: how many are to be matched on a network, which it leaves as it is but for what requires gradients.
        trainings: one after the other.
    """

    parameters: Callable[[nn.Module], int]
    trainings: Sequence[Training]

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train it."""
        adapted = with_lora(network, matching_rank(network, self.parameters(network)), seed=seed)
        histories = in_turn(self.trainings, adapted, tokenizer, train, seed)
        return Tuned(adapted, count_parameters(adapted), histories)
