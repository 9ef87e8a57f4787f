"""Made-up patients as FHIR R4 resources: who they are, their conditions, vital signs, laboratory series and medications.

What tasks turn on, such as a value of the last day, is not here: each task writes it into its patient's chart when it begins
(``planted``), so that every task has fresh values. The series of a chart therefore end two days before, and those of HbA1c two
years before.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from vesalius.errors import UserError
from vesalius.worlds.medagentbench.codes import (
    ASKED_TESTS,
    CATEGORY,
    FLOWSHEET,
    HBA1C,
    LOINC,
    MRN,
    NOW,
    RXNORM,
    SNOMED,
    UCUM,
    USUAL_TESTS,
    Lab,
)

FEWEST = 12
"""Patients of a bench at least, so that there are namesakes, and patients who never had a test."""

MOST = 5_000
"""Patients of a bench at most: there are days for the births of so many."""

STRANGERS = 40
"""People who are asked for and are not there."""

NAMESAKES = 30
"""Of the first so many, or of the first half of few patients, every second has the name of the one before."""

_LATE = 4
"""Every fourth has the birthday still to come in the year of the tasks."""

_UNTESTED = 6
"""Every sixth patient never had the tests that tasks are about."""

_GIVEN = {
    "female": ("Ada", "Bea", "Carla", "Dora", "Edith", "Fay", "Greta", "Hana", "Irma", "Joan", "Kim", "Lena"),
    "male": ("Abel", "Boris", "Carl", "Dan", "Egon", "Franz", "Gus", "Hugo", "Ivan", "Jonas", "Karl", "Leo"),
}
_FAMILY = (
    "Abbott",
    "Baker",
    "Castro",
    "Duarte",
    "Ellis",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jensen",
    "Kaya",
    "Lopez",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Sato",
    "Tanaka",
)
_CONDITIONS = (
    ("38341003", "Hypertensive disorder"),
    ("44054006", "Type 2 diabetes mellitus"),
    ("55822004", "Hyperlipidemia"),
    ("709044004", "Chronic kidney disease"),
    ("195967001", "Asthma"),
    ("49436004", "Atrial fibrillation"),
)
_MEDICATIONS = (
    ("29046", "lisinopril"),
    ("6809", "metformin"),
    ("83367", "atorvastatin"),
    ("435", "albuterol"),
    ("11289", "warfarin"),
)
_VITALS = (
    ("8867-4", "Heart rate", "/min", 76.0, 9.0),
    ("29463-7", "Body weight", "kg", 78.0, 12.0),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is.

    Attributes:
        id: of the Patient resource; it tells nothing.
        mrn: medical record number.
        given, family: name.
        gender: as FHIR has it.
        born: date of birth.
        tested: whether the tests that tasks are about were ever made.
    """

    id: str
    mrn: str
    given: str
    family: str
    gender: str
    born: date
    tested: bool


@dataclass(frozen=True, slots=True)
class People:
    """Those whose charts are in the clinic, and strangers who have none."""

    known: tuple[Person, ...]
    strangers: tuple[Person, ...]


@lru_cache(maxsize=8)
def people(patients: int, seed: int) -> People:
    """Patients, and strangers.

    >>> ada, other = people(12, seed=0).known[:2]
    >>> (ada.given, ada.family) == (other.given, other.family), ada.born == other.born
    (True, False)

    Raises:
        UserError: if there are fewer patients than tasks need, or too many.
    """
    if not FEWEST <= patients <= MOST:
        raise UserError(f"patients {patients}: the tasks need {FEWEST} or more, and there can be {MOST}; name such a number.")
    draw = random.Random(f"people {seed}")
    count = patients + STRANGERS
    numbers = draw.sample(range(1_000_000, 10_000_000), count)
    days = [date(1935, 1, 1) + timedelta(days=day) for day in range(25_000)]
    past = draw.sample([day for day in days if (day.month, day.day) <= (NOW.month, NOW.day)], count)
    late = [day for day in days if (day.month, day.day) > (NOW.month, NOW.day)]
    to_come = draw.sample(late, min(count, len(late)))
    # only every fourth of many is born on one of them, of few each has one to choose from
    step = 1 if count <= len(late) else _LATE
    found: list[Person] = []
    for place, number in enumerate(numbers):
        gender = draw.choice(tuple(_GIVEN))
        given, family = draw.choice(_GIVEN[gender]), draw.choice(_FAMILY)
        if place % 2 and place < min(NAMESAKES, patients // 2):
            given, family, gender = found[-1].given, found[-1].family, found[-1].gender
        identifier = f"p{draw.getrandbits(40):010x}"
        born = past[place] if place % _LATE else to_come[place // step]
        found.append(Person(identifier, f"S{number}", given, family, gender, born, place % _UNTESTED != _UNTESTED - 1))
    return People(tuple(found[:patients]), tuple(found[patients:]))


def chart(person: Person, *, visits: int, seed: int) -> Iterator[dict[str, Any]]:
    """The resources of one patient: 9 each visit, fewer where tests were not made, and up to 7 others.

    >>> sorted({one["resourceType"] for one in chart(people(12, seed=0).known[0], visits=2, seed=0)})
    ['Condition', 'MedicationRequest', 'Observation', 'Patient']
    """
    draw = random.Random(f"chart {seed} {person.id}")
    yield {
        "resourceType": "Patient",
        "id": person.id,
        "identifier": [{"system": MRN, "value": person.mrn}],
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "gender": person.gender,
        "birthDate": person.born.isoformat(),
    }
    yield from _problems(person, draw)
    for visit in range(visits):
        moment = NOW - timedelta(days=2 + 900 * visit // visits, minutes=draw.randrange(1440))
        yield from _vital_signs(person, f"{person.id}-{visit}", moment, draw)
        for lab in (*USUAL_TESTS, *(ASKED_TESTS if person.tested else ())):
            earlier = moment - timedelta(days=730) if lab is HBA1C else moment
            value = _rounded(draw.gauss(lab.usual, lab.spread), lab.digits)
            yield measured(person, lab, value, earlier, f"{person.id}-{visit}-{lab.short}")


def planted(person: Person, lab: Lab, values: list[tuple[datetime, float]]) -> list[dict[str, Any]]:
    """Results that a task adds to a chart."""
    return [measured(person, lab, value, moment, f"{person.id}-{lab.short}-{moment:%Y%m%d%H%M}") for moment, value in values]


def measured(person: Person, lab: Lab, value: float, moment: datetime, identifier: str) -> dict[str, Any]:
    """One laboratory result."""
    return {
        **_observation(person, "laboratory", moment, identifier),
        "code": {
            "coding": [{"system": LOINC, "code": lab.loinc}, {"system": FLOWSHEET, "code": lab.short}],
            "text": lab.name,
        },
        "valueQuantity": _quantity(value, lab.unit),
    }


def _problems(person: Person, draw: random.Random) -> Iterator[dict[str, Any]]:
    subject = {"reference": f"Patient/{person.id}"}
    for code, name in draw.sample(_CONDITIONS, draw.randint(1, 3)):
        yield {
            "resourceType": "Condition",
            "id": f"{person.id}-{code}",
            "subject": subject,
            "code": {"coding": [{"system": SNOMED, "code": code, "display": name}], "text": name},
            "onsetDateTime": (NOW - timedelta(days=draw.randrange(300, 4000))).date().isoformat(),
        }
    for code, name in draw.sample(_MEDICATIONS, draw.randint(1, 3)):
        yield {
            "resourceType": "MedicationRequest",
            "id": f"{person.id}-{code}",
            "status": "active",
            "intent": "order",
            "subject": subject,
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name},
            "authoredOn": (NOW - timedelta(days=draw.randrange(30, 900))).date().isoformat(),
        }


def _vital_signs(person: Person, stem: str, moment: datetime, draw: random.Random) -> Iterator[dict[str, Any]]:
    pressure = f"{draw.randint(100, 165)}/{draw.randint(55, 95)} mmHg"
    yield {
        **_observation(person, "vital-signs", moment, f"{stem}-BP"),
        "code": {"coding": [{"system": FLOWSHEET, "code": "BP"}], "text": "BP"},
        "valueString": pressure,
    }
    for code, name, unit, usual, spread in _VITALS:
        yield {
            **_observation(person, "vital-signs", moment, f"{stem}-{code}"),
            "code": {"coding": [{"system": LOINC, "code": code}], "text": name},
            "valueQuantity": _quantity(_rounded(draw.gauss(usual, spread), 0), unit),
        }


def _observation(person: Person, category: str, moment: datetime, identifier: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "subject": {"reference": f"Patient/{person.id}"},
        "effectiveDateTime": moment.isoformat(timespec="seconds"),
    }


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _rounded(value: float, digits: int) -> float:
    """At least the smallest number that can be written so."""
    return max(round(value, digits), 10.0**-digits)
