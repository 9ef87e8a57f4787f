"""A backend whose answers are functions, for tests, dummy models and models of known behaviour."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.language.backend import Completion, Finish, Likelihood, Prompt, Reply, Sampling, Scored, Usage

Answerer = Callable[[Prompt, Sampling, int], str]
"""From a prompt, how it is sampled, and which sample it is (from 0), what is said."""

Scorer = Callable[[Prompt, str], float]
"""From a prompt and a continuation, its log-probability."""

DIMENSIONS = 64


def text_of(prompt: Prompt) -> str:
    """All that a prompt says, a turn a paragraph."""
    return prompt if isinstance(prompt, str) else "\n\n".join(message.text for message in prompt)


def _even(prompt: Prompt, continuation: str) -> float:
    """Every word costs one, as if all words were equally likely."""
    return -float(len(continuation.split()))


class Scripted:
    """Says what a function says; a word is a token.

    Args:
        answer: gives the continuation; it is cut at stops and at ``max_tokens`` words as any other.
        scorer: gives log-probabilities; without it every word costs one.
        identity: of the script.

    Attributes:
        asked: prompts that were to be continued, in their order.
        scored: prompts and continuations that were to be scored.

    >>> backend = Scripted(lambda prompt, sampling, sample: f"It is {sample}. Or not.")
    >>> reply = backend.generate(["Which?"], Sampling(samples=2, stop=(" Or",)))[0]
    >>> [one.text for one in reply.completions], reply.usage
    (['It is 0.', 'It is 1.'], Usage(prompt=1, completion=6, reused=0, calls=1))
    """

    def __init__(self, answer: Answerer, scorer: Scorer = _even, *, identity: str = "scripted") -> None:
        self._answer = answer
        self._scorer = scorer
        self._identity = identity
        self.asked: list[Prompt] = []
        self.scored: list[tuple[Prompt, tuple[str, ...]]] = []

    @property
    def identity(self) -> str:
        """As given."""
        return self._identity

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Call the function for each sample of each prompt."""
        self.asked.extend(prompts)
        return [self._reply(prompt, sampling) for prompt in prompts]

    def _reply(self, prompt: Prompt, sampling: Sampling) -> Reply:
        made = tuple(_cut(self._answer(prompt, sampling, sample), sampling) for sample in range(sampling.samples))
        usage = Usage(prompt=_words(prompt), completion=sum(one.tokens for one in made), calls=1)
        return Reply(completions=made, usage=usage)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Call the scorer for each continuation; the likeliest of a prompt's counts as the greedy one."""
        return [self._scored(prompt, tuple(own)) for prompt, own in zip(prompts, continuations, strict=True)]

    def _scored(self, prompt: Prompt, continuations: tuple[str, ...]) -> Scored:
        self.scored.append((prompt, continuations))
        found = [self._scorer(prompt, one) if one else 0.0 for one in continuations]
        tokens = [len(one.split()) for one in continuations]
        best = max(found, default=0.0)
        likelihoods = tuple(
            Likelihood(log_probability=value, tokens=count, greedy=value == best)
            for value, count in zip(found, tokens, strict=True)
        )
        return Scored(likelihoods=likelihoods, usage=Usage(prompt=_words(prompt), completion=sum(tokens), calls=1))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Counts of words, hashed into few dimensions, of length one: texts that share words are near."""
        vectors_TD = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors_TD[row, hashlib.sha256(word.encode()).digest()[0] % DIMENSIONS] += 1
        lengths_T1 = np.linalg.norm(vectors_TD, axis=1, keepdims=True)
        return np.asarray(vectors_TD / np.maximum(lengths_T1, 1e-12), dtype=np.float32)


def _words(prompt: Prompt) -> int:
    return len(text_of(prompt).split())


def _cut(text: str, sampling: Sampling) -> Completion:
    """The text up to the first stop and within the allowed number of words."""
    ends = [place for place in (text.find(stop) for stop in sampling.stop) if place >= 0]
    text = text[: min(ends, default=len(text))]
    words = text.split()
    finish: Finish = "length" if len(words) > sampling.max_tokens else "stop"
    if finish == "length":
        text = " ".join(words[: sampling.max_tokens])
    return Completion(text=text, tokens=min(len(words), sampling.max_tokens), finish=finish)
