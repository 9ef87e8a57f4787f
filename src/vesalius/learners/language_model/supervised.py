"""Supervised fine-tuning, continued pretraining and low-rank adapters of causal language models."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.checkpoints import History
from vesalius.learners.language_model.examples import Example, Row, example_rows, text_rows
from vesalius.learners.language_model.networks import plain_network
from vesalius.learners.networks import repeatable
from vesalius.learners.training import Regime, Schedule

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

WARMUP = 0.05
"""Share of the steps over which the learning rate rises."""


def fine_tune(
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    examples: Sequence[Example],
    *,
    steps: int,
    learning_rate: float,
    seed: int,
    batch: int = 16,
    schedule: Schedule = "cosine",
    weight_decay: float = 0.01,
    name: str = "fine-tuning",
) -> History:
    """Learn the answers of examples, in place; the prompts are read but not learnt.

    Args:
        network: what of it requires gradients is trained: all of a model, or the adapter of ``with_lora``.
        tokenizer: of it.
        examples: drawn without repetition until all have been seen, then anew.
        steps: optimiser updates.
        learning_rate: at its highest.
        seed: of the order and of dropout.
        batch: examples a step.
        schedule: how the learning rate falls, after a rise over the first twentieth of the steps.
        weight_decay: of AdamW.
        name: what progress calls it.

    Raises:
        UserError: if there are no examples, one is too long, or the loss is not finite.
    """
    from vesalius.learners.language_model.trainer import Training, train_rows

    if not examples:
        raise UserError(f"{name}: no examples; give at least one.")
    rows = example_rows(examples, tokenizer, longest(network))
    order = epochs(len(rows), steps * batch, seed)
    regime = _regime(steps, learning_rate, schedule, weight_decay)
    training = Training(rows=rows, order=order, regime=regime, batch=batch, seed=seed, name=name)
    return train_rows(network, tokenizer, training)


def continue_pretraining(
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    texts: Sequence[str],
    *,
    steps: int,
    learning_rate: float,
    seed: int,
    replay: Sequence[str] = (),
    share: float = 0.0,
    length: int = 128,
    batch: int = 16,
    schedule: Schedule = "cosine",
    weight_decay: float = 0.01,
    name: str = "continued pretraining",
) -> History:
    """Learn every token of texts, in place, with older texts mixed in so that they are not forgotten.

    Args:
        network: what of it requires gradients is trained.
        tokenizer: of it.
        texts: of the domain, packed one behind the other into blocks.
        steps: optimiser updates.
        learning_rate: at its highest.
        seed: of the order and of dropout.
        replay: general texts, packed into blocks of their own.
        share: of the blocks that are of ``replay``, evenly spread.
        length: tokens of a block.
        batch: blocks a step.
        schedule: how the learning rate falls, after a rise over the first twentieth of the steps.
        weight_decay: of AdamW.
        name: what progress calls it.

    Raises:
        UserError: if there are no texts, the share is not within [0, 1), or the loss is not finite.
    """
    from vesalius.learners.language_model.trainer import Training, train_rows

    if not 0 <= share < 1:
        raise UserError(f"{name}: share {share} of replayed texts; give one within 0 and 1.")
    length = min(length, longest(network))
    domain = text_rows(texts, tokenizer, length, seed)
    general: list[Row] = text_rows(replay, tokenizer, length, seed) if share else []
    order = mixed(len(domain), len(general), share, steps * batch, seed)
    regime = _regime(steps, learning_rate, schedule, weight_decay)
    training = Training(rows=[*domain, *general], order=order, regime=regime, batch=batch, seed=seed, name=name)
    return train_rows(network, tokenizer, training)


def with_lora(
    network: nn.Module, rank: int = 8, *, alpha: float | None = None, targets: Sequence[str] = (), seed: int = 0
) -> "PeftModel":
    """The network with a low-rank adapter of peft beside its linear layers, which alone is trainable (Hu et al. 2022).

    It answers as before until it is trained. The output layer is left out. ``merge_and_unload`` of what is given folds the
    adapter into the weights.

    Args:
        network: of transformers; it is changed in place.
        rank: of the updates.
        alpha: updates are multiplied with alpha over rank; twice the rank by default.
        targets: ends of the names of layers, such as ``q_proj``; all linear ones where there are none.
        seed: of the initial weights.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank if alpha is None else alpha,  # type: ignore[arg-type]
        target_modules=list(targets) or "all-linear",
        fan_in_fan_out=plain_network(network).config.model_type == "gpt2",
        task_type="CAUSAL_LM",
    )
    with repeatable(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what peft asks of transformers in words of before
        return get_peft_model(network, config)


def longest(network: nn.Module) -> int:
    """Tokens of the longest text that a model takes."""
    return int(getattr(plain_network(network).config, "max_position_embeddings", 2**31))


def epochs(count: int, wanted: int, seed: int) -> list[int]:
    """So many places below ``count``: all in an order of the seed, then all in another, until there are enough.

    >>> sorted(epochs(3, 6, seed=0)), len(epochs(3, 4, seed=0))
    ([0, 0, 1, 1, 2, 2], 4)
    """
    random = np.random.default_rng(seed)
    rounds = -(-wanted // count)
    return [int(place) for _ in range(rounds) for place in random.permutation(count)][:wanted]


def mixed(domain: int, general: int, share: float, wanted: int, seed: int) -> list[int]:
    """So many places, of which a share, evenly spread, are those of general blocks, which stand behind those of the domain.

    >>> order = mixed(10, 10, 0.25, 8, seed=0)
    >>> [place >= 10 for place in order]
    [False, False, False, True, False, False, False, True]
    """
    replayed = [int((place + 1) * share) > int(place * share) for place in range(wanted)]
    of_general = iter(epochs(general, sum(replayed), seed + 1) if any(replayed) else [])
    of_domain = iter(epochs(domain, wanted - sum(replayed), seed))
    return [domain + next(of_general) if again else next(of_domain) for again in replayed]


def _regime(steps: int, learning_rate: float, schedule: Schedule, weight_decay: float) -> Regime:
    return Regime(
        steps=steps,
        learning_rate=learning_rate,
        schedule=schedule,
        weight_decay=weight_decay,
        warmup=max(1, round(WARMUP * steps)),
        clip=1.0,
    )
