"""What is wrong with files of many events: told at once, or collected while the rest is kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from vesalius.errors import UserError
from vesalius.records.events.table import EventTable


class LeftOut(Exception):
    """Something in order that tells of nothing that happened to a patient; the message says why, such as ``Group``."""


KEPT = 10_000
"""Sentences that are kept; further faults are only counted."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """Takes what is wrong.

    Attributes:
        strict: whether the first one ends the work.
        sentences: the first of them.
        count: how many there are.
    """

    strict: bool
    sentences: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, error: UserError) -> None:
        """Keep an error, or raise it if the work is strict.

        >>> faults = Faults(strict=False)
        >>> faults.add(UserError("labs.txt, line 7: no date; add it."))
        >>> faults.count, faults.sentences
        (1, ['labs.txt, line 7: no date; add it.'])
        """
        if self.strict:
            raise error
        self.count += 1
        if len(self.sentences) < KEPT:
            self.sentences.append(str(error))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was read.

    Attributes:
        table: the events.
        faults: what is wrong with what was left out.
        left_out: how much was left out though nothing is wrong with it, by reason, such as ``Practitioner``.
    """

    table: EventTable
    faults: Faults
    left_out: Mapping[str, int] = field(default_factory=Counter)
