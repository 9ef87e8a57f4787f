"""Conditions on what is written, alone and in transactions, and what they may tell to whom."""

from dataclasses import replace

import pytest

from tests.worlds.fhir.chart import ADMINISTRATOR, clinic, get, ids, observation, patient, send
from vesalius.worlds.fhir import Call, Caller, Role

NEW = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "new"}]}
FIRST = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "MRN1"}]}
PULSE = observation("8867-4", 70.0)


def entry(method, url, resource=None, full=None, **request):
    others = {name: value for name, value in (("resource", resource), ("fullUrl", full)) if value is not None}
    return {"request": {"method": method, "url": url, **request}, **others}


def pulse_of(target, full=None):
    return entry("POST", "Observation", PULSE | {"subject": {"reference": target}}, full)


def transact(place, *entries, caller=ADMINISTRATOR):
    return place.call(Call("POST", "/", body={"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}), caller)


def caller(**of_type):
    """Someone who may do to each type what is named, and nothing else."""
    return Caller("someone", Role("someone", frozenset(), {kind: frozenset(may.split()) for kind, may in of_type.items()}))


def test_a_reference_leads_to_what_a_conditional_update_makes():
    place = clinic()
    answer = transact(place, pulse_of("urn:uuid:n"), entry("PUT", "Patient?identifier=new", NEW, "urn:uuid:n"))
    made = answer.body["entry"][1]["resource"]["id"]
    assert answer.body["entry"][0]["resource"]["subject"] == {"reference": f"Patient/{made}"}
    again = transact(place, pulse_of("urn:uuid:n"), entry("PUT", "Patient?identifier=new", NEW, "urn:uuid:n"))
    assert again.body["entry"][1]["response"]["status"] == "200" and again.body["entry"][1]["resource"]["id"] == made


def test_equal_conditions_make_one_resource_to_which_all_lead():
    place = clinic()
    creates = [entry("POST", "Patient", NEW, f"urn:uuid:{one}", ifNoneExist="identifier=new") for one in "ab"]
    answer = transact(place, *creates, pulse_of("urn:uuid:b"))
    assert [one["response"]["status"] for one in answer.body["entry"]] == ["201", "200", "201"]
    (made,) = ids(place, "Patient?identifier=new")
    assert answer.body["entry"][2]["resource"]["subject"] == {"reference": f"Patient/{made}"}


@pytest.mark.parametrize(
    "pair",
    [
        (entry("PUT", "Patient/1", FIRST | {"id": "1"}), entry("PUT", "Patient?identifier=MRN1", FIRST)),
        (entry("DELETE", "Patient/1"), entry("POST", "Patient", FIRST, ifNoneExist="identifier=MRN1")),
        (entry("PUT", "Patient?identifier=new", NEW), entry("PUT", "Patient?identifier=new", NEW)),
        (entry("PUT", "Patient?identifier=new", NEW), entry("POST", "Patient", NEW, ifNoneExist="identifier=new")),
    ],
)
def test_what_is_written_twice_is_refused_however_it_is_named(pair):
    place = clinic()
    digest = place.digest()
    for entries in (pair, pair[::-1]):
        answer = transact(place, *entries)
        assert answer.status == 400 and "twice" in answer.body["issue"][0]["diagnostics"] and place.digest() == digest


def test_a_new_resource_gets_no_id_that_another_entry_names():
    place = clinic()
    number = send(clinic(), "POST", "Patient", NEW).body["id"]
    answer = transact(place, entry("POST", "Patient", NEW), entry("PUT", f"Patient/{number}", FIRST | {"id": number}))
    assert answer.status == 200 and answer.body["entry"][0]["resource"]["id"] != number


@pytest.mark.parametrize("condition", ["identifier=MRN1", "?identifier=MRN1", "Patient?identifier=MRN1"])
def test_a_condition_may_begin_as_in_a_url(condition):
    place = clinic()
    assert send(place, "POST", "Patient", FIRST, if_none_exist=condition).body["id"] == "1"
    answer = transact(place, entry("POST", "Patient", FIRST, ifNoneExist=condition))
    assert answer.body["entry"][0]["resource"]["id"] == "1"


def test_a_relative_reference_is_relative_to_the_server_of_its_entry():
    born = entry("POST", "Patient", NEW | {"id": "1"}, "http://x/Patient/1")
    for full, leads_here in (("http://x/Observation/o", False), ("http://y/Observation/o", True), (None, True)):
        answer = transact(clinic(), born, pulse_of("Patient/1", full))
        made, subject = (one["resource"] for one in answer.body["entry"])
        assert subject["subject"]["reference"] == ("Patient/1" if leads_here else f"Patient/{made['id']}")


def test_an_empty_condition_is_none_that_anything_meets():
    place = clinic()
    digest = place.digest()
    assert send(place, "POST", "Patient", NEW, if_none_exist="").status == 412
    assert transact(place, entry("PUT", "Patient", NEW)).status == 412 and place.digest() == digest


def test_a_version_that_is_asked_for_has_to_be_there():
    place = clinic()
    digest = place.digest()
    assert send(place, "PUT", "Patient?identifier=new", NEW, if_match='W/"7"').status == 412
    assert send(place, "PUT", "Patient/new", NEW | {"id": "new"}, if_match="*").status == 412 and place.digest() == digest
    assert send(place, "PUT", "Patient/1", FIRST | {"id": "1"}, if_match="*").status == 200
    send(place, "DELETE", "Observation/a")
    assert send(place, "PUT", "Observation/a", PULSE | {"id": "a"}, if_match="*").status == 412


@pytest.mark.parametrize("family", ["Müller", "Nobody"])
def test_conditions_tell_nothing_of_what_may_not_be_searched(family):
    place = clinic()
    send(place, "PUT", "Observation/marked", PULSE | {"id": "marked", "identifier": [{"value": "i"}]})
    digest = place.digest()
    creating, searching = caller(Observation="create"), caller(Observation="create update search", Patient="create update")
    chained = f"identifier=i&patient.family={family}"
    answers = [
        transact(place, pulse_of(f"Patient?family={family}"), caller=creating),
        transact(place, pulse_of(f"Patient?family={family}"), caller=searching),
        transact(place, entry("POST", "Patient", NEW, ifNoneExist=f"family={family}"), caller=searching),
        transact(place, entry("PUT", f"Patient?family={family}", NEW), caller=searching),
        transact(place, entry("POST", "Observation", PULSE, ifNoneExist=chained), caller=searching),
        send(place, "POST", "Observation", PULSE, searching, if_none_exist=chained),
        send(place, "POST", "Observation", PULSE, searching, if_none_exist=f"patient.family={family}"),
        send(place, "PUT", f"Observation?{chained}", PULSE, searching),
        send(place, "POST", "Patient", NEW, searching, if_none_exist=f"family={family}"),
        get(place, f"Observation?patient.family={family}", searching),
    ]
    assert [one.status for one in answers] == [403] * len(answers) and place.digest() == digest


def test_who_may_not_create_does_not_bring_back_what_was_deleted():
    place, updating = clinic(), caller(Observation="update")
    send(place, "DELETE", "Observation/a")
    assert send(place, "PUT", "Observation/a", PULSE | {"id": "a"}, updating).status == 403
    assert send(place, "PUT", "Observation/b", PULSE | {"id": "b"}, updating).status == 200


def test_who_may_not_read_learns_nothing_by_a_patch():
    place = clinic()
    test = [{"op": "test", "path": "/birthDate", "value": "1950-03-04"}]
    assert send(place, "PATCH", "Patient/1", test, caller(Patient="patch")).status == 403
    assert send(place, "PATCH", "Patient/1", test, caller(Patient="patch read")).status == 200


def test_what_a_call_is_refused_with_before_it_is_read_is_logged_with_its_target():
    from vesalius.worlds.fhir import Refusal

    place = clinic()
    call = replace(Call("DELETE", "/Patient/1"), unread=Refusal(401, "no token"))
    assert place.call(call, caller()).status == 401
    assert place.call(replace(call, path="/nowhere"), caller()).status == 401
    assert [(one.interaction, one.target, one.status) for one in place.audit()] == [
        ("delete", "Patient/1", 401),
        ("unknown", "", 401),
    ]


def test_what_was_loaded_was_there_always_for_stale_reads():
    from vesalius.worlds.fhir import Faults

    place = clinic(faults=Faults(stale=1.0))
    place.load([patient("late", "A", "B", "1990")])
    assert ids(place, "Patient") == ["1", "2", "late"] and get(place, "Patient/late").status == 200
    assert get(place, "Patient/1/_history").body["total"] == 1
    assert get(place, "Patient/1").body["meta"]["lastUpdated"].startswith("2024-03-01T09:00")
    send(place, "PUT", "Patient/1", FIRST | {"id": "1"})
    assert "name" in get(place, "Patient/1").body
