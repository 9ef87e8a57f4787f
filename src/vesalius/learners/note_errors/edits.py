"""For each sentence of a note, the change of one phrase by which the note would agree best with itself.

Axes: P phrases that may be put in, W their words, C words of the note, B words before phrases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.note_errors.associations import Associations
from vesalius.learners.note_errors.replacements import Phrase, Phrases

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class Edit:
    """Words ``start`` to ``end`` of a sentence, what suits the note better, and by how much."""

    start: int
    end: int
    new: Phrase
    gain: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence in its note.

    Attributes:
        edit: the change that gains most; None where nothing may be changed.
        least: how well the word suits the note that suits it least; 0 where nothing is known of any.
    """

    edit: Edit | None
    least: float


class Editor:
    """Judges the sentences of notes.

    A word suits a note by the sum of its associations with the note's other words, a phrase by the mean of its words. What a
    change gains is how much better the new phrase suits what is left of the note than the old one does.

    Args:
        associations: of words in notes that are right.
        phrases: that may be put in.
    """

    def __init__(self, associations: Associations, phrases: Phrases) -> None:
        self._associations = associations
        self._phrases = phrases
        self._listed = list(phrases.before)
        self._rows = {phrase: row for row, phrase in enumerate(self._listed)}
        self._words = sorted({word for phrase in self._listed for word in phrase if word in associations})
        self._mean_PW = _averages(self._listed, self._words)
        self._before = {word: place for place, word in enumerate(sorted({one for own in phrases.before.values() for one in own}))}
        self._standing_PB = np.zeros((len(self._listed), len(self._before)), dtype=bool)
        for row, phrase in enumerate(self._listed):
            self._standing_PB[row, [self._before[word] for word in phrases.before[phrase]]] = True

    def judge(self, note: Sequence[Words]) -> list[Judged]:
        """Every sentence of a note, given as words."""
        context = sorted({word for sentence in note for word in sentence if word in self._associations})
        one = _Note(self, context)
        return [Judged(self._best(sentence, one), one.least(sentence)) for sentence in note]

    def _best(self, sentence: Words, note: "_Note") -> Edit | None:
        edits = [
            edit for span in self._phrases.replaceable(sentence) if (edit := self._best_at(sentence, *span, note)) is not None
        ]
        return max(edits, key=lambda edit: edit.gain, default=None)

    def _best_at(self, sentence: Words, start: int, end: int, note: "_Note") -> Edit | None:
        old = tuple(sentence[start:end])
        allowed_P = self._alternatives(old, sentence[start - 1] if start else "") & note.absent_P
        if not allowed_P.any():
            return None
        suits_P = np.where(allowed_P, note.phrases_without(old), -np.inf)
        place = int(np.argmax(suits_P))
        return Edit(start, end, self._listed[place], float(suits_P[place]) - note.suits_without(old))

    def _alternatives(self, phrase: Phrase, before: str) -> Bools:
        """Phrases that stand where this one stands: behind the same word, here or anywhere in the training notes."""
        places = {before, *self._phrases.before.get(phrase, ())}
        columns = [self._before[word] for word in places if word in self._before]
        allowed_P = np.asarray(self._standing_PB[:, columns].any(axis=1))
        if phrase in self._rows:
            allowed_P[self._rows[phrase]] = False
        return allowed_P


class _Note:
    """What is known of one note's words; ``absent_P`` are the phrases that it does not have yet."""

    def __init__(self, editor: Editor, context: Words) -> None:
        self._columns = {word: place for place, word in enumerate(context)}
        self._table_CC = editor._associations.between(context, context)
        np.fill_diagonal(self._table_CC, 0)
        table_WC = editor._associations.between(editor._words, context)
        for row, word in enumerate(editor._words):
            if word in self._columns:
                table_WC[row, self._columns[word]] = 0
        self._table_PC: Floats = editor._mean_PW @ table_WC
        self._sums_P: Floats = np.asarray(self._table_PC.sum(axis=1))
        self._sums_C: Floats = np.asarray(self._table_CC.sum(axis=1))
        here_W = np.array([word in self._columns for word in editor._words], dtype=bool)
        self.absent_P: Bools = np.asarray(editor._mean_PW[:, ~here_W].any(axis=1))

    def least(self, sentence: Words) -> float:
        return min((float(self._sums_C[self._columns[word]]) for word in sentence if word in self._columns), default=0.0)

    def phrases_without(self, old: Phrase) -> Floats:
        """How well every phrase suits the note without the old one."""
        return np.asarray(self._sums_P - self._table_PC[:, self._known(old)].sum(axis=1))

    def suits_without(self, old: Phrase) -> float:
        """How well the old phrase suits the rest of the note."""
        known = self._known(old)
        if not known:
            return 0.0
        return float((self._sums_C[known] - self._table_CC[np.ix_(known, known)].sum(axis=1)).mean())

    def _known(self, old: Phrase) -> list[int]:
        return sorted({self._columns[word] for word in old if word in self._columns})


def _averages(phrases: Sequence[Phrase], words: Words) -> Floats:
    """A row a phrase, by which values of words become the mean over the phrase's known words."""
    columns = {word: place for place, word in enumerate(words)}
    means_PW = np.zeros((len(phrases), len(words)))
    for row, phrase in enumerate(phrases):
        known = [columns[word] for word in phrase if word in columns]
        for column in known:
            means_PW[row, column] += 1 / len(known)
    return means_PW
