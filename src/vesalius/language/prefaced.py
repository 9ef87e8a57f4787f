"""A backend that says something before every prompt."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from vesalius.language.backend import Backend, Message, Prompt, Reply, Sampling, Scored


class Prefaced:
    r"""Another backend whose prompts all begin with the same text, of a conversation as what the system says.

    Args:
        backend: what is asked.
        preface: what stands first; a blank line parts it from the prompt.

    >>> from vesalius.language.scripted import Scripted, text_of
    >>> echo = Prefaced(Scripted(lambda prompt, sampling, sample: text_of(prompt)), "Be brief.")
    >>> echo.generate(["Why?"], Sampling())[0].text
    'Be brief.\n\nWhy?'
    """

    def __init__(self, backend: Backend, preface: str) -> None:
        self._backend = backend
        self._preface = preface

    @property
    def identity(self) -> str:
        """Of the other backend, with a digest of the preface."""
        return f"{self._backend.identity} prefaced {sha256(self._preface.encode()).hexdigest()[:12]}"

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Continue each prompt behind the preface."""
        return self._backend.generate([self._with(prompt) for prompt in prompts], sampling)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's continuations behind the preface."""
        return self._backend.score([self._with(prompt) for prompt in prompts], continuations)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of the texts alone."""
        return self._backend.embed(texts)

    def _with(self, prompt: Prompt) -> Prompt:
        if isinstance(prompt, str):
            return f"{self._preface}\n\n{prompt}"
        if prompt and prompt[0].role == "system":
            return (Message("system", f"{self._preface}\n\n{prompt[0].text}"), *prompt[1:])
        return (Message("system", self._preface), *prompt)
