"""FHIR R4 resources from the events of one subject."""

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from vesalius.errors import UserError
from vesalius.records.events.codes import TEXT, is_code, parted
from vesalius.records.events.columns import Event
from vesalius.records.events.faults import LeftOut
from vesalius.records.events.fhir_events import BIRTH, COMPARATORS, DEATH, GENDER
from vesalius.records.events.fhir_kinds import BIRTH_TIME, CLINICAL, GENDERS, KINDS, OWN_IDS, Kind, check_status, kind_of
from vesalius.records.events.moments import day_or_moment, full_moment, has_year
from vesalius.records.events.units import UCUM, size

Resource = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_WITH_DOSE = ("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense", "Immunization")


def resources_of(subject: str, events: Sequence[Event], left_out: Counter[str]) -> Iterator[Resource]:
    """A Patient, then one resource an event, with its components, reactions and types.

    The kind is that of the column ``resource``, else the usual one of the code's system; an event that it can't hold, such as a
    Condition with a number, becomes an Observation, which can hold all. Equal events get equal ids but for a count.

    Args:
        subject: whom the events are of.
        events: in which no text is blank.
        left_out: counts events that did not happen or were withdrawn, by kind and status.

    Raises:
        UserError: if FHIR has no such code, status or year, a number is infinite, an event ends before it begins, or has a number
            and a coded answer.

    >>> [made["resourceType"] for made in resources_of("1", [Event("1", "ICD10CM//E11.9", time=0)], Counter())]
    ['Patient', 'Condition']
    """
    for event in events:
        if not all(moment is None or has_year(moment) for moment in (event.time, event.end)):
            raise _wrong(event, "is before the year 1 or after 9999", "correct its time or end")
    patient, rest = _patient(subject, events)
    yield patient
    mains, parts = _grouped(rest)
    counts: Counter[str] = Counter()
    used: set[tuple[str, str]] = set()
    for event in mains:
        kind = _kind(event)
        own = event.resource_id
        if own is None or (kind.name, own) in used or event.resource != kind.name:
            digest = _digest(event)
            counts[digest] += 1
            own = digest if counts[digest] == 1 else f"{digest}-{counts[digest]}"
        used.add((kind.name, own))
        below = parts.pop((kind.name, own), []) if event.resource == kind.name else []
        try:
            made = _resource(event, kind, own, below, patient["id"])
        except LeftOut as reason:
            left_out[str(reason)] += 1 + len(below)
        else:
            yield made


def fhir_id(text: str) -> str:
    """The id itself where FHIR allows it, else one made of it.

    >>> fhir_id("pat-1"), fhir_id("pat_1")[:9]
    ('pat-1', 'v5a3fad0b')
    """
    return text if _ID.fullmatch(text) else "v" + hashlib.sha256(text.encode()).hexdigest()[:40]


def _patient(subject: str, events: Sequence[Event]) -> tuple[Resource, list[Event]]:
    """The Patient with its first gender, birth and death, and the events that it does not hold."""
    made: Resource = {"resourceType": "Patient", **_identity(subject)}
    rest = []
    for event in events:
        bare = event.number is None and event.text is None and event.end is None and event.value_code is None
        bare = bare and event.status not in KINDS["Observation"].not_done
        code, own = event.code, event.code.rpartition("//")[2]
        if bare and code.startswith(f"{GENDER}//") and own in GENDERS and event.time is None and "gender" not in made:
            made["gender"] = own
        elif bare and code == BIRTH and event.time is not None and "birthDate" not in made:
            made["birthDate"] = day_or_moment(event.time)[:10]
            if len(day_or_moment(event.time)) > 10:
                made["_birthDate"] = {"extension": [{"url": BIRTH_TIME, "valueDateTime": full_moment(event.time)}]}
        elif bare and code == DEATH and not any(name.startswith("deceased") for name in made):
            made |= {"deceasedBoolean": True} if event.time is None else {"deceasedDateTime": day_or_moment(event.time)}
        else:
            rest.append(event)
    return made, rest


def _identity(own: str) -> Resource:
    if not own.strip():
        raise UserError("a subject or resource has a blank id, which FHIR does not allow; name it.")
    kept = _kept(own)
    return {"id": fhir_id(own)} | ({"identifier": [kept]} if kept else {})


def _kept(own: str) -> Resource | None:
    """The identifier that keeps an id which FHIR does not allow."""
    return None if fhir_id(own) == own else {"system": OWN_IDS, "value": own}


def _grouped(events: Sequence[Event]) -> tuple[list[Event], dict[tuple[str, str], list[Event]]]:
    """Events that are resources, and those that are parts of one of these; a part that fits none is a resource."""
    whole: dict[tuple[str | None, str | None], Event] = {}
    for event in events:
        kind = KINDS.get(event.resource or "")
        if kind is not None and event.resource_id is not None and _fits(event, kind):
            whole.setdefault((event.resource, event.resource_id), event)
    mains: list[Event] = []
    parts: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        name, _, part = (event.resource or "").partition(".")
        owner = whole.get((name, event.resource_id)) if part else None
        if owner is not None and event.resource_id is not None and _fits_in(event, part, owner):
            parts[name, event.resource_id].append(event)
        else:
            mains.append(event)
    return mains, parts


def _fits_in(event: Event, part: str, owner: Event) -> bool:
    if event.time != owner.time or event.end is not None or event.encounter is not None or event.status is not None:
        return False
    if part == "component":
        return event.number is None or event.text is None or event.text in COMPARATORS
    bare = event.number is None and event.value_code is None
    return bare and (part == "reaction" or (part == "type" and event.text is None))


def _kind(event: Event) -> Kind:
    kind = kind_of(event.resource, event.code)
    return kind if _fits(event, kind) else KINDS["Observation"]


def _fits(event: Event, kind: Kind) -> bool:
    if kind.name == "Observation":
        return True
    if (kind.timed and event.time is None) or (event.end is not None and kind.period is None) or event.value_code is not None:
        return False
    if kind.name == "Encounter" and (event.text is not None or event.code.startswith(f"{TEXT}//")):
        return False
    return event.number is None or kind.name in _WITH_DOSE


def _digest(event: Event) -> str:
    # a unit without a number is not written
    said = json.dumps(list(event._replace(resource_id=None, unit=event.unit if event.number is not None else None)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _resource(event: Event, kind: Kind, own: str, parts: Sequence[Event], patient: str) -> Resource:
    if event.time is not None and event.end is not None and event.end < event.time:
        raise _wrong(event, "ends before it begins", "correct its end")
    made: Resource = {"resourceType": kind.name, **_identity(own)}
    made |= _status(event, kind)
    made |= _code(event, kind)
    made[kind.subject] = {"reference": f"Patient/{patient}"}
    if event.encounter is not None:
        kept = _kept(event.encounter)
        made[kind.encounter] = {"reference": f"Encounter/{fhir_id(event.encounter)}"} | ({"identifier": kept} if kept else {})
    made |= _times(event, kind)
    made |= _observed(event, noted=True) if kind.name == "Observation" else _dosed(event, kind)
    if kind.name == "MedicationRequest":
        made["intent"] = "order"
    return made | _parts(parts, kind)


def _status(event: Event, kind: Kind) -> Resource:
    meant = kind_of(event.resource, event.code)
    try:
        check_status(meant, event.status)
    except ValueError as error:
        raise _wrong(event, f"its status {(event.status or '')[:20]!a} {error} for {meant.name}", "correct it") from None
    # an Observation in place of what can't hold the event has other statuses
    status = event.status if event.status in kind.statuses else None
    if kind.name not in CLINICAL:
        return {"status": status or kind.statuses[0]}
    # R4 demands a status of allergies, and of a condition that ended one that says so
    if status is None and kind.name == "AllergyIntolerance":
        status = "active"
    elif status is None and event.end is not None:
        status = "resolved"
    return {} if status is None else {"clinicalStatus": {"coding": [{"system": CLINICAL[kind.name], "code": status}]}}


def _code(event: Event, kind: Kind) -> Resource:
    if kind.code == "class":
        return {"class": _coding(event, event.code) | ({"display": event.display} if event.display else {})}
    field = "medicationCodeableConcept" if kind.code == "medication" else kind.code
    return {field: _concept(event, event.code, event.display)}


def _concept(event: Event, code: str, words: str | None) -> Resource:
    name, _, said = code.partition("//")
    if name == TEXT and said.strip():
        return {"text": said}
    return {"coding": [_coding(event, code)]} | ({"text": words} if words else {})


def _coding(event: Event, code: str) -> Resource:
    system, own = parted(code)
    if not is_code(own):
        raise _wrong(event, f"{code[:40]!a} is blank or has blanks that FHIR does not allow in a code", "rename it")
    return {"code": own} if system is None else {"system": system, "code": own}


def _times(event: Event, kind: Kind) -> Resource:
    start = {} if event.time is None else {"start": day_or_moment(event.time)}
    end = {} if event.end is None else {"end": day_or_moment(event.end)}
    if kind.period == kind.times[0] or (end and kind.period in kind.times):
        return {kind.period: start | end} if kind.period and start | end else {}
    made = {kind.times[0]: start["start"]} if start else {}
    if kind.name == "Immunization" and not start:
        made["occurrenceString"] = "unknown"
    if end and kind.period == "dispenseRequest":
        return {**made, "dispenseRequest": {"validityPeriod": end}}
    return made | ({kind.period: end["end"]} if end and kind.period else {})


def _observed(event: Event, *, noted: bool) -> Resource:
    if event.number is not None:
        if event.value_code is not None:
            raise _wrong(event, "has a number and a coded answer", "make it two events")
        compared = event.text in COMPARATORS
        made: Resource = {"valueQuantity": _quantity(event) | ({"comparator": event.text} if compared else {})}
        return made | ({"note": [{"text": event.text}]} if noted and event.text and not compared else {})
    if event.value_code is not None:
        return {"valueCodeableConcept": _concept(event, event.value_code, event.text)}
    return {"valueString": event.text} if event.text else {}


def _quantity(event: Event) -> Resource:
    number = event.number
    if number is None or not math.isfinite(number):
        raise _wrong(event, "has an infinite number", "correct it")
    made: Resource = {"value": int(number) if number.is_integer() and abs(number) < 2**53 else number}
    if event.unit:
        known = size(event.unit) is not None and is_code(event.unit)
        made |= {"unit": event.unit} | ({"system": UCUM, "code": event.unit} if known else {})
    return made


def _dosed(event: Event, kind: Kind) -> Resource:
    dose = {} if event.number is None else _quantity(event)
    made: Resource = {}
    if dose and kind.name in ("MedicationRequest", "MedicationStatement"):
        made["doseAndRate"] = [{"doseQuantity": dose}]
    if event.text and kind.dosage is not None:
        made["text"] = event.text
    if made and kind.dosage is not None:
        made = {kind.dosage: [made]}
    if dose and kind.name == "MedicationAdministration":
        made["dosage"] = {"dose": dose}
    elif dose and kind.name in ("MedicationDispense", "Immunization"):
        made["quantity" if kind.name == "MedicationDispense" else "doseQuantity"] = dose
    return made | ({"note": [{"text": event.text}]} if event.text and kind.dosage is None else {})


def _parts(parts: Sequence[Event], kind: Kind) -> Resource:
    concepts = [_concept(part, part.code, part.display) for part in parts]
    if not parts:
        return {}
    if kind.name == "Observation":
        components = [{"code": code} | _observed(part, noted=False) for code, part in zip(concepts, parts, strict=True)]
        return {"component": components}
    if kind.name == "Encounter":
        return {"type": concepts}
    reactions = []
    for code, part in zip(concepts, parts, strict=True):
        field = "severity" if part.text in ("mild", "moderate", "severe") else "description"
        reactions.append({"manifestation": [code]} | ({field: part.text} if part.text else {}))
    return {"reaction": reactions}


def _wrong(event: Event, what: str, remedy: str) -> UserError:
    return UserError(f"subject {event.subject[:40]!a}, event {event.code[:60]!a}: {what}; {remedy}.")
