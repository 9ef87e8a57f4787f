"""Searching and reading before answering, in front of any way of answering."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from vesalius.language.backend import Backend
from vesalius.language.choices import Answered, Shots
from vesalius.language.evidence.context import with_evidence
from vesalius.language.evidence.queries import Queries, QueryMaker
from vesalius.language.evidence.selecting import Selector, union
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document, Index
from vesalius.language.steering import Strategy


class ReadFirst:
    """Retrieval-augmented generation: queries are made, documents found and chosen, and the question is asked behind them.

    Args:
        index: makes the index; it is called once, with the model, which may embed the corpus.
        queries: what the corpus is asked; the documents of several queries are joined, the best of each first.
        select: which of the documents found are read.
        then: how the question is answered behind them.
        depth: documents that each query finds.
        words: room for the documents before the question.
    """

    def __init__(
        self,
        index: Callable[[Backend], Index],
        *,
        queries: QueryMaker,
        select: Selector,
        then: Strategy,
        depth: int,
        words: int,
    ) -> None:
        self._make = index
        self._index: Index | None = None
        self._queries, self._select, self._then = queries, select, then
        self._depth, self._words = depth, words

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of all prompts, of queries, of choosing and of answering."""
        return (*self._queries.prompts, *self._select.prompts, *self._then.prompts)

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Search, choose, read, answer; what all of it cost is told with the answer."""
        if self._index is None:
            self._index = self._make(backend)
        made = self._queries(backend, questions, seed)
        chosen = self._select(backend, questions, self._found(self._index, made))
        read = [with_evidence(question, one.documents, self._words) for question, one in zip(questions, chosen, strict=True)]
        answers = self._then(backend, read, shots, seed)
        return [
            replace(said, tokens=said.tokens + asked.tokens + picked.tokens, calls=said.calls + asked.calls + picked.calls)
            for said, asked, picked in zip(answers, made, chosen, strict=True)
        ]

    def _found(self, index: Index, made: Sequence[Queries]) -> list[tuple[Document, ...]]:
        hits = iter(index.search([text for one in made for text in one.texts], self._depth))
        return [union([next(hits) for _ in one.texts]) for one in made]
