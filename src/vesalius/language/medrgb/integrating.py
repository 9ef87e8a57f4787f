"""Integration: a question whose documents each answer a smaller one."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from vesalius.errors import UserError
from vesalius.language.medrgb.cases import Case
from vesalius.language.medrgb.records import standard
from vesalius.language.questions import Question, behind, from_rows, question_of, to_row
from vesalius.language.retrieval import Document
from vesalius.records import Record, Text

SUB_QUESTIONS = "sub_questions"
"""Field with the smaller questions, as JSON, without their answers."""

Ask = Callable[[Document, np.random.Generator], Record | None]
"""From a document, a multiple-choice record that it answers; None where there is none to ask."""


def integration_records(case: Case, ask: Ask, seed: int) -> tuple[Record, list[Record]]:
    """A question with its smaller ones, and each of these as a record of its own.

    All of them stand behind the same documents: those of the question, of which each answers one smaller question.

    Args:
        case: the question.
        ask: gives the smaller question of a document.
        seed: of everything drawn.

    Returns:
        The record with the field ``sub_questions``; and the smaller questions, whose subject is the question.
    """
    record = standard(case, 0.0, seed)
    rng = np.random.default_rng([seed, case.planted])
    asked = [smaller for document in case.signal if (smaller := ask(document, rng)) is not None]
    rows = [to_row(replace(question_of(one), answer=None, explanation="")) for one in asked]
    context = record.fields["context"]
    small = [
        replace(
            one,
            id=f"{record.id} part {place}",
            subject_id=record.subject_id,
            fields={**one.fields, "context": context},
            tags={**one.tags, "split": record.tags.get("split", "test")},
        )
        for place, one in enumerate(asked)
    ]
    return replace(record, fields={**record.fields, SUB_QUESTIONS: Text(json.dumps(rows))}), small


def sub_questions_of(record: Record) -> list[Question]:
    """The smaller questions of a record; none where it has no such field.

    Raises:
        UserError: if the field is no such JSON.
    """
    if SUB_QUESTIONS not in record.fields:
        return []
    try:
        return from_rows(json.loads(record.get(SUB_QUESTIONS, Text).value))
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"record {record.id}, field {SUB_QUESTIONS!r}: no questions; build the record again.") from error


def with_sub_answers(question: Question, context: str, answered: Sequence[tuple[Question, str | None]]) -> Question:
    """A question behind its documents and what was answered to smaller ones.

    Args:
        question: whose text begins with its documents, where there are any.
        context: these documents.
        answered: smaller questions, each with the letter of its answer; those without one are left out.
    """
    told = [f"{one.text} {one.options[one.letters.index(letter)]}." for one, letter in answered if letter is not None]
    bare = replace(question, text=question.text.removeprefix(f"{context}\n\n")) if context else question
    return behind("\n".join([*([context] if context else []), *told]), bare)
