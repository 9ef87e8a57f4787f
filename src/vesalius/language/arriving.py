"""Backends that hand over each answer as soon as it is there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Prompt, Reply, Sampling, Scored, Usage

CHUNK = 64
"""A backend that answers a call at once is asked so many prompts a time: a run that is killed loses no more than these."""

Asked = tuple[Prompt, int]
"""A prompt, and which of its samples, from 0."""

Vector = NDArray[np.float32]


@runtime_checkable
class Arriving(Protocol):
    """What a backend that answers one by one has beside the rest. Answers come with the place of what was asked, in any order.

    Where it raises, all that was answered has come before.
    """

    def samples(self, asked: Sequence[Asked], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """One completion each; the same whichever others are asked."""
        ...

    def scores(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> Iterator[tuple[int, Scored]]:
        """As ``score``."""
        ...

    def vectors(self, texts: Sequence[str]) -> Iterator[tuple[int, Vector]]:
        """As ``embed``."""
        ...


def settled(sampling: Sampling) -> Sampling:
    """Sampling without what changes nothing: where the likeliest tokens are taken, there is no chance.

    >>> settled(Sampling(seed=3, top_p=0.9)) == Sampling()
    True
    """
    return replace(sampling, seed=0, top_p=1.0) if sampling.temperature == 0 else sampling


def drawn(prompts: Sequence[Prompt], sampling: Sampling) -> list[Asked]:
    """The samples that are asked of a backend that answers one by one: without temperature one a prompt."""
    return [(prompt, number) for prompt in prompts for number in range(_different(sampling))]


def joined(samples: Sequence[Reply], sampling: Sampling) -> list[Reply]:
    """Replies to prompts from those to what ``drawn`` gives, in that order."""
    different = _different(sampling)
    return [_one(samples[start : start + different], sampling) for start in range(0, len(samples), different)]


def _one(samples: Sequence[Reply], sampling: Sampling) -> Reply:
    completions = tuple(completion for sample in samples for completion in sample.completions)
    usage = sum((sample.usage for sample in samples), Usage())
    return Reply(completions=completions * (sampling.samples // len(samples)), usage=usage)


def _different(sampling: Sampling) -> int:
    return sampling.samples if sampling.temperature > 0 else 1


def replies(backend: Backend, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Reply]:
    """Every prompt's reply in their order, as they come from a backend that answers a call at once."""
    for start in range(0, len(prompts), CHUNK):
        yield from backend.generate(prompts[start : start + CHUNK], sampling)


def scores(backend: Backend, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> Iterator[tuple[int, Scored]]:
    """Every prompt's scores with its place, as they come."""
    if isinstance(backend, Arriving):
        yield from backend.scores(prompts, continuations)
        return
    for start in range(0, len(prompts), CHUNK):
        end = start + CHUNK
        yield from enumerate(backend.score(prompts[start:end], continuations[start:end]), start=start)


def vectors(backend: Backend, texts: Sequence[str]) -> Iterator[tuple[int, Vector]]:
    """Every text's vector with its place, as they come."""
    if isinstance(backend, Arriving):
        yield from backend.vectors(texts)
        return
    for start in range(0, len(texts), CHUNK):
        yield from enumerate(backend.embed(texts[start : start + CHUNK]), start=start)


def stacked(vectors: Sequence[Vector], identity: str) -> Vector:
    """Vectors as the rows of one array.

    Raises:
        UserError: if they are not of one length.
    """
    if len({len(vector) for vector in vectors}) > 1:
        raise UserError(f"{identity}: vectors of different lengths; ask for one model's, and keep no other's under its name.")
    return np.array(vectors, dtype=np.float32).reshape(len(vectors), -1 if vectors else 0)
