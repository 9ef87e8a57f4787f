"""What all that read medication strings share: the string of a record, its words, and the answer where nothing tells."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from vesalius.records import Record, Text
from vesalius.sources.medication_labels import Target
from vesalius.sources.simulators.medications import FIELD
from vesalius.tasks import Prediction


def string_of(record: Record) -> str:
    """The string, with single spaces: those who differ in spaces alone are one."""
    return " ".join(record.get(FIELD, Text).value.split())


def words_of(text: str) -> tuple[str, ...]:
    """Words in lower case; what stands between letters and digits parts them.

    >>> words_of("AMOXICILLIN-CLAV  875-125 MG P.O.")
    ('amoxicillin', 'clav', '875', '125', 'mg', 'po')
    """
    dotted = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b|\s|$|[,)])", "", text.lower())
    return tuple(re.findall(r"[a-z0-9]+", dotted))


def windows(words: Sequence[str], longest: int) -> Iterator[str]:
    """All runs of words up to a length, longer ones first.

    >>> list(windows(("potassium", "chloride", "po"), 2))
    ['potassium chloride', 'chloride po', 'potassium', 'chloride', 'po']
    """
    for size in range(min(longest, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def commonest(records: Sequence[Record], target: Target) -> str | None:
    """The answer that most records have, the first in the alphabet of equal ones; None where the answer is a name."""
    if target == "generic name" or not records:
        return None
    counts = Counter(record.get(target, Text).value for record in records)
    return min(counts, key=lambda answer: (-counts[answer], answer))


def prediction(record: Record, answer: str | None) -> Prediction:
    """An answer, or that there is none."""
    return Prediction(record_id=record.id, value=answer, outcome="empty" if answer is None else "answered")
