"""Which solved questions are shown as examples."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vesalius.language.backend import Backend
from vesalius.language.questions import Question
from vesalius.language.retrieval import Bm25, Document

Choice = Literal["random", "bm25", "embedding"]
"""The same drawn once for all questions; or those nearest to each by words, or by the backend's vectors."""


class Chooser(Protocol):
    """Gives each question its examples, the nearest last (Liu et al. 2022), never the question itself."""

    def choose(self, questions: Sequence[Question]) -> list[Sequence[Question]]:
        """As many as there are questions."""
        ...


def chooser(choice: Choice, pool: Sequence[Question], count: int, backend: Backend) -> Chooser:
    """What chooses from a pool; for ``random`` the pool is what was drawn."""
    if choice == "random" or not count or not pool:
        return _Same(pool[:count])
    return _ByWords(pool, count) if choice == "bm25" else _ByVectors(pool, count, backend)


def drawn(pool: Sequence[Question], count: int, seed: int) -> list[Question]:
    """So many of a pool, by seed.

    >>> pool = [Question(id=name, text="?", options=("a", "b"), order=(0, 1)) for name in "xyz"]
    >>> [question.id for question in drawn(pool, 2, 0)]
    ['z', 'x']
    """
    places = np.random.default_rng(seed).permutation(len(pool))[:count]
    return [pool[place] for place in places]


class _Same:
    def __init__(self, shots: Sequence[Question]) -> None:
        self._shots = shots

    def choose(self, questions: Sequence[Question]) -> list[Sequence[Question]]:
        return [self._shots] * len(questions)


class _ByWords:
    def __init__(self, pool: Sequence[Question], count: int) -> None:
        self._pool, self._count = pool, count
        self._index = Bm25([Document(str(place), "", question.text) for place, question in enumerate(pool)])

    def choose(self, questions: Sequence[Question]) -> list[Sequence[Question]]:
        scores_QP = self._index.scores([question.text for question in questions])
        return [
            _nearest(scores_P, self._pool, self._count, question) for scores_P, question in zip(scores_QP, questions, strict=True)
        ]


class _ByVectors:
    """Cosine between the vectors of the question texts."""

    def __init__(self, pool: Sequence[Question], count: int, backend: Backend) -> None:
        self._pool, self._count, self._backend = pool, count, backend
        self._vectors_PD = self._embedded(pool)

    def choose(self, questions: Sequence[Question]) -> list[Sequence[Question]]:
        if not questions:
            return []
        scores_QP = self._embedded(questions) @ self._vectors_PD.T
        pairs = zip(scores_QP, questions, strict=True)
        return [_nearest(scores_P, self._pool, self._count, question) for scores_P, question in pairs]

    def _embedded(self, questions: Sequence[Question]) -> NDArray[np.floating]:
        vectors_QD = self._backend.embed([question.text for question in questions])
        return np.asarray(vectors_QD / np.maximum(np.linalg.norm(vectors_QD, axis=1, keepdims=True), 1e-12))


def _nearest(scores_P: NDArray[np.floating], pool: Sequence[Question], count: int, question: Question) -> list[Question]:
    order = np.argsort(-scores_P, kind="stable")[: count + 1]
    found = [pool[place] for place in order if pool[place].id != question.id]
    return found[:count][::-1]
