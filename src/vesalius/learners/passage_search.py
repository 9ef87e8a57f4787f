"""Learners that name the passages of a corpus which answer a question, best first."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.language.retrieval import Document, Hit, Index
from vesalius.learners.text_encoder import EncoderRecipe, Pair, TextEncoder
from vesalius.learners.training import save_histories
from vesalius.records import Record, Text
from vesalius.tasks import Prediction

Corpus = Callable[[], Sequence[Document]]
MakeIndex = Callable[[Sequence[Document]], Index]

LISTED = 50
"""Passages that an answer names at most."""


class PassageSearch:
    """Answers each record by the ids of the passages that an index finds; nothing is learned.

    Args:
        corpus: gives what is searched; called when first needed.
        index: makes the index.
        listed: passages that an answer names at most.

    >>> from vesalius.language.retrieval import Bm25
    >>> corpus = [Document("p1", "", "gout hurts"), Document("p2", "", "gout and asthma")]
    >>> record = Record(id="1", subject_id="1", fields={"question": Text("What of asthma and gout?")})
    >>> PassageSearch(lambda: corpus, Bm25).predict([record])[0].value
    'p2,p1'
    """

    def __init__(self, corpus: Corpus, index: MakeIndex, *, listed: int = LISTED) -> None:
        self._corpus, self._make, self._listed = corpus, index, listed
        self._index: Index | None = None

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Search for each question."""
        found = self.search([_question(record) for record in records], self._listed)
        return [_answer(record, hits) for record, hits in zip(records, found, strict=True)]

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """As the index; it is made when first asked."""
        if self._index is None:
            self._index = self._make(self._corpus())
        return self._index.search(queries, count)

    def save(self, folder: Path) -> None:
        """Nothing to write: the corpus is not the learner's."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""


class TwoStage:
    """Candidates by words, put in order by a sentence encoder that is trained on questions and their answers.

    Args:
        corpus: gives what is searched; called when first needed.
        first: makes the index of the first stage; None has the encoder rank the whole corpus.
        recipe: of the encoder; of no steps it ranks by its random weights.
        candidates: passages that the first stage hands on.
        seed: of the encoder.
    """

    def __init__(
        self, corpus: Corpus, first: MakeIndex | None, recipe: EncoderRecipe, *, candidates: int = LISTED, seed: int
    ) -> None:
        self._corpus, self._candidates = corpus, candidates
        self._first = None if first is None else PassageSearch(corpus, first)
        self.encoder = TextEncoder(recipe, seed=seed)
        self._ranking: _Ranking | None = None

    @property
    def trained_parameters(self) -> int:
        """Of the encoder."""
        return self.encoder.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train the encoder on the fields ``question`` and ``answer``.

        Raises:
            UserError: if there are too few records.
        """
        self.encoder.fit([_pair(record) for record in train], [_pair(record) for record in validation])
        self._ranking = None

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Search for each question, and order what is found by the cosine with the question.

        Raises:
            UserError: if the learner was neither fitted nor loaded.
        """
        ranking = self._ranking = self._ranking or _Ranking(self.encoder, self._corpus())
        questions = [_question(record) for record in records]
        if self._first is None:
            found = ranking.search(questions, self._candidates)
        else:
            found = ranking.ordered(questions, self._first.search(questions, self._candidates))
        return [_answer(record, hits) for record, hits in zip(records, found, strict=True)]

    def save(self, folder: Path) -> None:
        """Write the encoder; the corpus is not the learner's."""
        self.encoder.save(folder)
        save_histories({"training": self.encoder.history}, folder)

    def load(self, folder: Path) -> None:
        """Take back the encoder.

        Raises:
            UserError: if a file is missing, damaged or of another recipe.
        """
        self.encoder.load(folder)
        self._ranking = None


class _Ranking:
    """Cosines between questions and the passages of a corpus, which are embedded once."""

    def __init__(self, encoder: TextEncoder, corpus: Sequence[Document]) -> None:
        self._encoder, self._corpus = encoder, corpus
        self._places = {document.id: place for place, document in enumerate(corpus)}
        self._passages_DE = encoder.embed_passages([document.whole for document in corpus])

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        """The best of the whole corpus."""
        everything = [Hit(document, 0.0) for document in self._corpus]
        return [hits[:count] for hits in self.ordered(questions, [everything] * len(questions))]

    def ordered(self, questions: Sequence[str], found: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
        """What was found for each question, by the cosine; equal ones in the order given."""
        return [
            self._by_cosine(vector_E, hits)
            for vector_E, hits in zip(self._encoder.embed_questions(questions), found, strict=True)
        ]

    def _by_cosine(self, vector_E: NDArray[np.float32], hits: Sequence[Hit]) -> list[Hit]:
        places = [self._places[hit.document.id] for hit in hits]
        cosines = self._passages_DE[places] @ vector_E
        return [Hit(self._corpus[places[rank]], float(cosines[rank])) for rank in np.argsort(-cosines, kind="stable")]


def _question(record: Record) -> str:
    return record.get("question", Text).value


def _pair(record: Record) -> Pair:
    return Pair(_question(record), record.get("answer", Text).value)


def _answer(record: Record, hits: Sequence[Hit]) -> Prediction:
    return Prediction(record_id=record.id, value=",".join(hit.document.id for hit in hits))
