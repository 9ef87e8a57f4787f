"""Multiple-choice questions as a model is shown them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

import numpy as np

from vesalius.errors import UserError
from vesalius.records import Choices, Record, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its options.

    Attributes:
        id: of its record.
        text: what is asked, behind what it is asked about.
        options: as shown.
        order: which of the record's options stands at each place.
        answer: place of the right one as shown; None where it is not known.
        explanation: why it is right, where known.
    """

    id: str
    text: str
    options: tuple[str, ...]
    order: tuple[int, ...]
    answer: int | None = None
    explanation: str = ""

    @property
    def lettered(self) -> str:
        """The options, a line each."""
        return "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, self.options, strict=False))

    @property
    def letters(self) -> str:
        """As shown."""
        return ascii_uppercase[: len(self.options)]

    def original(self, place: int) -> str:
        """Letter in the record of the option that is shown at a place."""
        return ascii_uppercase[self.order[place]]


def question_of(record: Record, target: str = "answer") -> Question:
    """The question of a record.

    It reads the fields ``question`` and ``options``, ``context`` and ``explanation`` where there are any, and the target where
    the record has it. An option is put on one line: releases have some with line breaks, which would look like two.

    Raises:
        UserError: if the target is not the letter of one option.
    """
    options = tuple(" ".join(option.split()) for option in record.get("options", Choices).options)
    explanation = _text(record, "explanation")
    asked = record.get("question", Text).value.strip()
    answer = None
    if target in record.fields:
        letter = record.get(target, Text).value
        if len(letter) != 1 or letter not in ascii_uppercase[: len(options)]:
            raise UserError(
                f"record {record.id}, field {target!r}: not the letter of one option; give questions with one right option."
            )
        answer = ascii_uppercase.index(letter)
    bare = Question(
        id=record.id,
        text=asked,
        options=options,
        order=tuple(range(len(options))),
        answer=answer,
        explanation=explanation,
    )
    return behind(context_of(record), bare)


def context_of(record: Record) -> str:
    """What a record's question is asked about; empty where there is nothing."""
    return _text(record, "context")


def behind(context: str, question: Question) -> Question:
    r"""A question behind what it is asked about, if there is something.

    >>> behind("Gout has pain.", Question(id="1", text="Which?", options=("a", "b"), order=(0, 1))).text
    'Gout has pain.\n\nWhich?'
    """
    return replace(question, text=f"{context}\n\n{question.text}") if context else question


def _text(record: Record, name: str) -> str:
    return record.get(name, Text).value.strip() if name in record.fields else ""


def permuted(question: Question, seed: int) -> Question:
    """The same question with its options in another order, which seed and id alone decide.

    >>> question = Question(id="1", text="?", options=("a", "b", "c"), order=(0, 1, 2), answer=2)
    >>> shown = permuted(question, 1)
    >>> shown.options, shown.original(shown.answer)
    (('c', 'a', 'b'), 'C')
    """
    number = int.from_bytes(sha256(question.id.encode()).digest()[:8], "big")
    places = np.random.default_rng([seed, number]).permutation(len(question.options)).tolist()
    return replace(
        question,
        options=tuple(question.options[place] for place in places),
        order=tuple(question.order[place] for place in places),
        answer=None if question.answer is None else places.index(question.answer),
    )


def to_row(question: Question) -> dict[str, Any]:
    """A question as JSON."""
    return {
        "id": question.id,
        "text": question.text,
        "options": list(question.options),
        "order": list(question.order),
        "answer": question.answer,
        "explanation": question.explanation,
    }


def from_rows(rows: Sequence[dict[str, Any]]) -> list[Question]:
    """Questions from JSON; raises KeyError or TypeError where they are none."""
    return [Question(**{**row, "options": tuple(row["options"]), "order": tuple(row["order"])}) for row in rows]
