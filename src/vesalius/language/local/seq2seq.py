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
from vesalius.language.backend import Likelihood, Prompt, Reply, Sampling, Scored, Usage
from vesalius.language.local.decoding import decode
from vesalius.language.local.loading import Loaded, load_seq2seq
from vesalius.language.local.rows import Tokens
from vesalius.language.local.texts import seed_of, tokens_of

_TOGETHER = 16
"""Prompts that are encoded together."""


class Seq2Seq:
    """Backend of an encoder-decoder model (T5's and BART's forms) in memory.

    The prompt is what the encoder reads, whole; a continuation is what the decoder says to it from the beginning. White space
    around a continuation says nothing, for it does not continue a text.

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
            UserError: if a prompt is longer than the model takes.
        """
        forks = sampling.samples if sampling.temperature > 0 else 1
        asked = self._asked(prompts)
        replies: dict[int, Reply] = {}
        for places in _alike(asked):
            own = [asked[place] for place in places]
            rows = _Rows(self._loaded, own)
            rows.select([row for row in range(len(own)) for _ in range(forks)])
            logits_BV = rows.run([(rows.start,)] * (len(own) * forks), last=True)
            seeds = [seed_of(tokens, sampling.seed, sample) for tokens in own for sample in range(forks)]
            made = decode(rows, logits_BV, sampling, seeds, self._loaded.tokenizer, self._loaded.ends)
            for row, place in enumerate(places):
                said = made[row * forks : (row + 1) * forks]
                usage = Usage(prompt=len(own[row]), completion=sum(one.tokens for one in said), calls=1)
                replies[place] = Reply(completions=tuple(said * (sampling.samples // forks)), usage=usage)
        return [replies[place] for place in range(len(prompts))]

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score what could be said to each prompt.

        Raises:
            UserError: if a text is longer than the model takes.
        """
        asked = self._asked(prompts)
        return [self._scored(*pair) for pair in zip(asked, continuations, strict=True)]

    def _scored(self, tokens: Tokens, continuations: Sequence[str]) -> Scored:
        said = [self._said(one) for one in continuations]
        likelihoods = [Likelihood(log_probability=0.0, tokens=0, greedy=True)] * len(said)
        some = [place for place, one in enumerate(said) if one]
        if some:
            rows = _Rows(self._loaded, [tokens])
            rows.select([0] * len(some))
            logits_BLV = rows.run([(rows.start, *said[place][:-1]) for place in some], last=False)
            for place, surprise_LV in zip(some, torch.log_softmax(logits_BLV, dim=-1), strict=True):
                likelihoods[place] = _likelihood(said[place], surprise_LV)
        usage = Usage(prompt=len(tokens), completion=sum(map(len, said)), calls=1)
        return Scored(likelihoods=tuple(likelihoods), usage=usage)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the encoder's last states over a text's tokens."""
        asked = self._asked(texts)
        vectors = [_Rows(self._loaded, [tokens]).states_BLD[0].float().mean(dim=0).cpu().numpy() for tokens in asked]
        return np.array(vectors, dtype=np.float32)

    def _asked(self, prompts: Sequence[Prompt]) -> list[Tokens]:
        asked = [tokens_of(prompt, self._loaded.tokenizer) for prompt in prompts]
        for place, tokens in enumerate(asked):
            if len(tokens) > self._loaded.longest:
                raise UserError(
                    f"Prompt {place + 1}: {len(tokens)} tokens, where {self.identity} takes {self._loaded.longest}; shorten it."
                )
        return asked

    def _said(self, text: str) -> Tokens:
        tokens = self._loaded.tokenizer(text_target=text.strip(), add_special_tokens=False)["input_ids"] if text.strip() else []
        return tuple(tokens)


class _Rows:
    """Prompts that are encoded, and what has been said to each; every row is run as far as the others."""

    def __init__(self, loaded: Loaded, asked: Sequence[Tokens]) -> None:
        from transformers import DynamicCache, EncoderDecoderCache

        self._network = loaded.network
        device, longest = next(self._network.parameters()).device, max(map(len, asked))
        ids_BL = torch.tensor([(*tokens, *([0] * (longest - len(tokens)))) for tokens in asked], device=device)
        lengths_B = torch.tensor([len(tokens) for tokens in asked], device=device)
        self._mask_BL = (torch.arange(longest, device=device) < lengths_B[:, None]).long()
        with torch.inference_mode():
            self.states_BLD: Tensor = self._network.get_encoder()(input_ids=ids_BL, attention_mask=self._mask_BL)[0]
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        # its name since transformers 5.20
        self._cached = "cache" if "cache" in inspect.signature(self._network.forward).parameters else "past_key_values"
        start = self._network.config.decoder_start_token_id
        self.start = int(loaded.tokenizer.pad_token_id if start is None else start)

    @torch.inference_mode()
    def run(self, tokens: Sequence[Tokens], *, last: bool) -> Tensor:
        """Append tokens to each row; with ``last``, one to each."""
        from transformers.modeling_outputs import BaseModelOutput

        longest = max(map(len, tokens))
        ids_BL = torch.tensor([(*row, *([0] * (longest - len(row)))) for row in tokens], device=self.states_BLD.device)
        output: Any = self._network(
            decoder_input_ids=ids_BL,
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


def _likelihood(tokens: Tokens, surprise_LV: Tensor) -> Likelihood:
    wanted_L = torch.tensor(tokens, device=surprise_LV.device)
    own_LV = surprise_LV[: len(tokens)]
    return Likelihood(
        log_probability=float(own_LV.gather(1, wanted_L[:, None]).double().sum()),
        tokens=len(tokens),
        greedy=bool((own_LV.argmax(dim=-1) == wanted_L).all()),
    )
