"""Search by several indices at once."""

from collections.abc import Sequence

from vesalius.language.retrieval.documents import Hit, Index
from vesalius.sources.documents import Document


class Fused:
    """Reciprocal rank fusion: a document's score is Σ over the indices that found it of 1 / (k + rank) (Cormack et al. 2009).

    Args:
        indices: over the same documents, or over several corpora whose ids differ.
        k: how little the first ranks stand out; 60 in the paper.
        depth: how many hits of each index are looked at, at least as many as are asked for.
    """

    def __init__(self, indices: Sequence[Index], *, k: float = 60, depth: int = 100) -> None:
        self._indices, self._k, self._depth = tuple(indices), k, depth

    def search(self, queries: Sequence[str], count: int) -> list[list[Hit]]:
        """For each query the documents of the highest sums; of equal ones, those that an earlier index found."""
        found = [index.search(queries, max(count, self._depth)) for index in self._indices]
        return [self._fuse([hits[place] for hits in found])[:count] for place in range(len(queries))]

    def _fuse(self, lists: Sequence[Sequence[Hit]]) -> list[Hit]:
        documents: dict[str, Document] = {}
        sums: dict[str, float] = {}
        for hits in lists:
            for rank, hit in enumerate(hits, start=1):
                documents[hit.document.id] = hit.document
                sums[hit.document.id] = sums.get(hit.document.id, 0.0) + 1 / (self._k + rank)
        ordered = sorted(sums, key=lambda name: -sums[name])
        return [Hit(documents[name], sums[name]) for name in ordered]
