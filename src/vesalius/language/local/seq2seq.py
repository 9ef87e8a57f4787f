"""An encoder-decoder model on this machine: a prompt is encoded once for all that is said to it."""

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vesalius.errors import UserError
from vesalius.language.backend import Prompt, Reply, Sampling, Scored, Usage
from vesalius.language.local.decoding import decode
from vesalius.language.local.inputs import cache_argument, padded
from vesalius.language.local.loading import Loaded, load_seq2seq
from vesalius.language.local.results import by_batch, failed, forks_of, likelihood, replies, seeds_of, unscored, where_room
from vesalius.language.local.rows import Tokens
from vesalius.language.local.texts import tokens_of

_TOGETHER = 16
"""Prompts that are encoded together."""


class Seq2Seq:
    """Backend of an encoder-decoder model (T5's and BART's forms) in memory.

    The prompt is what the encoder reads, whole; a continuation is what the decoder says to it from the beginning. White space
    around a continuation says nothing, for it does not continue a text. A prompt that is too long fails alone: it gets
    completions with the finish ``failed``, or NaN as log-probabilities.

    Args:
        model: a folder in the Hugging Face layout, or a model that is loaded already.

    Raises:
        UserError: if the model can't be read.
    """

    def __init__(self, model: Path | Loaded) -> None:
        self._loaded = model if isinstance(model, Loaded) else load_seq2seq(model)

    @property
    def identity(self) -> str:
        """Name of the folder, and a digest of the weights."""
        return self._loaded.identity

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Answer each prompt.

        Raises:
            UserError: if an answer of ``max_tokens`` is longer than the model takes.
        """
        room = self._loaded.longest
        if sampling.max_tokens > room:
            raise UserError(f"max_tokens: {sampling.max_tokens}, where {self.identity} takes {room} tokens; ask for fewer.")
        return where_room(
            self._asked(prompts),
            lambda tokens: len(tokens) <= room,
            lambda asked: by_batch(_alike(asked), asked, lambda batch: self._answered(batch, sampling)),
            lambda tokens: failed(f"{len(tokens)} tokens, where {self.identity} takes {room}", sampling),
        )

    def _answered(self, asked: Sequence[Tokens], sampling: Sampling) -> list[Reply]:
        rows, seeds = _Rows(self._loaded, asked), seeds_of(asked, sampling)
        rows.select([row for row in range(len(asked)) for _ in range(forks_of(sampling))])
        logits_BV = rows.run([(rows.start,)] * len(seeds), last=True)
        return replies(asked, decode(rows, logits_BV, sampling, seeds, self._loaded.tokenizer, self._loaded.ends), sampling)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score what could be said to each prompt."""
        said = [[self._said(one) for one in own] for own in continuations]
        return where_room(
            list(zip(self._asked(prompts), said, strict=True)),
            lambda pair: max(map(len, (pair[0], *pair[1]))) <= self._loaded.longest,
            lambda pairs: by_batch(_alike([tokens for tokens, _ in pairs]), pairs, self._scored),
            lambda pair: unscored(pair[1]),
        )

    def _scored(self, pairs: Sequence[tuple[Tokens, list[Tokens]]]) -> list[Scored]:
        rows = _Rows(self._loaded, [tokens for tokens, _ in pairs])
        some = [(row, one) for row, (_, said) in enumerate(pairs) for one in said if one]
        surprises: Iterator[Tensor] = iter(())
        if some:
            rows.select([row for row, _ in some])
            logits_BLV = rows.run([(rows.start, *one[:-1]) for _, one in some], last=False)
            surprises = iter(torch.log_softmax(logits_BLV, dim=-1))
        nothing_LV = rows.states_BLD.new_empty(0, 0)
        return [
            Scored(
                likelihoods=tuple(likelihood(one, next(surprises) if one else nothing_LV) for one in said),
                usage=Usage(prompt=len(tokens), completion=sum(map(len, said)), calls=1),
            )
            for tokens, said in pairs
        ]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the encoder's last states over a text's tokens.

        Raises:
            UserError: if a text is longer than the model takes.
        """
        asked, room = self._asked(texts), self._loaded.longest
        if (longest := max(map(len, asked), default=0)) > room:
            raise UserError(f"{self.identity}: a text of {longest} tokens, where the model takes {room}; shorten it.")
        vectors = [_Rows(self._loaded, [tokens]).states_BLD[0].float().mean(dim=0).cpu().numpy() for tokens in asked]
        return np.array(vectors, dtype=np.float32)

    def _asked(self, prompts: Sequence[Prompt]) -> list[Tokens]:
        return [tokens_of(prompt, self._loaded.tokenizer) for prompt in prompts]

    def _said(self, text: str) -> Tokens:
        tokens = self._loaded.tokenizer(text_target=text.strip(), add_special_tokens=False)["input_ids"] if text.strip() else []
        return tuple(tokens)


class _Rows:
    """Prompts that are encoded, and what has been said to each; every row is run as far as the others."""

    def __init__(self, loaded: Loaded, asked: Sequence[Tokens]) -> None:
        from transformers import DynamicCache, EncoderDecoderCache

        self._network = loaded.network
        ids_BL, real_BL = padded(asked, next(self._network.parameters()).device)
        self._mask_BL = real_BL.long()
        with torch.inference_mode():
            self.states_BLD: Tensor = self._network.get_encoder()(input_ids=ids_BL, attention_mask=self._mask_BL)[0]
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._cached = cache_argument(inspect.signature(self._network.forward).parameters)
        start = self._network.config.decoder_start_token_id
        self.start = int(loaded.tokenizer.pad_token_id if start is None else start)

    @torch.inference_mode()
    def run(self, tokens: Sequence[Tokens], *, last: bool) -> Tensor:
        """Append tokens to each row; with ``last``, one to each."""
        from transformers.modeling_outputs import BaseModelOutput

        output: Any = self._network(
            decoder_input_ids=padded(tokens, self.states_BLD.device)[0],
            encoder_outputs=BaseModelOutput(last_hidden_state=self.states_BLD),
            attention_mask=self._mask_BL,
            use_cache=True,
            **{self._cached: self._cache},
        )
        logits_BLV: Tensor = output.logits.float()
        return logits_BLV[:, -1] if last else logits_BLV

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows, in this order; a row that is named twice forks."""
        index = torch.tensor(rows, dtype=torch.long, device=self.states_BLD.device)
        self.states_BLD, self._mask_BL = self.states_BLD[index], self._mask_BL[index]
        if self._cache.get_seq_length():
            self._cache.batch_select_indices(index)


def _alike(asked: Sequence[Tokens]) -> Iterator[list[int]]:
    """Places of prompts that are encoded together: of about one length."""
    order = sorted(range(len(asked)), key=lambda place: len(asked[place]))
    for start in range(0, len(order), _TOGETHER):
        yield order[start : start + _TOGETHER]
