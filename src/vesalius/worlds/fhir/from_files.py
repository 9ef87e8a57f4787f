"""A clinic of one's own FHIR files."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.records.events.faults import Faults
from vesalius.records.events.fhir_documents import documents, fhir_files
from vesalius.records.events.fhir_element import REMEDY
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.layers import Key
from vesalius.worlds.fhir.structure import checked

_HISTORY = "/_history/"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What was taken from files.

    Attributes:
        resources: by type and id, in their order.
        left_out: how many of types that a clinic doesn't have, by type.
        dangling: references that led to nothing taken, of which the name alone is kept.
        faults: what is wrong with resources that were left out.
    """

    resources: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    dangling: int = 0
    faults: Faults = field(default_factory=lambda: Faults(strict=False))

    def clinic(self) -> Clinic:
        """A clinic of them.

        Raises:
            UserError: if there is none, or one refers to a type that may not stand there.
        """
        if not self.resources:
            first = f" The first fault: {self.faults.sentences[0]}" if self.faults.sentences else ""
            raise UserError(f"no resource that a clinic can keep; it has {', '.join(sorted(kinds()))}.{first}")
        return Clinic(self.resources.values())


def taken_from(source: Path) -> Taken:
    """Resources of files that a clinic can keep.

    The URLs of a bundle's entries stand for their resources. A reference to what was not taken becomes its name, so that the
    element stays; a resource with a fault is left out.

    Args:
        source: a bundle (``.json``), NDJSON (``.ndjson``, ``.jsonl``), each also with ``.gz``, or a folder of them.

    Raises:
        UserError: if there is no such file.
    """
    taken, urls = Taken(), dict[str, str]()
    for file in fhir_files(source):
        try:
            for place, document in documents(file, taken.faults.add):
                for where, resource in _resources(place, document, urls):
                    _take(taken, where, resource)
        except UserError as error:
            taken.faults.add(error)
    for key, resource in taken.resources.items():
        taken.resources[key] = _linked(resource, urls, taken)
    return taken


def _resources(place: str, document: Any, urls: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """The document itself, or the resources of a bundle; their URLs are noted."""
    if not isinstance(document, dict) or document.get("resourceType") != "Bundle":
        yield place, document
        return
    entries = document.get("entry", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        url = entry.get("fullUrl") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(url, str) and url:
            resource = {**resource, "id": resource.get("id") or re.split("[/:]", url)[-1]}
            urls[url] = f"{resource.get('resourceType')}/{resource['id']}"
        yield f"{place}, entry {number}", resource


def _take(taken: Taken, place: str, resource: Any) -> None:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(kind, str) and kind not in kinds():
        taken.left_out[kind[:40]] += 1
        return
    try:
        if not isinstance(kind, str):
            raise UserError(f"field 'resourceType': missing; {REMEDY}.")
        ready = checked(resource, "structure")
        key = kind, ready.get("id", "")
        if not key[1] or key in taken.resources:
            raise UserError(f"{kind}, field 'id': {'has been given to another one' if key[1] else 'missing'}; {REMEDY}.")
    except UserError as error:
        taken.faults.add(UserError(f"{place}: {error}"))
    else:
        taken.resources[key] = ready


def _linked(value: Any, urls: Mapping[str, str], taken: Taken) -> Any:
    """With references as the clinic has them."""
    if isinstance(value, list):
        return [_linked(item, urls, taken) for item in value]
    if not isinstance(value, dict):
        return value
    target = value.get("reference")
    if not isinstance(target, str) or target.startswith("#"):
        return {name: _linked(item, urls, taken) for name, item in value.items()}
    rest = {name: item for name, item in value.items() if name != "reference"}
    found = urls.get(target, "/".join(target.partition(_HISTORY)[0].split("/")[-2:]))
    kind, _, identifier = found.partition("/")
    if (kind, identifier) in taken.resources:
        return {**rest, "reference": found}
    taken.dangling += 1
    return {"display": target, **rest}
