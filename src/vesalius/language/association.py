"""How strongly words of a question and of an answer are associated in a corpus."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from vesalius.language.retrieval import words


class Association:
    """Pointwise mutual information, ln(p(x, y) / (p(x) p(y))), of words and pairs of neighbours (Clark et al. 2016).

    A probability is the share of the corpus's windows of so many words that hold the word, or both. Windows overlap by half.

    Args:
        texts: the corpus; a window lies within one.
        window: words of a window.

    >>> association = Association(["gout hurts joints", "asthma narrows airways"], window=4)
    >>> association.scores("gout?", ["joints", "airways"]).round(2).tolist()
    [0.69, 0.0]
    """

    def __init__(self, texts: Sequence[str], *, window: int = 10) -> None:
        from bm25s.stopwords import STOPWORDS_EN

        self._common = frozenset(STOPWORDS_EN)
        self._numbers: dict[str, int] = {}
        columns: list[int] = []
        starts = [0]
        for text in texts:
            for within in _windows(words(text), window):
                numbered = {self._numbers.setdefault(gram, len(self._numbers)) for gram in self._grams(within)}
                columns.extend(sorted(numbered))
                starts.append(len(columns))
        shape = (len(starts) - 1, len(self._numbers))
        rows = np.repeat(np.arange(shape[0]), np.diff(starts))
        self._held_WG = csc_matrix((np.ones(len(columns), np.int32), (rows, columns)), shape=shape)
        # as floats: products of two counts are over the range of the 32 bits that they have here
        self._counts_G = np.diff(self._held_WG.indptr).astype(np.float64)

    def scores(self, question: str, options: Sequence[str]) -> NDArray[np.float64]:
        """Of each option, the mean over all pairs of a word of the question and one of the option.

        A pair that is never in one window counts 0, and so does an option without a word that the corpus knows.
        """
        asked = self._known(question)
        return np.array([self._mean(asked, self._known(option)) for option in options])

    def _mean(self, asked: Sequence[int], option: Sequence[int]) -> float:
        if not asked or not option:
            return 0.0
        together = (self._held_WG[:, asked].T @ self._held_WG[:, option]).toarray()
        expected = np.outer(self._counts_G[asked], self._counts_G[option]) / self._held_WG.shape[0]
        return float(np.log(np.where(together > 0, together / expected, 1.0)).mean())

    def _known(self, text: str) -> list[int]:
        grams = dict.fromkeys(self._grams(words(text)))
        return [self._numbers[gram] for gram in grams if gram in self._numbers]

    def _grams(self, found: Sequence[str]) -> Iterator[str]:
        """Words, and neighbours that both say something."""
        telling = [word not in self._common for word in found]
        for place, word in enumerate(found):
            if telling[place]:
                yield word
                if place and telling[place - 1]:
                    yield f"{found[place - 1]} {word}"


def _windows(found: Sequence[str], window: int) -> Iterator[Sequence[str]]:
    for start in range(0, max(len(found) - window // 2, 1), max(window // 2, 1)):
        yield found[start : start + window]
