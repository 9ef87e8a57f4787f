"""A question with the documents that answer it, and documents that do not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vesalius.errors import UserError
from vesalius.language.questions import Question, question_of
from vesalius.language.retrieval import Document, Index
from vesalius.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question.

    Attributes:
        record: with its answer.
        signal: documents that answer it.
        noise: documents that do not, in an order by chance: none of them names the right option, or is about another.
        planted: place of a wrong option, by chance, for documents that are made wrong.
    """

    record: Record
    signal: tuple[Document, ...]
    noise: tuple[Document, ...]
    planted: int

    @property
    def question(self) -> Question:
        """As it is asked without documents."""
        return question_of(self.record)

    @property
    def right(self) -> str:
        """Text of the right option."""
        asked = self.question
        assert asked.answer is not None
        return asked.options[asked.answer]


Find = Callable[[Sequence[Question], Sequence[Record]], Sequence[Sequence[Document]]]
"""From questions and their records, the documents that answer each."""


def needed(corpus: Sequence[Document]) -> Find:
    """Those whose ids a record names in its tag ``needs``.

    Args:
        corpus: that holds them.
    """
    by_id = {document.id: document for document in corpus}

    def find(questions: Sequence[Question], records: Sequence[Record]) -> list[list[Document]]:
        return [[by_id[name] for name in record.tags["needs"].split()] for record in records]

    return find


def searched(index: Index, count: int) -> Find:
    """Those that the question finds together with its right option: where nobody has said which documents answer it.

    Args:
        index: over the corpus.
        count: of documents.
    """

    def find(questions: Sequence[Question], records: Sequence[Record]) -> list[list[Document]]:
        queries = [f"{one.text} {one.options[one.answer]}" for one in questions if one.answer is not None]
        return [[hit.document for hit in hits] for hits in index.search(queries, count)]

    return find


def cases(
    records: Sequence[Record], corpus: Sequence[Document], find: Find, *, noise: int, seed: int, target: str = "answer"
) -> list[Case]:
    """Questions with documents.

    Args:
        records: with their answers.
        corpus: from which documents of no use are drawn.
        find: what answers each.
        noise: documents of no use for each question.
        seed: of what is drawn.
        target: field of the right letter.

    Raises:
        UserError: if a record has no answer, or the corpus too few documents that are of no use to a question.
    """
    questions = [question_of(record, target) for record in records]
    if any(question.answer is None for question in questions):
        raise UserError(f"records: one lacks the field {target!r}; documents are built around the right option.")
    found = find(questions, records)
    made = []
    for place, (record, question, signal) in enumerate(zip(records, questions, found, strict=True)):
        rng = np.random.default_rng([seed, place])
        drawn = _noise(question, signal, corpus, rng, noise)
        wrong = [option for option in range(len(question.options)) if option != question.answer]
        made.append(Case(record=record, signal=tuple(signal), noise=drawn, planted=int(rng.choice(wrong))))
    return made


def _noise(
    question: Question,
    signal: Sequence[Document],
    corpus: Sequence[Document],
    rng: np.random.Generator,
    count: int,
) -> tuple[Document, ...]:
    assert question.answer is not None
    right, taken = naming(question.options[question.answer]), {document.id for document in signal}
    about = {option.lower() for option in question.options}
    drawn: list[Document] = []
    for place in rng.permutation(len(corpus)):
        document = corpus[place]
        if len(drawn) == count:
            break
        if document.id not in taken and document.title.lower() not in about and not right.search(document.whole):
            drawn.append(document)
    if len(drawn) < count:
        raise UserError(f"corpus: {len(drawn)} documents of no use to {question.id}, where {count} are needed; give more.")
    return tuple(drawn)


def naming(option: str) -> re.Pattern[str]:
    """Where a text names an option, as whole words and in any case.

    >>> bool(naming("pain").search("Pain, fever")), bool(naming("pain").search("back-pain, painful"))
    (True, False)
    """
    return re.compile(rf"(?<![\w-]){re.escape(option)}(?![\w-])", re.IGNORECASE)
