"""Search by words."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from vesalius.language.retrieval.documents import Hit, best, distinct, words
from vesalius.sources.documents import Document

Scores = NDArray[np.floating]


class Bm25:
    """Okapi BM25 by bm25s, with the inverse document frequency of Lucene (Robertson and Zaragoza 2009; Lù 2024).

    Σ over the query's words of ln(1 + (N − n + ½) / (n + ½)) · f / (f + k₁ (1 − b + b · length / mean length)),
    with N documents, n of them with the word, which stands f times in the document.

    Args:
        documents: the corpus; titles are searched with the texts.
        k1: how slowly repeating a word saturates.
        b: how much long documents are held back, 0 to 1.
        tokenise: splits documents and queries into words.

    >>> index = Bm25([Document("1", "Gout", "crystals in a joint"), Document("2", "Asthma", "narrow airways")])
    >>> [[hit.document.id for hit in hits] for hits in index.search(["which joint has gout?", "fever"], 2)]
    [['1'], []]
    """

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        k1: float = 1.5,
        b: float = 0.75,
        tokenise: Callable[[str], list[str]] = words,
    ) -> None:
        import bm25s

        self._documents, self._tokenise = distinct(documents), tokenise
        found = [tokenise(document.whole) for document in self._documents]
        self._index = bm25s.BM25(k1=k1, b=b) if any(found) else None
        if self._index is not None:
            self._index.index(found, show_progress=False)

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """For each query the best documents that share a word with it."""
        return [best(self._scores(query), self._documents, count, above=0) for query in queries]

    def scores(self, queries: Sequence[str]) -> Scores:
        """Of each query for each document, queries × documents; 0 where they share no word."""
        return np.stack([self._scores(query) for query in queries]) if queries else np.zeros((0, len(self._documents)))

    def _scores(self, query: str) -> Scores:
        found = self._tokenise(query)
        if self._index is None or not found:
            return np.zeros(len(self._documents), np.float32)
        return np.asarray(self._index.get_scores(found))


class TfIdf:
    """Cosine between word counts weighted by inverse document frequency, ln((1 + N) / (1 + n)) + 1 (Salton and Buckley 1988).

    Args:
        documents: the corpus; titles are searched with the texts.
        tokenise: splits documents and queries into words.

    >>> index = TfIdf([Document("1", "", "gout in a joint"), Document("2", "", "a joint")])
    >>> [round(hit.score, 2) for hit in index.search(["joint"], 2)[0]]
    [0.71, 0.41]
    """

    def __init__(self, documents: Sequence[Document], *, tokenise: Callable[[str], list[str]] = words) -> None:
        self._documents, self._tokenise = distinct(documents), tokenise
        found = [tokenise(document.whole) for document in self._documents]
        self._places = {word: place for place, word in enumerate(dict.fromkeys(word for one in found for word in one))}
        counts_DW = self._counts(found)
        with_word_W = np.bincount(counts_DW.indices, minlength=len(self._places))
        self._weights_W = np.log((1 + len(found)) / (1 + with_word_W)) + 1
        self._vectors_DW = self._vectors(counts_DW)

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """For each query the best documents that share a word with it."""
        return [best(self.scores([query])[0], self._documents, count, above=0) for query in queries]

    def scores(self, queries: Sequence[str]) -> Scores:
        """Of each query for each document, queries × documents, 0 to 1."""
        vectors_QW = self._vectors(self._counts([self._tokenise(query) for query in queries]))
        return np.asarray((vectors_QW @ self._vectors_DW.T).toarray())

    def _counts(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        counted = [Counter(self._places[word] for word in text if word in self._places) for text in texts]
        indices = [place for one in counted for place in one]
        starts = np.cumsum([0, *(len(one) for one in counted)])
        values = [float(count) for one in counted for count in one.values()]
        return csr_matrix((values, indices, starts), shape=(len(texts), len(self._places)))

    def _vectors(self, counts_TW: csr_matrix) -> csr_matrix:
        weighted = counts_TW.multiply(self._weights_W[None]).tocsr()
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return weighted.multiply(1 / np.maximum(lengths, 1e-12)[:, None]).tocsr()
