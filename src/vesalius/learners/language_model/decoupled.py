"""MedCare's two stages: knowledge gathered apart from noise, then an alignment module kept out of the knowledge's space."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from vesalius.learners.language_model.adapted import Adapted, Tuned
from vesalius.learners.language_model.lora_files import save_lora
from vesalius.learners.language_model.mixtures import Mixture
from vesalius.learners.language_model.terms import with_term
from vesalius.learners.language_model.trainings import Training
from vesalius.learners.networks import repeatable
from vesalius.nets.mixture_of_lora import Padding, mean_balance
from vesalius.nets.parts import LowRank, add_parts, drop_part, in_attention, overlap
from vesalius.nets.unet import count_parameters
from vesalius.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

KNOWLEDGE, NOISE, ALIGNMENT = "knowledge", "noise", "alignment"
"""Names of the parts beside a layer."""

ADAPTER = "adapter"
"""Folder, within a saved learner's, of what plain peft loads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoupled:
    """Liao et al. 2024 (arXiv 2406.17484).

    Stage one trains, on all records, a knowledge aggregator that every token goes through and, beside each layer of the
    perceptrons, a noise aggregator: a mixture of experts, which takes up what only some tasks and formats need. Stage two drops
    the noise aggregator, freezes the knowledge aggregator, and trains an alignment module beside the perceptrons' layers on the
    records of its training, with the overlap Σ |A_knowledge A_alignmentᵀ| added to the loss.

    Attributes:
        rank: of the knowledge aggregator in attention; beside perceptrons, it and the alignment module have twice that.
        noise: shape of the noise aggregator.
        orthogonality: weight of the overlap.
        gathering: training of stage one.
        aligning: training of stage two.
    """

    rank: int
    noise: Mixture
    orthogonality: float
    gathering: Training
    aligning: Training

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Both stages."""
        with repeatable(seed):
            self.gather(network)
        trained = count_parameters(network)
        with with_term(network, lambda: self.noise.balance * mean_balance(network)):
            gathered = self.gathering.run(network, tokenizer, train, seed)
        with repeatable(seed + 1):
            self.align(network)
        trained += count_parameters(network)
        with with_term(network, lambda: self.orthogonality * overlap(network, KNOWLEDGE, ALIGNMENT)):
            aligned = self.aligning.run(network, tokenizer, train, seed)
        return Tuned(network, trained, {self.gathering.name: gathered, self.aligning.name: aligned})

    def gather(self, network: nn.Module) -> None:
        """Put both aggregators on a network, in place."""
        padding = Padding()
        padding.watch(network)
        self._gather(network, padding)

    def align(self, network: nn.Module) -> None:
        """Drop the noise aggregator, and put the alignment module on a network, in place; it alone is then trained."""
        drop_part(network, NOISE)

        def make(name: str, inputs: int, outputs: int) -> dict[str, nn.Module]:
            return {} if in_attention(name) else {ALIGNMENT: LowRank(inputs, outputs, 2 * self.rank)}

        add_parts(network, make)

    def rebuild(self, network: nn.Module) -> nn.Module:
        """A base, changed in place, of the shape that tuning gives."""
        self.gather(network)
        self.align(network)
        return network

    def parameters(self, network: nn.Module) -> int:
        """How many both stages train on a network, which stays as it is but for what requires gradients."""
        self._gather(network, Padding())
        count = count_parameters(network)
        self.align(network)
        count += count_parameters(network)
        for part in (KNOWLEDGE, ALIGNMENT):
            drop_part(network, part)
        return count

    def _gather(self, network: nn.Module, padding: Padding) -> None:
        def make(name: str, inputs: int, outputs: int) -> dict[str, nn.Module]:
            if in_attention(name):
                return {KNOWLEDGE: LowRank(inputs, outputs, self.rank)}
            return {KNOWLEDGE: LowRank(inputs, outputs, 2 * self.rank), NOISE: self.noise.beside(inputs, outputs, padding)}

        add_parts(network, make)


class DecoupledLearner(Adapted):
    """An adapted model whose parts are also written as one LoRA, which plain peft puts on the base."""

    def save(self, folder: Path) -> None:
        """Write the learner, and the adapter beside."""
        super().save(folder)
        (folder / ADAPTER).mkdir()
        save_lora(self.network, folder / ADAPTER)
