"""A clinic of one's own FHIR files."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from vesalius.errors import UserError
from vesalius.records.events.faults import Faults
from vesalius.records.events.fhir_documents import documents, entry_of, fhir_files
from vesalius.records.events.fhir_element import REMEDY
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.layers import Key
from vesalius.worlds.fhir.structure import checked
from vesalius.worlds.fhir.values import at, inner_targets, unversioned

_RELATIVE = re.compile(r"\w+/[^/?]+")

Named = dict[str, Key | None]
"""What a bundle calls its resources, by URL and by type and id; None where one was not taken."""


class _Origin(NamedTuple):
    """Where a resource stood: what its bundle calls others, and the server that the entry's URL names."""

    named: Named
    base: str


_NOWHERE = _Origin({}, "")


@dataclass(slots=True, kw_only=True)
class Taken:
    """What was taken from files.

    Attributes:
        resources: by type and id, in their order.
        left_out: how many of types that a clinic doesn't have, by type.
        dangling: references that led to nothing taken, or to a type that may not stand there, of which the name alone is kept.
        faults: what is wrong with resources that were left out.
    """

    resources: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    dangling: int = 0
    faults: Faults = field(default_factory=lambda: Faults(strict=False))

    def clinic(self) -> Clinic:
        """A clinic of them.

        Raises:
            UserError: if there is none.
        """
        if not self.resources:
            first = f" The first fault: {self.faults.sentences[0]}" if self.faults.sentences else ""
            raise UserError(f"no resource that a clinic can keep; it has {', '.join(sorted(kinds()))}.{first}")
        return Clinic(self.resources.values())


def taken_from(source: Path) -> Taken:
    """Resources of files that a clinic can keep.

    A reference in a bundle leads to what the bundle calls so, by URL or relative to the URL of its own entry; otherwise a URL
    leads to what another bundle calls so, a relative reference to what has that type and id, and one by identifier, such as
    ``Practitioner?identifier=system|value``, to the one resource that has it. A reference to nothing that was taken becomes its
    name, so that the element stays; a resource with a fault is left out.

    Args:
        source: a bundle (``.json``), NDJSON (``.ndjson``, ``.jsonl``), each also with ``.gz``, or a folder of them.

    Raises:
        UserError: if there is no such file.
    """
    taken = Taken()
    origins: dict[Key, _Origin] = {}
    everywhere: Named = {}
    for file in fhir_files(source):
        try:
            for place, document in documents(file, taken.faults.add):
                named: Named = {}
                for where, url, resource in _resources(place, document):
                    known = len(taken.resources)
                    key = _take(taken, where, resource)
                    if where != place:
                        _name(named, url, resource, key)
                        if key is not None and len(taken.resources) > known:
                            origins[key] = _Origin(named, url.rpartition("/")[0].rpartition("/")[0])
                everywhere.update((url, key) for url, key in named.items() if key is not None and not _RELATIVE.fullmatch(url))
        except UserError as error:
            taken.faults.add(error)
    linking = _Linking(taken, origins, everywhere, _identified(taken))
    for key, resource in taken.resources.items():
        taken.resources[key] = linking.linked(key, resource)
    return taken


def _resources(place: str, document: Any) -> Iterator[tuple[str, str, Any]]:
    """The document itself, or the resources of a bundle, with their places and full URLs."""
    if not isinstance(document, dict) or document.get("resourceType") != "Bundle":
        yield place, "", document
        return
    entries = document.get("entry", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        yield f"{place}, entry {number}", *entry_of(entry)


def _take(taken: Taken, place: str, resource: Any) -> Key | None:
    """Type and id of a resource that is taken; one that is repeated as it was is taken as well."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(kind, str) and kind not in kinds():
        taken.left_out[kind[:40]] += 1
        return None
    try:
        if not isinstance(kind, str):
            raise UserError(f"field 'resourceType': missing; {REMEDY}.")
        ready = checked(resource, "structure")
        key = kind, ready.get("id", "")
        if not key[1] or taken.resources.get(key, ready) != ready:
            raise UserError(f"{kind}, field 'id': {'has been given to another one' if key[1] else 'missing'}; {REMEDY}.")
    except UserError as error:
        taken.faults.add(UserError(f"{place}: {error}"))
        return None
    taken.resources[key] = ready
    return key


def _name(named: Named, url: str, resource: Any, key: Key | None) -> None:
    """Notes what a bundle calls a resource, whether it was taken or not."""
    if url:
        named[url] = key
    if isinstance(resource, dict):
        named.setdefault(f"{resource.get('resourceType')}/{resource.get('id')}", key)


def _identified(taken: Taken) -> Mapping[str, set[Key]]:
    """Resources by the references that name one of their identifiers."""
    found: defaultdict[str, set[Key]] = defaultdict(set)
    for key, resource in taken.resources.items():
        for one in at(resource, "identifier"):
            if isinstance(one, dict):
                found[f"{key[0]}?identifier={one.get('system', '')}|{one.get('value')}"].add(key)
    return found


@dataclass(frozen=True, slots=True)
class _Linking:
    """Makes references into those of the clinic.

    Attributes:
        taken: what was taken.
        origins: of resources that stood in bundles.
        everywhere: resources by URL, whichever bundle calls them so.
        identified: resources by identifier.
    """

    taken: Taken
    origins: Mapping[Key, _Origin]
    everywhere: Named
    identified: Mapping[str, set[Key]]

    def linked(self, own: Key, resource: Mapping[str, Any]) -> Any:
        """A resource with references that lead to what is there, and with names instead of others."""
        allowed, inner = kinds()[own[0]].leads, inner_targets(resource)
        origin = self.origins.get(own, _NOWHERE)

        def walk(value: Any, path: str) -> Any:
            if isinstance(value, list):
                return [walk(item, path) for item in value]
            if not isinstance(value, dict):
                return value
            target = value.get("reference")
            if not isinstance(target, str) or target in inner:
                return {name: walk(item, f"{path}.{name}" if path else name) for name, item in value.items()}
            rest = {name: item for name, item in value.items() if name != "reference"}
            key = self._key(unversioned(target), origin)
            if key is not None and key[0] in allowed.get(path, (key[0],)):
                return {**rest, "reference": "/".join(key)}
            self.taken.dangling += 1
            return {"display": target, **rest}

        return walk(resource, "")

    def _key(self, target: str, origin: _Origin) -> Key | None:
        relative = _RELATIVE.fullmatch(target) is not None
        url = f"{origin.base}/{target}" if relative and origin.base else target
        there = origin.named.get(url) or self.everywhere.get(url)
        if there is not None or url in origin.named:
            return there
        if not relative:
            found = self.identified.get(unquote(target), set())
            return next(iter(found)) if len(found) == 1 else None
        kind, _, identifier = target.partition("/")
        server = self.origins.get((kind, identifier), origin).base
        # what has this id on another server is another one
        here = not server or not origin.base or server == origin.base
        return (kind, identifier) if here and (kind, identifier) in self.taken.resources else None
