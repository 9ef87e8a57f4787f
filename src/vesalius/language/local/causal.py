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
from vesalius.language.local.results import by_batch, forks_of, likelihood, replies, seeds_of
from vesalius.language.local.rows import Prefix, Rows, Tokens, common, extended
from vesalius.language.local.texts import split, tokens_of


class Local:
    """Backend of a causal language model in memory.

    What all prompts of a call begin with (the few-shot header of a task) is run once, and kept for the next call; the question
    is run once for all its options; samples of a prompt fork from it. The numbers are those of running each text alone, but for
    rounding.

    Args:
        model: a folder in the Hugging Face layout or a ``.gguf`` file, or a model that is loaded already.
        adapter: a folder that peft saved.
        memory_mib: for keys and values of rows that run together; a single row may take more.

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
            UserError: if a prompt and ``max_tokens`` are longer than the model takes.
        """
        asked = [tokens_of(prompt, self._loaded.tokenizer) for prompt in prompts]
        self._require_room(asked, sampling.max_tokens)
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

        Raises:
            UserError: if a text is longer than the model takes.
        """
        pairs = [split(prompt, own, self._loaded.tokenizer) for prompt, own in zip(prompts, continuations, strict=True)]
        asked = [tokens for tokens, _ in pairs]
        longest = [max((len(one) for one in own), default=0) for _, own in pairs]
        self._require_room(asked, max(longest, default=0))
        forks = max((len(own) for _, own in pairs), default=1)
        return by_batch(self._batches(asked, max(longest, default=0), forks), pairs, self._scored)

    def _scored(self, pairs: Sequence[tuple[Tokens, list[Tokens]]]) -> list[Scored]:
        reused = self._share([tokens for tokens, _ in pairs])
        rows, first_BV = self._rest([tokens for tokens, _ in pairs])
        surprises_BV = torch.log_softmax(first_BV, dim=-1)
        later = [(row, one) for row, (_, own) in enumerate(pairs) for one in own if len(one) > 1]
        following: Iterator[Tensor] = iter(())
        if later:
            rows.select([row for row, _ in later])
            following = iter(torch.log_softmax(rows.run([one[:-1] for _, one in later], last=False), dim=-1))
        found = []
        for row, ((tokens, own), known) in enumerate(zip(pairs, reused, strict=True)):
            likelihoods = tuple(_likelihood(one, surprises_BV[row], next(following) if len(one) > 1 else None) for one in own)
            usage = Usage(prompt=len(tokens), completion=sum(map(len, own)), reused=known, calls=1)
            found.append(Scored(likelihoods=likelihoods, usage=usage))
        return found

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the last layer's states over a text's tokens."""
        vectors = []
        for text in texts:
            tokens = tokens_of(text, self._loaded.tokenizer)
            self._require_room([tokens], 0)
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

    def _require_room(self, asked: Sequence[Tokens], longer: int) -> None:
        room = self._loaded.longest
        for place, tokens in enumerate(asked):
            if len(tokens) + longer > room:
                raise UserError(
                    f"Prompt {place + 1}: {len(tokens)} tokens and {longer} more, where {self.identity} takes {room}; shorten it."
                )


def _likelihood(tokens: Tokens, first_V: Tensor, later_LV: Tensor | None) -> Likelihood:
    """Of a continuation, from the log-probabilities of its first token and, a row each, of the later ones."""
    return likelihood(tokens, first_V[None] if later_LV is None else torch.cat([first_V[None], later_LV]))
