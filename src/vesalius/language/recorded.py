"""Answers of past runs as a backend that asks nobody."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.language.answer_file import NAME
from vesalius.language.backend import UNKNOWN, Completion, Prompt, Reply, Sampling, Scored, Usage
from vesalius.language.cached import Cached


class Absent:
    """A model that is not there: every completion has failed, and every likelihood is unknown."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    @property
    def identity(self) -> str:
        """Of the model whose answers were recorded."""
        return self._identity

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """No answer to any prompt."""
        failed = Completion(text="not recorded", tokens=0, finish="failed")
        return [Reply(completions=(failed,) * sampling.samples, usage=Usage()) for _ in prompts]

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """NaN for all."""
        return [Scored(likelihoods=(UNKNOWN,) * len(own), usage=Usage()) for own in continuations]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Nothing.

        Raises:
            UserError: if there is a text.
        """
        if texts:
            raise UserError(
                f"{self._identity}: {len(texts)} texts have no recorded vector; embed them once with the model at hand."
            )
        return np.zeros((0, 0), dtype=np.float32)


def recorded(folder: Path, identity: str | None = None) -> Cached:
    """What ``Cached`` kept in a folder, without the model; what was not recorded is ``failed``.

    Args:
        folder: of the cache.
        identity: of the model; may be left out where the folder holds the answers of one only.

    Raises:
        UserError: if there are no answers, or of several models and none is named.
    """
    identities = _identities(folder / NAME)
    if identity is None and len(identities) != 1:
        raise UserError(f"{folder / NAME}: answers of {len(identities)} models; name one of: {'; '.join(identities)}.")
    chosen = identity or identities[0]
    if chosen not in identities:
        raise UserError(f"{folder / NAME}: no answers of {chosen!r}; it has those of: {'; '.join(identities)}.")
    return Cached(Absent(chosen), folder)


def _identities(file: Path) -> list[str]:
    if not file.is_file():
        raise UserError(f"{file}: missing; name the folder in which a past run kept its answers.")
    found = set()
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                found.add(str(json.loads(line)["identity"]))
            except (ValueError, KeyError, TypeError):
                continue  # Cached warns of it
    return sorted(found)
