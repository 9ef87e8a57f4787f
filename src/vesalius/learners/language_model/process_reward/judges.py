"""Who says which steps of a solution are right."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Protocol

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.prompts import packaged_templates
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.learners.language_model.process_reward.solutions import Solution, split_steps

Labels = tuple[float | None, ...]
"""Of each step how right it is, from 0 to 1; None where nothing is known."""

_VERDICT = re.compile(r"(\d+)\W+(right|wrong)\b", re.IGNORECASE)
_BARE = re.compile(r"[\W_]+")


class Judge(Protocol):
    """Labels steps for training a verifier."""

    @property
    def spent(self) -> tuple[int, int]:
        """Tokens and calls of all labels so far."""
        ...

    def labels(self, question: Question, solutions: Sequence[Solution], documents: Sequence[Document]) -> list[Labels]:
        """Of each solution, a label a step.

        Args:
            question: with what is known of its answer.
            solutions: of the question.
            documents: evidence found for it.
        """
        ...


def until_first_error(labels: Sequence[float | None]) -> Labels:
    """What follows a wrong step is wrong too, as Med-PRM has it: it builds on an error.

    >>> until_first_error([1.0, 0.0, 1.0, None])
    (1.0, 0.0, 0.0, 0.0)
    """
    wrong = next((place for place, label in enumerate(labels) if label == 0), len(labels))
    return tuple(label if place < wrong else 0.0 for place, label in enumerate(labels))


class ByChain:
    """Compares with the true chain, which the question's explanation has: a step is right if it stands there.

    The last step is right if the answer is. Labels are made wrong at a known rate on request, as a judge's would be.

    Args:
        noise: share of labels that are turned round.
        seed: of which.

    >>> from vesalius.learners.language_model.process_reward.solutions import solution_of
    >>> question = Question(
    ...     id="1", text="?", options=("gout", "flu"), order=(0, 1), answer=0, explanation="Gout has crystals. Flu has none."
    ... )
    >>> solutions = [solution_of(text, question) for text in ("Gout has crystals. So A.", "Gout has none. The answer is A.")]
    >>> ByChain().labels(question, solutions, [])
    [(1.0, 1.0), (0.0, 0.0)]
    """

    def __init__(self, *, noise: float = 0.0, seed: int = 0) -> None:
        self._noise, self._seed = noise, seed

    @property
    def spent(self) -> tuple[int, int]:
        """Nothing: no model is asked."""
        return 0, 0

    def labels(self, question: Question, solutions: Sequence[Solution], documents: Sequence[Document]) -> list[Labels]:
        """Compare each step.

        Raises:
            UserError: if the question lacks its answer or its explanation.
        """
        if question.answer is None or not question.explanation:
            raise UserError(f"record {question.id}: needs 'answer' and 'explanation' to tell right steps; or let a model judge.")
        true = {_bare(step) for step in split_steps(question.explanation)}
        number = int.from_bytes(sha256(question.id.encode()).digest()[:8], "big")
        rng = np.random.default_rng([self._seed, number])
        return [self._one(question, solution, true, rng) for solution in solutions]

    def _one(self, question: Question, solution: Solution, true: set[str], rng: np.random.Generator) -> Labels:
        right = [_bare(step) in true for step in solution.steps]
        if right:
            right[-1] = solution.letter is not None and solution.letter == _right_letter(question)
        turned = rng.random(len(right)) < self._noise
        certain = until_first_error([float(one) for one in right])
        return tuple(1 - label if turn and label is not None else label for label, turn in zip(certain, turned, strict=True))


class ByOutcome:
    """Labels the last step alone, by whether the answer is right: what an outcome reward model learns from."""

    @property
    def spent(self) -> tuple[int, int]:
        """Nothing: no model is asked."""
        return 0, 0

    def labels(self, question: Question, solutions: Sequence[Solution], documents: Sequence[Document]) -> list[Labels]:
        """Compare each answer.

        Raises:
            UserError: if the question lacks its answer.
        """
        if question.answer is None:
            raise UserError(f"record {question.id}: needs its answer to tell right solutions; give training records with it.")
        right = _right_letter(question)
        return [(*([None] * (len(one.steps) - 1)), float(one.letter == right)) if one.steps else () for one in solutions]


class ByModel:
    """A language model that reads the evidence, the question and the steps, and calls each right or wrong (RAG as a judge).

    Args:
        backend: makes the judge; it is called when first needed.
        max_tokens: of its verdicts.
    """

    def __init__(self, backend: Callable[[], Backend], *, max_tokens: int = 256) -> None:
        self._make, self._sampling = backend, Sampling(max_tokens=max_tokens)
        self._tokens = self._calls = 0

    @property
    def spent(self) -> tuple[int, int]:
        """Of the judge."""
        return self._tokens, self._calls

    @cached_property
    def backend(self) -> Backend:
        """The judge."""
        return self._make()

    def labels(self, question: Question, solutions: Sequence[Solution], documents: Sequence[Document]) -> list[Labels]:
        """Ask about each solution; a step that gets no verdict has no label."""
        read = "\n\n".join(document.whole for document in documents)
        prompts = [
            _TEMPLATE.fill(evidence=read, question=question.text, options=question.lettered, steps=_numbered(one.steps))
            for one in solutions
        ]
        replies = self.backend.generate(prompts, self._sampling)
        self._tokens += sum(reply.usage.tokens for reply in replies)
        self._calls += sum(reply.usage.calls for reply in replies)
        return [_verdicts(reply.text, len(one.steps)) for one, reply in zip(solutions, replies, strict=True)]


_TEMPLATE = packaged_templates("vesalius.learners.language_model.process_reward", "templates.toml")["judge"]


def _numbered(steps: Sequence[str]) -> str:
    return "\n".join(f"Step {number}: {step.strip()}" for number, step in enumerate(steps, start=1))


def _verdicts(text: str, count: int) -> Labels:
    found = {int(number): float(word.lower() == "right") for number, word in _VERDICT.findall(text)}
    return until_first_error([found.get(number) for number in range(1, count + 1)])


def _right_letter(question: Question) -> str | None:
    return None if question.answer is None else question.original(question.answer)


def _bare(step: str) -> str:
    """A step's words, whatever stands between them."""
    return _BARE.sub(" ", step.casefold()).strip()
