"""A causal language model on this machine that computes what prompts share only once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vesalius.errors import UserError
from vesalius.language.backend import Likelihood, Prompt, Reply, Sampling, Scored, Usage
from vesalius.language.local.decoding import decode
from vesalius.language.local.loading import Loaded, load
from vesalius.language.local.results import by_batch, failed, forks_of, likelihood, replies, seeds_of, unscored, where_room
from vesalius.language.local.rows import Prefix, Rows, Tokens, common, extended
from vesalius.language.local.texts import begun_tokens, split, tokens_of

Pair = tuple[Tokens, list[Tokens]]
"""A prompt and its continuations."""


class Local:
    """Backend of a causal language model in memory.

    What all prompts of a call begin with (the few-shot header of a task) is run once, and kept for the next call; the question
    is run once for all its options; samples of a prompt fork from it. The numbers are those of running each text alone, but for
    rounding. A prompt that is too long fails alone: it gets completions with the finish ``failed``, or NaN as log-probabilities.

    Args:
        model: a folder in the Hugging Face layout or a ``.gguf`` file, or a model that is loaded already.
        adapter: a folder that peft saved.
        memory_mib: for keys and values of rows that run together, and as much for what is scored of them; a single row may take
            more.

    Raises:
        UserError: if the model can't be read.
    """

    def __init__(self, model: Path | Loaded, *, adapter: Path | None = None, memory_mib: int = 512) -> None:
        self._loaded = model if isinstance(model, Loaded) else load(model, adapter)
        self._memory = memory_mib * 2**20
        self._prefix = Prefix()

    @property
    def identity(self) -> str:
        """Name of the folder or file, and a digest of the weights."""
        return self._loaded.identity

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Continue each prompt.

        Raises:
            UserError: if ``max_tokens`` leave no room for any prompt.
        """
        room, more = self._loaded.longest, sampling.max_tokens
        if more >= room:
            raise UserError(f"max_tokens: {more}, where {self.identity} takes {room} tokens, the prompt's too; ask for fewer.")
        return where_room(
            [begun_tokens(prompt, self._loaded.tokenizer) for prompt in prompts],
            lambda tokens: len(tokens) + more <= room,
            lambda asked: self._all_continued(asked, sampling),
            lambda tokens: failed(f"{len(tokens)} tokens and {more} more, where {self.identity} takes {room}", sampling),
        )

    def _all_continued(self, asked: Sequence[Tokens], sampling: Sampling) -> list[Reply]:
        batches = self._batches(asked, sampling.max_tokens, forks_of(sampling))
        return by_batch(batches, asked, lambda batch: self._continued(batch, sampling))

    def _continued(self, asked: Sequence[Tokens], sampling: Sampling) -> list[Reply]:
        reused, forks = self._share(asked), forks_of(sampling)
        rows, logits_BV = self._rest(asked)
        if forks > 1:
            rows.select([row for row in range(len(asked)) for _ in range(forks)])
            logits_BV = logits_BV.repeat_interleave(forks, dim=0)
        made = decode(rows, logits_BV, sampling, seeds_of(asked, sampling), self._loaded.tokenizer, self._loaded.ends)
        return replies(asked, made, sampling, reused)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's own continuations.

        A prompt and its continuation are cut into tokens together, as they would stand in a text; white space at the end of the
        prompt belongs to the continuation.
        """
        return where_room(
            [split(prompt, own, self._loaded.tokenizer) for prompt, own in zip(prompts, continuations, strict=True)],
            lambda pair: len(pair[0]) + _longest(pair) <= self._loaded.longest,
            self._all_scored,
            lambda pair: unscored(pair[1]),
        )

    def _all_scored(self, pairs: Sequence[Pair]) -> list[Scored]:
        forks = max((len(own) for _, own in pairs), default=1)
        batches = self._batches([tokens for tokens, _ in pairs], max(map(_longest, pairs), default=0), forks)
        return by_batch(batches, pairs, self._scored)

    def _scored(self, pairs: Sequence[Pair]) -> list[Scored]:
        reused = self._share([tokens for tokens, _ in pairs])
        rows, first_BV = self._rest([tokens for tokens, _ in pairs])
        surprises_BV = torch.log_softmax(first_BV, dim=-1)
        following = self._following(rows, [(row, one) for row, (_, own) in enumerate(pairs) for one in own if len(one) > 1])
        found = []
        for row, ((tokens, own), known) in enumerate(zip(pairs, reused, strict=True)):
            likelihoods = tuple(_likelihood(one, surprises_BV[row], next(following) if len(one) > 1 else None) for one in own)
            usage = Usage(prompt=len(tokens), completion=sum(map(len, own)), reused=known, calls=1)
            found.append(Scored(likelihoods=likelihoods, usage=usage))
        return found

    def _following(self, rows: Rows, later: Sequence[tuple[int, Tokens]]) -> Iterator[Tensor]:
        """Log-probabilities behind each but the last token of continuations, those together that the memory has room for."""
        longest = max((len(one) for _, one in later), default=1)
        together = max(1, self._memory // (longest * self._loaded.bytes_a_choice))
        for start in range(0, len(later), together):
            piece = later[start : start + together]
            forks = rows.forked([row for row, _ in piece])
            # no name holds the logits, which would be there beside those of the next piece
            yield from torch.log_softmax(forks.run([one[:-1] for _, one in piece], last=False), dim=-1)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the last layer's states over a text's tokens.

        Raises:
            UserError: if a text is longer than the model takes.
        """
        room, vectors = self._loaded.longest, []
        for text in texts:
            tokens = tokens_of(text, self._loaded.tokenizer)
            if len(tokens) > room:
                raise UserError(f"{self.identity}: a text of {len(tokens)} tokens, where the model takes {room}; shorten it.")
            vectors.append(Rows(self._loaded.network, Prefix(), 1).states(tokens).mean(dim=0).cpu().numpy())
        return np.array(vectors, dtype=np.float32)

    def _share(self, asked: Sequence[Tokens]) -> list[int]:
        """Bring the kept prefix to what these prompts share, at least a token short of each; how much of each was there."""
        shared = min(common(asked), min(map(len, asked)) - 1)
        kept = common([self._prefix.tokens, asked[0][:shared]]) if self._prefix.tokens else 0
        self._prefix = extended(self._loaded.network, self._prefix.first(kept), asked[0][kept:shared])
        return [kept] + [shared] * (len(asked) - 1)

    def _rest(self, asked: Sequence[Tokens]) -> tuple[Rows, Tensor]:
        rows = Rows(self._loaded.network, self._prefix, len(asked))
        return rows, rows.run([tokens[len(self._prefix.tokens) :] for tokens in asked], last=True)

    def _batches(self, asked: Sequence[Tokens], longer: int, forks: int = 1) -> Iterator[list[int]]:
        """Places of prompts that run together: of about one length, and within the memory."""
        shared = common(asked) if asked else 0
        order = sorted(range(len(asked)), key=lambda place: len(asked[place]))
        batch: list[int] = []
        for place in order:
            tokens = len(asked[place]) - shared + longer
            if batch and (len(batch) + 1) * forks * tokens * self._loaded.bytes_a_token > self._memory:
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch


def _longest(pair: Pair) -> int:
    """Tokens of a prompt's longest continuation."""
    return max(map(len, pair[1]), default=0)


def _likelihood(tokens: Tokens, first_V: Tensor, later_LV: Tensor | None) -> Likelihood:
    """Of a continuation, from the log-probabilities of its first token and, a row each, of the later ones."""
    return likelihood(tokens, first_V[None] if later_LV is None else torch.cat([first_V[None], later_LV]))
