"""How the base models of the clinic in miniature are made: small, in Llama's form, with a tokenizer of whole words."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.base_models.batches import Batch, Batches
from vesalius.learners.base_models.vocabulary import LONGEST, base_tokenizer
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.training import Regime, new_network, train

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

RECIPE_FILE = "recipe.json"
_WARMUP = 50
_INITIAL = 0.08
"""Standard deviation of the first weights: at transformers' 0.02 so narrow a network learns facts at half the pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a base model follows from.

    Attributes:
        drills: steps of training on drills alone, which come first. In each part of the training the learning rate rises and
            falls.
        lessons: steps on all lessons, with drills among them.
        closing: steps on the same in which the last word of an answer has half of the weight: of long chains, the letter at their
            end is otherwise learnt long after all else.
        finishing: steps on the same with more drills of letters.
        width, layers, heads, inner: of the network.
        learning_rate: at its highest.
        seed: of weights and lessons.
    """

    drills: int
    lessons: int
    closing: int
    finishing: int = 0
    width: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 384
    learning_rate: float = 3e-3
    seed: int = 0


RECIPES: Mapping[str, Recipe] = {
    "novice": Recipe(drills=200, lessons=300, closing=100),
    "resident": Recipe(drills=600, lessons=1000, closing=800, finishing=2000),
    "specialist": Recipe(drills=1000, lessons=4000, closing=3000, finishing=3000),
}
"""By level of skill. ``resident`` is shipped with the package."""


def make_base(recipe: Recipe, folder: Path) -> None:
    """Make a base model in a new folder, or take up one whose making was stopped.

    Raises:
        UserError: if there is a folder of this name already.
    """
    if folder.exists():
        raise UserError(f"{folder}: there already; name another folder, or remove it.")
    half = folder.with_name(f".{folder.name}-{recipe.seed}-half")
    states, model = half / "states", half / "model"
    model.mkdir(parents=True, exist_ok=True)
    with checkpoints(states):
        train_base(recipe, model)
    model.replace(folder)
    shutil.rmtree(half)


def train_base(recipe: Recipe, folder: Path) -> None:
    """Make a base model and write it in the Hugging Face layout, with its recipe.

    Args:
        recipe: what to make.
        folder: existing, for the model.
    """
    tokenizer = base_tokenizer()
    network = new_network(lambda: _network(recipe, tokenizer), recipe.seed)
    batches = Batches(tokenizer)
    parts: Mapping[str, tuple[int, Callable[[np.random.Generator], Batch]]] = {
        "drills": (recipe.drills, batches.drills),
        "lessons": (recipe.lessons, batches.lessons),
        "closing": (recipe.closing, batches.closing),
        "finishing": (recipe.finishing, batches.finishing),
    }
    regime = Regime(steps=0, learning_rate=recipe.learning_rate, warmup=_WARMUP, weight_decay=0.05, clip=1.0)
    for name, (steps, draw) in parts.items():
        if steps:
            train(network, loss=_loss, draw=draw, regime=replace(regime, steps=steps), seed=recipe.seed, name=name)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / RECIPE_FILE).write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")


def _network(recipe: Recipe, tokenizer: "PreTrainedTokenizerFast") -> "PreTrainedModel":
    from transformers import LlamaConfig, LlamaForCausalLM

    network: PreTrainedModel = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            intermediate_size=recipe.inner,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=LONGEST,
            tie_word_embeddings=True,
            initializer_range=_INITIAL,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return network


def _loss(network: nn.Module, batch: Sequence[Mapping[str, Tensor]]) -> Tensor:
    return torch.stack([_part_loss(network, part["tokens"], part["weights"]) for part in batch]).sum()


def _part_loss(network: nn.Module, tokens_BL: Tensor, weights_BL: Tensor) -> Tensor:
    # padding stands behind every text, so that causal attention alone keeps it out
    logits_BLV = network(input_ids=tokens_BL).logits[:, :-1]
    losses_N = nn.functional.cross_entropy(logits_BLV.flatten(0, 1), tokens_BL[:, 1:].flatten(), reduction="none")
    return (losses_N * weights_BL[:, 1:].flatten()).sum()
