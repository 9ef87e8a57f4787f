"""What a rule says of a written answer: nobody judges it, and no chain of thought is shown to the model."""

import re
from collections.abc import Callable

from vesalius.language.answers import parse_choice
from vesalius.language.choices import NEXT_QUESTION
from vesalius.language.questions import Question

Rule = Callable[[Question, str], float]
"""From a question with its answer and what was written, a number."""

_CONCLUSION = re.compile(r"\bThe answer is\b", re.IGNORECASE)
_FORM = re.compile(r"(?P<steps>.*\w.*)\bThe answer is \(?[A-Z]\)?\.?", re.DOTALL)
_FEW_WORDS = 5


def right_option(question: Question, text: str) -> float:
    """1 where the text settles on the right option, else 0 (Liu et al. 2025, AlphaMed).

    >>> heparin = Question(id="1", text="Which thins blood?", options=("aloe", "heparin"), order=(0, 1), answer=1)
    >>> right_option(heparin, "Heparin binds antithrombin. The answer is B."), right_option(heparin, "A or B.")
    (1.0, 0.0)
    """
    letter = parse_choice(_own(text), question.options).letter
    return float(letter is not None and question.answer == question.letters.index(letter))


def right_option_in_form(question: Question, text: str) -> float:
    """-1 where the form is broken, else 1 for the right option and 0 for a wrong one (Zhang et al. 2025, Med-RLVR).

    >>> heparin = Question(id="1", text="Which thins blood?", options=("aloe", "heparin"), order=(0, 1), answer=1)
    >>> [right_option_in_form(heparin, text) for text in ("B", "Aloe cools. The answer is A.", "It thins. The answer is B.")]
    [-1.0, 0.0, 1.0]
    """
    return right_option(question, text) if in_form(question, text) else -1.0


def in_form(question: Question, text: str) -> float:
    """1 where something is written, then the conclusion in the words that the prompt asks for, once and last; else 0.

    >>> any_question = Question(id="1", text="?", options=("aloe", "heparin"), order=(0, 1))
    >>> [in_form(any_question, text) for text in ("It thins. The answer is B.", "The answer is B.", "The answer is B. It thins.")]
    [1.0, 0.0, 0.0]
    """
    own = _own(text)
    return float(_FORM.fullmatch(own) is not None and len(_CONCLUSION.findall(own)) == 1)


def direct(question: Question, text: str) -> float:
    """1 where next to nothing is written before the option is named: the short cut that Med-RLVR calls the direct answer; else 0.

    >>> any_question = Question(id="1", text="?", options=("aloe", "heparin"), order=(0, 1))
    >>> [direct(any_question, text) for text in ("Well. The answer is B.", "Heparin is what thins blood. The answer is B.")]
    [1.0, 0.0]
    """
    before = _CONCLUSION.split(_own(text), maxsplit=1)[0]
    return float(len(before.split()) < _FEW_WORDS)


def _own(text: str) -> str:
    """Where a text model goes on with a question of its own, its answer has ended."""
    return text.split(NEXT_QUESTION, 1)[0].strip()
