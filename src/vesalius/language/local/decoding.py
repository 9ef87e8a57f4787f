"""Continuing rows token by token until each has ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vesalius.language.backend import Completion, Finish, Sampling
from vesalius.language.local.rows import Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_NUCLEUS = 1024
"""Candidates that are looked at before a whole vocabulary is sorted."""


_ALIVE = 0.7
"""Share of the rows still going below which the others are let go: that copies all keys and values."""


class Runs(Protocol):
    """Texts, each as far as it has been run through a network."""

    def run(self, tokens: Sequence[Tokens], *, last: bool) -> Tensor:
        """Append tokens to each; with ``last``, the logits behind each one's last token: rows × vocabulary."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Keep these, in this order."""
        ...


@dataclass(slots=True)
class _Text:
    """A continuation in the making; one that has ended may be held for a while."""

    rng: np.random.Generator
    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    finish: Finish | None = None

    @property
    def last(self) -> int:
        """The token to go on from; any, where it ended before the first."""
        return self.tokens[-1] if self.tokens else 0


def decode(
    rows: Runs,
    logits_BV: Tensor,
    sampling: Sampling,
    seeds: Sequence[Sequence[int]],
    tokenizer: "PreTrainedTokenizerBase",
    ends: frozenset[int],
) -> list[Completion]:
    """Continue every row.

    Args:
        rows: as far as they have been run.
        logits_BV: of the token that comes next in each.
        sampling: how; ``samples`` is not read.
        seeds: of what each row draws.
        tokenizer: for finding stops in text.
        ends: tokens that end a text, and are not part of it.
    """
    texts = [_Text(np.random.default_rng(list(seed))) for seed in seeds]
    held = list(texts)
    while True:
        drawn_B = draw(logits_BV, sampling, np.array([text.rng.random() for text in held]))
        surprise_B = torch.log_softmax(logits_BV, dim=-1).gather(1, drawn_B[:, None])[:, 0]
        for text, token, log_probability in zip(held, drawn_B.tolist(), surprise_B.tolist(), strict=True):
            if text.finish is None:
                _extend(text, token, log_probability, sampling, tokenizer, ends)
        going = [place for place, text in enumerate(held) if text.finish is None]
        if not going:
            return [_completion(text, sampling, tokenizer) for text in texts]
        if len(going) <= _ALIVE * len(held):
            rows.select(going)
            held = [held[place] for place in going]
        logits_BV = rows.run([(text.last,) for text in held], last=True)


def draw(logits_BV: Tensor, sampling: Sampling, uniform_B: NDArray[np.float64]) -> Tensor:
    """A token a row: the likeliest, or the one at which the cumulative probability passes a uniform number.

    >>> logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    >>> [int(draw(logits, Sampling(temperature=1.0), np.array([u]))[0]) for u in (0.4, 0.6, 0.9)]
    [0, 1, 2]
    >>> [int(draw(logits, Sampling(temperature=1.0, top_p=0.7), np.array([u]))[0]) for u in (0.6, 0.7, 0.9)]
    [0, 1, 1]
    """
    if sampling.temperature == 0:
        return logits_BV.argmax(dim=-1)
    chances_BV = torch.softmax(logits_BV.double() / sampling.temperature, dim=-1)
    uniform_B1 = torch.as_tensor(uniform_B, device=logits_BV.device)[:, None]
    if sampling.top_p == 1:
        return _at(torch.cumsum(chances_BV, dim=-1), uniform_B1)
    chances_BK, tokens_BK = chances_BV.topk(min(_NUCLEUS, chances_BV.shape[1]), dim=-1)
    if bool((chances_BK.sum(dim=-1) < sampling.top_p).any()):
        chances_BK, tokens_BK = chances_BV.sort(dim=-1, descending=True)
    before_BK = torch.cumsum(chances_BK, dim=-1) - chances_BK
    nucleus_BK = chances_BK.masked_fill(before_BK >= sampling.top_p, 0.0)
    return tokens_BK.gather(1, _at(torch.cumsum(nucleus_BK, dim=-1), uniform_B1)[:, None])[:, 0]


def _at(cumulative_BK: Tensor, uniform_B1: Tensor) -> Tensor:
    """Where each row passes its share of its whole."""
    places_B1 = torch.searchsorted(cumulative_BK, uniform_B1 * cumulative_BK[:, -1:], right=True)
    return places_B1.clamp(max=cumulative_BK.shape[1] - 1)[:, 0]


def _extend(
    text: _Text,
    token: int,
    log_probability: float,
    sampling: Sampling,
    tokenizer: "PreTrainedTokenizerBase",
    ends: frozenset[int],
) -> None:
    text.log_probability += log_probability
    if token in ends:
        text.finish = "stop"
        return
    text.tokens.append(token)
    if _stopped(text.tokens, sampling.stop, tokenizer):
        text.finish = "stop"
    elif len(text.tokens) == sampling.max_tokens:
        text.finish = "length"


def _stopped(tokens: Sequence[int], stops: tuple[str, ...], tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the last tokens complete a stop: a token has at least a byte, a stop's first one may begin in the middle of one."""
    if not stops:
        return False
    reach = max(len(stop.encode()) for stop in stops) + 4
    recent = tokenizer.decode(list(tokens[-reach:]))
    return any(stop in recent for stop in stops)


def _completion(text: _Text, sampling: Sampling, tokenizer: "PreTrainedTokenizerBase") -> Completion:
    said = tokenizer.decode(text.tokens, skip_special_tokens=True)
    for stop in sampling.stop:
        said = said.split(stop, 1)[0]
    return Completion(text=said, tokens=len(text.tokens), log_probability=text.log_probability, finish=text.finish or "stop")
