"""What may stand in place of what: learned from the wrong sentences of the training notes and their corrections."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vesalius.learners.note_errors.associations import WORD, words

Phrase = tuple[str, ...]
Context = tuple[str, str]
"""The word before, and the word behind; empty at the sentence's ends."""

_LONGEST = 6
"""Words of a phrase at most."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The run of words by which two sentences differ.

    Attributes:
        old, new: as they are written; either may be empty.
        context: around both.
    """

    old: str
    new: str
    context: Context


def replacement(wrong: str, right: str) -> Replacement:
    """The shortest run of words by which two sentences differ, letter case aside.

    >>> replacement("Culture shows group A streptococci.", "Culture shows Trichomonas.")
    Replacement(old='group A streptococci', new='Trichomonas', context=('shows', ''))
    """
    old, new = words(wrong), words(right)
    shared = min(len(old), len(new))
    start = next((place for place in range(shared) if old[place] != new[place]), shared)
    end = next((place for place in range(shared - start) if old[-1 - place] != new[-1 - place]), shared - start)
    before = old[start - 1] if start else ""
    behind = old[len(old) - end] if end else ""
    return Replacement(written(wrong, start, len(old) - end), written(right, start, len(new) - end), (before, behind))


def written(sentence: str, start: int, end: int) -> str:
    """Words ``start`` to ``end`` of a sentence as it has them; empty where there are none."""
    found = list(WORD.finditer(sentence))[start:end]
    return sentence[found[0].start() : found[-1].end()] if found else ""


def replaced(sentence: str, start: int, end: int, new: str) -> str:
    """The sentence with something else in place of these words, with a capital letter where it begins.

    >>> replaced("Aspirin is given, at once.", 0, 1, "heparin")
    'Heparin is given, at once.'
    """
    found = list(WORD.finditer(sentence))[start:end]
    changed = sentence[: found[0].start()] + new + sentence[found[-1].end() :]
    return changed[:1].upper() + changed[1:] if sentence[:1].isupper() else changed


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases that were replaced or put in, with the places where they may stand.

    Attributes:
        known: each with how it is written.
        contexts: words around what was replaced.
        before: of each phrase, the words that stand before it in the training notes.
    """

    known: dict[Phrase, str] = field(default_factory=dict)
    contexts: set[Context] = field(default_factory=set)
    before: dict[Phrase, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def learned(cls, pairs: Iterable[tuple[str, str]], sentences: Iterable[str]) -> "Phrases":
        """From wrong sentences with their corrections, and all sentences of the training notes."""
        made = cls()
        for wrong, right in pairs:
            one = replacement(wrong, right)
            phrases = {tuple(words(text)): text for text in (one.old, one.new)}
            if all(0 < len(phrase) <= _LONGEST for phrase in phrases):
                made.contexts.add(one.context)
                made.known.update(phrases)
        for sentence in sentences:
            own = words(sentence)
            for start, end in made._standing(own):
                made.before[tuple(own[start:end])].add(own[start - 1] if start else "")
        return made

    def _standing(self, own: Sequence[str]) -> list[tuple[int, int]]:
        """Where known phrases stand."""
        return [
            (start, end)
            for start in range(len(own))
            for end in range(start + 1, min(start + _LONGEST, len(own)) + 1)
            if tuple(own[start:end]) in self.known
        ]

    def replaceable(self, own: Sequence[str]) -> list[tuple[int, int]]:
        """Runs of a sentence's words that may be wrong: known phrases, and what stands where phrases were replaced."""
        found = dict.fromkeys(self._standing(own))
        around = ["", *own, ""]
        for start in range(len(own)):
            for end in range(start + 1, min(start + _LONGEST, len(own)) + 1):
                if (around[start], around[end + 1]) in self.contexts:
                    found[start, end] = None
        return list(found)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "known": [[list(phrase), text] for phrase, text in self.known.items()],
            "contexts": sorted(self.contexts),
            "before": [[list(phrase), sorted(own)] for phrase, own in self.before.items()],
        }

    @classmethod
    def from_json(cls, content: Any) -> "Phrases":
        """From plain JSON values; raises KeyError, TypeError or ValueError where they are none."""
        return cls(
            known={tuple(phrase): text for phrase, text in content["known"]},
            contexts={(before, behind) for before, behind in content["contexts"]},
            before={tuple(phrase): set(own) for phrase, own in content["before"]},
        )
