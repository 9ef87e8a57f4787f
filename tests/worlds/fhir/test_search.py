import pytest

from tests.worlds.fhir.chart import READER, clinic, get, ids, observation, patient, send
from vesalius.worlds.fhir import Call, Caller, Clinic, Refusal, Role


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Observation?code=http://loinc.org|2345-7", "abd"),
        ("Observation?code=2345-7,4548-4&patient=1", "abc"),
        ("Observation?code=|2345-7", ""),
        ("Observation?code=http://loinc.org|", "abcd"),
        ("Observation?code:not=2345-7", "c"),
        ("Observation?subject=Patient/2", "d"),
        ("Observation?subject:Patient=2", "d"),
        ("Observation?status=preliminary,amended", "d"),
        ("Observation?category:missing=true&patient=2", "d"),
        ("Observation?category:missing=false", ""),
        ("Observation?date=2024-02", "bc"),
        ("Observation?date=2024-02-20", "b"),
        ("Observation?date=ne2024", ""),
        ("Observation?date=ge2024-02-01&date=lt2024-03", "bc"),
        ("Observation?date=gt2024-02-10", "bc"),
        ("Observation?date=sa2024-02-10", "b"),
        ("Observation?date=lt2024-02-10", "acd"),
        ("Observation?date=le2024-01-05", "ad"),
        ("Observation?date=eb2024-02", "ad"),
        ("Observation?date=2024-01-01", "d"),
        ("Observation?value-quantity=180", ""),
        ("Observation?value-quantity=180.5", "b"),
        ("Observation?value-quantity=1.8e2", "b"),
        ("Observation?value-quantity=gt90|http://unitsofmeasure.org|mg/dL", "bd"),
        ("Observation?value-quantity=ge90||mg/dL", "abd"),
        ("Observation?value-quantity=lt7||%25", "c"),
        ("Observation?value-quantity=ap92", "ad"),
        ("Observation?patient.family=okafor", "d"),
        ("Observation?subject:Patient.birthdate=lt1960&code=4548-4", "c"),
        ("Observation?_id=a,d", "ad"),
        ("Observation?_lastUpdated=ge2024-03-01", "abcd"),
        ("Observation?_lastUpdated=lt2024-03-01", ""),
        ("Observation?_sort=date", "dacb"),
        ("Observation?_sort=-date", "bcad"),
        ("Observation?_sort=status,-value-quantity", "bacd"),
        ("Patient?name=mull", "1"),
        ("Patient?family:exact=Müller", "1"),
        ("Patient?family:exact=müller", ""),
        ("Patient?name:contains=kaf", "2"),
        ("Patient?given=Zoe&birthdate=1950", "1"),
        ("Patient?identifier=urn:mrn|MRN2", "2"),
        ("Patient?birthdate=gt1960&gender=female", "2"),
    ],
)
def test_a_search_finds_what_the_standard_says(query, expected):
    assert ids(clinic(), query) == list(expected)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("Observation?colour=red", "colour"),
        ("Observation?code:above=1", "above"),
        ("Observation?value-quantity=sa90", "value-quantity"),
        ("Observation?date=yesterday", "date"),
        ("Observation?date=2023-02-30", "date"),
        ("Observation?date=ap2023", "date"),
        ("Observation?value-quantity=high", "value-quantity"),
        ("Observation?_count=-1", "_count"),
        ("Observation?_sort=colour", "colour"),
        ("Observation?_include=Observation:code", "_include"),
        ("Observation?_elements=code", "_elements"),
        ("Observation?patient.colour=red", "colour"),
        ("Observation?encounter.patient.name=Lee", "one step"),
        ("Observation?code=", "code"),
    ],
)
def test_what_a_search_does_not_understand_is_refused_and_not_left_out(query, named):
    answer = get(clinic(), query)
    assert answer.status == 400 and answer.body["resourceType"] == "OperationOutcome"
    assert named in answer.body["issue"][0]["diagnostics"]


def test_a_query_that_is_not_utf_8_can_not_be_called():
    with pytest.raises(Refusal, match="UTF-8"):
        Call.of("GET", "Patient?name=%ff")


def test_a_query_with_half_a_character_is_refused_and_nothing_fails():
    for query in ((("name", "\ud83d"),), (("\ud83d", "x"),)):
        answer = clinic().call(Call("GET", "/Patient", query), READER)
        assert answer.status == 400 and answer.body["issue"][0]["code"] == "invalid"


def test_an_escaped_bar_belongs_to_the_code():
    place = clinic()
    send(place, "PUT", "Patient/bar", patient("bar", "A", "B", "1990") | {"identifier": [{"system": "urn:x", "value": "a|b"}]})
    for query in (r"a\|b", r"urn:x|a\|b", "urn:x|"):
        assert ids(place, f"Patient?identifier={query}") == ["bar"]
    assert ids(place, "Patient?identifier=a|b") == []


def test_names_are_sorted_without_regard_to_case_and_accents():
    people = [patient(str(number), family, "X", "1990") for number, family in enumerate(("abbott", "Baker", "Ábel", "Castro"))]
    assert ids(Clinic(people), "Patient?_sort=family") == ["0", "2", "1", "3"]
    assert ids(Clinic(people), "Patient?_sort=-family") == ["3", "1", "2", "0"]


def test_a_parameter_looks_at_references_of_its_types_only_in_whatever_way_it_is_asked():
    place = clinic()
    there = [
        {"resourceType": "Location", "id": "1"},
        {"resourceType": "Practitioner", "id": "1"},
        observation("8310-5", 20.0) | {"id": "room", "subject": {"reference": "Location/1"}},
        _appointment("mixed", "Practitioner/1", "Patient/2"),
        _appointment("own", "Patient/1"),
    ]
    place.load(there)
    assert ids(place, "Observation?patient=1") == ["a", "b", "c"] and ids(place, "Observation?subject=Location/1") == ["room"]
    for more in ("code=8310-5", "_id=room", "date=ge1900&code=8310-5"):
        assert ids(place, f"Observation?patient=1&{more}") == ids(place, f"Observation?patient=Location/1&{more}") == []
        assert ids(place, f"Observation?patient:missing=true&{more}") == ["room"]
    assert ids(place, "Appointment?patient=1") == ["own"] and ids(place, "Appointment?actor=Practitioner/1") == ["mixed"]
    assert ids(place, "Appointment?_include=Appointment:patient") == ["mixed", "own", "2", "1"]
    assert send(place, "POST", "Appointment", _appointment("x", "Observation/a")).status == 400


def _appointment(identifier, *actors):
    participants = [{"actor": {"reference": one}, "status": "accepted"} for one in actors]
    return {"resourceType": "Appointment", "id": identifier, "status": "booked", "participant": participants}


def test_a_contained_resource_is_found_by_the_parameter_that_leads_to_it():
    place = clinic()
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "x"}}],
        "medicationReference": {"reference": "#m"},
    }
    assert send(place, "POST", "MedicationRequest", order).status == 201
    assert ids(place, "MedicationRequest?medication:missing=false") == ["1"]


def test_pages_follow_their_links_and_hold_everything_once():
    place = clinic()
    for number in range(7):
        assert send(place, "POST", "Observation", observation("8867-4", 60 + number)).status == 201
    url, seen = "Observation?code=8867-4,2345-7&_count=3&_sort=-date", []
    while url:
        bundle = get(place, url).body
        assert bundle["total"] == 10 and len(bundle.get("entry", [])) <= 3
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert len(seen) == len(set(seen)) == 10
    assert get(place, "Observation?_count=0").body == {"resourceType": "Bundle", "type": "searchset", "total": 11}


def test_the_subject_is_sent_along_once_and_marked_as_such():
    entries = get(clinic(), "Observation?code=2345-7&_include=Observation:patient").body["entry"]
    marked = [(entry["resource"]["id"], entry["search"]["mode"]) for entry in entries]
    assert marked == [("a", "match"), ("b", "match"), ("d", "match"), ("1", "include"), ("2", "include")]


def test_neither_a_chain_nor_an_include_shows_types_that_the_role_may_not_search():
    laboratory = Caller("lab", Role("lab", frozenset({"search"}), {"Patient": frozenset()}))
    place = clinic()
    assert get(place, "Observation?patient=1", laboratory).status == 200
    assert get(place, "Observation?patient.family=Lee", laboratory).status == 403
    assert get(place, "Observation?_include=Observation:patient", laboratory).status == 403
    assert get(place, "Observation?patient.family=Lee", READER).status == 200


def test_the_index_follows_updates_and_deletions_in_every_layer():
    place = clinic()
    for _ in range(3):
        place.snapshot()
        changed = observation("718-7", 13.0, patient="2") | {"id": "a"}
        assert send(place, "PUT", "Observation/a", changed).status == 200
        assert ids(place, "Observation?patient=1") == ["b", "c"]
        assert ids(place, "Observation?patient=2&code=718-7") == ["a"]
        assert send(place, "DELETE", "Observation/d").status == 204
        assert ids(place, "Observation?code=2345-7") == ["b"]
