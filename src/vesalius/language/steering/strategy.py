"""What a way of steering is, and the prompts that such ways share."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from vesalius.language.backend import Backend
from vesalius.language.choices import Answered, Shots
from vesalius.language.prompts import Template, packaged_templates
from vesalius.language.questions import Question

CLOSING = "The answer is"
"""The words with which the package's prompts ask a model to close its steps; behind them stands the letter."""


class Strategy(Protocol):
    """A way of having questions answered by a model that is not changed."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompts that are used."""
        ...

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Ask.

        Args:
            backend: what is asked.
            questions: in the records' order of options.
            shots: of each question, its examples.
            seed: of orders and samples.

        Returns:
            One a question, in the records' letters, with all that was spent on it.
        """
        ...


@cache
def steering_templates() -> Mapping[str, Template]:
    """The prompts of this package, by name.

    >>> sorted(steering_templates())
    ['assume', 'verify', 'wait']
    """
    return packaged_templates("vesalius.language.steering", "prompts.toml")


def steps_of(text: str) -> str:
    """The steps of a written answer, without the words that close it.

    >>> steps_of("It binds antithrombin. The answer is B. Next.")
    'It binds antithrombin.'
    """
    place = text.lower().rfind(CLOSING.lower())
    return (text if place < 0 else text[:place]).strip()
