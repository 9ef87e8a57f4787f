"""Structures of many sets to train on, and those of other sets, with a prompt, to test on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from vesalius.records import Record
from vesalius.records.places import place
from vesalius.sources.public.medscribble import ANNOTATORS
from vesalius.sources.structures import Structures
from vesalius.tasks import Split, Tier
from vesalius.tasks.prompts import PROMPTS, Prompting, prompted

SEED = 0
"""Of simulated prompts."""
NOTE = (
    "Whole sets are held out: no set of the test is in training. The interval is over sets, of which there are few; each has "
    "three or four slices, and those of real scribbles are scribbled on by three people."
)


@dataclass(frozen=True, slots=True)
class PromptedStructures:
    """The records of ``structures``; those of held-out sets, and of one subject of each other set, carry a prompt.

    Attributes:
        structures: all of them.
        held_out: sets of which all records carry a prompt.
        prompting: how; None for people's own scribbles, one record a person, of sets that have them.
    """

    structures: Structures
    held_out: tuple[str, ...]
    prompting: Prompting | None

    @property
    def name(self) -> str:
        """That of the structures."""
        return self.structures.name

    @property
    def tier(self) -> Tier:
        """That of the structures."""
        return self.structures.tier

    @property
    def description(self) -> str:
        """What the records are, and what they are prompted by."""
        by = "people's scribbles" if self.prompting is None else f"simulated {', '.join(self.prompting.kinds)}"
        return f"{self.structures.description} Those of {', '.join(self.held_out)} are pointed out by {by}."

    def records(self) -> Sequence[Record]:
        """One record a structure of an image, or a person's scribble of it.

        Raises:
            UserError: if a public release is not at hand.

        >>> chests = Structures(("chest-xray", "ultrasound"), 5, 32, "simulated", "simulator")
        >>> source = PromptedStructures(chests, ("ultrasound",), Prompting(kinds=("box",)))
        >>> records = source.records()
        >>> {record.tags["set"] for record in source.split(records).test}
        {'ultrasound'}
        """
        return _records(self)

    def split(self, records: Sequence[Record]) -> Split:
        """Without a prompt to train; with one, held-out sets to test and the others to validate."""
        carried = [record for record in records if record.fields.keys() & set(PROMPTS)]
        plain = [record for record in records if not record.fields.keys() & set(PROMPTS)]
        test = [record for record in carried if record.tags["set"] in self.held_out]
        return Split(plain, [record for record in carried if record.tags["set"] not in self.held_out], test)


@cache
def _records(source: PromptedStructures) -> tuple[Record, ...]:
    records = source.structures.records()
    validating = _validating(source, records)
    made: list[Record] = []
    for record in records:
        if record.tags["set"] not in source.held_out and record.subject_id not in validating:
            made.append(_without_scribbles(record))
        elif source.prompting is None:
            made.extend(_scribbled(record))
        else:
            made.extend(prompted([_without_scribbles(record)], source.prompting, seed=SEED))
    return tuple(made)


def _validating(source: PromptedStructures, records: Sequence[Record]) -> set[str]:
    """The subject whose hash is lowest of each set that is not held out, has several and can be prompted."""
    subjects: dict[str, set[str]] = {}
    for record in records:
        if record.tags["set"] not in source.held_out and (source.prompting is not None or ANNOTATORS[0] in record.fields):
            subjects.setdefault(record.tags["set"], set()).add(record.subject_id)
    return {min(names, key=place) for names in subjects.values() if len(names) > 1}


def _scribbled(record: Record) -> Iterator[Record]:
    """One record for each person who scribbled on it."""
    for annotator in ANNOTATORS:
        if annotator in record.fields:
            fields = {**_without_scribbles(record).fields, "scribbles": record.fields[annotator]}
            yield replace(record, id=f"{record.id}/{annotator}", fields=fields)


def _without_scribbles(record: Record) -> Record:
    return replace(record, fields={name: value for name, value in record.fields.items() if name not in ANNOTATORS})
