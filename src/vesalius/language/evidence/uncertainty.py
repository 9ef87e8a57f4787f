"""How sure a model is among the options of a question."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vesalius.language.backend import Backend, Scored
from vesalius.language.choices import prompt_of
from vesalius.language.questions import Question


@dataclass(frozen=True, slots=True)
class Belief:
    """Probabilities of the options of one question, in the order shown, and what asking cost."""

    probabilities: tuple[float, ...]
    tokens: int
    calls: int

    @property
    def entropy(self) -> float:
        """In bits."""
        return entropy(self.probabilities)

    @property
    def place(self) -> int:
        """Of the likeliest option."""
        return self.probabilities.index(max(self.probabilities))


def entropy(probabilities: Sequence[float]) -> float:
    """Shannon's entropy in bits, −Σ p log₂ p (Shannon 1948).

    >>> entropy([0.5, 0.5]), entropy([1.0, 0.0])
    (1.0, 0.0)
    """
    return -sum(p * math.log2(p) for p in probabilities if p > 0) + 0.0


def beliefs(backend: Backend, questions: Sequence[Question], *, chat: bool = False) -> list[Belief]:
    """The distribution over the letters of the options after ``Answer:``, renormalised over the options.

    Args:
        backend: what is asked.
        questions: as they are shown.
        chat: ask as a conversation.

    Returns:
        One a question; even over the options where a likelihood could not be had.
    """
    prompts = [prompt_of(question, "letter", (), chat=chat) for question in questions]
    begin = "" if chat else " "
    scored = backend.score(prompts, [[begin + letter for letter in question.letters] for question in questions])
    return [Belief(softmax(_values(one)), one.usage.tokens, one.usage.calls) for one in scored]


def _values(scored: Scored) -> list[float]:
    return [one.log_probability for one in scored.likelihoods]


def softmax(values: Sequence[float]) -> tuple[float, ...]:
    """Probabilities in proportion to the exponentials; even where a value is no number.

    >>> softmax([0.0, 0.0]), softmax([float("nan"), 0.0])
    ((0.5, 0.5), (0.5, 0.5))
    """
    if any(math.isnan(value) for value in values):
        return tuple(1 / len(values) for _ in values)
    highest = max(values)
    raised = [math.exp(value - highest) for value in values]
    return tuple(value / sum(raised) for value in raised)
