"""Questions with written answers, turned round: which passage of a corpus answers the question?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.tasks import Source

Passages = Mapping[str, str]
"""Text of each passage by its id."""


@dataclass(frozen=True, slots=True)
class AnswerRetrieval:
    """The records of a source, each with the ids of the passages that answer it.

    Every different answer is a passage. Where several records of one part ask the same words, the answers of all are right: sites
    that ask the same each have an answer of their own. The corpus that is searched is the answers of the test records alone, and
    records to learn from that have one of them are left out, so that none of its passages was an answer in training.

    Attributes:
        source: of records with ``question``, ``answer`` and the tag ``split``.
        limit: most records of each part, evenly spaced; None takes all.
    """

    source: Source
    limit: int | None = None

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return f"{self.source.name}-retrieval"

    @property
    def tier(self) -> Tier:
        """As its records are."""
        return self.source.tier

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"The passage that answers each question. {self.source.description}"

    def records(self) -> Sequence[Record]:
        """Records with ``question``, ``answer`` and ``passages``, the ids of the right ones with commas between them."""
        return _turned(self)[0]

    def corpus(self) -> Passages:
        """The passages that are searched, by id."""
        return _turned(self)[1]


@cache
def _turned(retrieval: AnswerRetrieval) -> tuple[tuple[Record, ...], Passages]:
    records = _apart(_thinned(retrieval.source.records(), retrieval.limit))
    names: dict[str, str] = {}
    right: dict[tuple[str, str], dict[str, None]] = {}
    for record in records:
        answer = _text(record, "answer")
        name = names.setdefault(answer, f"p{len(names):05d}")
        right.setdefault((record.tags["split"], _asked(record)), {})[name] = None
    turned = tuple(
        Record(
            id=record.id,
            subject_id=record.subject_id,
            fields=dict(record.fields) | {"passages": Text(",".join(right[record.tags["split"], _asked(record)]))},
            time=record.time,
            licence=record.licence,
            tags=record.tags,
        )
        for record in records
    )
    tested = [_text(record, "answer") for record in records if record.tags["split"] == "test"]
    return turned, {names[answer]: answer for answer in tested}


def _thinned(records: Sequence[Record], limit: int | None) -> Sequence[Record]:
    if limit is None:
        return records
    kept: list[Record] = []
    for split in ("train", "validation", "test"):
        part = [record for record in records if record.tags["split"] == split]
        kept += part[:: -(-len(part) // limit) or 1]
    return kept


def _apart(records: Sequence[Record]) -> list[Record]:
    """Without the training and validation records whose very answer is one of the test's: sites repeat theirs."""
    tested = {_text(record, "answer") for record in records if record.tags["split"] == "test"}
    return [record for record in records if record.tags["split"] == "test" or _text(record, "answer") not in tested]


def _text(record: Record, name: str) -> str:
    return record.get(name, Text).value


def _asked(record: Record) -> str:
    return " ".join(_text(record, "question").lower().split())
