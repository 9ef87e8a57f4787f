"""A causal language model with a head that says of each step of a solution how right it is."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache
from transformers.utils import logging

from vesalius.errors import UserError
from vesalius.language.local.inputs import cache_argument, padded
from vesalius.learners.language_model.networks import plain_network
from vesalius.learners.language_model.process_reward.judges import Labels
from vesalius.learners.language_model.process_reward.solutions import behind
from vesalius.learners.networks import repeatable
from vesalius.nets.unet import count_parameters

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

HEAD = "head.safetensors"
NETWORK = "network"

Chain = tuple[str, ...]
"""The steps of a solution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Solutions of one prompt, with a label a step.

    Attributes:
        prompt: what all stand behind: evidence and question.
        chains: the solutions.
        labels: of each, one a step.
    """

    prompt: str
    chains: tuple[Chain, ...]
    labels: tuple[Labels, ...]


class Verifier:
    """Scores the steps of solutions.

    The state of the last layer at the last token of a step goes through one linear unit: score = σ(w · h + b). (Med-PRM reads the
    same from the logits of two tokens, plus and minus, behind each step: σ of their difference, which is linear in the state too;
    MedS³ has a linear head.) The head begins at zero, so that an untrained verifier gives every step one half.

    What solutions share is run once, in training as well: keys and values of the prompt are computed for all of its solutions.

    Args:
        network: a causal model of transformers, or with an adapter of peft on it; it is trained in place.
        tokenizer: its own; one that tells where in the text a token stands.

    Attributes:
        read: tokens that were run so far; those that solutions share count once.
    """

    def __init__(self, network: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        if not tokenizer.is_fast:
            raise UserError(f"{tokenizer.name_or_path}: its tokenizer doesn't say where tokens stand; save it as tokenizer.json.")
        self._network, self._tokenizer = network, tokenizer
        self._adapter = hasattr(network, "peft_config")
        self.read = 0
        width = network.get_input_embeddings().weight.shape[1]
        hidden = int(getattr(network.config, "hidden_size", width))
        self._device = next(network.parameters()).device
        self.head = nn.Linear(hidden, 1).to(self._device)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    @property
    def longest(self) -> int:
        """Tokens of the longest text that the network takes."""
        return int(getattr(self._network.config, "max_position_embeddings", 2**31))

    @property
    def trained_parameters(self) -> int:
        """How many numbers ``train`` changes."""
        return count_parameters(self._network) + count_parameters(self.head)

    def length(self, text: str) -> int:
        """In tokens."""
        return len(self._tokenizer(text, verbose=False)["input_ids"])

    def scores(self, prompt: str, chains: Sequence[Chain]) -> list[list[float]]:
        """How right each step is, 0 to 1, a list a solution; equal solutions are run once.

        Raises:
            UserError: if a text is longer than the network takes.
        """
        different = [chain for chain in dict.fromkeys(chains) if chain]
        if not different:
            return [[] for _ in chains]
        self._network.eval()
        with torch.inference_mode():
            found = [torch.sigmoid(one).tolist() for one in self.logits(prompt, different)]
        known: dict[Chain, list[float]] = dict(zip(different, found, strict=True))
        return [known.get(chain, []) for chain in chains]

    def logits(self, prompt: str, chains: Sequence[Chain]) -> list[Tensor]:
        """Before the σ, a vector a solution, with gradients where they are asked for.

        Raises:
            UserError: if a text is longer than the network takes.
        """
        cut = [self._cut(prompt, chain) for chain in chains]
        room = max(len(tokens) for tokens, _ in cut)
        if room > self.longest:
            raise UserError(f"A solution with its evidence: {room} tokens, where the verifier takes {self.longest}; give less.")
        shared = min(_common([tokens for tokens, _ in cut]), min(ends[0] for _, ends in cut))
        tails = [tokens[shared:] for tokens, _ in cut]
        self.read += shared + sum(map(len, tails))
        states_BLD = self._states(cut[0][0][:shared], tails)
        at = [states_BLD[row, [end - shared for end in ends]] for row, (_, ends) in enumerate(cut)]
        return [self.head(states_KD.float())[:, 0] for states_KD in at]

    def train(self, examples: Sequence[Judged], *, steps: int, batch: int, learning_rate: float, seed: int) -> None:
        """Binary cross-entropy between scores and labels, which may lie between 0 and 1.

        Args:
            examples: solutions with labels; at least one label.
            steps: updates by AdamW, its rate rising over the first tenth and falling to zero over the rest.
            batch: prompts an update, each with all of its solutions.
            learning_rate: the highest.
            seed: of the order and of dropout.

        Raises:
            UserError: if nothing is labelled.
        """
        labelled = [one for one in examples if any(label is not None for labels in one.labels for label in labels)]
        if not labelled:
            raise UserError("training solutions: no step has a label; give more of them, or another judge.")
        with repeatable(seed):
            self._run(labelled, steps, batch, learning_rate, np.random.default_rng(seed))

    def _run(self, labelled: Sequence[Judged], steps: int, batch: int, learning_rate: float, rng: np.random.Generator) -> None:
        parameters = self._parameters()
        optimiser = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
        queue: list[int] = []
        self._network.train()
        for _ in range(steps):
            while len(queue) < batch:
                queue += rng.permutation(len(labelled)).tolist()
            for place in queue[:batch]:
                (self._loss(labelled[place]) / batch).backward()  # type: ignore[no-untyped-call]
            del queue[:batch]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
        self._network.eval()

    def _loss(self, example: Judged) -> Tensor:
        pairs = [(chain, labels) for chain, labels in zip(example.chains, example.labels, strict=True) if chain]
        logits_K = torch.cat(self.logits(example.prompt, [chain for chain, _ in pairs]))
        labels = [label for _, own in pairs for label in own]
        known = [place for place, label in enumerate(labels) if label is not None]
        wanted_K = torch.tensor([labels[place] for place in known], device=self._device)
        return functional.binary_cross_entropy_with_logits(logits_K[known], wanted_K)

    def save(self, folder: Path) -> None:
        """Write the head, and the network or its adapter as transformers and peft have them."""
        save_file({"weight": self.head.weight.detach().cpu(), "bias": self.head.bias.detach().cpu()}, folder / HEAD)
        logging.disable_progress_bar()
        self._network.save_pretrained(folder / NETWORK)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            head = load_file(folder / HEAD)
            self.head.load_state_dict(head)
            self._restore(folder / NETWORK)
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            raise UserError(f"{folder}: no verifier of this network ({str(error)[:120]}); save it again.") from error

    def _restore(self, folder: Path) -> None:
        if self._adapter:
            from peft import load_peft_weights, set_peft_model_state_dict

            set_peft_model_state_dict(self._network, load_peft_weights(str(folder), device=str(self._device)))
            return
        logging.disable_progress_bar()
        kept = type(self._network).from_pretrained(folder, local_files_only=True, use_safetensors=True)
        self._network.load_state_dict(kept.state_dict())

    def _parameters(self) -> list[nn.Parameter]:
        return [*(one for one in self._network.parameters() if one.requires_grad), *self.head.parameters()]

    def _cut(self, prompt: str, chain: Chain) -> tuple[list[int], list[int]]:
        """Tokens of a text, and the place of the last token of each step."""
        text = behind(prompt, "".join(chain))
        begin = len(text) - sum(map(len, chain))
        closes = [begin + length for length in accumulate(map(len, chain))]
        encoded = self._tokenizer(text, return_offsets_mapping=True, verbose=False)
        starts = [start for start, end in encoded["offset_mapping"] if end > start]
        places = [place for place, (start, end) in enumerate(encoded["offset_mapping"]) if end > start]
        found = np.searchsorted(starts, closes, side="left") - 1
        return list(encoded["input_ids"]), [places[place] for place in found]

    def _states(self, shared: list[int], tails: Sequence[list[int]]) -> Tensor:
        """States of the last layer at the tokens behind those that are shared: rows × longest tail × width."""
        network = plain_network(self._network)
        backbone = network.base_model
        ids_BL, real_BL = padded(tails, self._device)
        known: dict[str, Any] = {}
        if shared:
            cache = DynamicCache(config=network.config)
            known = {cache_argument(inspect.signature(backbone.forward).parameters): cache, "use_cache": True}
            backbone(input_ids=torch.tensor([shared], device=self._device), **known)
            cache.batch_repeat_interleave(len(tails))
        mask_BT = torch.cat([real_BL.new_ones(len(tails), len(shared)), real_BL], dim=1).long()
        states: Tensor = backbone(input_ids=ids_BL, attention_mask=mask_BT, **known).last_hidden_state
        return states


def _common(texts: Sequence[list[int]]) -> int:
    """How many tokens all begin with, at least one short of each."""
    first, last = min(texts), max(texts)
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return min(alike, min(map(len, texts)) - 1)


def _rate(step: int, steps: int) -> float:
    warm = max(1, steps // 10)
    return (step + 1) / warm if step < warm else max(0.0, (steps - step) / max(1, steps - warm))
