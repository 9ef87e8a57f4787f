"""Three tasks in a small clinic, as examples: one that writes, one that writes only if need be, one that reads."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from vesalius.worlds.environment import Task
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.fhir.faults import Faults
from vesalius.worlds.goals import Expected, Goal
from vesalius.worlds.requirements import All, Between, Coded, Count, Equals, IfThere, Item, Near, OneOf, Requirement
from vesalius.worlds.tools import Create, Finish, Search

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PANEL, SYSTOLIC, DIASTOLIC = "85354-9", "8480-6", "8462-4"
HBA1C, MAGNESIUM = "4548-4", "19123-9"
MAGNESIUM_SULFATE = "6585"
LOW_MG_DL = 1.7
NOW = datetime(2024, 3, 1, 9, tzinfo=UTC)


def clinic_of(*, patients: int, seed: int, faults: Faults | None = None) -> Clinic:
    """A clinic of made-up patients, each with a few values of two laboratory tests."""
    draw = random.Random(seed)
    return Clinic((one for number in range(patients) for one in _chart(number, draw)), now=NOW, faults=faults)


def _chart(number: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    identifier = f"patient-{number}"
    born = datetime(1940, 1, 1, tzinfo=UTC) + timedelta(days=draw.randrange(20_000))
    yield {
        "resourceType": "Patient",
        "id": identifier,
        "identifier": [{"system": "urn:vesalius:mrn", "value": f"S{1000 + number}"}],
        "name": [{"family": f"Family{number}", "given": [draw.choice(("Ada", "Ben", "Cleo", "Dan"))]}],
        "gender": draw.choice(("female", "male")),
        "birthDate": born.date().isoformat(),
    }
    for code, unit, low, high in ((HBA1C, "%", 4.5, 12.0), (MAGNESIUM, "mg/dL", 1.0, 2.4)):
        for place in range(draw.randint(1, 4)):
            value = round(draw.uniform(low, high), 1)
            moment = NOW - timedelta(days=draw.randrange(1, 400), minutes=draw.randrange(1440))
            quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
            yield {
                **_observation(identifier, code, moment),
                "id": f"{identifier}-{code}-{place}",
                "valueQuantity": quantity,
            }


def _observation(patient: str, code: str, moment: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": moment.isoformat(),
    }


def blood_pressure(clinic: Clinic, draw: random.Random) -> Task:
    """Record a blood pressure."""
    patient, number = _patient(clinic, draw)
    systolic, diastolic = draw.randint(95, 180), draw.randint(50, 94)
    moment = clinic.now.replace(microsecond=0) - timedelta(minutes=10)
    parts = ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))
    components = [_quantity(code, value) for code, value in parts]
    done = Create(resource={**_observation(patient, PANEL, moment), "component": components})
    fields: dict[str, Requirement] = {
        "status": Equals("final"),
        "subject.reference": Equals(f"Patient/{patient}"),
        "code": Coded(LOINC, PANEL),
        "effectiveDateTime": Between(moment.isoformat(timespec="minutes"), moment.isoformat(timespec="minutes")),
        "component.code": Count(2),
        "component": All(tuple(Item({"code": Coded(LOINC, code)}, _mmhg(value)) for code, value in parts)),
    }
    instruction = (
        f"{_now(clinic)} Record a blood pressure of {systolic}/{diastolic} mmHg, measured at {moment.isoformat()}, for the "
        f"patient with medical record number {number}: one final Observation with LOINC {PANEL}, with the components {SYSTOLIC} "
        f"and {DIASTOLIC}, in the UCUM unit mm[Hg]."
    )
    goal = Goal(patient=patient, expected=(Expected(kind="Observation", fields=fields),))
    return Task(identifier="blood pressure", instruction=instruction, goal=goal, solution=(done, Finish()))


def magnesium(clinic: Clinic, draw: random.Random) -> Task:
    """Order magnesium if the last value is low, otherwise nothing."""
    patient, number = _patient(clinic, draw)
    look = Search(resource_type="Observation", parameters=_last(patient, MAGNESIUM))
    order = Create(
        resource={
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": MAGNESIUM_SULFATE}], "text": "magnesium sulfate"},
            "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "g", "system": UCUM, "code": "g"}}]}],
        }
    )
    today = clinic.now.date().isoformat()
    fields: dict[str, Requirement] = {
        "status": Equals("active"),
        "intent": Equals("order"),
        "subject.reference": Equals(f"Patient/{patient}"),
        "medicationCodeableConcept": Coded(RXNORM, MAGNESIUM_SULFATE),
        "authoredOn": IfThere(Between(today, today)),
        "dosageInstruction.doseAndRate": Count(1),
        "dosageInstruction.doseAndRate.doseQuantity.value": All((Count(1), Near(2))),
        "dosageInstruction.doseAndRate.doseQuantity.system": IfThere(Equals(UCUM)),
        "dosageInstruction.doseAndRate.doseQuantity.code": Equals("g"),
        "dosageInstruction.doseAndRate.doseQuantity.unit": IfThere(OneOf(("g", "gram"))),
    }
    low = _last_value(clinic, patient, MAGNESIUM) < LOW_MG_DL
    instruction = (
        f"{_now(clinic)} If the last serum magnesium (LOINC {MAGNESIUM}) of the patient with medical record number {number} is "
        f"below {LOW_MG_DL} mg/dL, order 2 g of magnesium sulfate (RxNorm {MAGNESIUM_SULFATE}) as an active order. Otherwise do "
        "nothing."
    )
    expected = (Expected(kind="MedicationRequest", fields=fields),) if low else ()
    solution = (look, order, Finish()) if low else (look, Finish())
    return Task(identifier="magnesium", instruction=instruction, goal=Goal(patient=patient, expected=expected), solution=solution)


def last_hba1c(clinic: Clinic, draw: random.Random) -> Task:
    """Report the last HbA1c."""
    patient, number = _patient(clinic, draw)
    value = _last_value(clinic, patient, HBA1C)
    look = Search(resource_type="Observation", parameters=_last(patient, HBA1C))
    instruction = (
        f"{_now(clinic)} What is the last HbA1c (LOINC {HBA1C}) of the patient with medical record number {number}, in percent? "
        "Answer with the number."
    )
    goal = Goal(patient=patient, answer=Near(value, 0.05))
    return Task(identifier="last HbA1c", instruction=instruction, goal=goal, solution=(look, Finish(answer=value)))


def _now(clinic: Clinic) -> str:
    return f"It is {clinic.now.isoformat(timespec='seconds')}."


def _patient(clinic: Clinic, draw: random.Random) -> tuple[str, str]:
    """Id and record number of one of the patients."""
    patients = sorted((one for one in clinic.resources() if one["resourceType"] == "Patient"), key=lambda one: str(one["id"]))
    chosen = draw.choice(patients)
    return chosen["id"], chosen["identifier"][0]["value"]


def _last(patient: str, code: str) -> dict[str, str | list[str]]:
    return {"patient": patient, "code": f"{LOINC}|{code}", "_sort": "-date", "_count": "1"}


def _last_value(clinic: Clinic, patient: str, code: str) -> float:
    subject = f"Patient/{patient}"
    own = [one for one in clinic.resources() if one["resourceType"] == "Observation" and one["subject"]["reference"] == subject]
    values = [one for one in own if one["code"]["coding"][0]["code"] == code]
    return float(max(values, key=lambda one: datetime.fromisoformat(one["effectiveDateTime"]))["valueQuantity"]["value"])


def _quantity(code: str, value: float) -> dict[str, Any]:
    quantity = {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity}


def _mmhg(value: float) -> dict[str, Requirement]:
    return {
        "valueQuantity.value": Near(value),
        "valueQuantity.system": Equals(UCUM),
        "valueQuantity.code": Equals("mm[Hg]"),
        "valueQuantity.unit": IfThere(OneOf(("mmHg", "mm Hg", "mm[Hg]"))),
    }
