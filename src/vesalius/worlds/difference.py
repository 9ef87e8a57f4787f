"""What an agent left behind: the clinic at the end beside what it was at the start."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vesalius.worlds.fhir.clinic import Clinic, Snapshot
from vesalius.worlds.fhir.layers import Key
from vesalius.worlds.fhir.values import references_in, unversioned

COUNTED = ("meta.versionId", "meta.lastUpdated")
"""What the server writes at each change."""

MISSING = object()
"""Stands for a field that is not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """A resource whose fields changed.

    Attributes:
        before, after: the resource.
        paths: of the fields that differ, such as ``dosageInstruction.0.text``; what the server counts in ``meta`` does not, and a
            list whose length differs counts as a whole.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDifference:
    """Resources that differ between two states, by type and id.

    A resource that was written with the content that it had is none of them.

    Attributes:
        created, changed, deleted: the resources; of what was deleted, as they were.
        referred: what those that were created or changed refer to, as it is now, by reference.
    """

    created: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    changed: Mapping[Key, Change] = field(default_factory=dict)
    deleted: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    referred: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many resources differ."""
        return len(self.created) + len(self.changed) + len(self.deleted)


def difference(clinic: Clinic, start: Snapshot) -> StateDifference:
    """What differs in a clinic from an earlier state of it; the time it takes goes with what was written, not with the size.

    >>> from vesalius.worlds.fhir import ROLES, Call, Caller
    >>> clinic = Clinic([{"resourceType": "Patient", "id": "7", "birthDate": "1950-02-01"}])
    >>> start = clinic.snapshot()
    >>> patient = {"resourceType": "Patient", "id": "7", "birthDate": "1950-02-02", "active": True}
    >>> clinic.call(Call("PUT", "/Patient/7", body=patient), Caller("me", ROLES["administrator"])).status
    200
    >>> difference(clinic, start).changed["Patient", "7"].paths
    ('active', 'birthDate')
    """
    created, changed, deleted = {}, {}, {}
    for key in clinic.written_since(start):
        versions = start.latest(key), clinic.latest(key)
        before, after = (version.resource if version is not None else None for version in versions)
        if before is None and after is not None:
            created[key] = after
        elif after is None and before is not None:
            deleted[key] = before
        elif before is not None and after is not None:
            paths = tuple(path for path in sorted(_paths(before, after, "")) if path not in COUNTED)
            if paths:
                changed[key] = Change(before, after, paths)
    written = (*created.values(), *(change.after for change in changed.values()))
    return StateDifference(created=created, changed=changed, deleted=deleted, referred=dict(_referred(clinic, written)))


def _referred(clinic: Clinic, resources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for target in dict.fromkeys(target for resource in resources for target in references_in(resource)):
        kind, _, identifier = unversioned(target).partition("/")
        version = clinic.latest((kind, identifier))
        if version is not None and version.resource is not None:
            yield target, version.resource


def _paths(before: Any, after: Any, path: str) -> Iterator[str]:
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            inner = f"{path}.{name}" if path else name
            yield from _paths(before.get(name, MISSING), after.get(name, MISSING), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from _paths(one, other, f"{path}.{place}")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path
