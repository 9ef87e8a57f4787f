"""What the systems that search and read are tried on: exams of the clinic in miniature over its texts, and MedQA over MedQuAD."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from vesalius.language.backend import Backend
from vesalius.language.retrieval import Bm25, Dense, Document, Fused, Index, passages
from vesalius.language.retrieval.documents import distinct
from vesalius.language.steering import Ask
from vesalius.names import Size
from vesalius.records import Text
from vesalius.sources.public.medquad import MEDQUAD
from vesalius.sources.simulators.mini_clinic import Exam, general_corpus, guidelines, misinformation, textbook
from vesalius.sources.simulators.mini_clinic.exams import Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.systems.language.steering_tasks import chains, medqa
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task

Corpus = Literal["textbook", "general", "web"]
"""What is searched.

- ``textbook``: textbook and guidelines of the clinic, of known and new diseases; for MedQA, the answers of MedQuAD in pieces.
- ``general``: texts of the same language in which nothing of medicine stands. There is none for MedQA.
- ``web``: all of these, and pages that are wrong, as a search engine finds them. For MedQA, as ``textbook``.
"""

EXAMS: Mapping[Size, tuple[tuple[Level, Part], ...]] = {
    "smoke": (("recall", "new diseases"),),
    "default": (
        ("recall", "known"),
        ("recall", "new diseases"),
        ("one step", "known"),
        ("one step", "new diseases"),
        ("several steps", "new diseases"),
    ),
    "paper": tuple((level, part) for level in ("recall", "one step", "several steps") for part in ("known", "new diseases")),
}
TEST: Mapping[Size, int] = {"smoke": 4, "default": 100, "paper": 1000}

_PASSAGE_WORDS, _OVERLAP = 100, 20
_PAGES: Mapping[Size, int | None] = {"smoke": 40, "default": None, "paper": None}


@dataclass(frozen=True, slots=True)
class Room:
    """What fits in front of a question: documents, words of each, words of all."""

    keep: int
    each: int
    all: int


ROOM: Mapping[str, Room] = {"clinic": Room(4, 60, 150), "medqa": Room(5, 120, 500)}
"""By the tag ``data``."""


def clinic(size: Size) -> list[Task]:
    """A task a level and part; of new diseases, models know nothing but what they read."""
    exams = [Exam(level=level, part=part, test=TEST[size]) for level, part in EXAMS[size]]
    return [replace(choices_task(exam), question=exam.name, tags={"data": "clinic", "level": exam.level}) for exam in exams]


def reader(task: Task, size: Size) -> Ask:
    """How questions are asked, whether passages stand in front or not: by written steps, but recall by the likeliest letter.

    So the clinic's base reads best on exams with other seeds than these (docs/mini-clinic.md).
    """
    if task.tags.get("level") == "recall":
        return Ask(protocol="letter")
    return Ask(protocol="chain of thought", sampling=chains(task, size=size))


def medqa_medquad(size: Size) -> list[Task]:
    """MedQA with four options, over the answers of MedQuAD.

    Raises:
        UserError: if a release is not at hand.
    """
    MEDQUAD.records()
    return medqa(size)


@cache
def documents(data: str, corpus: Corpus, size: Size = "default") -> tuple[Document, ...]:
    """The corpus of a task.

    Args:
        data: the task's tag.
        corpus: which.
        size: MedQuAD is cut short at ``smoke``.

    Raises:
        UserError: if a release is not at hand.
    """
    if data == "medqa":
        return distinct([piece for page in _medquad(_PAGES[size]) for piece in passages(page, _PASSAGE_WORDS, _OVERLAP)])
    medical = (*textbook(), *textbook("new"), *guidelines())
    if corpus == "textbook":
        return medical
    return general_corpus() if corpus == "general" else (*medical, *general_corpus(), *misinformation())


def _medquad(pages: int | None) -> Sequence[Document]:
    records = MEDQUAD.records()[:pages]
    return [Document(one.id, one.get("question", Text).value, one.get("answer", Text).value) for one in records]


@cache
def words_index(data: str, corpus: Corpus, size: Size = "default") -> Bm25:
    """BM25 over the corpus; names of the clinic are single words."""
    found = documents(data, corpus, size)
    return Bm25(found, tokenise=terms) if data == "clinic" else Bm25(found)


def hybrid_index(data: str, corpus: Corpus, size: Size, backend: Backend) -> Index:
    """BM25 and the model's own vectors, fused by ranks."""
    return Fused([words_index(data, corpus, size), Dense(documents(data, corpus, size), backend.embed)])


def terms(text: str) -> list[str]:
    """Words with their hyphens.

    >>> terms("Which test confirms marfan-syndrome ?")
    ['which', 'test', 'confirms', 'marfan-syndrome']
    """
    return [bare for word in text.lower().split() if (bare := word.strip(".,:;?"))]
