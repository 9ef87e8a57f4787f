"""Snapshot, restore and search of a clinic of 100 patients with 50,000 resources.

    python benchmarks/clinic.py

The peer of a snapshot is what an environment without a store of its own would do: Python's ``copy.deepcopy`` of all resources, or
the kinder ``json`` text of them; for a restore, the same way back. The peer of a search is a comprehension over all resources, as
plain dicts, that asks for the same fields. The slowest of 100 rounds is of the process's own time, so that a busy machine does
not count.
"""

import copy
import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clock import Row, milliseconds, print_rows
from vesalius.worlds.fhir import ROLES, Call, Caller, Clinic

PATIENTS = 100
RESOURCES = 50_000
CODES = [f"{1_000 + place}-{place % 10}" for place in range(40)]
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PHYSICIAN = Caller("benchmark", ROLES["physician"])


def resources() -> Iterator[dict[str, Any]]:
    """Patients and their observations."""
    draw = random.Random(0)
    for number in range(PATIENTS):
        yield {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": f"Family{number}", "given": ["Ana"]}]}
    for number in range(RESOURCES - PATIENTS):
        yield observation(number % PATIENTS, draw) | {"id": f"o{number}"}


def observation(patient: int, draw: random.Random) -> dict[str, Any]:
    """One laboratory value."""
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(2_000_000))
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": draw.choice(CODES)}]},
        "subject": {"reference": f"Patient/p{patient}"},
        "effectiveDateTime": moment.isoformat(),
        "valueQuantity": {"value": round(draw.uniform(1, 200), 1), "unit": "mg/dL"},
    }


def measured(clinic: Clinic, plain: list[dict[str, Any]]) -> Iterator[Row]:
    """Each operation of the peer and of ours."""
    text = json.dumps(plain)
    before = clinic.snapshot()
    draw = random.Random(1)

    def episode() -> None:
        for number in range(20):
            answer = clinic.call(Call("POST", "/Observation", body=observation(number, draw)), PHYSICIAN)
            assert answer.status == 201

    episode()
    after = clinic.snapshot()
    deep = milliseconds(lambda: copy.deepcopy(plain), repeats=1)
    snapshot = milliseconds(clinic.snapshot)
    restore = milliseconds(lambda: clinic.restore(before))
    yield "snapshot, beside copy.deepcopy", deep, snapshot
    yield "snapshot, beside json.dumps", milliseconds(lambda: json.dumps(plain), repeats=1), snapshot
    yield "restore, beside copy.deepcopy", deep, restore
    yield "restore, beside json.loads", milliseconds(lambda: json.loads(text), repeats=1), restore

    slowest = {"snapshot": 0.0, "restore": 0.0}
    for _ in range(100):
        episode()
        slowest["snapshot"] = max(slowest["snapshot"], milliseconds_once(clinic.snapshot))
    clinic.restore(after)
    for _ in range(100):
        slowest["restore"] = max(slowest["restore"], milliseconds_once(lambda: clinic.restore(before)))
        episode()
    yield "snapshot after 20 writes, slowest of 100", deep, slowest["snapshot"]
    yield "restore after 20 writes, slowest of 100", deep, slowest["restore"]

    def round_trip() -> None:
        clinic.restore(before)
        episode()
        clinic.snapshot()

    yield "restore, 20 writes, snapshot", deep, milliseconds(round_trip)
    clinic.restore(after)
    yield from searches(clinic, plain)


def milliseconds_once(work: Callable[[], object]) -> float:
    """Of one run: a second snapshot of the same state would have nothing to do."""
    start = time.process_time()
    work()
    return 1e3 * (time.process_time() - start)


def searches(clinic: Clinic, plain: list[dict[str, Any]]) -> Iterator[Row]:
    """Searches of ours beside scans of plain dicts."""

    def scan(code: str | None, patient: str) -> list[dict[str, Any]]:
        return [
            one
            for one in plain
            if one.get("subject", {}).get("reference") == patient and code in (None, one["code"]["coding"][0]["code"])
        ]

    def asked(url: str) -> int:
        total = clinic.call(Call.of("GET", url), PHYSICIAN).body["total"]
        assert total > 0
        return total

    yield (
        "search by patient and code",
        milliseconds(lambda: scan(CODES[3], "Patient/p7")),
        milliseconds(lambda: asked(f"Observation?patient=p7&code=http://loinc.org|{CODES[3]}")),
    )
    yield (
        "search by patient, last first",
        milliseconds(lambda: scan(None, "Patient/p7")),
        milliseconds(lambda: asked("Observation?patient=p7&_sort=-date&_count=5")),
    )
    yield (
        "search by date alone, which no index has",
        milliseconds(lambda: [one for one in plain if one.get("effectiveDateTime", "") > "2023-06"]),
        milliseconds(lambda: asked("Observation?date=gt2023-06&_count=5")),
    )


def main() -> None:
    """Prints milliseconds and ratios."""
    plain = list(resources())
    clinic = Clinic(plain)
    print(f"{PATIENTS} patients, {len(plain)} resources")
    print_rows(measured(clinic, plain))


if __name__ == "__main__":
    main()
