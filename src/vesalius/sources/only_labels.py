"""The records of another source with some of their labels only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vesalius.records import Mask, Record
from vesalius.tasks import Source, Tier


@dataclass(frozen=True, slots=True)
class OnlyLabels:
    """Records whose mask keeps the named labels, numbered in that order; the rest becomes background.

    >>> from vesalius.sources.simulators.ct_phantom import CtPhantom
    >>> source = OnlyLabels(CtPhantom(count=1, size=24), ("liver",), "simulated-liver")
    >>> int(source.records()[0].get("mask", Mask).labels.max())
    1
    """

    source: Source
    names: tuple[str, ...]
    name: str
    target: str = "mask"

    @property
    def tier(self) -> Tier:
        """Of the source."""
        return self.source.tier

    @property
    def description(self) -> str:
        """What is left of the source."""
        return f"{self.source.description} Only {', '.join(self.names)}."

    def records(self) -> Sequence[Record]:
        """As many as the source has."""
        return [self._kept(record) for record in self.source.records()]

    def _kept(self, record: Record) -> Record:
        mask = record.get(self.target, Mask)
        numbers = np.zeros(len(mask.names) + 1, np.uint8)
        numbers[[mask.names.index(name) + 1 for name in self.names]] = np.arange(1, len(self.names) + 1)
        return replace(record, fields={**record.fields, self.target: Mask(numbers[mask.labels], self.names)})
