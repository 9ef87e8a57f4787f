"""What a language model is to the rest of the package, wherever it runs.

backend.generate(["Aspirin is a"], Sampling(max_tokens=16, stop=(".",)))
backend.score(["Aspirin is a"], [(" drug", " planet")])
backend.embed(["chest pain"])
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "failed"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    text: str


Prompt = str | tuple[Message, ...]
"""A text to be continued, or a conversation to be answered; one that ends with the assistant's turn has that turn continued."""


class Begun(str):
    """A text that ends with the beginning of its answer.

    To a model that continues texts it is a text like any other; where texts are asked as conversations (``Conversing``), the
    answer's beginning is the model's own turn.

    Args:
        asked: the text up to the answer.
        answer: the beginning, with the space in front of it.

    >>> Begun("Why? Answer:", " Because"), Begun("Why? Answer:", " Because").asked
    ('Why? Answer: Because', 'Why? Answer:')
    """

    __slots__ = ("asked",)
    asked: str

    def __new__(cls, asked: str, answer: str) -> "Begun":
        """The two as one text."""
        whole = super().__new__(cls, asked + answer)
        whole.asked = asked
        return whole

    @property
    def answer(self) -> str:
        """What has begun, without the space in front of it."""
        return self[len(self.asked) :].lstrip()


def parted(prompt: Prompt) -> tuple[Prompt, str]:
    """A prompt without the white space at its end, and that space: it belongs to what follows, for tokens begin with theirs.

    >>> parted("The sky is "), parted("The sky is")
    (('The sky is', ' '), ('The sky is', ''))
    >>> parted((Message("user", "Sky? "), Message("assistant", "It is ")))[1]
    ' '
    """
    if isinstance(prompt, str):
        bare = prompt.rstrip()
        return bare, prompt[len(bare) :]
    if not is_begun(prompt):
        return prompt, ""
    *turns, last = prompt
    bare = last.text.rstrip()
    return (*turns, Message("assistant", bare)), last.text[len(bare) :]


def is_begun(prompt: Prompt) -> bool:
    """Whether a conversation ends with the beginning of the assistant's answer.

    >>> is_begun((Message("user", "Sky?"),)), is_begun((Message("user", "Sky?"), Message("assistant", "It is")))
    (False, True)
    """
    return not isinstance(prompt, str) and bool(prompt) and prompt[-1].role == "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a text is continued.

    Attributes:
        max_tokens: at most so many are made.
        temperature: of the softmax; 0 takes the likeliest token.
        top_p: tokens are drawn from the smallest set with this share of the probability (Holtzman et al. 2020).
        stop: texts at whose first appearance the continuation ends; they are not part of it.
        samples: continuations of each prompt.
        seed: of what is drawn; a prompt's draws depend on it and on the prompt alone, not on what else is asked.

    Raises:
        ValueError: if a number is outside its range, or a stop is empty.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    samples: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.samples < 1:
            raise ValueError(f"max_tokens {self.max_tokens}, samples {self.samples}: both are at least 1.")
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError(f"temperature {self.temperature}, top_p {self.top_p}: at least 0, and within (0, 1].")
        if "" in self.stop:
            raise ValueError("stop: an empty text would end everything.")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and calls that were spent.

    Attributes:
        prompt: tokens that were asked, counted once for all continuations of one prompt.
        completion: tokens that were made; of scored continuations, those that were scored.
        reused: of ``prompt``, those whose keys and values were there already.
        calls: requests that were answered, or prompts that were run.

    >>> Usage(prompt=10, completion=2, calls=1) + Usage(prompt=5, completion=1, calls=1)
    Usage(prompt=15, completion=3, reused=0, calls=2)
    """

    prompt: int = 0
    completion: int = 0
    reused: int = 0
    calls: int = 0

    @property
    def tokens(self) -> int:
        """All that a provider would count."""
        return self.prompt + self.completion

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.reused + other.reused,
            self.calls + other.calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One continuation.

    Attributes:
        text: what was made, without the stop.
        tokens: how many.
        log_probability: natural logarithm, summed over the tokens, at temperature 1; None where the backend does not say.
        finish: it stopped by itself, or was cut at ``max_tokens``; or no answer could be had, and the text is what went wrong.
    """

    text: str
    tokens: int
    log_probability: float | None = None
    finish: Finish = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """All continuations of one prompt, and what they cost."""

    completions: tuple[Completion, ...]
    usage: Usage

    @property
    def text(self) -> str:
        """The first continuation."""
        return self.completions[0].text


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How likely a given continuation is.

    Attributes:
        log_probability: natural logarithm, summed over its tokens.
        tokens: how many it has.
        greedy: whether each of them is the likeliest one.
    """

    log_probability: float
    tokens: int
    greedy: bool


UNKNOWN = Likelihood(log_probability=math.nan, tokens=0, greedy=False)
"""Of a continuation that could not be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The continuations of one prompt, in their order, and what they cost."""

    likelihoods: tuple[Likelihood, ...]
    usage: Usage


@runtime_checkable
class Backend(Protocol):
    """Something that continues texts.

    Answers come in the order of the prompts, one a prompt, and do not depend on which others are asked with them. What a backend
    cannot do (an endpoint without log-probabilities) is a ``UserError`` that says so.
    """

    @property
    def identity(self) -> str:
        """What answers depend on beside prompt and sampling, in a line: model, digest of its weights, quantisation."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Continue each prompt."""
        ...

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's own continuations; an empty continuation has log-probability 0."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector a text: texts × dimensions."""
        ...
