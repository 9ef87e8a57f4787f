import csv

import numpy as np
import pytest

from vesalius.records import Events
from vesalius.records.events.codes import parted
from vesalius.records.events.fhir_write import fhir_resources
from vesalius.sources.public.smart_patients import FOLDER, MAPPING, SmartPatients, read
from vesalius.sources.releases import RELEASES


@pytest.fixture
def folder(public_data):
    return public_data(FOLDER)


def lines(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_every_row_is_an_event_or_a_fault_or_known_to_be_none(folder):
    reading = read(folder)
    told = {name: sum(f"{name}.txt" in one for one in reading.faults.sentences) for name in ("labs", "meds")}
    assert reading.faults.count == 5 and told == {"labs": 3, "meds": 2}
    kinds = reading.table.extra["resource"].to_pylist()
    assert kinds.count("Condition") == len(lines(folder, "problems.txt"))
    assert kinds.count("MedicationRequest") == len(lines(folder, "meds.txt")) - 2
    assert kinds.count("MedicationDispense") == len(lines(folder, "refills.txt"))
    assert kinds.count("AllergyIntolerance") == len(lines(folder, "allergies.txt"))
    assert kinds.count("Procedure") == len(lines(folder, "procedures.txt"))
    refused = sum(row["refusal_reason"] != "" for row in lines(folder, "immunizations.txt"))
    assert refused == 4 and kinds.count("Immunization") == len(lines(folder, "immunizations.txt")) - refused
    vitals = sum(row[name] != "" for row in lines(folder, "vitals.txt") for name in list(row)[6:16])
    smoking = len(lines(folder, "socialhistory.txt"))
    assert kinds.count("Observation") == len(lines(folder, "labs.txt")) - 3 + vitals + smoking


def test_the_first_lab_of_the_release_is_in_the_table(folder):
    row = lines(folder, "labs.txt")[0]
    table = SmartPatients().table()
    at = table.rows(table.subjects.index(row["PID"]))
    found = [
        (table.numbers[place], table.extra["unit"][place].as_py())
        for place in range(at.start, at.stop)
        if table.vocabulary[table.codes[place]] == f"LOINC//{row['LOINC']}" and table.times[place] == np.datetime64(row["DATE"])
    ]
    assert (float(row["VALUE"]), row["UNITS"]) in found


def test_records_have_histories_in_order(folder):
    records = SmartPatients().records()
    assert len(records) == len(lines(folder, "patients.txt")) == len({record.subject_id for record in records})
    assert {record.tags["sex"] for record in records} == {"male", "female"}
    assert all(record.get("history", Events).codes.count("MEDS_BIRTH") == 1 for record in records)
    assert {parted(code).system for record in records for code in record.get("history", Events).codes} >= {
        "http://loinc.org",
        "http://snomed.info/sct",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://hl7.org/fhir/sid/cvx",
    }


def test_some_of_every_kind_are_valid_fhir(folder):
    models = pytest.importorskip("fhir.resources.R4B")
    counts = {}
    for made in fhir_resources(SmartPatients().table()):
        name = made["resourceType"]
        counts[name] = counts.get(name, 0) + 1
        if counts[name] <= 40:
            models.get_fhir_model_class(name).model_validate(made)
    assert len(counts) == 8


def test_the_mapping_is_in_the_package_and_the_release_in_the_list():
    assert MAPPING.exists()
    assert any(release.name == SmartPatients().name and release.licence == "Apache-2.0" for release in RELEASES)
