import gzip
import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.events.fhir_samples import (
    ACT,
    EVERYTHING,
    LOINC,
    MEDICATION,
    PATIENT,
    POTASSIUM,
    RXNORM,
    SNOMED,
    UCUM,
    as_lines,
    bundle,
    concept,
    resource,
    rows,
)
from vesalius.errors import UserError
from vesalius.records.events.fhir_kinds import KINDS, R4_TYPES
from vesalius.records.events.fhir_read import read_fhir


@pytest.fixture
def read(tmp_path):
    """Reads resources as lines, collecting the faults."""
    return lambda *resources: read_fhir(as_lines(tmp_path / "all.ndjson", *resources), strict=False)


def events(table, code):
    return [place for place in range(len(table)) if table.vocabulary[table.codes[place]] == code]


def test_every_kind_of_resource_gives_its_events(read):
    reading = read(*EVERYTHING)
    assert reading.faults.count == 0 and not reading.left_out
    assert set(reading.table.extra["resource"].to_pylist()) == {"Patient", *KINDS} | {
        "Observation.component",
        "Encounter.type",
        "AllergyIntolerance.reaction",
    }
    assert len(reading.table) == len(EVERYTHING) + 6  # two more of the patient, two components, a type and a reaction


def test_a_quantity_gives_number_unit_and_time(read):
    table = read(PATIENT, POTASSIUM).table
    (at,) = events(table, "LOINC//2823-3")
    assert table.numbers[at] == 4.1 and table.extra["unit"][at].as_py() == "mmol/L"
    assert table.times[at] == np.datetime64("2010-01-01T10:30") and table.extra["display"][at].as_py() == "Potassium"


def test_how_long_an_onset_lasts_is_not_how_long_the_condition_does(read):
    onset = {"start": "2010-01-01", "end": "2010-01-05"}
    table = read(PATIENT, resource("Condition", code=concept(SNOMED, "44054006"), onsetPeriod=onset)).table
    assert table.times[events(table, "SNOMED//44054006")[0]] == np.datetime64("2010-01-01") and "end" not in table.extra


def test_a_zone_is_taken_off(read):
    table = read(PATIENT, POTASSIUM | {"effectiveDateTime": "2010-01-01T10:30:00.25+02:00"}).table
    assert table.times[events(table, "LOINC//2823-3")[0]] == np.datetime64("2010-01-01T08:30:00.25")


def test_birth_death_and_gender_are_those_of_meds(read):
    table = read(PATIENT).table
    assert [table.vocabulary[code] for code in table.codes] == ["GENDER//female", "MEDS_BIRTH", "MEDS_DEATH"]
    assert np.isnat(table.times[0]) and table.times[1] == np.datetime64("1950-03-04")


def test_a_death_without_a_time_is_an_event_without_one(read):
    table = read(resource("Patient", "p1", deceasedBoolean=True)).table
    assert table.vocabulary == ("MEDS_DEATH",) and np.isnat(table.times[0])


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_did_not_happen_is_counted_and_is_no_event(read, status):
    reading = read(PATIENT, POTASSIUM | {"status": status}, resource("Practitioner", "d"))
    assert not events(reading.table, "LOINC//2823-3") and reading.faults.count == 0
    assert reading.left_out == {f"Observation {status}": 1, "Practitioner": 1}


def test_a_refuted_condition_and_a_refused_vaccine_are_no_events(read):
    verified = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "refuted")
    refuted = resource("Condition", code=concept(SNOMED, "44054006"), verificationStatus=verified)
    vaccine = concept("http://hl7.org/fhir/sid/cvx", "110")
    refused = resource("Immunization", status="not-done", vaccineCode=vaccine, occurrenceDateTime="2010-01-01")
    assert read(PATIENT, refuted, refused).left_out == {"Condition refuted": 1, "Immunization not-done": 1}


def test_a_medication_by_reference_gets_its_code_though_it_comes_later(read):
    request = resource("MedicationRequest", status="active", intent="order", medicationReference={"reference": "Medication/m"})
    contained = request | {
        "id": "x2",
        "medicationReference": {"reference": "#c"},
        "contained": [{"resourceType": "Medication", "id": "c", "code": MEDICATION}],
    }
    reading = read(PATIENT, request, contained, resource("Medication", "m", code=MEDICATION))
    assert len(events(reading.table, "RxNorm//308135")) == 2 and reading.faults.count == 0
    assert "RxNorm//308135" in reading.table.vocabulary and not any("\0" in code for code in reading.table.vocabulary)


def test_addresses_of_a_bundle_are_looked_up(tmp_path):
    file = tmp_path / "bundle.json"
    patient = {"resourceType": "Patient", "birthDate": "1950-01-01"}
    about = POTASSIUM | {"subject": {"reference": "urn:uuid:1f"}, "encounter": None}
    file.write_text(json.dumps(bundle() | {"entry": [{"resource": about}, {"fullUrl": "urn:uuid:1f", "resource": patient}]}))
    assert read_fhir(file).table.subjects == ("1f",)


def test_gzipped_files_and_folders_of_files_by_type_are_read_alike(tmp_path):
    whole = read_fhir(as_lines(tmp_path / "all.ndjson", *EVERYTHING)).table
    folder = tmp_path / "export"
    folder.mkdir()
    for name in {one["resourceType"] for one in EVERYTHING}:
        lines = "".join(json.dumps(one) + "\n\n" for one in EVERYTHING if one["resourceType"] == name)
        (folder / f"{name}.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    assert rows(read_fhir(folder).table) == rows(whole)
    (tmp_path / "bundle.json").write_text(json.dumps(bundle(*EVERYTHING)))
    assert rows(read_fhir(tmp_path / "bundle.json").table) == rows(whole)


def test_a_file_is_not_held_in_memory(tmp_path):
    padding = {"text": {"div": "x" * 20_000}}
    file = tmp_path / "big.ndjson"
    with file.open("w") as out:
        out.write(json.dumps(PATIENT) + "\n")
        for number in range(1500):
            out.write(json.dumps(POTASSIUM | padding | {"id": f"k{number}", "encounter": None}) + "\n")
    tracemalloc.start()
    table = read_fhir(file).table
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(table) == 1503 and peak < file.stat().st_size / 4


def quantity(**fields):
    return POTASSIUM | {"valueQuantity": POTASSIUM["valueQuantity"] | fields}


FAULTS = {
    "unknown type": (resource("Observatory"), "line 2, field 'resourceType': 'Observatory' is no resource of FHIR R4"),
    "no type": ({"id": "x"}, "line 2, field 'resourceType': is missing"),
    "impossible day": (POTASSIUM | {"effectiveDateTime": "2010-02-30"}, "Observation/k1, field 'effectiveDateTime': is a day or"),
    "impossible hour": (POTASSIUM | {"effectiveDateTime": "2010-02-01T25:00:00Z"}, "'effectiveDateTime': is a day or time that"),
    "no zone": (POTASSIUM | {"effectiveDateTime": "2010-02-01T10:00:00"}, "'effectiveDateTime': is a time without a zone"),
    "not a date": (POTASSIUM | {"effectiveDateTime": "1.2.2010"}, "'effectiveDateTime': is not written as"),
    "ends before": (
        POTASSIUM | {"effectiveDateTime": None, "effectivePeriod": {"start": "2011", "end": "2010"}},
        "'effectivePeriod.end': is before the start",
    ),
    "death before birth": (PATIENT | {"id": "p2", "deceasedDateTime": "1949"}, "Patient/p2, field 'deceasedDateTime': is before"),
    "other unit": (quantity(unit="mg/dL"), "'valueQuantity.unit': 'mg/dL' is another unit than the declared UCUM code 'mmol/L'"),
    "number as text": (quantity(value="4.1"), "'valueQuantity.value': is no number"),
    "true as number": (quantity(value=True), "'valueQuantity.value': is no number"),
    "no value": (POTASSIUM | {"valueQuantity": {"unit": "mg"}}, "'valueQuantity': has no value"),
    "comparator": (quantity(comparator="~"), "'valueQuantity.comparator': is not one of"),
    "mistyped LOINC": (POTASSIUM | {"code": concept(LOINC, "2823-4")}, "'LOINC//2823-4' has the check digit 4 where 3 is right"),
    "mistyped SNOMED": (POTASSIUM | {"code": concept(SNOMED, "44054007")}, "'SNOMED//44054007' has a wrong check digit"),
    "mistyped ICD": (
        resource("Condition", code=concept("http://hl7.org/fhir/sid/icd-10-cm", "diabetes")),
        "'ICD10CM//diabetes' is no code of ICD10CM",
    ),
    "no code": (POTASSIUM | {"code": {}}, "field 'code': is missing"),
    "code is a list": (POTASSIUM | {"code": []}, "field 'code': is no object"),
    "no status": (POTASSIUM | {"status": None}, "field 'status': is missing"),
    "odd status": (POTASSIUM | {"status": "done"}, "field 'status': is none that R4 has"),
    "odd gender": (PATIENT | {"id": "p2", "gender": "f"}, "'gender': is not one of male, female, other, unknown"),
    "odd id": (POTASSIUM | {"id": "a b"}, "field 'id': is none that FHIR allows"),
    "no subject": (POTASSIUM | {"subject": {"display": "her"}}, "'subject': has no reference to a patient"),
    "dangling subject": (
        POTASSIUM | {"subject": {"reference": "Patient/p9"}},
        "names the patient 'Patient/p9', which is not there",
    ),
    "dangling medication": (
        resource("MedicationRequest", status="active", intent="order", medicationReference={"reference": "Medication/m9"}),
        "names the medication 'Medication/m9', which is not there",
    ),
    "not contained": (
        resource("MedicationRequest", status="active", intent="order", medicationReference={"reference": "#m9"}),
        "names a medication that is not contained",
    ),
    "other patient of one id": (PATIENT | {"gender": "male"}, "Patient/p1, field 'id': has been given to another one"),
    "yes as true": (POTASSIUM | {"valueQuantity": None, "valueBoolean": "true"}, "'valueBoolean': is neither true nor false"),
    "one as true": (POTASSIUM | {"valueQuantity": None, "valueBoolean": 1}, "'valueBoolean': is neither true nor false"),
    "died as text": (PATIENT | {"id": "p2", "deceasedBoolean": "true"}, "'deceasedBoolean': is neither true nor false"),
    "search for a patient": (
        POTASSIUM | {"subject": {"reference": "Patient?identifier=http://h.org/mrn|123"}},
        "field 'subject.reference': is a search rather than the id of a resource",
    ),
    "contained patient": (POTASSIUM | {"subject": {"reference": "#p"}}, "field 'subject': is a contained patient"),
    "code with a tab": (POTASSIUM | {"code": concept("http://h.org", "a\tb")}, "'code.coding[0].code': has blanks that"),
    "code with a hard space": (POTASSIUM | {"code": concept("http://h.org", "a\xa0b")}, "has blanks that a code can't have"),
    "beyond the last year": (
        POTASSIUM | {"effectiveDateTime": "9999-12-31T23:59:59-05:00"},
        "is before the year 1 or after 9999",
    ),
    "half a character": (POTASSIUM | {"valueQuantity": None, "valueString": "\ud800"}, "'valueString': has half a character"),
    "value that is not kept": (POTASSIUM | {"valueQuantity": None, "valueRatio": {}}, "'valueRatio': is not kept"),
    "given at no time": (
        resource("MedicationAdministration", status="completed", medicationCodeableConcept=concept(RXNORM, "308135")),
        "'effectiveDateTime': is missing",
    ),
}


@pytest.mark.parametrize("bad", FAULTS)
def test_a_fault_is_told_in_a_sentence_and_the_rest_is_kept(tmp_path, bad):
    wrong, said = FAULTS[bad]
    good = POTASSIUM | {"id": "good", "encounter": None}
    reading = read_fhir(as_lines(tmp_path / "all.ndjson", PATIENT, wrong | {"encounter": None}, good), strict=False)
    (sentence,) = reading.faults.sentences
    assert said in sentence and "all.ndjson, line 2" in sentence and sentence.endswith(".") and "\n" not in sentence
    assert rows(reading.table) == rows(read_fhir(as_lines(tmp_path / "all.ndjson", PATIENT, good)).table)
    with pytest.raises(UserError) as told:
        read_fhir(as_lines(tmp_path / "all.ndjson", PATIENT, wrong | {"encounter": None}, good))
    assert said in str(told.value)


@pytest.mark.parametrize(
    "line", ['{"resourceType": "Pat', "[1, 2]", "NaN", "[" * 100_000, '{"a": NaN}', "1" * 5000], ids=lambda line: line[:16]
)
def test_a_line_that_is_no_resource_is_named(tmp_path, line):
    file = as_lines(tmp_path / "all.ndjson", PATIENT)
    file.write_text(file.read_text() + line + "\n" + json.dumps(POTASSIUM) + "\n")
    reading = read_fhir(file, strict=False)
    assert reading.faults.count == 1 and reading.faults.sentences[0].startswith(f"{file}, line 2")
    assert len(reading.table) == 4


def test_an_encounter_that_is_not_there_is_a_fault_and_its_events_stay_without_it(read):
    visit = resource("Encounter", "e1", status="finished", **{"class": {"system": ACT, "code": "AMB"}})
    reading = read(PATIENT, visit, POTASSIUM | {"encounter": {"reference": "Encounter/e9"}})
    assert reading.faults.count == 1 and "names the encounter 'Encounter/e9'" in reading.faults.sentences[0]
    (at,) = events(reading.table, "LOINC//2823-3")
    assert "encounter" not in reading.table.extra and reading.table.numbers[at] == 4.1


def pressure(own, value):
    component = {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": value, "unit": "mm[Hg]"}}
    return POTASSIUM | {"id": own, "valueQuantity": None, "encounter": None, "component": [component]}


ONCE = [PATIENT, EVERYTHING[1], pressure("k", 120), resource("Medication", "m", code=MEDICATION)]


@pytest.mark.parametrize("again", ONCE, ids=lambda one: one["resourceType"])
def test_a_copy_is_left_out_and_counted(read, again):
    reading = read(*ONCE, again)
    assert reading.faults.count == 0 and reading.left_out == {f"{again['resourceType']} told again": 1}
    assert rows(reading.table) == rows(read(*ONCE).table)


def test_another_resource_of_the_same_id_is_a_fault_and_its_parts_are_left_out(read):
    reading = read(PATIENT, pressure("k", 120), pressure("k", 180), pressure("l", 180))
    assert reading.faults.count == 1 and "line 3, Observation/k, field 'id'" in reading.faults.sentences[0]
    assert rows(reading.table) == rows(read(PATIENT, pressure("k", 120), pressure("l", 180)).table)
    other = resource("Medication", "m", code=concept(RXNORM, "1191"))
    assert read(PATIENT, resource("Medication", "m", code=MEDICATION), other).faults.count == 1


def test_an_id_belongs_to_its_type_and_to_what_was_kept(read):
    visit = resource("Encounter", "k1", status="finished", **{"class": {"system": ACT, "code": "AMB"}})
    about = POTASSIUM | {"encounter": None}
    reading = read(PATIENT, visit, about | {"status": "done"}, about | {"status": "cancelled"}, about)
    assert reading.faults.count == 1 and len(events(reading.table, "LOINC//2823-3")) == 1


def test_references_are_not_looked_up_where_none_of_their_kind_is_there(read):
    reading = read(POTASSIUM)
    assert reading.faults.count == 0 and reading.table.subjects == ("p1",)
    assert reading.table.extra["encounter"].to_pylist() == ["e1"]


def test_a_cycle_of_parts_is_named_and_events_stay(read):
    def visit(own, above):
        kind = {"class": {"system": ACT, "code": "AMB"}}
        return resource("Encounter", own, status="finished", partOf={"reference": f"Encounter/{above}"}, **kind)

    reading = read(PATIENT, visit("a", "b"), visit("b", "c"), visit("c", "a"), visit("d", "a"))
    assert reading.faults.count == 1 and len(reading.table) == 7
    assert "Encounter/a > Encounter/b > Encounter/c > Encounter/a is a cycle of parts" in reading.faults.sentences[0]


def test_a_panel_that_is_its_own_member_is_named_and_one_with_shared_members_is_not(read):
    panel = POTASSIUM | {"hasMember": [{"reference": "Observation/k1"}], "encounter": None}
    assert read(PATIENT, panel).faults.count == 1
    first = POTASSIUM | {"id": "a", "hasMember": [{"reference": "Observation/k1"}], "encounter": None}
    assert read(PATIENT, first, first | {"id": "b"}, POTASSIUM | {"encounter": None}).faults.count == 0


def test_observations_of_a_group_are_left_out(read):
    assert read(PATIENT, POTASSIUM | {"subject": {"reference": "Group/g"}}).left_out == {"Observation of a Group": 1}


def test_a_damaged_or_missing_file_is_told(tmp_path):
    bad = tmp_path / "x.ndjson.gz"
    bad.write_bytes(gzip.compress(b"\n" * 100)[:-6])
    with pytest.raises(UserError, match=r"x\.ndjson\.gz: damaged"):
        read_fhir(bad)
    for place in (tmp_path / "none.ndjson", tmp_path / "x.xml"):
        with pytest.raises(UserError, match="no FHIR file"):
            read_fhir(place)


def test_the_types_of_r4_are_those_of_r4b_but_for_what_this_changed():
    package = Path(pytest.importorskip("fhir.resources.R4B").__file__).parent
    r4b = {re.search(r"class (\w+)\(domainresource", file.read_text("utf-8")) for file in package.glob("*.py")}
    new = {found[1] for found in r4b if found} - R4_TYPES
    assert (
        {"Ingredient", "NutritionProduct", "SubscriptionTopic"}
        <= new
        <= {
            *("AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "EvidenceReport", "Ingredient"),
            *("ManufacturedItemDefinition", "MedicinalProductDefinition", "NutritionProduct", "PackagedProductDefinition"),
            *("RegulatedAuthorization", "SubscriptionStatus", "SubscriptionTopic", "SubstanceDefinition"),
        }
    )


def test_a_declared_unit_that_says_the_same_is_no_fault(read):
    same = POTASSIUM | {"valueQuantity": {"value": 1, "unit": "g/L", "system": UCUM, "code": "mg/mL"}}
    assert read(PATIENT, same | {"encounter": None}).faults.count == 0


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", " ", "\ud800", "x", "Patient/p1", "2010", "\0a", "#", "urn:"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["reference", "coding", "code", "text"]), inner),
    max_leaves=4,
)


def spoilt(draw, value):
    """One place of a value, at any depth, becomes junk."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        return value | {name: spoilt(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        return [spoilt(draw, value[0]), *value[1:]]
    return draw(junk)


@given(st.data(), st.booleans())
@settings(max_examples=80)
def test_whatever_stands_in_a_resource_is_a_fault_or_an_event(tmp_path_factory, data, bundled):
    made = [spoilt(data.draw, data.draw(st.sampled_from(EVERYTHING))) for _ in range(3)]
    if bundled:
        made = [spoilt(data.draw, bundle(*made) | {"entry": [{"fullUrl": "urn:uuid:1", "resource": one} for one in made]})]
    file = as_lines(tmp_path_factory.mktemp("junk") / "all.ndjson", PATIENT, *made)
    reading = read_fhir(file, strict=False)
    assert len(reading.table) >= 3
    for sentence in reading.faults.sentences:
        assert sentence.startswith(str(file)) and sentence.endswith(".") and "\n" not in sentence
        sentence.encode()
