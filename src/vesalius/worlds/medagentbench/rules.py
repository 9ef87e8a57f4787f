"""A weak agent of fixed rules, which reads the instruction for key words and never looks at dates.

What it does well: finding who has a name and a birth date, recording a blood pressure, the last glucose; and the rest where dates
don't matter.

What it fails in, and why:

- *age*: takes one year from the other, and so is one too high where the birthday is still to come;
- *last magnesium*, *magnesium order*: takes the last value however old, so that it answers or orders on one of yesterday;
- *mean glucose*: takes the mean of the first page of results, of any day;
- *referral*: orders it without the free text;
- *potassium order*: orders the drug and forgets the measurement of the next morning;
- *HbA1c order*: orders a new test only where there is none.
"""

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from statistics import fmean
from typing import Any

from vesalius.worlds.environment import Agent, Observation, Task
from vesalius.worlds.medagentbench.codes import (
    CATEGORY,
    HBA1C,
    LOINC,
    MAGNESIUM_INFUSION,
    MRN,
    NDC,
    ORTHOPAEDIC_REFERRAL,
    POTASSIUM_TABLET,
    SNOMED,
)
from vesalius.worlds.medagentbench.posing import NOBODY, NOTHING, coded
from vesalius.worlds.tools import Action, Create, Finish, Search

Body = Mapping[str, Any]
Plan = Generator[Action, Body, None]
"""Actions, each of which is answered with what the tool gave back."""

_NOW = re.compile(r"It is (\S+)\.")
_WHO = re.compile(r"with name (\w+) (\w+) and date of birth (\d{4}-\d\d-\d\d)")
_NUMBER = re.compile(r"MRN (S\d+)")
_PRESSURE = re.compile(r"\d+/\d+ mmHg")
_CODE = re.compile(r"\(code (\w+)\)")


def rules(task: Task) -> Agent:
    """An agent that looks at no more of the task than any other may."""
    return by_rules


def by_rules(seen: list[Observation]) -> Action:
    """The next action, from all that was seen."""
    plan = _plan(seen[0].text)
    action = next(plan)
    for one in seen[1:]:
        action = plan.send(json.loads(one.text))
    return action


def _plan(text: str) -> Plan:
    who = _WHO.search(text)
    if who is not None:
        given, family, born = who.groups()
        found = yield Search(resource_type="Patient", parameters={"given": given, "family": family, "birthdate": born})
        entries = _resources(found)
        yield Finish(answer=entries[0]["identifier"][0]["value"] if entries else NOBODY)
    number = _NUMBER.search(text)
    if number is None:
        yield Finish()
        return
    found = yield Search(resource_type="Patient", parameters={"identifier": f"{MRN}|{number[1]}"})
    patients = _resources(found)
    way = next((way for words, way in _WAYS if words in text), None)
    if patients and way is not None:
        yield from way(text, patients[0])
    yield Finish()


def _age(text: str, patient: Body) -> Plan:
    yield Finish(answer=int(_now(text)[:4]) - int(patient["birthDate"][:4]))


def _pressure(text: str, patient: Body) -> Plan:
    measured = _PRESSURE.search(text)
    yield Create(
        resource={
            "resourceType": "Observation",
            "status": "final",
            "category": [coded(CATEGORY, "vital-signs")],
            "code": {"text": "BP"},
            "subject": _reference(patient),
            "effectiveDateTime": _now(text),
            "valueString": measured[0] if measured else "",
        }
    )


def _referral(text: str, patient: Body) -> Plan:
    yield _order("ServiceRequest", text, patient, {"priority": "stat", "code": coded(SNOMED, ORTHOPAEDIC_REFERRAL)})


def _mean(text: str, patient: Body) -> Plan:
    values = yield from _values(text, patient)
    yield Finish(answer=round(fmean(values), 1) if values else NOTHING)


def _last(text: str, patient: Body) -> Plan:
    values = yield from _values(text, patient)
    yield Finish(answer=values[0] if values else NOTHING)


def _magnesium(text: str, patient: Body) -> Plan:
    values = yield from _values(text, patient)
    if values and values[0] < 2.0:
        grams = 4 if values[0] < 1.0 else 2 if values[0] < 1.5 else 1
        timing = {"timing": {"repeat": {"duration": grams, "durationUnit": "h"}}}
        yield _drug(text, patient, MAGNESIUM_INFUSION, grams, "g", "IV", timing)


def _potassium(text: str, patient: Body) -> Plan:
    values = yield from _values(text, patient)
    if values and values[0] < 3.5:
        yield _drug(text, patient, POTASSIUM_TABLET, round(100 * (3.5 - values[0])), "mEq", "oral", {})


def _hba1c(text: str, patient: Body) -> Plan:
    results = yield from _results(text, patient)
    if results:
        yield Finish(answer=[results[0]["valueQuantity"]["value"], results[0]["effectiveDateTime"][:10]])
    yield _order("ServiceRequest", text, patient, {"priority": "stat", "code": coded(LOINC, HBA1C.loinc)})
    yield Finish(answer=NOTHING)


_WAYS: Sequence[tuple[str, Callable[[str, Body], Plan]]] = (
    ("the age", _age),
    ("blood pressure", _pressure),
    ("surgery referral", _referral),
    ("the average", _mean),
    ("replacement IV magnesium", _magnesium),
    ("replacement potassium", _potassium),
    ("HbA1c", _hba1c),
    ("the most recent", _last),
)
"""What is done where which words stand in the instruction; the first of them."""


def _results(text: str, patient: Body) -> Generator[Action, Body, list[Body]]:
    """Of the test that the instruction names, the last one first, as far as they stand on one page."""
    code = _CODE.search(text)
    parameters: dict[str, str | list[str]] = {"patient": patient["id"], "code": code[1] if code else "", "_sort": "-date"}
    found = yield Search(resource_type="Observation", parameters=parameters)
    return _resources(found)


def _values(text: str, patient: Body) -> Generator[Action, Body, list[float]]:
    results = yield from _results(text, patient)
    return [one["valueQuantity"]["value"] for one in results]


def _drug(text: str, patient: Body, code: str, dose: float, unit: str, route: str, more: Body) -> Create:
    dosage = {"route": {"text": route}, "doseAndRate": [{"doseQuantity": {"value": dose, "unit": unit}}], **more}
    fields = {"medicationCodeableConcept": coded(NDC, code), "dosageInstruction": [dosage]}
    return _order("MedicationRequest", text, patient, fields)


def _order(kind: str, text: str, patient: Body, fields: Body) -> Create:
    common = {"status": "active", "intent": "order", "authoredOn": _now(text), "subject": _reference(patient)}
    return Create(resource={"resourceType": kind, **common, **fields})


def _reference(patient: Body) -> dict[str, str]:
    return {"reference": f"Patient/{patient['id']}"}


def _now(text: str) -> str:
    found = _NOW.search(text)
    return found[1] if found else ""


def _resources(bundle: Body) -> list[Body]:
    return [entry["resource"] for entry in bundle.get("entry", [])]
