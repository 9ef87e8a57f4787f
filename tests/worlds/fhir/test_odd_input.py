"""Whatever is sent, a clinic answers, and what it refuses leaves no trace; what nobody foresaw has a code of its own."""

import base64
import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.fhir.chart import ADMINISTRATOR, READER, clinic, observation, send
from vesalius.errors import UserError
from vesalius.worlds.fhir import Call, Clinic

HUGE = 10**400
DEEP = json.loads("[" * 900 + "1" + "]" * 900)
ORDER = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": "s", "code": "c"}]}}],
    "medicationReference": {"reference": "#m"},
    "dosageInstruction": [{"timing": {"event": ["2020-01-01"]}, "doseAndRate": [{"doseQuantity": {"value": 1}}]}],
}
VISIT = {
    "resourceType": "Encounter",
    "status": "planned",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/1", "display": "x"},
    "period": {"start": "2020"},
    "meta": {"tag": [{"code": "x"}]},
}
SOUND = [observation("1", 1.5, component=[{"code": {"text": "x"}, "valueQuantity": {"value": 1}}]), ORDER, VISIT]
ODD = [
    *(None, True, -1, 1e308, HUGE, -HUGE, "", "x", "#m", "Patient/1", "2020-13-01", "9999-12-31T23:59:59-14:00", "\ud800", DEEP),
    *(
        [],
        {},
        [{}],
        ["x"],
        [[1]],
        {"reference": 5},
        {"value": HUGE},
        {"value": True},
        {"coding": ["x"]},
        {"": "x"},
        {"id": ["x"]},
    ),
    *([{"resourceType": "X", "id": "m"}], [{"resourceType": ["X"]}], {"resourceType": "Patient"}, {"start": "2020", "end": 5}),
]


def answered(place, call):
    """Does a call, which has to be answered by a rule."""
    digest = place.digest()
    answer = place.call(call, ADMINISTRATOR)
    json.dumps(answer.body, ensure_ascii=False).encode()
    if answer.status >= 400:
        assert answer.body["issue"][0]["code"] != "exception", answer.body
        assert place.digest() == digest
    return answer


def bundle(kind, *resources):
    entries = [{"request": {"method": "POST", "url": one["resourceType"]}, "resource": one} for one in resources]
    return Call("POST", "/", body={"resourceType": "Bundle", "type": kind, "entry": entries})


def patch_in_a_bundle(operations):
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}
    entry = {"request": {"method": "PATCH", "url": "Patient/1"}, "resource": binary}
    return Call("POST", "/", body={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


WRONG = [
    observation("1", HUGE),
    observation("1", -HUGE),
    ORDER | {"contained": 5},
    ORDER | {"contained": [5]},
    ORDER | {"contained": [{"id": "m"}]},
    ORDER | {"contained": [{"resourceType": "X", "id": "m"}]},
    ORDER | {"contained": [{"resourceType": {"a": "b"}, "id": "m"}]},
]


@pytest.mark.parametrize("resource", WRONG)
def test_a_resource_that_breaks_a_rule_is_refused_by_it(resource):
    place = clinic()
    assert answered(place, Call("POST", f"/{resource['resourceType']}", body=resource)).status == 400
    assert answered(place, bundle("transaction", observation("1", 1.0), resource)).status == 400
    answer = answered(place, bundle("batch", observation("1", 1.0), resource))
    assert answer.status == 400 or [one["response"]["status"] for one in answer.body["entry"]] == ["201", "400"]


@pytest.mark.parametrize("resource", WRONG[:5])
def test_and_so_it_is_where_it_is_loaded(resource):
    with pytest.raises(UserError, match=r"valueQuantity\.value|contained"):
        clinic().load([resource | {"id": "x"}])


@pytest.mark.parametrize("operation", ["add", "replace", "test"])
@pytest.mark.parametrize("depth", [65, 900])
def test_a_patch_of_values_that_are_nested_too_deep_is_refused(operation, depth):
    value = json.loads("[" * depth + "]" * depth)
    operations = [{"op": operation, "path": "/name", "value": value}]
    assert answered(clinic(), Call("PATCH", "/Patient/1", body=operations)).status == 400
    assert answered(clinic(), patch_in_a_bundle(operations)).status == 400


def test_a_patch_that_nests_a_resource_in_itself_is_refused_however_long():
    chain = json.loads('{"a": ' * 50 + "1" + "}" * 50)
    grow = [{"op": "copy", "from": "/x", "path": "/x" + "/a" * 49}] * 900
    assert (
        answered(clinic(), Call("PATCH", "/Patient/1", body=[{"op": "add", "path": "/x", "value": chain}, *grow])).status == 422
    )


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_an_error_that_nobody_foresaw_is_answered_and_undoes_the_whole_call(monkeypatch, kind):
    from vesalius.worlds.fhir import store

    def values(resource, kind):
        if resource.get("status") == "amended":
            raise ZeroDivisionError("with the content of a record")
        return real(resource, kind)

    real = store.values_of
    monkeypatch.setattr(store, "values_of", values)
    place, other = clinic(), clinic()
    digest = place.digest()
    bad = observation("1", 1.0) | {"status": "amended"}
    for call in (bundle(kind, observation("1", 1.0), bad), Call("POST", "/Observation", body=bad)):
        answer = place.call(call, ADMINISTRATOR)
        assert answer.status == 400 and answer.body["issue"][0]["code"] == "exception" and "record" not in str(answer.body)
        assert place.digest() == digest
    assert [(one.interaction, one.status) for one in place.audit()] == [(kind, 400), ("create", 400)]
    made = [send(one, "POST", "Observation", observation("1", 1.0)).body["id"] for one in (place, other)]
    assert made[0] == made[1]


def test_a_refused_entry_of_a_batch_takes_no_id():
    place = clinic()
    made = answered(place, bundle("batch", observation("1", 1.0, patient="99"), observation("1", 1.0))).body["entry"][1]
    assert made["resource"]["id"] == send(clinic(), "POST", "Observation", observation("1", 1.0)).body["id"]


def places(value, place=()):
    yield place
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[step], (*place, step))


@st.composite
def spoilt(draw):
    """A sound resource in which something odd stands at one or two places."""
    sound = draw(st.sampled_from(SOUND))
    resource, chosen = deepcopy(sound), st.sampled_from([place for place in places(sound) if place])
    for *way, last in sorted(draw(st.lists(chosen, min_size=1, max_size=2)), key=len, reverse=True):
        inner = resource
        for step in way:
            inner = inner[step]
        inner[last] = draw(st.sampled_from(ODD))
    return resource


@settings(max_examples=100)
@given(spoilt(), st.sampled_from(["models", "structure"]))
def test_whatever_stands_somewhere_in_a_resource_is_answered_by_a_rule(resource, checks):
    place = Clinic([{"resourceType": "Patient", "id": "1"}], checks=checks)
    kind = resource["resourceType"] if resource["resourceType"] in ("Observation", "Encounter") else "MedicationRequest"
    answered(place, Call("POST", f"/{kind}", body=resource))
    answered(place, Call("PUT", f"/{kind}/x", body=resource))
    answered(place, bundle("batch", {"resourceType": kind}, resource | {"resourceType": kind}))


@settings(max_examples=60)
@given(
    st.sampled_from(["code", "patient", "subject:Patient.name", "date", "value-quantity", "_id", "_sort", "_include", "\ud800"]),
    st.sampled_from(["", "x", "\ud800", "|", "\\", "ap1e99", "ge9999-12-31", "1e-99", "Observation:patient", "a|b|c|d", ","]),
)
def test_whatever_is_searched_for_is_answered_by_a_rule(name, text):
    answered(clinic(), Call("GET", "/Observation", ((name, text),)))
    answered(clinic(), Call("POST", "/Observation", body=observation("1", 1.0), if_none_exist=f"{name}={text}"))


def test_half_a_character_in_a_path_is_no_path():
    assert clinic().call(Call("GET", "/\ud83d"), READER).status == 404
