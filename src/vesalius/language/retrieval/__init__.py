"""Search over documents: by words, by vectors, and by several ways at once."""

from vesalius.language.retrieval.dense import Dense, Embed
from vesalius.language.retrieval.documents import Hit, Index, passages, read_documents, words, write_documents
from vesalius.language.retrieval.fused import Fused
from vesalius.language.retrieval.lexical import Bm25, TfIdf
from vesalius.sources.documents import Document

__all__ = [
    "Bm25",
    "Dense",
    "Document",
    "Embed",
    "Fused",
    "Hit",
    "Index",
    "TfIdf",
    "passages",
    "read_documents",
    "words",
    "write_documents",
]
