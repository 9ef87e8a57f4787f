"""Examples whose steps the model has written itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import answer
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTaught:
    """Questions with the model's own steps, and what it took to have them.

    Attributes:
        questions: those whose steps led to the right answer, in the order of the pool, with the steps as explanation.
        tokens, calls: spent on all, kept or not.
    """

    questions: tuple[Question, ...]
    tokens: int
    calls: int


def self_taught(backend: Backend, pool: Sequence[Question], sampling: Sampling | None = None) -> SelfTaught:
    """Have the model answer solved questions with written steps, and keep those that it gets right (Nori et al. 2023).

    The label checks the steps: a chain that ends at a wrong answer, or at none, would teach its mistake.

    Args:
        backend: what is asked, without examples.
        pool: questions with their answers.
        sampling: greedy, and long enough, where not given.

    Raises:
        ValueError: if a question has no answer to check its steps by.
    """
    if any(question.answer is None for question in pool):
        raise ValueError("pool: a question without its answer; steps can't be checked.")
    told = answer(backend, pool, "chain of thought", sampling=sampling)
    kept = [
        replace(question, explanation=steps_of(one.raw))
        for question, one in zip(pool, told, strict=True)
        if question.answer is not None and one.letter == question.original(question.answer)
    ]
    return SelfTaught(questions=tuple(kept), tokens=sum(one.tokens for one in told), calls=sum(one.calls for one in told))
