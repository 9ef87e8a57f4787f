import pytest

from tests.worlds.fhir.chart import READER, clinic, get, ids, observation, send
from vesalius.worlds.fhir import Call, Caller, Refusal, Role


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
