"""A backend that asks texts as conversations."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.language.backend import Backend, Begun, Message, Prompt, Reply, Sampling, Scored, is_begun


class Conversing:
    """Another backend, to which every text is put as what the user says: for models that were tuned to converse.

    Examples in a text stay in it, in the same turn. An answer that has begun (``Begun``) is the model's own turn, which it goes
    on with. Conversations stay as they are.

    Args:
        backend: what is asked.

    >>> from vesalius.language.scripted import Scripted
    >>> echo = Conversing(Scripted(lambda prompt, sampling, sample: str([turn.role for turn in prompt])))
    >>> [reply.text for reply in echo.generate(["Why?", Begun("Why?", " Because")], Sampling())]
    ["['user']", "['user', 'assistant']"]
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def identity(self) -> str:
        """The other backend's, and that it converses."""
        return f"{self._backend.identity} in conversation"

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Answer each prompt."""
        return self._backend.generate([_turns(prompt) for prompt in prompts], sampling)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's answers; one that has not begun begins without the space that a text's continuation has."""
        asked = [_turns(prompt) for prompt in prompts]
        said = [
            own if is_begun(turns) else [one.lstrip(" ") for one in own] for turns, own in zip(asked, continuations, strict=True)
        ]
        return self._backend.score(asked, said)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of the texts as they are."""
        return self._backend.embed(texts)


def _turns(prompt: Prompt) -> Prompt:
    if not isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Begun) and prompt.answer:
        return Message("user", prompt.asked), Message("assistant", prompt.answer)
    return (Message("user", prompt),)
