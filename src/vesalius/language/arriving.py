"""Backends that hand over each answer as soon as it is there."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from vesalius.language.backend import Backend, Prompt, Reply, Sampling, Scored

CHUNK = 64
"""A backend that answers a call at once is asked so many prompts a time: a run that is killed loses no more than these."""


@runtime_checkable
class Arriving(Protocol):
    """What a backend that answers one by one has beside the rest. Answers come with the place of their prompt, in any order."""

    def replies(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """As ``generate``."""
        ...

    def scores(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> Iterator[tuple[int, Scored]]:
        """As ``score``."""
        ...


def replies(backend: Backend, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
    """Every prompt's reply with its place, as they come."""
    if isinstance(backend, Arriving):
        yield from backend.replies(prompts, sampling)
        return
    for start in range(0, len(prompts), CHUNK):
        yield from enumerate(backend.generate(prompts[start : start + CHUNK], sampling), start=start)


def scores(backend: Backend, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> Iterator[tuple[int, Scored]]:
    """Every prompt's scores with its place, as they come."""
    if isinstance(backend, Arriving):
        yield from backend.scores(prompts, continuations)
        return
    for start in range(0, len(prompts), CHUNK):
        end = start + CHUNK
        yield from enumerate(backend.score(prompts[start:end], continuations[start:end]), start=start)
