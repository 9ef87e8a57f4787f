"""Which words go together in notes: what a note that contradicts itself is recognised by.

Axes: N notes, V words of the vocabulary.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_FEWEST = 2
"""A word of the vocabulary stands in at least so many notes."""


def words(text: str) -> list[str]:
    """Lower-case words; a hyphen or a full stop within a word, as of a decimal number, belongs to it.

    >>> words("The diagnosis is marfan-syndrome, 2.5 mg given.")
    ['the', 'diagnosis', 'is', 'marfan-syndrome', '2.5', 'mg', 'given']
    """
    return WORD.findall(text.lower())


class Associations:
    """How much more often two words stand in the same note than by chance: log (n_ab + 1) / (n_a·n_b/N + 1).

    It is the pointwise mutual information (Church and Hanks 1990) with one pair added to what is seen and to what is expected, so
    that rare words say little. A word suits a note by the sum of its associations with the note's other words.

    Args:
        notes: the words of each note that is right.

    >>> pairs = Associations([["gout", "urate"], ["gout", "urate"], ["flu", "fever"], ["flu", "fever"]])
    >>> pairs.between(["gout", "flu"], ["urate"]).round(2).tolist()
    [[0.41], [-0.69]]
    """

    def __init__(self, notes: Sequence[Sequence[str]]) -> None:
        found = Counter(word for note in notes for word in set(note))
        kept = sorted(word for word, count in found.items() if count >= _FEWEST)
        self._places: Mapping[str, int] = {word: place for place, word in enumerate(kept)}
        self._standing_NV = np.zeros((max(len(notes), 1), len(kept)), dtype=np.float32)
        for row, note in enumerate(notes):
            self._standing_NV[row, [self._places[word] for word in set(note) if word in self._places]] = 1
        self._counts_V = self._standing_NV.sum(axis=0)

    def __contains__(self, word: str) -> bool:
        """Whether enough notes have the word for anything to be said of it."""
        return word in self._places

    def between(self, first: Sequence[str], second: Sequence[str]) -> Floats:
        """Associations of words with words, first × second; 0 for a word of which too little is known."""
        table = np.zeros((len(first), len(second)))
        rows = [place for place, word in enumerate(first) if word in self._places]
        columns = [place for place, word in enumerate(second) if word in self._places]
        if not rows or not columns:
            return table
        a = [self._places[first[place]] for place in rows]
        b = [self._places[second[place]] for place in columns]
        together = self._standing_NV[:, a].T @ self._standing_NV[:, b]
        expected = np.outer(self._counts_V[a], self._counts_V[b]) / self._standing_NV.shape[0]
        table[np.ix_(rows, columns)] = np.log((together + 1) / (expected + 1))
        return table
