"""Splits that depend on what a record is called, never on the order in which files were listed."""

from collections.abc import Sequence

from vesalius.records import Record
from vesalius.records.places import place
from vesalius.tasks import Split


def split_by_hash(
    records: Sequence[Record], *, validation: float, test: float, unit: str = "subject_id", salt: str = ""
) -> Split:
    """Whole units by their hash: about these shares for validation and test, and the rest for training.

    Args:
        records: in any order, which is kept within each part.
        validation: share of the units.
        test: share of the units.
        unit: ``subject_id`` or the name of a tag; records of one unit stay together.
        salt: put before the unit's name, so that sets whose units have the same names are split differently.

    >>> records = [Record(id=str(number), subject_id=f"p{number // 2}", fields={}) for number in range(100)]
    >>> split = split_by_hash(records, validation=0.15, test=0.25)
    >>> len(split.train), len(split.validation), len(split.test)
    (52, 22, 26)
    """
    train_share = 1 - validation - test
    parts: tuple[list[Record], list[Record], list[Record]] = ([], [], [])
    for record in records:
        at = place(salt + record.group(unit))
        parts[0 if at < train_share else 1 if at < train_share + validation else 2].append(record)
    return Split(*parts)


def hold_out(records: Sequence[Record], count: int) -> tuple[list[Record], list[Record]]:
    """The others, and the ``count`` records whose ids hash lowest, both in their given order.

    >>> records = [Record(id=name, subject_id=name, fields={}) for name in "abcd"]
    >>> [[record.id for record in part] for part in hold_out(records, 1)]
    [['a', 'b', 'c'], ['d']]
    """
    held = {record.id for record in sorted(records, key=lambda record: place(record.id))[:count]}
    return [record for record in records if record.id not in held], [record for record in records if record.id in held]


def thinned_test(split: Split, limit: int) -> Split:
    """At most that many test records, evenly spaced; the other parts whole.

    >>> records = [Record(id=str(number), subject_id=str(number), fields={}) for number in range(7)]
    >>> split = thinned_test(Split(records, [], records), 3)
    >>> len(split.train), len(split.test)
    (7, 3)
    """
    return Split(split.train, split.validation, _thin(split.test, limit))


def thinned(split: Split, limit: int | None) -> Split:
    """At most that many records of each part, evenly spaced; None leaves all.

    >>> records = [Record(id=str(number), subject_id=str(number), fields={}) for number in range(7)]
    >>> [record.id for record in thinned(Split(records, records, records), 3).test]
    ['0', '3', '6']
    """
    if limit is None:
        return split
    return Split(_thin(split.train, limit), _thin(split.validation, limit), _thin(split.test, limit))


def _thin(records: Sequence[Record], limit: int) -> Sequence[Record]:
    return records[:: -(-len(records) // limit) or 1]
