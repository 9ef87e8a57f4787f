"""Search by vectors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.language.retrieval.documents import Hit, best, distinct, read_documents, write_documents
from vesalius.sources.documents import Document

Embed = Callable[[Sequence[str]], NDArray[Any]]
"""Texts to vectors, texts × dimensions; a backend's ``embed`` is one."""

_CORPUS, _VECTORS = "documents.jsonl", "vectors.npy"


class Dense:
    """Cosine between vectors of query and document, over all documents (Karpukhin et al. 2020).

    Args:
        documents: the corpus; titles are embedded with the texts.
        embed: makes the vectors of documents and queries.
        embed_queries: makes those of queries, where another model does.

    >>> documents = [Document("1", "", "aab"), Document("2", "", "b")]
    >>> index = Dense(documents, lambda texts: np.array([[text.count("a"), 1] for text in texts]))
    >>> [(hit.document.id, round(hit.score, 2)) for hit in index.search(["aa"], 2)[0]]
    [('1', 1.0), ('2', 0.45)]
    """

    def __init__(self, documents: Sequence[Document], embed: Embed, *, embed_queries: Embed | None = None) -> None:
        self._documents = distinct(documents)
        self._embed = embed_queries or embed
        self._vectors_DE = _unit(embed([document.whole for document in self._documents]), len(self._documents))

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """For each query the nearest documents."""
        return [best(scores_D, self._documents, count) for scores_D in self.scores(queries)]

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Cosine of each query with each document, queries × documents."""
        if not queries:
            return np.zeros((0, len(self._documents)), np.float32)
        return np.asarray(_unit(self._embed(queries), len(queries)) @ self._vectors_DE.T)

    def save(self, folder: Path) -> None:
        """Write documents and vectors; what embeds is not among them."""
        folder.mkdir(parents=True, exist_ok=True)
        write_documents(folder / _CORPUS, self._documents)
        np.save(folder / _VECTORS, self._vectors_DE, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, embed_queries: Embed) -> Self:
        """Read what ``save`` wrote; no document is embedded again.

        Raises:
            UserError: if the folder holds no such index.
        """
        documents = read_documents(folder / _CORPUS)
        try:
            vectors_DE = np.load(folder / _VECTORS, allow_pickle=False)
        except (OSError, ValueError) as broken:
            raise UserError(f"{folder / _VECTORS}: no vectors can be read; embed the documents again.") from broken
        return cls(documents, lambda _: vectors_DE, embed_queries=embed_queries)


def _unit(vectors_TE: NDArray[Any], count: int) -> NDArray[np.float32]:
    if vectors_TE.ndim != 2 or len(vectors_TE) != count:
        raise UserError(f"{count} texts got vectors of shape {vectors_TE.shape}; give an embedding with one row a text.")
    lengths = np.linalg.norm(vectors_TE, axis=1, keepdims=True)
    return np.asarray(vectors_TE / np.maximum(lengths, 1e-12), np.float32)
