"""FHIR resources for tests, and events as rows that can be compared."""

import json

from vesalius.records.events.fhir_write import events_of_subject

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
RXNORM, ACT = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def concept(system, code, text=None):
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


def resource(name, own="x1", **fields):
    patient = "patient" if name in ("Immunization", "AllergyIntolerance") else "subject"
    about = {} if name in ("Patient", "Medication") else {patient: {"reference": "Patient/p1"}}
    return {"resourceType": name, "id": own} | about | fields


PATIENT = resource("Patient", "p1", birthDate="1950-03-04", gender="female", deceasedDateTime="2020-01-01T10:00:00Z")
MEDICATION = concept(RXNORM, "308135", "Amlodipine 10 MG")
POTASSIUM = resource(
    "Observation",
    "k1",
    status="final",
    code=concept(LOINC, "2823-3", "Potassium"),
    effectiveDateTime="2010-01-01T10:30:00Z",
    encounter={"reference": "Encounter/e1"},
    valueQuantity={"value": 4.1, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
)
EVERYTHING = [
    PATIENT,
    resource(
        "Encounter",
        "e1",
        status="finished",
        type=[concept(SNOMED, "185349003", "Check up")],
        period={"start": "2010-01-01T10:00:00Z", "end": "2010-01-01T11:00:00Z"},
        **{"class": {"system": ACT, "code": "AMB", "display": "ambulatory"}},
    ),
    resource(
        "Encounter", "e2", status="finished", partOf={"reference": "Encounter/e1"}, **{"class": {"system": ACT, "code": "IMP"}}
    ),
    POTASSIUM,
    resource(
        "Observation",
        "bp",
        status="final",
        code=concept(LOINC, "85354-9"),
        effectivePeriod={"start": "2011-01-01", "end": "2011-01-02"},
        component=[
            {
                "code": concept(LOINC, "8480-6"),
                "valueQuantity": {"value": 120, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"},
            },
            {"code": concept(LOINC, "8462-4"), "valueQuantity": {"value": 80, "unit": "mmHg"}},
        ],
    ),
    resource(
        "Observation",
        "crp",
        status="amended",
        code=concept(LOINC, "1988-5"),
        effectiveDateTime="2010-01-03",
        valueQuantity={"value": 5, "unit": "mg/L", "comparator": "<"},
    ),
    resource("Observation", "note", status="final", code={"text": "How it went"}, valueString="Well enough."),
    resource(
        "Observation",
        "noted",
        status="final",
        code={"coding": [{"code": "local"}]},
        valueQuantity={"value": 1e-7},
        note=[{"text": "by hand"}],
    ),
    resource(
        "Observation",
        "smoker",
        status="final",
        code=concept(LOINC, "72166-2"),
        valueCodeableConcept=concept(SNOMED, "8517006", "Ex-smoker"),
    ),
    resource(
        "Condition",
        "c1",
        code=concept("http://hl7.org/fhir/sid/icd-10-cm", "E11.9", "Diabetes"),
        clinicalStatus=concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved"),
        onsetDateTime="2009-05-01",
        abatementDateTime="2012-01-01",
        note=[{"text": "mild"}],
    ),
    resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        medicationCodeableConcept=MEDICATION,
        authoredOn="2010-02-01",
        dispenseRequest={"validityPeriod": {"end": "2010-05-01"}},
        dosageInstruction=[
            {
                "text": "1 daily",
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "{tablet}", "system": UCUM, "code": "{tablet}"}}],
            }
        ],
    ),
    resource(
        "MedicationStatement",
        "m2",
        status="active",
        medicationCodeableConcept=MEDICATION,
        effectivePeriod={"start": "2010-02-01", "end": "2010-03-01"},
        dosage=[{"text": "at night"}],
    ),
    resource(
        "MedicationAdministration",
        "m3",
        status="completed",
        medicationCodeableConcept=MEDICATION,
        effectiveDateTime="2010-02-01T08:00:00Z",
        context={"reference": "Encounter/e1"},
        dosage={"dose": {"value": 10, "unit": "mg", "system": UCUM, "code": "mg"}},
    ),
    resource(
        "MedicationDispense",
        "m4",
        status="completed",
        medicationCodeableConcept=MEDICATION,
        whenHandedOver="2010-02-02",
        quantity={"value": 30},
    ),
    resource("Procedure", "pr", status="completed", code=concept(SNOMED, "36228007"), performedDateTime="2010-02-03"),
    resource(
        "Immunization",
        "im",
        status="completed",
        vaccineCode=concept("http://hl7.org/fhir/sid/cvx", "110"),
        occurrenceDateTime="2010-02-04",
    ),
    resource(
        "AllergyIntolerance",
        "al",
        clinicalStatus=concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
        code=concept("http://fdasis.nlm.nih.gov", "QE1QX6B99R", "peanut"),
        onsetDateTime="2000-01-01",
        reaction=[{"manifestation": [concept(SNOMED, "39579001", "Anaphylaxis")], "severity": "severe"}],
    ),
]


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def as_lines(file, *resources):
    file.write_text("".join(json.dumps(one) + "\n" for one in resources), encoding="utf-8")
    return file


def rows(table, *, without=()):
    """Every event as a tuple, in an order that does not hang on that of events of one time."""
    events = [event for place in range(len(table.subjects)) for event in events_of_subject(table, place)]
    return sorted([tuple(event._replace(**dict.fromkeys(without))) for event in events], key=repr)
