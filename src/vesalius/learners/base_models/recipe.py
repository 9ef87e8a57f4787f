"""How the base models of the clinic in miniature are made: small, in Llama's form, with a tokenizer of whole words."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.language.evidence.queries import evidence_templates
from vesalius.language.prompts import templates
from vesalius.language.steering.strategy import steering_templates
from vesalius.language.word_tokens import word_tokenizer, words_of
from vesalius.learners.base_models.lessons import Lesson, is_drill, lessons, taught
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.language_model.examples import IGNORED, Example, example_rows
from vesalius.learners.training import Regime, new_network, train
from vesalius.sources.simulators.mini_clinic.dialects import frames, voice
from vesalius.sources.simulators.mini_clinic.documents import general_words
from vesalius.sources.simulators.mini_clinic.instructions import instruction_words
from vesalius.sources.simulators.mini_clinic.world import world

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

LONGEST = 768
"""Tokens of the longest text."""

RECIPE_FILE = "recipe.json"
_BATCH = {"short": 48, "long": 32, "reading": 12}
"""Lessons of a batch, by about how long they are."""
_WARMUP = 50
_CYCLES = ("lessons", "lessons again")
_INITIAL = 0.08
"""Standard deviation of the first weights: at transformers' 0.02 so narrow a network learns facts at half the pace."""
_DRILLS = 96
_SCAFFOLD = "Question Answer Document The answer is yes no Reasons Yes No A B C D . : ? , ( ) [ ] ; - \n"
_NUMBERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a base model follows from.

    Attributes:
        drills: steps of training on drills alone, which come first.
        steps: of a cycle of training on all lessons, in which the learning rate rises and falls.
        cycles: of these, one or two.
        closing: steps of training on all lessons in which the last word of an answer has half of the weight: of long chains,
            the letter at their end is otherwise learnt long after all else.
        width, layers, heads, inner: of the network.
        learning_rate: at its highest.
        seed: of weights and lessons.
    """

    drills: int
    steps: int
    cycles: int = 1
    closing: int = 0
    width: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 384
    learning_rate: float = 3e-3
    seed: int = 0


RECIPES: Mapping[str, Recipe] = {
    "novice": Recipe(drills=60, steps=400),
    "resident": Recipe(drills=120, steps=900, cycles=2, closing=400),
    "specialist": Recipe(drills=300, steps=4000, cycles=2, closing=400),
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
    """Make a base model and write it in the Hugging Face layout, with its recipe; minutes on two cores.

    Args:
        recipe: what to make.
        folder: existing, for the model.
    """
    tokenizer = base_tokenizer()
    network = new_network(lambda: _network(recipe, tokenizer), recipe.seed)
    drawn = Lessons(tokenizer)
    regime = Regime(steps=recipe.drills, learning_rate=recipe.learning_rate, warmup=_WARMUP, weight_decay=0.05, clip=1.0)
    train(network, loss=_loss, draw=drawn.drills, regime=regime, seed=recipe.seed, name="drills")
    regime = replace(regime, steps=recipe.steps)
    for name in _CYCLES[: recipe.cycles]:
        train(network, loss=_loss, draw=drawn.batch, regime=regime, seed=recipe.seed, name=name)
    if recipe.closing:
        regime = replace(regime, steps=recipe.closing, learning_rate=recipe.learning_rate / 2)
        train(network, loss=_loss, draw=drawn.closing, regime=regime, seed=recipe.seed, name="closing")
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / RECIPE_FILE).write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")


def base_tokenizer() -> "PreTrainedTokenizerFast":
    """Knows every word of the clinic in both dialects, and of the package's prompts."""
    said = voice("second").words
    prompts = [*templates().values(), *steering_templates().values(), *evidence_templates().values()]
    texts = [*(frame for group in frames().values() for frame in group.values()), *(one.text for one in prompts), _SCAFFOLD]
    return word_tokenizer(
        [
            *(word for text in texts for word in words_of(text)),
            *(str(number) for number in range(_NUMBERS)),
            *world().terms,
            *said.values(),
            *general_words(),
            *instruction_words(),
        ],
        LONGEST,
    )


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


class Lessons:
    """Draws batches of lessons of about equal length, so that little is padding: tokens and weights, lessons × length.

    Every lesson has weight 1, spread over what is said in it: a letter counts as much as a page. Of a drill only the verdicts are
    learnt, for nothing tells which finding comes next.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerFast") -> None:
        self._tokenizer = tokenizer
        self._groups: dict[str, list[tuple[float, Lesson]]] = {group: [] for group in _BATCH}
        self._marks = [*tokenizer.convert_tokens_to_ids([".", ","]), tokenizer.eos_token_id]
        self._verdicts = tokenizer.convert_tokens_to_ids(["yes", "no"])
        for name, (share, lesson) in lessons().items():
            self._groups[_group(name)].append((share, lesson))

    def batch(self, random: np.random.Generator) -> Mapping[str, Any]:
        """Lessons of one group."""
        shares = [sum(share for share, _ in kinds) for kinds in self._groups.values()]
        group = str(random.choice(list(self._groups), p=np.divide(shares, sum(shares))))
        kinds = self._groups[group]
        weights = np.array([share for share, _ in kinds])
        chosen = random.choice(len(kinds), _BATCH[group], p=weights / weights.sum())
        return self._rows([kinds[place][1](random) for place in chosen])

    def drills(self, random: np.random.Generator) -> Mapping[str, Any]:
        """Drills alone."""
        teacher = taught()
        return self._rows([teacher.drill(random) for _ in range(_DRILLS)])

    def closing(self, random: np.random.Generator) -> Mapping[str, Any]:
        """Lessons of one group, in whose answers the last word has half of the weight."""
        batch = self.batch(random)
        for tokens_L, weights_L in zip(batch["tokens"], batch["weights"], strict=True):
            said = np.flatnonzero((weights_L > 0) & ~np.isin(tokens_L, self._marks))
            weights_L /= 2
            weights_L[said[-1]] += 0.5
        return batch

    def _rows(self, examples: Sequence[Example]) -> Mapping[str, Any]:
        rows = example_rows(examples, self._tokenizer, LONGEST)
        length = max(len(row["input_ids"]) for row in rows)
        tokens_BL = np.full((len(rows), length), self._tokenizer.pad_token_id)
        weights_BL = np.zeros((len(rows), length), dtype=np.float32)
        for place, (example, row) in enumerate(zip(examples, rows, strict=True)):
            tokens_BL[place, : len(row["input_ids"])] = row["input_ids"]
            said = np.array(row["labels"]) != IGNORED
            if is_drill(example):
                said &= np.isin(row["input_ids"], self._verdicts)
            weights_BL[place, : len(said)] = said / said.sum()
        return {"tokens": tokens_BL, "weights": weights_BL}


def _group(name: str) -> str:
    if name.startswith("reading"):
        return "reading"
    return "long" if name in ("check", "search", "several steps, chain of thought") else "short"


def _loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    # padding stands behind every text, so that causal attention alone keeps it out
    logits_BLV = network(input_ids=batch["tokens"]).logits[:, :-1]
    losses_N = nn.functional.cross_entropy(logits_BLV.flatten(0, 1), batch["tokens"][:, 1:].flatten(), reduction="none")
    return (losses_N * batch["weights"][:, 1:].flatten()).sum() / len(batch["tokens"])
