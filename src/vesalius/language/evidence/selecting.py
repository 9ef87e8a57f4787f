"""Which of the documents found are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vesalius.language.backend import Backend
from vesalius.language.evidence.context import with_evidence
from vesalius.language.evidence.uncertainty import beliefs
from vesalius.language.prompts import templates
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document, Hit


@dataclass(frozen=True, slots=True)
class Chosen:
    """The documents that are read for one question, the most important first, and what choosing cost."""

    documents: tuple[Document, ...]
    tokens: int = 0
    calls: int = 0


class Selector(Protocol):
    """Chooses among the documents that were found for each question."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompts that are used."""
        ...

    def __call__(self, backend: Backend, questions: Sequence[Question], found: Sequence[Sequence[Document]]) -> list[Chosen]:
        """One a question, in their order."""
        ...


def union(hits: Sequence[Sequence[Hit]]) -> tuple[Document, ...]:
    """The documents of several queries, each once: the first of every query, then the second of every query, and so on.

    >>> one, two, three = (Hit(Document(name, "", name), 1.0) for name in "abc")
    >>> [document.id for document in union([[one, two], [three, one]])]
    ['a', 'c', 'b']
    """
    deepest = max(map(len, hits), default=0)
    ranked = (own[rank].document for rank in range(deepest) for own in hits if rank < len(own))
    documents: dict[str, Document] = {}
    for document in ranked:
        documents.setdefault(document.id, document)
    return tuple(documents.values())


@dataclass(frozen=True, slots=True)
class First:
    """The first so many, as they were found.

    >>> First(1)(None, ["question"], [[Document("a", "", ""), Document("b", "", "")]])[0].documents[0].id
    'a'
    """

    keep: int

    @property
    def prompts(self) -> tuple[str, ...]:
        """None."""
        return ()

    def __call__(self, backend: Backend, questions: Sequence[Question], found: Sequence[Sequence[Document]]) -> list[Chosen]:
        """The model is not asked."""
        return [Chosen(tuple(documents[: self.keep])) for documents in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUncertainty:
    """Those after which the model is surer among the options (Shi et al. 2025, SearchRAG).

    The gain of a document d for a question x with options Y is ΔH = H(Y | x) − H(Y | d, x). Documents are read in the order of
    their gain, from those whose gain exceeds a threshold; where none does, none is read.

    Attributes:
        keep: at most so many.
        words: of a document that are shown to the model.
        threshold: bits.
        chat: ask as a conversation.
    """

    keep: int
    words: int
    threshold: float = 0.0
    chat: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """The one by which beliefs are had."""
        return (templates()["letter"].label,)

    def __call__(self, backend: Backend, questions: Sequence[Question], found: Sequence[Sequence[Document]]) -> list[Chosen]:
        """One belief a question without documents, and one with each of its documents alone."""
        asked = [
            with_evidence(question, documents, self.words)
            for question, own in zip(questions, found, strict=True)
            for documents in [(), *((document,) for document in own)]
        ]
        said = iter(beliefs(backend, asked, chat=self.chat))
        chosen = []
        for own in found:
            before, *after = (next(said) for _ in range(len(own) + 1))
            gains = [before.entropy - one.entropy for one in after]
            order = sorted(range(len(own)), key=lambda place: -gains[place])
            kept = [own[place] for place in order if gains[place] > self.threshold]
            tokens, calls = (before.tokens + sum(o.tokens for o in after), before.calls + sum(o.calls for o in after))
            chosen.append(Chosen(tuple(kept[: self.keep]), tokens, calls))
        return chosen
