"""Reading FHIR R4: bundles (JSON), and NDJSON line by line, plain or gzipped.

Read are Patient (birth, death and gender), Encounter, Condition, Observation with its components, MedicationRequest,
MedicationStatement, MedicationAdministration, MedicationDispense, Procedure, Immunization and AllergyIntolerance with its
reactions; medications that are named by reference are looked up. Further columns of the table are ``end``, ``unit``,
``value_code`` (an answer that is a code), ``display`` (the code's name), ``resource``, ``resource_id``, ``encounter`` and
``status``, each where it has something.

What is checked is what is read: types, ids, dates, statuses, check digits of codes, units against their UCUM codes, references.
The models of ``fhir.resources`` would take five times as long, so that nothing here calls them; what ``fhir_write`` writes is
checked with them in the tests.

What is left out: of several codings all but the first that has a system; the precision of a date (a year is its first day),
reference ranges, categories, and fields that are not named above. Resources that did not happen or were withdrawn (not-done,
cancelled, refuted, entered in error) and those of other types are no faults, but counted as left out.

A resource with a fault is left out as a whole, and the rest is kept where the reader is not strict. A second resource of an id is
a fault, but for an exact copy, which is counted as left out. Patients, encounters and
medications that are named but not there are faults wherever any of their kind is there: the events of such a patient or
medication are left out, those of such an encounter stay without it. A cycle of parts is a fault, and the events stay.

About a megabyte of lines is held in memory besides the events, which take at most about 650 bytes each, while they are put in
order; a bundle is read whole.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.records.events.columns import Columns
from vesalius.records.events.faults import Faults, LeftOut, Reading
from vesalius.records.events.fhir_documents import documents, entry_of, fhir_files
from vesalius.records.events.fhir_element import REMEDY, Element
from vesalius.records.events.fhir_events import events_of, patient_events
from vesalius.records.events.fhir_kinds import KINDS, R4_TYPES
from vesalius.records.events.fhir_references import References, kept_id, medication_code

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def read_fhir(source: Path, *, strict: bool = True) -> Reading:
    """Read the events of a file or of all such files of a folder.

    Args:
        source: a bundle (``.json``), NDJSON (``.ndjson``, ``.jsonl``), each also with ``.gz``, or a folder of them.
        strict: whether the first fault is raised; otherwise they are collected, and what is in order is kept.

    Raises:
        UserError: naming file, line or entry, resource and field, if something is wrong and ``strict``; or if there is no
            such file.
    """
    reader = _Reader(Faults(strict=strict))
    for file in fhir_files(source):
        try:
            for place, values in documents(file, reader.faults.add):
                reader.take(place, values)
        except UserError as error:
            reader.faults.add(error)
    return reader.reading()


@dataclass(slots=True)
class _Reader:
    faults: Faults
    columns: Columns = field(default_factory=Columns)
    references: References = field(default_factory=References)
    left_out: Counter[str] = field(default_factory=Counter)
    seen: dict[int, int] = field(default_factory=dict)
    """Of each resource kept, the hash of its content by that of its type and id, which take less memory than these do."""

    def take(self, place: str, values: Any) -> None:
        """Add a resource, or those of a bundle."""
        try:
            if not isinstance(values, dict) or not isinstance(values.get("resourceType"), str):
                raise UserError(f"{place}, field 'resourceType': is missing; {REMEDY}.")
            if values["resourceType"] == "Bundle":
                self._bundle(place, Element(place, values))
            else:
                self._resource(place, values)
        except LeftOut as reason:
            self.left_out[str(reason)] += 1
        except UserError as error:
            self.faults.add(error)

    def _bundle(self, place: str, bundle: Element) -> None:
        entries = bundle.values.get("entry") or []
        if not isinstance(entries, list):
            raise bundle.wrong("entry", "is no list")
        resources = []
        for number, entry in enumerate(entries, start=1):
            where = f"{place}, entry {number}"
            url, resource = entry_of(entry)
            if not isinstance(resource, dict):
                self.faults.add(UserError(f"{where}, field 'resource': is missing or no object; {REMEDY}."))
                continue
            if url:
                self.references.urls[url] = f"{resource.get('resourceType')}/{resource['id']}"
            resources.append((where, resource))
        for where, resource in resources:
            self.take(where, resource)

    def _resource(self, place: str, values: Mapping[str, Any]) -> None:
        name = values["resourceType"]
        if name not in KINDS and name not in ("Patient", "Medication"):
            if name in R4_TYPES:
                raise LeftOut(name)
            raise UserError(f"{place}, field 'resourceType': {name[:40]!a} is no resource of FHIR R4; {REMEDY}.")
        own = _own_id(place, values)
        resource = Element(f"{place}, {name}/{own}", values)
        key, content = hash((name, own)), hash(repr(values))
        if self.seen.get(key) == content:
            raise LeftOut(f"{name} told again")
        if key in self.seen:
            raise resource.wrong("id", "has been given to another one")
        self._add(resource, own)
        self.seen[key] = content

    def _add(self, resource: Element, own: str) -> None:
        name, original = resource.values["resourceType"], _original_id(resource, own)
        if name == "Patient":
            events = list(patient_events(resource, f"Patient/{own}"))
            self.references.subjects[own] = original
        elif name == "Medication":
            self.references.medications[own] = medication_code(resource)
            return
        else:
            events = list(events_of(resource, KINDS[name], original, self.references))
            self.references.link(resource, f"{name}/{own}")
            if name == "Encounter":
                self.references.encounters[own] = original
        for event in events:
            self.columns.add(event)

    def reading(self) -> Reading:
        """The table, once all references are known."""
        self.columns.subjects.rename(self.references.subject_name(self.faults.add))
        self.columns.codes.rename(self.references.code(self.faults.add))
        self.columns.words["encounter"].rename(self.references.encounter_name(self.faults.add))
        self.references.cycles(self.faults.add)
        self.seen.clear()
        return Reading(table=self.columns.table(), faults=self.faults, left_out=self.left_out)


def _own_id(place: str, values: Mapping[str, Any]) -> str:
    """The id, or where a resource that isn't referred to has none, one from its content."""
    own = values.get("id")
    if own is None and values["resourceType"] not in ("Patient", "Encounter", "Medication"):
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]
    if not isinstance(own, str) or not _ID.fullmatch(own):
        what = "is missing" if own is None else "is none that FHIR allows (A-Z, a-z, 0-9, - and ., at most 64)"
        raise UserError(f"{place}, {values['resourceType']}, field 'id': {what}; {REMEDY}.")
    return own


def _original_id(resource: Element, own: str) -> str:
    """The id that the writer could not write as one."""
    for identifier in resource.objects("identifier") if "identifier" in resource.values else ():
        kept = kept_id(identifier)
        if kept is not None:
            return kept
    return own
