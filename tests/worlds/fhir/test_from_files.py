import json

import pytest

from vesalius.errors import UserError
from vesalius.worlds.fhir import ROLES, Call, Caller
from vesalius.worlds.fhir.from_files import taken_from

PHYSICIAN = Caller("agent", ROLES["physician"])
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-03-04"}
PULSE = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "pulse"},
    "subject": {"reference": "Patient/p1"},
}


@pytest.fixture
def write(tmp_path):
    def wrote(name, *resources):
        (tmp_path / name).write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in resources))
        return tmp_path

    return wrote


def bundle(*entries):
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries)}


def test_lines_of_several_files_become_a_clinic(write):
    write("Patient.ndjson", PATIENT)
    taken = taken_from(write("Observation.ndjson", PULSE, {**PULSE, "id": "o2"}))
    found = taken.clinic().call(Call.of("GET", "Observation?patient=p1"), PHYSICIAN)
    assert found.body["total"] == 2 and not taken.faults.count and not taken.dangling


def test_urls_of_a_bundle_stand_for_its_resources(write):
    patient = {"fullUrl": "urn:uuid:0f-1", "resource": {name: value for name, value in PATIENT.items() if name != "id"}}
    pulse = {"resource": {**PULSE, "subject": {"reference": "urn:uuid:0f-1"}}}
    clinic = taken_from(write("all.json", bundle(pulse, patient))).clinic()
    assert clinic.latest(("Observation", "o1")).resource["subject"]["reference"] == "Patient/0f-1"


def subject(taken, identifier="o1"):
    return taken.clinic().latest(("Observation", identifier)).resource["subject"]


@pytest.mark.parametrize("target", ["https://a.example/fhir/Patient/p1/_history/3", "https://a.example/fhir/Patient/p1"])
def test_a_whole_url_leads_to_what_a_bundle_calls_so_and_nowhere_else(write, target):
    pulse = {**PULSE, "subject": {"reference": target}}
    folder = write("Patient.json", bundle({"fullUrl": "https://a.example/fhir/Patient/p1", "resource": PATIENT}))
    assert subject(taken_from(write("all.ndjson", pulse))) == {"reference": "Patient/p1"}
    (folder / "Patient.json").unlink()
    taken = taken_from(write("all.ndjson", pulse, PATIENT))
    assert subject(taken) == {"display": target} and taken.dangling == 1


def test_a_patient_of_another_server_is_not_the_one_who_has_the_same_id_here(write):
    def chart(server, born, identifier):
        pulse = {**PULSE, "id": identifier}
        entries = [(f"{server}/Patient/p1", {**PATIENT, "birthDate": born}), (f"{server}/Observation/{identifier}", pulse)]
        return bundle(*({"fullUrl": url, "resource": one} for url, one in entries))

    write("a.json", chart("http://a", "1950-03-04", "oa"))
    later = {"fullUrl": "http://b/Observation/oc", "resource": {**PULSE, "id": "oc"}}
    write("c.json", bundle(later))
    taken = taken_from(write("b.json", chart("http://b", "1960-01-01", "ob")))
    assert subject(taken, "oa") == {"reference": "Patient/p1"}
    assert subject(taken, "ob") == subject(taken, "oc") == {"display": "Patient/p1"}
    assert taken.faults.count == 1 and "has been given to another one" in taken.faults.sentences[0]


def test_a_resource_that_several_bundles_repeat_is_one_and_all_may_refer_to_it(write):
    for number in range(2):
        entry = {"resource": {**PULSE, "id": f"o{number}"}}
        folder = write(f"{number}.json", bundle({"fullUrl": "http://a/Patient/p1", "resource": PATIENT}, entry))
    taken = taken_from(folder)
    assert subject(taken, "o0") == subject(taken, "o1") == {"reference": "Patient/p1"} and not taken.faults.count


def test_a_reference_by_identifier_leads_to_the_one_who_has_it(write):
    doctor = {"resourceType": "Practitioner", "id": "d1", "identifier": [{"system": "urn:npi", "value": "99"}]}
    told = {**PULSE, "performer": [{"reference": "Practitioner?identifier=urn:npi|99"}]}
    taken = taken_from(write("all.ndjson", PATIENT, told, doctor))
    assert taken.resources["Observation", "o1"]["performer"] == [{"reference": "Practitioner/d1"}] and not taken.dangling
    taken = taken_from(write("all.ndjson", PATIENT, told, doctor, {**doctor, "id": "d2"}))
    assert taken.resources["Observation", "o1"]["performer"] == [{"display": "Practitioner?identifier=urn:npi|99"}]


@pytest.mark.parametrize("target", ["Location/l1", "#nobody"])
def test_a_reference_that_may_not_stand_there_costs_itself_and_not_the_folder(write, target):
    told = {**PULSE, "performer": [{"reference": target}]}
    taken = taken_from(write("all.ndjson", PATIENT, told, {"resourceType": "Location", "id": "l1"}))
    kept = taken.clinic().latest(("Observation", "o1")).resource
    assert kept["performer"] == [{"display": target}] and taken.dangling == 1


def test_what_a_clinic_does_not_have_is_counted_and_references_to_it_become_names(write):
    told = {**PULSE, "subject": {"reference": "Group/g1"}, "performer": [{"reference": "Patient/p9", "display": "Dr Lee"}]}
    taken = taken_from(write("all.ndjson", PATIENT, {"resourceType": "Claim", "id": "c"}, told))
    kept = taken.clinic().latest(("Observation", "o1")).resource
    assert dict(taken.left_out) == {"Claim": 1} and taken.dangling == 2
    assert kept["subject"] == {"display": "Group/g1"} and kept["performer"] == [{"display": "Dr Lee"}]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: field 'resourceType'"),
        (json.dumps({**PULSE, "status": "done"}), "line 2: Observation/o1, field 'status'"),
        (json.dumps({name: value for name, value in PULSE.items() if name != "id"}), "line 2: Observation, field 'id': missing"),
        (json.dumps({**PULSE, "contained": 5}), "line 2: Observation/o1, field 'contained'"),
        (json.dumps({**PULSE, "valueQuantity": {"value": 10**400}}), "line 2: field 'valueQuantity.value'"),
        (json.dumps({**PATIENT, "gender": "female"}), "line 2: Patient, field 'id': has been given to another one"),
    ],
)
def test_a_resource_with_a_fault_is_left_out_and_named(write, line, named):
    taken = taken_from(write("all.ndjson", PATIENT, line))
    assert taken.faults.count == 1 and named in taken.faults.sentences[0]
    assert list(taken.resources) == [("Patient", "p1")]


def test_files_without_anything_to_keep_are_refused_with_the_first_fault(write):
    with pytest.raises(UserError, match=r"no resource that a clinic can keep.*line 1: not JSON"):
        taken_from(write("all.ndjson", "{")).clinic()
