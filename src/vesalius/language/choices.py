"""Answering multiple-choice questions by any backend, by likelihood or by generation.

Which protocol a benchmark uses changes what it measures; so each is named, and ``vesalius ask`` sets them side by side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vesalius.language.answers import parse_choice
from vesalius.language.backend import Backend, Likelihood, Prompt, Reply, Sampling, Scored
from vesalius.language.prompts import conversation, few_shot, templates
from vesalius.language.questions import Question
from vesalius.tasks import Outcome

Protocol = Literal["letter", "text", "text by length", "generation", "chain of thought"]
"""How an answer is had.

- ``letter``: options are shown; the likeliest letter after "Answer:" (Hendrycks et al. 2021).
- ``text``: options are not shown; the likeliest option text (Brown et al. 2020).
- ``text by length``: the same, the log-probability divided by the number of characters, as lm-eval's ``acc_norm`` does.
- ``generation``: options are shown; the model writes its answer, which is parsed.
- ``chain of thought``: the same, after written steps (Wei et al. 2022).
"""

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
GENERATED: tuple[Protocol, ...] = ("generation", "chain of thought")

Shots = Sequence[Question]
"""Examples with their answers."""

NEXT_QUESTION = "\n\nQuestion:"
"""Where a text model goes on with a question of its own, its answer has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a backend says to one question.

    Attributes:
        letter: of the option in its record, whatever order it was shown in; None unless the outcome is ``answered``.
        outcome: as a prediction has it.
        raw: the text that was parsed; by likelihood, the log-probability of each option as shown.
        tokens, calls: spent.
    """

    letter: str | None
    outcome: Outcome
    raw: str
    tokens: int
    calls: int


def answer(
    backend: Backend,
    questions: Sequence[Question],
    protocol: Protocol,
    *,
    shots: Sequence[Shots] | None = None,
    sampling: Sampling | None = None,
    chat: bool = False,
) -> list[Answered]:
    """Ask all questions.

    Args:
        backend: what is asked.
        questions: in the order of options in which they are to be shown.
        protocol: how.
        shots: of each question, its examples, in their order.
        sampling: for the protocols that generate; greedy, and long enough for the protocol, where not given.
        chat: ask as a conversation, the examples as turns, rather than as one text.

    Returns:
        One a question. A question that could not be asked is ``failed``.
    """
    own = shots if shots is not None else [()] * len(questions)
    prompts = [prompt_of(question, protocol, examples, chat=chat) for question, examples in zip(questions, own, strict=True)]
    if protocol in GENERATED:
        chosen = sampling or default_sampling(protocol)
        replies = backend.generate(prompts, chosen)
        return [told(question, reply) for question, reply in zip(questions, replies, strict=True)]
    # a conversation's answer begins without the space that a text's has
    begin = "" if chat else " "
    continuations = [[begin + one for one in _said(question, protocol)] for question in questions]
    scored = backend.score(prompts, continuations)
    return [_likeliest(question, protocol, one) for question, one in zip(questions, scored, strict=True)]


def default_sampling(protocol: Protocol) -> Sampling:
    """Greedy, up to where another question would begin."""
    return Sampling(max_tokens=512 if protocol == "chain of thought" else 32, stop=(NEXT_QUESTION,))


def prompt_of(question: Question, protocol: Protocol, shots: Shots, *, chat: bool) -> Prompt:
    """What is asked: examples with their answers, then the question."""
    examples = [(_asked(shot, protocol), right_answer(shot, protocol)) for shot in shots]
    asked = _asked(question, protocol)
    return conversation(examples, asked) if chat else few_shot(examples, asked)


def _asked(question: Question, protocol: Protocol) -> str:
    if protocol in ("text", "text by length"):
        return templates()["text"].fill(question=question.text)
    return templates()[protocol].fill(question=question.text, options=question.lettered)


def _said(question: Question, protocol: Protocol) -> Sequence[str]:
    """What stands for each option behind the prompt."""
    return question.letters if protocol == "letter" else question.options


def right_answer(shot: Question, protocol: Protocol) -> str:
    """What stands behind the prompt of an example: its answer, with its explanation where steps are asked for.

    Raises:
        ValueError: if the example has no answer.
    """
    if shot.answer is None:
        raise ValueError(f"{shot.id}: an example needs its answer.")
    if protocol not in GENERATED:
        return _said(shot, protocol)[shot.answer]
    steps = f"{shot.explanation} " if protocol == "chain of thought" and shot.explanation else ""
    return f"{steps}The answer is {shot.letters[shot.answer]}."


def told(question: Question, reply: Reply, sample: int = 0) -> Answered:
    """What one of a reply's continuations settles on, with the costs of the whole reply."""
    said, spent = reply.completions[sample], reply.usage
    if said.finish == "failed":
        return Answered(letter=None, outcome="failed", raw=said.text, tokens=spent.tokens, calls=spent.calls)
    parsed = parse_choice(said.text, question.options)
    letter = None if parsed.letter is None else question.original(question.letters.index(parsed.letter))
    return Answered(letter=letter, outcome=parsed.outcome, raw=said.text, tokens=spent.tokens, calls=spent.calls)


def _likeliest(question: Question, protocol: Protocol, scored: Scored) -> Answered:
    lengths = [len(option) if protocol == "text by length" else 1 for option in question.options]
    values = [_value(one, length) for one, length in zip(scored.likelihoods, lengths, strict=True)]
    spent = scored.usage
    raw = " ".join(f"{letter} {value:.4f}" for letter, value in zip(question.letters, values, strict=True))
    if any(math.isnan(value) for value in values):
        return Answered(letter=None, outcome="failed", raw=raw, tokens=spent.tokens, calls=spent.calls)
    letter = question.original(values.index(max(values)))
    return Answered(letter=letter, outcome="answered", raw=raw, tokens=spent.tokens, calls=spent.calls)


def _value(one: Likelihood, length: int) -> float:
    return one.log_probability / max(length, 1)
