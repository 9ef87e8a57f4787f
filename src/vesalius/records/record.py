"""One sample, whatever its modality."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np

from vesalius.records.fields import Field

F = TypeVar("F", bound=Field)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """One sample: typed fields, and what is needed to judge it fairly.

    Attributes:
        id: unique within its source.
        subject_id: whom it is of. No subject may be in both train and test, and intervals are clustered by it.
        fields: the content, by name.
        time: when it was made, where that is known; the time gate reads it.
        licence: of the data; the licence gate reads it.
        tags: anything else to group by, such as site, scanner or sex.

    >>> from vesalius.records import Text
    >>> record = Record(id="1", subject_id="p1", fields={"note": Text("No fever.")}, licence="CC0-1.0")
    >>> record.get("note", Text).value
    'No fever.'
    """

    id: str
    subject_id: str
    fields: Mapping[str, Field]
    time: datetime | None = None
    licence: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, kind: type[F]) -> F:
        """The field of that name, checked to be of that kind.

        Raises:
            KeyError: if there is no such field.
            TypeError: if it is of another kind.
        """
        if name not in self.fields:
            raise KeyError(f"record {self.id}: no field {name!r}; it has {', '.join(self.fields)}.")
        found = self.fields[name]
        if not isinstance(found, kind):
            raise TypeError(f"record {self.id}, field {name!r}: {type(found).__name__} where {kind.__name__} is needed.")
        return found

    def group(self, unit: str) -> str:
        """The unit of analysis that the record belongs to: its subject, or the tag of that name."""
        return self.subject_id if unit == "subject_id" else self.tags[unit]

    def digest(self) -> str:
        """SHA-256 of everything in the record; equal records have equal digests on every machine."""
        hasher = hashlib.sha256()
        _update(hasher, self)
        return hasher.hexdigest()


def digest_of(records: Iterable[Record]) -> str:
    """SHA-256 of many records in their order."""
    hasher = hashlib.sha256()
    for record in records:
        hasher.update(record.digest().encode())
    return hasher.hexdigest()


def _update(hasher: "hashlib._Hash", value: object) -> None:
    """Feed a value with its type, so that 1, '1' and [1] differ."""
    hasher.update(type(value).__name__.encode() + b"\0")
    if isinstance(value, np.ndarray):
        hasher.update(f"{value.dtype.str}{value.shape}".encode())
        hasher.update(np.ascontiguousarray(value).tobytes())
    elif is_dataclass(value):
        for item in fields(value):
            hasher.update(item.name.encode())
            _update(hasher, getattr(value, item.name))
    elif isinstance(value, Mapping):
        for key in sorted(value):
            hasher.update(str(key).encode() + b"\0")
            _update(hasher, value[key])
    elif isinstance(value, tuple | list):
        hasher.update(str(len(value)).encode() + b"\0")
        for element in value:
            _update(hasher, element)
    else:
        hasher.update(repr(value).encode() + b"\0")
