"""Few labels: of most records the target is taken away, for learners that can use records without it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vesalius.records import Label, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class FewLabels:
    """Leaves the target to a share of the records that have one, drawn at random, and takes it from the others.

    At least one record keeps it; where the target is a label, at least one of each class, and each class in proportion.

    Attributes:
        share: of the records that keep their target.
        target: name of the field.

    Raises:
        ValueError: if the share is not above 0 and at most 1.

    >>> records = [Record(id=str(n), subject_id=str(n), fields={"label": Label("ab"[n % 2], ("a", "b"))}) for n in range(20)]
    >>> few = FewLabels(share=0.2, target="label").build(records, seed=0)
    >>> len(few), sorted(record.get("label", Label).value for record in few if "label" in record.fields)
    (20, ['a', 'a', 'b', 'b'])
    """

    share: float
    target: str

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"a share of labels is above 0 and at most 1; got {self.share}.")

    def build(self, records: Sequence[Record], seed: int) -> list[Record]:
        """The records in their order, most of them without their target."""
        strata: dict[str, list[int]] = {}
        for place, record in enumerate(records):
            value = record.fields.get(self.target)
            if value is None:
                continue
            strata.setdefault(value.value if isinstance(value, Label) else "", []).append(place)
        random, taken = np.random.default_rng(seed), set[int]()
        for _, places in sorted(strata.items()):
            taken.update(random.permutation(places)[max(1, round(self.share * len(places))) :].tolist())
        return [self._without(record) if place in taken else record for place, record in enumerate(records)]

    def _without(self, record: Record) -> Record:
        return replace(record, fields={name: value for name, value in record.fields.items() if name != self.target})
