"""What is searched, and what is found."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.sources.documents import Document


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found, with the score that its index gave it; scores of different indices can't be compared."""

    document: Document
    score: float


class Index(Protocol):
    """Searches documents."""

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """For each query up to so many documents, the best first; fewer where fewer match."""
        ...


def words(text: str) -> list[str]:
    """Lower-case words and numbers.

    >>> words("Chest-pain, 3 h")
    ['chest', 'pain', '3', 'h']
    """
    return re.findall(r"\w+", text.lower())


def passages(document: Document, words: int, overlap: int = 0) -> tuple[Document, ...]:
    """A document in pieces of so many words, each beginning with the last words of the piece before it.

    Args:
        document: what is cut; white space between its words becomes one space.
        words: length of a piece; the last may be shorter.
        overlap: how many words two neighbours share.

    Returns:
        Pieces with the document's title; their ids are the document's, ``#`` and a number from 0.

    Raises:
        ValueError: if the overlap leaves no step forward.

    >>> [piece.text for piece in passages(Document("a", "", "one two three four five"), 3, 1)]
    ['one two three', 'three four five']
    """
    if not 0 <= overlap < words:
        raise ValueError(f"pieces of {words} words can't share {overlap}; give an overlap from 0 to {words - 1}.")
    whole, step = document.text.split(), words - overlap
    starts = range(0, max(len(whole) - overlap, 1), step)
    return tuple(
        replace(document, id=f"{document.id}#{number}", text=" ".join(whole[start : start + words]))
        for number, start in enumerate(starts)
    )


def best(scores_D: NDArray[np.floating], documents: Sequence[Document], count: int, *, above: float = -np.inf) -> list[Hit]:
    """The documents of the highest scores; of equal ones, those that stand first in the corpus.

    Args:
        scores_D: one a document.
        documents: the corpus.
        count: at most so many.
        above: a document must score more than this.

    Returns:
        The best first.
    """
    order = np.argsort(-scores_D, kind="stable")[:count]
    return [Hit(documents[place], float(scores_D[place])) for place in order if scores_D[place] > above]


def distinct(documents: Sequence[Document]) -> tuple[Document, ...]:
    """A corpus, checked.

    Raises:
        UserError: if it is empty or two documents have one id.
    """
    if not documents:
        raise UserError("the corpus has no document; give at least one.")
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise UserError(f"the corpus has document {document.id!r} twice; give each an id of its own.")
        seen.add(document.id)
    return tuple(documents)


def write_documents(path: Path, documents: Sequence[Document]) -> None:
    """Write a corpus as one JSON object a line."""
    lines = [json.dumps(asdict(document), ensure_ascii=False) for document in documents]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_documents(path: Path) -> tuple[Document, ...]:
    """Read a corpus that ``write_documents`` wrote.

    Raises:
        UserError: if the file is missing or a line is no document.
    """
    if not path.is_file():
        raise UserError(f"{path}: not found; give a corpus as one JSON object a line.")
    documents = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        try:
            row = json.loads(line)
            fields = [row[name] for name in ("id", "title", "text")]
        except (ValueError, TypeError, KeyError):
            fields = []
        if len(fields) != 3 or not all(isinstance(field, str) for field in fields):
            raise UserError(f"{path}:{number}: no document; give an object with the texts 'id', 'title' and 'text'.")
        documents.append(Document(*fields))
    return tuple(documents)
