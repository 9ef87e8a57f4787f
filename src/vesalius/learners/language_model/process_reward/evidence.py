"""What the verifier reads beside a question."""

from collections.abc import Sequence
from itertools import zip_longest

from vesalius.language.questions import Question
from vesalius.language.retrieval import Document, Index


class Evidence:
    """Passages of guidelines or textbooks for a question and each of its options.

    Each option is a query of its own, and the question another; their hits are taken in turns, so that no option is left without.

    Args:
        index: over the guidelines.
        count: documents for one question.

    >>> from vesalius.language.retrieval import Bm25
    >>> index = Bm25([Document("1", "gout", "crystals in a joint"), Document("2", "asthma", "narrow airways")])
    >>> question = Question(id="q", text="Which one has crystals?", options=("asthma", "gout"), order=(0, 1))
    >>> [document.id for document in Evidence(index, count=2).of([question])[0]]
    ['2', '1']
    """

    def __init__(self, index: Index, *, count: int) -> None:
        self._index, self._count = index, count

    def of(self, questions: Sequence[Question]) -> list[tuple[Document, ...]]:
        """The documents of each question, the most telling first."""
        return [self._found(question) for question in questions]

    def _found(self, question: Question) -> tuple[Document, ...]:
        ranks = zip_longest(*self._index.search([*question.options, question.text], self._count))
        documents = {hit.document.id: hit.document for rank in ranks for hit in rank if hit is not None}
        return tuple(documents.values())[: self._count]
