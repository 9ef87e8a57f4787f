"""The events of one FHIR resource."""

from collections.abc import Iterator

from vesalius.records.events.columns import Event
from vesalius.records.events.faults import LeftOut
from vesalius.records.events.fhir_element import Element
from vesalius.records.events.fhir_kinds import BIRTH_TIME, CLINICAL, GENDERS, Kind, check_status
from vesalius.records.events.fhir_references import References

BIRTH, DEATH, GENDER = "MEDS_BIRTH", "MEDS_DEATH", "GENDER"
COMPARATORS = ("<", "<=", ">=", ">")
VALUES = ("valueQuantity", "valueCodeableConcept", "valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueTime")
OTHER_VALUES = ("valueRange", "valueRatio", "valueSampledData", "valuePeriod")


def patient_events(patient: Element, subject: str) -> Iterator[Event]:
    """Birth and death at their times, and the gender, which has none."""
    birth, death = patient.moment("birthDate"), patient.moment("deceasedDateTime")
    died = patient.boolean("deceasedBoolean") or death is not None
    extended = patient.object("_birthDate")
    for extension in extended.objects("extension") if extended else ():
        if extension.text("url") == BIRTH_TIME:
            birth = extension.moment("valueDateTime")
    if birth is not None and death is not None and death < birth:
        raise patient.wrong("deceasedDateTime", "is before the birth")
    gender = patient.text("gender")
    if gender is not None:
        if gender not in GENDERS:
            raise patient.wrong("gender", f"is not one of {', '.join(GENDERS)}")
        yield Event(subject, f"{GENDER}//{gender}", resource="Patient")
    if birth is not None:
        yield Event(subject, BIRTH, time=birth, resource="Patient")
    if died:
        yield Event(subject, DEATH, time=death, resource="Patient")


def events_of(resource: Element, kind: Kind, own_id: str, references: References) -> Iterator[Event]:
    """The event that a resource is, and one for each component, reaction and type of visit.

    Raises:
        UserError: if it is not as R4 has it, or its code or value can't be read.
        LeftOut: if it did not happen, was withdrawn, or is not of a patient.
    """
    status = _status(resource, kind)
    subject = references.subject(resource, kind.subject)
    code, display = _code(resource, kind, references)
    time, end = _times(resource, kind)
    number, unit, text, value_code = _value(resource, kind)
    encounter = references.encounter(resource, kind.encounter)
    yield Event(
        subject=subject,
        code=code,
        time=time,
        number=number,
        unit=unit,
        text=text,
        value_code=value_code,
        display=display,
        end=end,
        resource=kind.name,
        resource_id=own_id,
        encounter=encounter,
        status=status,
    )
    for part, event in _parts(resource, kind):
        yield event._replace(subject=subject, time=time, resource=f"{kind.name}.{part}", resource_id=own_id)


def _parts(resource: Element, kind: Kind) -> Iterator[tuple[str, Event]]:
    if kind.name == "Observation":
        for component in resource.objects("component"):
            code, display = component.concept("code")
            if code is None:
                raise component.wrong("code", "is missing")
            number, unit, text, value_code = observed(component)
            yield "component", Event("", code, None, number, unit, text, value_code, display)
    elif kind.name == "Encounter":
        for concept in resource.objects("type"):
            code, display = concept.concept_itself()
            if code is not None:
                yield "type", Event("", code, display=display)
    elif kind.name == "AllergyIntolerance":
        for reaction in resource.objects("reaction"):
            said = reaction.text("severity") or reaction.text("description")
            for manifestation in reaction.objects("manifestation"):
                code, display = manifestation.concept_itself()
                if code is not None:
                    yield "reaction", Event("", code, text=said, display=display)


def _status(resource: Element, kind: Kind) -> str | None:
    if kind.name in CLINICAL:
        verified, _ = resource.concept("verificationStatus")
        said = (verified or "").rpartition("//")[2]
        if said in kind.not_done:
            raise LeftOut(f"{kind.name} {said}")
        clinical, _ = resource.concept("clinicalStatus")
        status = None if clinical is None else clinical.rpartition("//")[2]
    else:
        status = resource.text("status")
        if status is None:
            raise resource.wrong("status", "is missing")
    if resource.boolean("doNotPerform"):
        raise LeftOut(f"{kind.name} not to be performed")
    try:
        check_status(kind, status)
    except ValueError as error:
        raise resource.wrong("status" if kind.name not in CLINICAL else "clinicalStatus", str(error)) from None
    return status


def _code(resource: Element, kind: Kind, references: References) -> tuple[str, str | None]:
    if kind.code == "medication":
        if resource.has("medicationReference"):
            return references.medication(resource)
        code, display = resource.concept("medicationCodeableConcept")
    elif kind.code == "class":
        coding = resource.object("class")
        code, display = coding.coding() if coding is not None and coding.has("code") else (None, None)
    else:
        code, display = resource.concept(kind.code)
    if code is None:
        raise resource.wrong("medicationCodeableConcept" if kind.code == "medication" else kind.code, "is missing")
    return code, display


def _times(resource: Element, kind: Kind) -> tuple[int | None, int | None]:
    time = end = None
    for field in kind.times:
        if resource.has(field):
            if field == "period" or field.endswith("Period"):
                time, end = resource.period(field)
            else:
                time = resource.moment(field)
            break
    # an onset may last, which is not how long the condition does
    if kind.name == "Condition":
        end = resource.moment("abatementDateTime")
    elif kind.name == "MedicationRequest" and (dispense := resource.object("dispenseRequest")) is not None:
        _, end = dispense.period("validityPeriod")
    if time is not None and end is not None and end < time:
        raise resource.wrong(kind.period or "end", "ends before it begins")
    if kind.timed and time is None:
        raise resource.wrong(kind.times[0], "is missing")
    return time, end


def _value(resource: Element, kind: Kind) -> tuple[float | None, str | None, str | None, str | None]:
    """Number, unit, text, and the code of the answer."""
    if kind.name == "Observation":
        number, unit, text, value_code = observed(resource)
        return number, unit, text or (None if number is None else _note(resource)), value_code
    said = None
    number = unit = None
    if kind.dosage is not None:
        for dosage in resource.objects(kind.dosage)[:1]:
            said = dosage.text("text")
            for dose in dosage.objects("doseAndRate")[:1]:
                number, unit, _ = dose.quantity("doseQuantity")
    if kind.name == "MedicationAdministration" and (given := resource.object("dosage")) is not None:
        said = given.text("text")
        number, unit, _ = given.quantity("dose")
    elif kind.name == "MedicationDispense":
        number, unit, _ = resource.quantity("quantity")
    elif kind.name == "Immunization":
        number, unit, _ = resource.quantity("doseQuantity")
    return number, unit, said or _note(resource), None


def observed(element: Element) -> tuple[float | None, str | None, str | None, str | None]:
    """Number, unit, text and the code of the answer, of an Observation or a component.

    A comparator such as ``<`` is the text beside its number.

    Raises:
        UserError: if the value is of a type that a table of events does not have, or has no number where one belongs.

    >>> observed(Element("line 1", {"valueQuantity": {"value": 5, "unit": "mg/L", "comparator": "<"}}))
    (5.0, 'mg/L', '<', None)
    """
    for field in OTHER_VALUES:
        if element.has(field):
            raise element.wrong(field, f"is not kept; what is kept are {', '.join(VALUES)}")
    if element.has("valueQuantity"):
        number, unit, comparator = element.quantity("valueQuantity")
        if number is None:
            raise element.wrong("valueQuantity", "has no value")
        return number, unit, comparator, None
    if element.has("valueCodeableConcept"):
        code, display = element.concept("valueCodeableConcept")
        if code is not None and code.startswith("TEXT//"):
            return None, None, code.removeprefix("TEXT//"), code
        return None, None, display, code
    if element.has("valueInteger"):
        return element.number("valueInteger"), None, None, None
    if element.has("valueBoolean"):
        return None, None, "true" if element.boolean("valueBoolean") else "false", None
    if element.has("valueDateTime"):
        element.moment("valueDateTime")
    said = element.text("valueString") or element.text("valueDateTime") or element.text("valueTime")
    return None, None, said, None


def _note(resource: Element) -> str | None:
    if "note" not in resource.values:
        return None
    notes = [text for note in resource.objects("note") if (text := note.text("text"))]
    return "\n".join(notes) or None
