"""The five families of tasks that change the record: a blood pressure, a referral, and orders that hang on a result.

Of the last three some need no order, and then one is wrong. How a resource has to look stands in the instruction, so that nobody
has to guess what is judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from vesalius.worlds.goals import Expected
from vesalius.worlds.medagentbench.codes import (
    CATEGORY,
    FLOWSHEET,
    HBA1C,
    LOINC,
    MAGNESIUM,
    MAGNESIUM_INFUSION,
    NDC,
    ORTHOPAEDIC_REFERRAL,
    POTASSIUM,
    POTASSIUM_TABLET,
    SNOMED,
    UCUM,
    Lab,
)
from vesalius.worlds.medagentbench.patients import Person
from vesalius.worlds.medagentbench.posing import (
    DAY,
    NOTHING,
    Posed,
    Scene,
    coded,
    finish,
    look_up,
    minute,
    order_needed,
    ordered,
    posed,
    results,
    subject,
)
from vesalius.worlds.requirements import All, Between, Coded, Count, Equals, IfThere, Items, Near, OneOf, Requirement
from vesalius.worlds.tools import Create

BLOOD_PRESSURE_CASES = ("measured",)
MAGNESIUM_CASES = ("severe", "normal", "moderate", "too old", "mild", "never")
REFERRAL_CASES = ("referred",)
POTASSIUM_CASES = ("low", "normal", "fallen", "risen", "low", "never")
HBA1C_CASES = ("recent", "old", "recent", "old", "never")

GOAL_MMOL_L = 3.5
"""Potassium below this is replaced."""

PER_STEP_MEQ, STEP_MMOL_L = 10, 0.1

YEAR = timedelta(days=365)

IV = ("IV", "intravenous", "intravenous route")
ORAL = ("oral", "PO", "by mouth", "oral route")
ONCE = ("once", "one time", "single dose")
PRESSURE = ("BP", "85354-9", "55284-4")
"""Codes of a blood pressure, of which none is asked for."""

MEDICATION_FORM = (
    f"Order it by a MedicationRequest with status active, intent order, authoredOn now, the NDC (system {NDC}) in "
    "medicationCodeableConcept.coding, and one dosageInstruction with doseAndRate.doseQuantity (value and unit)"
)
SERVICE_FORM = "by a ServiceRequest with status active, intent order, priority stat, authoredOn now"


def blood_pressure(scene: Scene, case: str) -> Posed:
    """Record one that was just measured."""
    person = scene.one_of(scene.people.known)
    value = f"{scene.draw.randint(95, 190)}/{scene.draw.randint(50, 94)} mmHg"
    category = {"coding": [{"system": CATEGORY, "code": "vital-signs"}]}
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [category],
        "code": {"text": "BP"},
        "subject": subject(person),
        "effectiveDateTime": scene.now.isoformat(),
        "valueString": value,
    }
    fields: dict[str, Requirement] = {
        "status": Equals("final"),
        "category": Coded(CATEGORY, "vital-signs"),
        "code.text": OneOf(("BP",)),
        "code.coding.system": IfThere(OneOf((FLOWSHEET, LOINC))),
        "code.coding.code": IfThere(OneOf(PRESSURE)),
        "subject.reference": Equals(f"Patient/{person.id}"),
        "effectiveDateTime": minute(scene.now),
        "issued": IfThere(minute(scene.now)),
        "valueString": OneOf((value,)),
    }
    return posed(
        scene,
        person,
        f"I have just measured the blood pressure of the patient with MRN {person.mrn}: {value}. Record it, by a final "
        f"Observation of category vital-signs ({CATEGORY}) with code.text BP, effectiveDateTime now, and the measurement as "
        "valueString, as it is written here.",
        solution=(look_up(person), Create(resource=resource), finish()),
        expected=(Expected(kind="Observation", fields=fields),),
    )


_INJURIES = (
    ("knee", "ACL tear", "ACL tear grade {grade}"),
    ("knee", "meniscal tear", "meniscal tear grade {grade}"),
    ("shoulder", "rotator cuff tear", "rotator cuff tear grade {grade}"),
    ("ankle", "talofibular ligament rupture", "ligament rupture grade {grade}"),
    ("wrist", "scaphoid fracture", "scaphoid fracture, type {grade}"),
)


def referral(scene: Scene, case: str) -> Posed:
    """To orthopaedic surgery, with a free text."""
    person, draw = scene.one_of(scene.people.known), scene.draw
    joint, finding, assessment = draw.choice(_INJURIES)
    text = (
        f"Situation: acute {draw.choice(('left', 'right'))} {joint} injury. Background: radiology report indicates {finding}. "
        f"Assessment: {assessment.format(grade=draw.choice(('I', 'II', 'III')))}. Recommendation: request for Orthopedic service "
        "to evaluate and provide management recommendations."
    )
    code = coded(SNOMED, ORTHOPAEDIC_REFERRAL)
    order = ordered("ServiceRequest", person, scene.now, {"priority": "stat", "code": code, "note": [{"text": text}]})
    fields: dict[str, Requirement] = {
        "priority": Equals("stat"),
        "code": Coded(SNOMED, ORTHOPAEDIC_REFERRAL),
        "note.text": All((Count(1), OneOf((text,)))),
        "occurrenceDateTime": IfThere(minute(scene.now)),
    }
    return posed(
        scene,
        person,
        f"Order an orthopedic surgery referral for the patient with MRN {person.mrn}, {SERVICE_FORM}, SNOMED code "
        f'{ORTHOPAEDIC_REFERRAL} (system {SNOMED}) in code.coding. Give this free text as its note: "{text}"',
        solution=(look_up(person), order, finish()),
        expected=(order_needed("ServiceRequest", person, scene.now, fields),),
    )


def magnesium_order(scene: Scene, case: str) -> Posed:
    """Replacement by the last value of the last 24 hours."""
    person = scene.patient(tested=case != "never")
    if case != "never":
        _plant_magnesium(scene, person, case)
    grams = {"severe": 4, "moderate": 2, "mild": 1}.get(case)
    looks = (look_up(person), results(person, MAGNESIUM))
    orders = [] if grams is None else [_medication(scene, person, MAGNESIUM_INFUSION, grams, "g", "IV", hours=grams)]
    needed = [] if grams is None else [_medication_needed(scene, person, MAGNESIUM_INFUSION, grams, ("g", "gram"), IV, grams)]
    return posed(
        scene,
        person,
        f"Check the last {MAGNESIUM.name} (code {MAGNESIUM.short}) within the last 24 hours of the patient with MRN "
        f"{person.mrn}. If it is low, order replacement IV magnesium by the dosing instructions; if it is not, or none was "
        f"measured in the last 24 hours, order nothing. The NDC for replacement IV magnesium is {MAGNESIUM_INFUSION}. Dosing "
        "instructions, serum magnesium in mg/dL: mild, 1.5 to 1.9: 1 g IV over 1 hour; moderate, 1.0 to below 1.5: 2 g IV over "
        f"2 hours; severe, below 1.0: 4 g IV over 4 hours. {MEDICATION_FORM} in g, route.text IV, and timing.repeat with "
        "duration and durationUnit h.",
        solution=(*looks, *orders, finish()),
        expected=needed,
    )


_MAGNESIUM_TENTHS = {"severe": (6, 9), "moderate": (10, 14), "mild": (15, 19), "normal": (20, 24), "too old": (8, 14)}


def _plant_magnesium(scene: Scene, person: Person, case: str) -> None:
    """The value that counts, and in the case of two an earlier one that would ask for something else."""
    value = scene.draw.randint(*_MAGNESIUM_TENTHS[case]) / 10
    if case == "too old":
        scene.plant(person, MAGNESIUM, [scene.before_a_day()], [value])
        return
    other = 2.2 if case != "normal" else 1.2
    scene.plant(person, MAGNESIUM, scene.within_a_day(2), [other, value])


def potassium_order(scene: Scene, case: str) -> Posed:
    """Replacement by the last value, with another measurement the next morning."""
    person = scene.patient(tested=case != "never")
    values = _potassium(scene, case)
    scene.plant(person, POTASSIUM, scene.ago(timedelta(minutes=5), DAY * 2, len(values)), values)
    low = bool(values) and values[-1] < GOAL_MMOL_L
    morning = (scene.now + DAY).replace(hour=8, minute=0)
    dose = round((GOAL_MMOL_L - values[-1]) / STEP_MMOL_L) * PER_STEP_MEQ if low else 0
    pair = [_medication(scene, person, POTASSIUM_TABLET, dose, "mEq", "oral"), _laboratory(scene, person, POTASSIUM, morning)]
    needed = [
        _medication_needed(scene, person, POTASSIUM_TABLET, dose, ("mEq", "meq"), ORAL),
        _laboratory_needed(scene, person, POTASSIUM, morning),
    ]
    return posed(
        scene,
        person,
        f"Check the most recent {POTASSIUM.name} (code {POTASSIUM.short}) of the patient with MRN {person.mrn}. If it is below "
        f"{GOAL_MMOL_L} mmol/L, order replacement potassium, NDC {POTASSIUM_TABLET}: {PER_STEP_MEQ} mEq orally for every "
        f"{STEP_MMOL_L} mmol/L below {GOAL_MMOL_L}; and pair this order with a serum potassium level for tomorrow at 8:00 UTC. "
        f"If it is not low, or was never measured, order nothing. {MEDICATION_FORM} in mEq and route.text oral. Order the level "
        f"{SERVICE_FORM}, LOINC {POTASSIUM.loinc} (system {LOINC}) in code.coding, and that time as occurrenceDateTime.",
        solution=(look_up(person), results(person, POTASSIUM), *(pair if low else ()), finish()),
        expected=needed if low else (),
    )


def _potassium(scene: Scene, case: str) -> list[float]:
    """The earliest first."""
    low, normal = (scene.draw.randint(*tenths) / 10 for tenths in ((24, 34), (35, 52)))
    return {"low": [low], "fallen": [normal, low], "normal": [normal], "risen": [low, normal], "never": []}[case]


def hba1c_order(scene: Scene, case: str) -> Posed:
    """The last value with its date, and a new test where it is older than a year."""
    person = scene.patient(tested=case != "never")
    answer: Any = NOTHING
    requirement: Requirement = Near(NOTHING)
    if case != "never":
        first, last = (timedelta(days=20), YEAR - timedelta(days=5)) if case == "recent" else (YEAR + timedelta(days=5), YEAR * 2)
        (moment,) = scene.ago(first, last)
        value = round(min(max(scene.draw.gauss(HBA1C.usual, HBA1C.spread), 4.5), 12.0), 1)
        scene.plant(person, HBA1C, [moment], [value])
        day = moment.date().isoformat()
        answer, requirement = [value, day], Items((Near(value), Between(day, day)), ordered=True)
    due = case != "recent"
    return posed(
        scene,
        person,
        f"What is the last {HBA1C.name} (code {HBA1C.short}) of the patient with MRN {person.mrn}, and when was it measured? If "
        f"that is more than a year ago, or it was never measured, order a new test {SERVICE_FORM}, LOINC {HBA1C.loinc} (system "
        f"{LOINC}) in code.coding. Answer with a list of the value in percent and the date of its measurement (YYYY-MM-DD); if "
        f"there is none, answer {NOTHING}.",
        solution=(
            look_up(person),
            results(person, HBA1C),
            *([_laboratory(scene, person, HBA1C)] if due else ()),
            finish(answer),
        ),
        answer=requirement,
        expected=[_laboratory_needed(scene, person, HBA1C)] if due else (),
    )


def _medication(
    scene: Scene, person: Person, code: str, dose: float, unit: str, route: str, *, hours: float | None = None
) -> Create:
    dosage: dict[str, Any] = {"route": {"text": route}, "doseAndRate": [{"doseQuantity": {"value": dose, "unit": unit}}]}
    if hours is not None:
        dosage["timing"] = {"repeat": {"duration": hours, "durationUnit": "h"}}
    fields = {"medicationCodeableConcept": coded(NDC, code), "dosageInstruction": [dosage]}
    return ordered("MedicationRequest", person, scene.now, fields)


def _medication_needed(
    scene: Scene, person: Person, code: str, dose: float, units: Sequence[str], routes: Sequence[str], hours: float | None = None
) -> Expected:
    dosage = "dosageInstruction.doseAndRate"
    fields: dict[str, Requirement] = {
        "medicationCodeableConcept": Coded(NDC, code),
        "dosageInstruction": Count(1),
        dosage: Count(1),
        f"{dosage}.doseQuantity.value": All((Count(1), Near(dose, 0.1))),
        f"{dosage}.doseQuantity.unit": OneOf(tuple(units)),
        f"{dosage}.doseQuantity.code": IfThere(OneOf(tuple(units))),
        f"{dosage}.doseQuantity.system": IfThere(Equals(UCUM)),
        "dosageInstruction.route.text": OneOf(tuple(routes)),
        "dosageInstruction.timing.code.text": IfThere(OneOf(ONCE)),
    }
    if hours is not None:
        fields["dosageInstruction.timing.repeat.duration"] = All((Count(1), Near(hours)))
        fields["dosageInstruction.timing.repeat.durationUnit"] = Equals("h")
        fields[f"{dosage}.rateQuantity.value"] = IfThere(Near(dose / hours))
        fields[f"{dosage}.rateQuantity.unit"] = IfThere(OneOf(("g/h", "g/hr", "g/hour")))
    return order_needed("MedicationRequest", person, scene.now, fields)


def _laboratory(scene: Scene, person: Person, lab: Lab, moment: datetime | None = None) -> Create:
    when = {} if moment is None else {"occurrenceDateTime": moment.isoformat()}
    return ordered("ServiceRequest", person, scene.now, {"priority": "stat", "code": coded(LOINC, lab.loinc), **when})


def _laboratory_needed(scene: Scene, person: Person, lab: Lab, moment: datetime | None = None) -> Expected:
    when = IfThere(minute(scene.now)) if moment is None else minute(moment)
    fields: dict[str, Requirement] = {"priority": Equals("stat"), "code": Coded(LOINC, lab.loinc), "occurrenceDateTime": when}
    return order_needed("ServiceRequest", person, scene.now, fields)
