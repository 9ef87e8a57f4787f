"""How much the protocol changes the score: the same questions, asked in each way."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.language.choices import PROTOCOLS, Protocol, Shots, answer
from vesalius.language.questions import Question, permuted, question_of
from vesalius.records import Record
from vesalius.statistics import Estimate, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One protocol with one order of the options.

    Attributes:
        protocol: how answers were had.
        permutation: seed of the order; None is the records' own.
        accuracy: share that is right, with its interval; what was not answered is wrong.
        answered: share that settled on an option.
        chosen_first: share of all that chose the option shown first; about one over the number of options without a bias.
        tokens: a question.
    """

    protocol: Protocol
    permutation: int | None
    accuracy: Estimate
    answered: float
    chosen_first: float
    tokens: float


def protocol_table(
    backend: Backend,
    records: Sequence[Record],
    *,
    protocols: Sequence[Protocol] = PROTOCOLS,
    permutations: int = 3,
    shots: Shots = (),
    chat: bool = False,
    target: str = "answer",
) -> list[Row]:
    """Ask the same records by each protocol, in their own order of options and in others.

    Args:
        backend: what is asked.
        records: multiple-choice questions with their answer.
        protocols: which.
        permutations: how many further orders of the options.
        shots: examples, the same for all.
        chat: ask as a conversation.
        target: field of the right letter.

    Returns:
        A row a protocol and order.

    Raises:
        UserError: if there are no records, or one has no answer.
    """
    questions = [question_of(record, target) for record in records]
    if not questions or any(question.answer is None for question in questions):
        raise UserError(f"records: none, or one without the field {target!r}; give questions with their answers.")
    orders: list[int | None] = [None, *range(permutations)]
    return [_row(backend, questions, protocol, order, shots, chat=chat) for protocol in protocols for order in orders]


def _row(
    backend: Backend, questions: Sequence[Question], protocol: Protocol, order: int | None, shots: Shots, *, chat: bool
) -> Row:
    shown = questions if order is None else [permuted(question, order) for question in questions]
    answers = answer(backend, shown, protocol, shots=[shots] * len(shown), chat=chat)
    pairs = list(zip(shown, answers, strict=True))
    right = sum(question.answer is not None and one.letter == question.original(question.answer) for question, one in pairs)
    return Row(
        protocol=protocol,
        permutation=order,
        accuracy=wilson(right, len(shown)),
        answered=fmean(one.outcome == "answered" for one in answers),
        chosen_first=fmean(one.letter == question.original(0) for question, one in pairs),
        tokens=fmean(one.tokens for one in answers),
    )


def spread(rows: Sequence[Row]) -> float:
    """Points of accuracy between the best and the worst row: what the choice of protocol alone is worth."""
    values = [row.accuracy.value for row in rows]
    return max(values) - min(values)
