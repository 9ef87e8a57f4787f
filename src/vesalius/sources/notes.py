"""Notes as numbered sentences, and which of them are versions of one note."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from vesalius.records import Record, Text
from vesalius.sources.joined import joined

_NUMBERED = re.compile(r"(\d+) (.*)", re.DOTALL)
_END = re.compile(r"(?<=[.?!])\s+")
_SHORTEST = 25
"""Shorter sentences, such as "The lungs are clear.", stand in notes that have nothing else in common."""

_MOST = 10
"""A sentence in more notes than that says nothing of whether two are versions of one."""

_SHARED = 0.5
"""Share of the sentences of the shorter text that two versions of one note have in common at least."""


def sentences_of(numbered: str) -> dict[str, str]:
    r"""Sentences by number, from a text in which each begins a line with its number, counted from 0.

    A line with another number in front, or none, goes on with the sentence before it.

    >>> sentences_of("0 Pulse is\n106/min.\n1 Given aspirin.")
    {'0': 'Pulse is 106/min.', '1': 'Given aspirin.'}
    """
    found: list[str] = []
    for line in numbered.splitlines():
        begun = _NUMBERED.fullmatch(line)
        if begun and int(begun[1]) == len(found):
            found.append(begun[2])
        elif found:
            found[-1] = f"{found[-1]} {line}"
    return {str(number): " ".join(sentence.split()) for number, sentence in enumerate(found)}


def numbered(sentences: Sequence[str]) -> str:
    r"""The text from which ``sentences_of`` reads them.

    >>> numbered(["Fever.", "Given aspirin."])
    '0 Fever.\n1 Given aspirin.'
    """
    return "\n".join(f"{number} {sentence}" for number, sentence in enumerate(sentences))


def by_base_note(records: Sequence[Record], field: str = "text") -> list[Record]:
    """The same records, those that are versions of one note with one subject: the id of the first of them.

    Versions have the same first sentence, or half of the shorter one's sentences in common, in whatever order; so a note with an
    error and the same note without are never parted by a split of subjects.

    Args:
        records: of notes.
        field: the text.
    """
    texts = [_sentences(record.get(field, Text).value) for record in records]
    first = joined(len(records), _versions(texts))
    return [replace(record, subject_id=records[first[place]].id) for place, record in enumerate(records)]


def _sentences(text: str) -> list[str]:
    """Without case and white space; the first, whatever its length, and those that are long enough."""
    first, *others = [" ".join(one.split()).lower() for one in _END.split(text.strip())]
    return [first, *(one for one in others if len(one) >= _SHORTEST)]


def _versions(texts: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    where: dict[str, list[int]] = defaultdict(list)
    for place, sentences in enumerate(texts):
        for sentence in set(sentences):
            where[sentence].append(place)
    shared = Counter(pair for places in where.values() if len(places) <= _MOST for pair in combinations(places, 2))
    return [
        (a, b)
        for (a, b), count in shared.items()
        if texts[a][0] == texts[b][0] or count >= _SHARED * min(len(set(texts[a])), len(set(texts[b])))
    ]
