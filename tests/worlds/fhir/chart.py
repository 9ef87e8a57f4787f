"""A small clinic that tests share."""

from datetime import UTC, datetime

from vesalius.worlds.fhir import ROLES, Answer, Call, Caller, Clinic, Faults

ADMINISTRATOR = Caller("test", ROLES["administrator"])
PHYSICIAN = Caller("dr", ROLES["physician"])
NURSE = Caller("nurse", ROLES["nurse"])
READER = Caller("reader", ROLES["read-only"])
NOW = datetime(2024, 3, 1, 9, tzinfo=UTC)
LOINC = "http://loinc.org"


def observation(code, value, *, patient="1", date="2024-02-01T08:00:00Z", unit="mg/dL", **others):
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": date,
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **others,
    }


def patient(identifier, family, given, birthdate, **others):
    name = [{"family": family, "given": [given]}]
    mrn = [{"system": "urn:mrn", "value": f"MRN{identifier}"}]
    return {"resourceType": "Patient", "id": identifier, "name": name, "birthDate": birthdate, "identifier": mrn, **others}


def resources():
    return [
        observation("2345-7", 90.0, date="2024-01-05") | {"id": "a"},
        observation("2345-7", 180.5, date="2024-02-20T10:00:00Z") | {"id": "b"},
        observation("4548-4", 6.5, date="2024-02", unit="%") | {"id": "c"},
        observation("2345-7", 100.0, patient="2", date="2023-12-31T23:30:00-01:00") | {"id": "d", "status": "preliminary"},
        patient("1", "Müller", "Zoë", "1950-03-04", gender="female"),
        patient("2", "Okafor", "Ada", "1988-12-30", gender="female"),
        {"resourceType": "Practitioner", "id": "p", "name": [{"family": "Lee"}]},
    ]


def clinic(**options) -> Clinic:
    return Clinic(resources(), now=NOW, **options)


def get(place: Clinic, url: str, caller: Caller = ADMINISTRATOR) -> Answer:
    return place.call(Call.of("GET", url), caller)


def ids(place: Clinic, url: str, caller: Caller = ADMINISTRATOR) -> list[str]:
    answer = get(place, url, caller)
    assert answer.status == 200, answer.body
    return [entry["resource"]["id"] for entry in answer.body.get("entry", [])]


def send(place: Clinic, method: str, url: str, body=None, caller: Caller = ADMINISTRATOR, **headers) -> Answer:
    return place.call(Call.of(method, url, body=body, **headers), caller)


def flaky(**rates) -> Faults:
    return Faults(seed=5, **rates)
