import copy
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.fhir.chart import (
    ADMINISTRATOR,
    NURSE,
    PHYSICIAN,
    READER,
    clinic,
    flaky,
    get,
    ids,
    observation,
    patient,
    resources,
    send,
)
from vesalius.errors import UserError
from vesalius.worlds.fhir import Call, Caller, Clinic, Role


def test_versions_are_kept_read_and_listed():
    place = clinic()
    changed = observation("2345-7", 95.0) | {"id": "a"}
    answer = send(place, "PUT", "Observation/a", changed)
    assert answer.status == 200 and answer.headers["ETag"] == 'W/"2"' and answer.body["meta"]["versionId"] == "2"
    assert get(place, "Observation/a/_history/1").body["valueQuantity"]["value"] == 90.0
    assert send(place, "DELETE", "Observation/a").status == 204
    assert get(place, "Observation/a").status == 410 and get(place, "Observation/zz").status == 404
    history = get(place, "Observation/a/_history").body
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "PUT", "PUT"]
    assert get(place, "Observation/a/_history/3").status == 410 and get(place, "Observation/a/_history/4").status == 404
    again = send(place, "PUT", "Observation/a", changed)
    assert again.status == 201 and again.body["meta"]["versionId"] == "4"


def test_the_clinic_owns_ids_clock_and_versions_so_that_a_run_repeats():
    def run():
        place = clinic(faults=flaky(latency_ms=(5, 500)))
        bodies = [send(place, "POST", "Observation", observation("8867-4", n) | {"id": "mine"}).body for n in range(4)]
        place.advance(timedelta(hours=1))
        return [*bodies, send(place, "PUT", "Observation/a", observation("8867-4", 1.0) | {"id": "a"}).body], place.digest()

    first, second = run(), run()
    assert first == second
    moments = [body["meta"]["lastUpdated"] for body in first[0]]
    assert moments == sorted(set(moments)) and all(body["id"] != "mine" for body in first[0])


def test_what_is_kept_can_be_changed_neither_by_who_sent_it_nor_by_who_read_it():
    sent = resources()
    place = Clinic(sent)
    digest = place.digest()
    sent[0]["code"]["coding"][0]["code"] = "changed"
    body = get(place, "Observation/a").body
    for change in (
        lambda: body.update(status="x"),
        lambda: body["code"]["coding"].append(1),
        lambda: body["code"].__setitem__("text", "x"),
        lambda: body["code"]["coding"].__iadd__([1]),
    ):
        with pytest.raises(TypeError, match="thaw"):
            change()
    copy.deepcopy(body)["status"] = "amended"
    assert place.digest() == digest and json.loads(json.dumps(body)) == body


@pytest.mark.parametrize(
    ("resource", "status", "field"),
    [
        ([], 400, "JSON object"),
        ({"resourceType": "Spaceship"}, 400, "resourceType"),
        ({"status": "final"}, 400, "resourceType"),
        (observation("1", 1.0) | {"status": "done"}, 400, "status"),
        (observation("1", 1.0) | {"status": {}}, 400, "status"),
        (observation("1", 1.0) | {"status": {"a": "b"}}, 400, "status"),
        ({key: value for key, value in observation("1", 1.0).items() if key != "code"}, 400, "code"),
        (observation("1", 1.0) | {"valueString": "high"}, 400, "value[x]"),
        (observation("1", float("nan")), 400, "valueQuantity.value"),
        (observation("1", 1.0) | {"note": []}, 400, "note"),
        (observation("1", 1.0) | {"note": None}, 400, "note"),
        (observation("1", 1.0) | {"note": [{"text": "\ud800"}]}, 400, "note.0.text"),
        (observation("1", 1.0, date="2023-02-30"), 400, "effectiveDateTime"),
        (observation("1", 1.0) | {"colour": "red"}, 400, "colour"),
        (observation("1", 1.0, patient="99"), 400, "Patient/99"),
        (observation("1", 1.0) | {"subject": {"reference": "Practitioner/p"}}, 400, "subject"),
        (observation("1", 1.0) | {"performer": [{"reference": "https://else.where/Practitioner/1"}]}, 400, "reference"),
        (observation("1", 1.0) | {"hasMember": [{"reference": "Observation/a/_history/7"}]}, 400, "Observation/a"),
    ],
)
def test_a_write_that_is_no_such_resource_is_refused_and_changes_nothing(resource, status, field):
    place = clinic()
    digest = place.digest()
    answer = send(place, "POST", "Observation", resource)
    assert answer.status == status and field in answer.body["issue"][0]["diagnostics"]
    assert place.digest() == digest
    assert send(place, "POST", "Observation", observation("1", 1.0)).body["id"] == "1"


def test_no_refusal_repeats_the_content_of_a_record():
    place = clinic()
    secret = observation("1", 1.0) | {"note": [{"text": "secret words", "time": "secret time"}], "issued": "secret date"}
    assert "secret" not in json.dumps(send(place, "POST", "Observation", secret).body)


def test_periods_that_end_before_they_start_are_refused():
    encounter = {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"}}
    good = encounter | {"period": {"start": "2024-01-01", "end": "2024-01-01T12:00:00Z"}}
    bad = encounter | {"period": {"start": "2024-01-02", "end": "2024-01-01"}}
    assert send(clinic(), "PUT", "Encounter/e", good).status == 201
    assert send(clinic(), "PUT", "Encounter/e", bad).status == 400


def test_conditional_creates_and_updates_look_before_they_write():
    place = clinic()
    new = patient("x", "Ito", "Ken", "1990-01-01")
    assert send(place, "POST", "Patient", new, if_none_exist="identifier=urn:mrn|MRN1").status == 200
    assert send(place, "POST", "Patient", new, if_none_exist="gender=female").status == 412
    assert send(place, "POST", "Patient", new, if_none_exist="family=Ito").status == 201
    before = place.digest()
    assert send(place, "POST", "Patient", new, if_none_exist="family=Ito").status == 200
    assert send(place, "PUT", "Patient?gender=female", new).status == 412
    assert send(place, "PUT", "Patient?family=Okafor", new).status == 400
    assert send(place, "PUT", "Patient", new).status == 412
    assert place.digest() == before
    anonymous = {name: value for name, value in new.items() if name != "id"} | {"active": True}
    changed = send(place, "PUT", "Patient?family=Okafor", anonymous)
    assert changed.status == 200 and changed.body["id"] == "2" and changed.body["active"]
    assert send(place, "PUT", "Patient?family=Nobody", anonymous).status == 201
    assert send(place, "PUT", "Patient?family=Nobody", new | {"id": "1"}).status == 409


def test_an_update_of_another_version_than_was_read_is_refused():
    place = clinic()
    changed = observation("2345-7", 95.0) | {"id": "a"}
    assert send(place, "PUT", "Observation/a", changed, if_match='W/"1"').status == 200
    digest = place.digest()
    for method in ("PUT", "DELETE"):
        assert send(place, method, "Observation/a", changed, if_match='W/"1"').status == 412
    assert send(place, "PUT", "Observation/new", changed | {"id": "new"}, if_match='W/"1"').status == 412
    assert place.digest() == digest


def test_a_resource_that_others_refer_to_is_not_deleted():
    place = clinic()
    assert send(place, "DELETE", "Patient/2").status == 409
    assert send(place, "DELETE", "Observation/d").status == 204
    assert send(place, "DELETE", "Patient/2").status == 204
    assert send(place, "DELETE", "Patient/never-there").status == 204


def test_a_patch_changes_its_elements_and_shares_the_rest():
    place = clinic()
    before = get(place, "Patient/1").body
    patch = [
        {"op": "test", "path": "/gender", "value": "female"},
        {"op": "add", "path": "/name/0/given/-", "value": "Anna"},
        {"op": "replace", "path": "/birthDate", "value": "1950-03-05"},
        {"op": "remove", "path": "/gender"},
        {"op": "copy", "from": "/name/0", "path": "/name/-"},
        {"op": "move", "from": "/name/1/given/1", "path": "/name/1/given/0"},
    ]
    answer = send(place, "PATCH", "Patient/1", patch)
    assert answer.status == 200 and "gender" not in answer.body and answer.body["birthDate"] == "1950-03-05"
    assert [one["given"] for one in answer.body["name"]] == [["Zoë", "Anna"], ["Anna", "Zoë"]]
    assert answer.body["identifier"] is before["identifier"]


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ({}, 400),
        ([], 400),
        ([{"op": "remove"}], 400),
        ([{"op": "grow", "path": "/gender"}], 400),
        ([{"op": "add", "path": "gender", "value": 1}], 400),
        ([{"op": "test", "path": "/gender", "value": "male"}], 422),
        ([{"op": "remove", "path": "/name/1"}], 422),
        ([{"op": "remove", "path": "/name/01"}], 422),
        ([{"op": "remove", "path": ""}], 422),
        ([{"op": "replace", "path": "/id", "value": "9"}], 400),
        ([{"op": "replace", "path": "/name", "value": "Zoë"}], 400),
        ([{"op": "move", "from": "/name", "path": "/name/0"}], 422),
        ([{"op": "add", "path": "/" + "name/" * 1000, "value": 1}], 422),
        ([{"op": "copy", "from": "/name", "path": "/name/-"}] * 60, 422),
    ],
)
def test_a_patch_that_does_not_fit_changes_nothing(patch, status):
    place = clinic()
    digest = place.digest()
    assert send(place, "PATCH", "Patient/1", patch).status == status
    assert place.digest() == digest


def test_roles_decide_by_type_and_interaction():
    place = clinic()
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {"text": "magnesium sulfate"},
    }
    assert send(place, "POST", "MedicationRequest", order, NURSE).status == 403
    assert send(place, "POST", "MedicationRequest", order, PHYSICIAN).status == 201
    assert send(place, "POST", "Observation", observation("1", 1.0), NURSE).status == 201
    assert send(place, "POST", "Observation", observation("1", 1.0), READER).status == 403
    assert send(place, "DELETE", "Observation/a", caller=PHYSICIAN).status == 403
    assert ids(place, "Observation?_id=a", READER) == ["a"]


def test_who_may_update_but_not_create_does_not_create_by_an_update():
    place, amender = clinic(), Caller("amender", Role("amender", frozenset({"read", "search", "update"})))
    digest = place.digest()
    new = patient("x", "Ito", "Ken", "1990-01-01")
    assert send(place, "PUT", "Patient/x", new, amender).status == 403
    assert send(place, "PUT", "Patient?family=Ito", new, amender).status == 403 and place.digest() == digest
    assert send(place, "PUT", "Patient?family=Okafor", {**new, "id": "2"}, amender).status == 200


def test_the_log_has_every_call_with_its_outcome_and_no_content():
    place = clinic()
    get(place, "Patient?family=Secretname", NURSE)
    send(place, "POST", "Patient", patient("x", "Secretname", "Ken", "1990-01-01"), NURSE)
    get(place, "Spaceship/1")
    place.call(Call("POST", "/", body={"resourceType": "Bundle", "type": "batch", "entry": [_entry("GET", "Patient/1")]}), READER)
    rows = [(one.caller, one.role, one.interaction, one.target, one.status) for one in place.audit()]
    assert rows == [
        ("nurse", "nurse", "search", "Patient", 200),
        ("nurse", "nurse", "create", "Patient", 403),
        ("test", "administrator", "unknown", "", 404),
        ("reader", "read-only", "batch", "", 200),
        ("reader", "read-only", "read", "Patient/1", 200),
    ]
    assert "Secretname" not in repr(place.audit())


def _entry(method, url, resource=None, full=None, **request):
    entry = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        entry["resource"] = resource
    if full is not None:
        entry["fullUrl"] = full
    return entry


def _post(place, kind, *entries, caller=ADMINISTRATOR):
    return place.call(Call("POST", "/", body={"resourceType": "Bundle", "type": kind, "entry": list(entries)}), caller)


def _newborn():
    mother = {"resourceType": "Patient", "birthDate": "1990-01-01", "name": [{"family": "Ito"}]}
    pulse = observation("8867-4", 80.0) | {"subject": {"reference": "urn:uuid:m"}}
    return [_entry("POST", "Observation", pulse), _entry("POST", "Patient", mother, "urn:uuid:m")]


def test_a_transaction_resolves_references_between_its_entries_in_any_order():
    place = clinic()
    by_criteria = observation("8867-4", 70.0) | {"subject": {"reference": "Patient?identifier=urn:mrn|MRN2"}}
    answer = _post(place, "transaction", *_newborn(), _entry("POST", "Observation", by_criteria), _entry("GET", "Patient/1"))
    assert [entry["response"]["status"] for entry in answer.body["entry"]] == ["201", "201", "201", "200"]
    made = answer.body["entry"][1]["resource"]["id"]
    assert answer.body["entry"][0]["resource"]["subject"]["reference"] == f"Patient/{made}"
    assert answer.body["entry"][2]["resource"]["subject"]["reference"] == "Patient/2"


@pytest.mark.parametrize(
    "bad",
    [
        _entry("POST", "Observation", observation("1", 1.0, patient="99")),
        _entry("DELETE", "Patient/1"),
        _entry("GET", "Patient/99"),
        _entry("PUT", "Observation/a", observation("1", 1.0) | {"id": "a"}, ifMatch='W/"7"'),
        _entry("POST", "Patient", patient("x", "A", "B", "1990"), ifNoneExist="gender=female"),
        _entry("POST", "Spaceship", {}),
        {"request": {"method": "POST"}},
    ],
)
def test_a_transaction_with_one_entry_that_is_refused_does_nothing(bad):
    place = clinic()
    digest = place.digest()
    answer = _post(place, "transaction", _entry("DELETE", "Observation/b"), *_newborn(), bad)
    assert answer.status >= 400 and place.digest() == digest and get(place, "Observation/b").status == 200
    ids_after, ids_else = (_post(one, "transaction", *_newborn()).body["entry"][1]["resource"]["id"] for one in (place, clinic()))
    assert ids_after == ids_else


def test_a_transaction_may_delete_what_refers_to_each_other():
    place = clinic()
    answer = _post(place, "transaction", _entry("DELETE", "Patient/2"), _entry("DELETE", "Observation/d"))
    assert answer.status == 200 and get(place, "Patient/2").status == 410


def test_a_transaction_as_one_who_may_not_do_all_of_it_does_nothing():
    place = clinic()
    digest = place.digest()
    entries = [_entry("POST", "Observation", observation("1", 1.0)), _entry("DELETE", "Observation/b")]
    assert _post(place, "transaction", *entries, caller=NURSE).status == 403 and place.digest() == digest
    answer = _post(place, "batch", *entries, caller=NURSE)
    assert [entry["response"]["status"] for entry in answer.body["entry"]] == ["201", "403"]


def test_faults_repeat_with_their_seed_and_a_call_that_meets_one_does_nothing():
    def statuses(**rates):
        place = clinic(faults=flaky(**rates))
        before = len(list(place.resources()))
        found = [send(place, "POST", "Observation", observation("1", 1.0)).status for _ in range(40)]
        assert len(list(place.resources())) - before == found.count(201)
        return found

    assert set(statuses(unavailable=0.5)) == {201, 503} and statuses(unavailable=0.5) == statuses(unavailable=0.5)
    assert set(statuses()) == {201}


def test_latency_passes_on_the_clinic_s_clock_only():
    place = clinic(faults=flaky(latency_ms=(1000, 1000)))
    before = place.now
    get(place, "Patient/1")
    assert place.now - before == timedelta(milliseconds=1001)


def test_stale_reads_show_the_clinic_as_it_was():
    place = clinic(faults=flaky(stale=1.0, lag_s=60))
    place.advance(timedelta(hours=1))
    send(place, "PUT", "Observation/a", observation("718-7", 13.0, patient="2") | {"id": "a"})
    send(place, "DELETE", "Observation/b")
    made = send(place, "POST", "Observation", observation("2345-7", 1.0)).body["id"]
    assert get(place, f"Observation/{made}").status == 404
    assert get(place, "Observation/a").body["valueQuantity"]["value"] == 90.0
    assert ids(place, "Observation?patient=1&code=2345-7") == ["a", "b"]
    place.advance(timedelta(minutes=2))
    assert ids(place, "Observation?patient=1&code=2345-7") == [made]


def test_a_restored_clinic_is_in_every_respect_what_it_was():
    place = clinic(faults=flaky(unavailable=0.3, latency_ms=(0, 9)))
    send(place, "POST", "Observation", observation("1", 1.0))
    snapshot = place.snapshot()

    def episode():
        answers = [send(place, "POST", "Observation", observation("1", float(n))) for n in range(12)]
        answers += [send(place, "DELETE", "Observation/a"), get(place, "Observation?patient=1")]
        return [(one.status, json.dumps(one.body)) for one in answers], place.digest(), place.now, place.audit()

    digest, audit = place.digest(), place.audit()
    first = episode()
    place.restore(snapshot)
    assert (place.digest(), place.audit()) == (digest, audit)
    assert episode() == first and first[1] != digest


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["put", "delete", "snapshot", "restore"]), st.integers(0, 4)), max_size=25))
def test_layers_behave_as_a_dict_that_is_copied_whole(steps):
    place, model = Clinic([patient("1", "A", "B", "1990")], checks="structure"), {}
    taken = [(place.snapshot(), dict(model))]
    for number, (step, which) in enumerate(steps):
        if step == "put":
            send(place, "PUT", f"Observation/o{which}", observation(f"c{number % 3}", float(number)) | {"id": f"o{which}"})
            model[f"o{which}"] = (f"c{number % 3}", float(number))
        elif step == "delete":
            send(place, "DELETE", f"Observation/o{which}")
            model.pop(f"o{which}", None)
        elif step == "snapshot":
            taken.append((place.snapshot(), dict(model)))
        else:
            snapshot, kept = taken[which % len(taken)]
            place.restore(snapshot)
            model = dict(kept)
    for code in ("c0", "c1", "c2"):
        assert set(ids(place, f"Observation?code={code}&_count=100")) == {one for one, (c, _) in model.items() if c == code}
    kept = {one["id"]: one["valueQuantity"]["value"] for one in place.resources() if one["resourceType"] == "Observation"}
    assert kept == {one: value for one, (_, value) in model.items()}


def test_resources_that_refer_to_nothing_or_have_no_id_are_not_loaded():
    for wrong in (observation("1", 1.0, patient="99") | {"id": "x"}, observation("1", 1.0)):
        with pytest.raises(UserError, match="Observation"):
            Clinic([*resources(), wrong])
    place = clinic()
    digest = place.digest()
    with pytest.raises(UserError):
        place.load([patient("9", "A", "B", "1990"), observation("1", 1.0)])
    assert place.digest() == digest
