"""Questions with options, one or several of them right, as records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from string import ascii_uppercase

from vesalius.records import Choices, Field, Record, Text
from vesalius.sources.public.public_set import Placed
from vesalius.sources.public.rows import Row

LETTERS = ascii_uppercase


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as a release has it.

    Attributes:
        name: its id, unique within the release.
        text: what is asked.
        options: in the order shown.
        right: places of the right ones, from 0.
        context: what it is asked about, such as an abstract or a case.
        explanation: why the right ones are right.
        subject: what else is asked about the same; the question itself where not given.
        tags: such as subject, exam, type.
        more: other fields of the record.
        time: when it was made, where known.
    """

    name: str
    text: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    context: str = ""
    explanation: str = ""
    subject: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Field] = field(default_factory=dict)
    time: datetime | None = None


def placed(row: Row, question: Question, *, split: str, language: str, licence: str) -> Placed:
    """The record of a question, with the row that it was read from.

    Its fields are ``question``, ``options`` and ``answer``, the right letter, or the right letters in alphabetical order with
    commas between them (``A,C``); ``context`` and ``explanation`` where the question has them; and what ``more`` holds.

    Raises:
        UserError: if there are fewer than 2 options or more than 26, or none of them is right.
    """
    if not 2 <= len(question.options) <= len(LETTERS):
        raise row.wrong("options", f"{len(question.options)} options where 2 to {len(LETTERS)} are needed")
    if not question.right or not all(0 <= place < len(question.options) for place in question.right):
        raise row.wrong("answer", "none, or no option")
    fields: dict[str, Field] = {
        "question": Text(question.text),
        "options": Choices(question.options),
        "answer": Text(answer_of(question.right)),
    }
    texts = {"context": question.context, "explanation": question.explanation}
    fields |= {name: Text(text) for name, text in texts.items() if text}
    tags = {"split": split, "language": language} | {name: value for name, value in question.tags.items() if value}
    record = Record(
        id=question.name,
        subject_id=question.subject or question.name,
        fields=fields | dict(question.more),
        time=question.time,
        licence=licence,
        tags=tags,
    )
    return row.place, record


def answer_of(places: Sequence[int]) -> str:
    """How the right options are written: their letters in alphabetical order, once each, with commas between them.

    >>> answer_of((2, 0)), answer_of((1,))
    ('A,C', 'B')
    """
    return ",".join(LETTERS[place] for place in sorted(set(places)))


def places_of(row: Row, field: str, letters: Sequence[str], options: int) -> tuple[int, ...]:
    """Places of the options that letters name, large or small.

    Raises:
        UserError: if there is none, one is no option, or one is named twice.

    >>> places_of(Row("a.json, line 1", {}, "obtain it again"), "answer", ["a", "C"], 3)
    (0, 2)
    """
    wanted = [letter.strip().upper() for letter in letters]
    places = [LETTERS[:options].find(letter) if len(letter) == 1 else -1 for letter in wanted]
    if not places or min(places) < 0:
        raise row.wrong(field, f"{','.join(wanted)[:40]!a} is not of the options {', '.join(LETTERS[:options])}")
    if len(set(places)) < len(places):
        raise row.wrong(field, f"{','.join(wanted)[:40]!a} names an option twice")
    return tuple(places)


def lettered(row: Row, letters: str, *, upper: bool = True) -> tuple[str, ...]:
    """The texts of an object that has them by these letters, and no others, in the order of the letters.

    Raises:
        UserError: if one is missing, or there is another.
    """
    texts = tuple(row.text(letter if upper else letter.lower()) for letter in letters)
    if len(row.values) != len(letters):
        raise row.wrong("options", f"{len(row.values)} options where {len(letters)} are needed")
    return texts
