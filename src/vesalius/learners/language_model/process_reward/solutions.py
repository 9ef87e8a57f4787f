"""Sampled solutions of multiple-choice questions, cut into their steps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vesalius.language.answers import parse_choice
from vesalius.language.backend import Backend, Completion, Sampling
from vesalius.language.choices import prompt_of
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.remembered import Remembered
from vesalius.tasks import Outcome

_END = re.compile(r"(?<=[.!?;])(?=\s+\S)|(?<=\S)(?=\n+\s*\S)")
"""Where a sentence or a line ends and another begins."""

_NUMBER = re.compile(r"(?:\A|\n|[.!?;\n]\s)\d{1,3}\.\Z")
"""The number of a list item, whose point ends nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One solution.

    Attributes:
        steps: which joined give its text.
        letter: of the option in its record that it settles on; None unless the outcome is ``answered``.
        outcome: as a prediction has it.
    """

    steps: tuple[str, ...]
    letter: str | None
    outcome: Outcome

    @property
    def text(self) -> str:
        """All steps."""
        return "".join(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The solutions of one question, and what they cost."""

    solutions: tuple[Solution, ...]
    tokens: int
    calls: int


def split_steps(text: str) -> tuple[str, ...]:
    r"""A written-out chain in its sentences and lines.

    Args:
        text: the chain; white space at its end is left out.

    Returns:
        Steps that joined give the text: the white space between two belongs to the later one, as tokens begin with theirs.

    >>> split_steps(" A has fever. B lacks it.\nThe answer is A. ")
    (' A has fever.', ' B lacks it.', '\nThe answer is A.')
    """
    whole = text.rstrip()
    ends = (match.start() for match in _END.finditer(whole))
    cuts = [0, *(end for end in ends if not _numbers(whole, end)), len(whole)]
    return tuple(whole[start:end] for start, end in pairwise(cuts) if end > start)


def _numbers(text: str, end: int) -> bool:
    """Whether what stands before a place is the number of the list item that begins behind it, on the same line."""
    return text[end] != "\n" and _NUMBER.search(text, max(0, end - 6), end) is not None


def solution_of(text: str, question: Question, *, failed: bool = False) -> Solution:
    """What a text solves, its answer read by the parser of the package.

    Args:
        text: steps and answer.
        question: with its options as they were shown.
        failed: the backend had no answer, and the text says why.

    >>> question = Question(id="1", text="?", options=("gout", "flu"), order=(0, 1))
    >>> solution_of(" Crystals speak for gout. The answer is A.", question)
    Solution(steps=(' Crystals speak for gout.', ' The answer is A.'), letter='A', outcome='answered')
    """
    if failed:
        return Solution(steps=(), letter=None, outcome="failed")
    parsed = parse_choice(text, question.options)
    letter = None if parsed.letter is None else question.original(question.letters.index(parsed.letter))
    return Solution(steps=split_steps(text), letter=letter, outcome=parsed.outcome)


def asked(question: Question) -> str:
    """The package's prompt for written-out steps, without white space at its end."""
    return str(prompt_of(question, "chain of thought", (), chat=False)).rstrip()


def with_evidence(question: Question, documents: Sequence[Document]) -> Question:
    r"""The question with documents before it, the most telling first, a line each, as a field ``context`` would stand.

    >>> question = Question(id="1", text="Which?", options=("gout", "flu"), order=(0, 1))
    >>> with_evidence(question, [Document("a", "Gout", "Crystals."), Document("b", "", "None.")]).text
    'Gout: Crystals.\nNone.\n\nWhich?'
    """
    if not documents:
        return question
    lines = [f"{one.title}: {one.text}" if one.title and one.title not in one.text else one.text for one in documents]
    return replace(question, text="\n".join(lines) + f"\n\n{question.text}")


def behind(prompt: str, text: str) -> str:
    """A prompt and what was written behind it; a model's text may have lost the white space that it began with.

    >>> behind("Answer:", "yes"), behind("Answer:", " yes"), behind("Answer:", "")
    ('Answer: yes', 'Answer: yes', 'Answer:')
    """
    return f"{prompt} {text}" if text and not text[0].isspace() else prompt + text


_solved: Remembered[list[Solved]] = Remembered(8)


def solve(backend: Backend, questions: Sequence[Question], sampling: Sampling) -> list[Solved]:
    """Sample solutions of each question.

    Args:
        backend: the policy, a text model.
        questions: as they are shown.
        sampling: ``samples`` solutions of each.

    Returns:
        One a question. Arms that differ in what they believe ask the same of the same model: it is sampled once for them.
    """
    key = (backend.identity, tuple(questions), sampling)
    return _solved.get(key, lambda: _solve(backend, questions, sampling))


def _solve(backend: Backend, questions: Sequence[Question], sampling: Sampling) -> list[Solved]:
    replies = backend.generate([asked(question) for question in questions], sampling)
    return [
        Solved(
            solutions=tuple(_solution(one, question) for one in reply.completions),
            tokens=reply.usage.tokens,
            calls=reply.usage.calls,
        )
        for question, reply in zip(questions, replies, strict=True)
    ]


def _solution(completion: Completion, question: Question) -> Solution:
    return solution_of(completion.text, question, failed=completion.finish == "failed")
