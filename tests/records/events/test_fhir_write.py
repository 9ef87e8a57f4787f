import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.events.fhir_samples import EVERYTHING, as_lines, rows
from vesalius.errors import UserError
from vesalius.records.events import EventTable
from vesalius.records.events.columns import Columns, Event
from vesalius.records.events.fhir_kinds import KINDS
from vesalius.records.events.fhir_read import read_fhir
from vesalius.records.events.fhir_write import fhir_resources, write_fhir
from vesalius.records.events.meds_read import read_meds
from vesalius.records.events.meds_write import write_meds


def validate(made):
    """By the models of R4B, which has these resources as R4 has them."""
    from fhir.resources.R4B import get_fhir_model_class

    get_fhir_model_class(made["resourceType"]).model_validate(made)


def lines(folder):
    return {file.name: sorted(file.read_text(encoding="utf-8").splitlines()) for file in folder.iterdir()}


@pytest.fixture
def everything(tmp_path):
    return read_fhir(as_lines(tmp_path / "all.ndjson", *EVERYTHING)).table


@pytest.mark.parametrize("form", ["ndjson", "bundle"])
def test_what_is_read_is_written_and_read_again_as_it_was(everything, tmp_path, form):
    target = tmp_path / ("out.json" if form == "bundle" else "out")
    write_fhir(everything, target, form=form)
    again = read_fhir(target).table
    assert rows(again) == rows(everything) and again.subjects == everything.subjects


def test_fhir_through_meds_gives_the_same_fhir(everything, tmp_path):
    write_fhir(everything, tmp_path / "first")
    write_meds(read_fhir(tmp_path / "first").table, tmp_path / "meds")
    write_fhir(read_meds(tmp_path / "meds"), tmp_path / "second")
    assert lines(tmp_path / "second") == lines(tmp_path / "first")
    assert len(lines(tmp_path / "first")) == 1 + len(KINDS)


def test_what_is_written_is_valid(everything, tmp_path):
    pytest.importorskip("fhir.resources")
    for sample in EVERYTHING:
        validate(sample)
    for made in fhir_resources(everything):
        validate(made)
    write_fhir(everything, tmp_path / "out.json", form="bundle")
    validate(json.loads((tmp_path / "out.json").read_text(encoding="utf-8")))


CODES = (
    *("LOINC//2823-3", "SNOMED//44054006", "ICD10CM//E11.9", "RxNorm//308135", "CVX//110", "CPT//99213", "ActCode//AMB"),
    *("MEDS_BIRTH", "MEDS_DEATH", "GENDER//female", "GENDER//F", "LAB//K//mmol", "TEXT//Felt cold", "http:%2F%2Fa.org%2F//x/y"),
)
words = st.none() | st.sampled_from(["<", "a b", "severe", "\u00e9 \U0001f600", "x\ny"])
moments = st.none() | st.integers(-(10**15), 10**15) | st.integers(-9999, 9999).map(lambda day: day * 86_400_000_000)
named = st.sampled_from([None, *KINDS, "Observation.component", "Encounter.type", "AllergyIntolerance.reaction", "Ward"])


@st.composite
def events(draw):
    """Any columns together, also such as the resource can't hold; ends are not before times, and units go with numbers."""
    time, number = draw(moments), draw(st.none() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False))
    end = draw(moments)
    return Event(
        subject=draw(st.sampled_from(["1", "p-2", "a_3 \u00e9"])),
        code=draw(st.sampled_from(CODES)),
        time=time,
        number=None if number is None else float(number),
        unit=None if number is None else draw(st.sampled_from([None, "mg", "/min", "pills a day"])),
        text=draw(words),
        value_code=None if number is not None else draw(st.sampled_from([None, "SNOMED//8517006"])),
        display=draw(st.sampled_from([None, "A name"])),
        end=None if end is None or (time is not None and end < time) else end,
        resource=draw(named),
        resource_id=draw(st.sampled_from([None, "r1", "r_2"])),
        encounter=draw(st.sampled_from([None, "e1", "e_1"])),
    )


def table_of(made):
    columns = Columns()
    for event in made:
        columns.add(event)
    return columns.table()


@given(st.lists(events(), max_size=8))
@settings(max_examples=60)
def test_any_table_is_valid_fhir_and_keeps_what_it_says(tmp_path_factory, made):
    table = table_of(made)
    folder = tmp_path_factory.mktemp("any")
    resources = list(fhir_resources(table))
    for one in resources[:4]:
        validate(one)
    assert len({(one["resourceType"], one["id"]) for one in resources}) == len(resources)
    if not made:
        return
    write_fhir(table, folder / "out")
    again = read_fhir(folder / "out", strict=False)
    assert again.faults.count == sum("names the encounter" in said for said in again.faults.sentences)
    # FHIR says what kind of resource each is, and Observations and others get a status
    added = ("resource", "resource_id", "encounter", "status", "display")
    assert rows(again.table, without=added) == rows(table, without=added)


def test_ids_hang_on_the_content_only_and_equal_events_are_told_apart():
    event = Event("1", "LOINC//2823-3", time=0, number=4.1)
    first = [one["id"] for one in fhir_resources(table_of([event, event, event._replace(number=4.2)]))]
    second = [one["id"] for one in fhir_resources(table_of([event._replace(subject="0"), event, event]))]
    assert len(set(first)) == 4 and first[:3] == second[2:]


def test_what_is_not_written_is_not_in_the_id():
    event = Event("1", "LOINC//2823-3", time=0, text="clotted")
    assert [*fhir_resources(table_of([event]))] == [*fhir_resources(table_of([event._replace(unit="mmol/L")]))]


def test_two_resources_of_one_id_stay_two(tmp_path):
    event = Event("1", "LOINC//2823-3", time=0, number=4.1, resource="Observation", resource_id="k")
    write_fhir(table_of([event, event._replace(time=1)]), tmp_path / "out")
    ids = read_fhir(tmp_path / "out").table.extra["resource_id"].to_pylist()
    assert len(set(ids)) == 2 and "k" in ids


def test_an_id_that_two_subjects_use_is_told_apart_with_its_parts_and_visits(tmp_path):
    panel = Event("1", "LOINC//85354-9", time=0, resource="Observation", resource_id="k", encounter="e")
    part = Event("1", "LOINC//8480-6", time=0, number=120, resource="Observation.component", resource_id="k")
    visit = Event("1", "ActCode//AMB", time=0, resource="Encounter", resource_id="e")
    mine = [panel, part, visit]
    made = list(fhir_resources(table_of([*mine, *(event._replace(subject="2") for event in mine)])))
    assert len({(one["resourceType"], one["id"]) for one in made}) == len(made) == 6
    panels = [one for one in made if one["resourceType"] == "Observation"]
    visits = {f"Encounter/{one['id']}": one["subject"] for one in made if one["resourceType"] == "Encounter"}
    assert all(len(one["component"]) == 1 and visits[one["encounter"]["reference"]] == one["subject"] for one in panels)


def test_the_hour_of_birth_comes_back(tmp_path):
    birth = Event("1", "MEDS_BIRTH", time=-(10**12) - 5)
    write_fhir(table_of([birth]), tmp_path / "out")
    (patient,) = fhir_resources(table_of([birth]))
    assert patient["birthDate"] == "1969-12-20"
    assert rows(read_fhir(tmp_path / "out").table, without=["resource"]) == rows(table_of([birth]))


def test_an_allergy_and_a_condition_that_ended_get_the_status_that_r4_demands():
    codes = {"AllergyIntolerance": "UNII//QE1QX6B99R", "Condition": "ICD10CM//E11.9"}
    made = table_of([Event("1", code, end=5 if name == "Condition" else None, resource=name) for name, code in codes.items()])
    said = {one["resourceType"]: one["clinicalStatus"]["coding"][0]["code"] for one in list(fhir_resources(made))[1:]}
    assert said == {"AllergyIntolerance": "active", "Condition": "resolved"}


def test_a_subject_that_is_no_fhir_id_comes_back(tmp_path):
    write_fhir(table_of([Event("Zo\u00eb 1", "LOINC//2823-3", encounter="e_1")]), tmp_path / "out")
    table = read_fhir(tmp_path / "out").table
    assert table.subjects == ("Zo\u00eb 1",) and table.extra["encounter"].to_pylist() == ["e_1"]


@pytest.mark.parametrize("stay", ["v-1", "v_1"])
def test_a_visit_and_what_belongs_to_it_stay_together(tmp_path, stay):
    visit = Event("1", "ActCode//AMB", time=0, resource="Encounter", resource_id=stay)
    inside = Event("1", "LOINC//2823-3", time=1, number=4.1, encounter=stay)
    write_fhir(table_of([visit, inside]), tmp_path / "out")
    table = read_fhir(tmp_path / "out").table
    assert table.extra["resource_id"][0].as_py() == stay and table.extra["encounter"].to_pylist() == [None, stay]
    for one in fhir_resources(table):
        validate(one)


def test_a_cycle_is_found_though_ids_are_none_of_fhir(tmp_path):
    first = Event("1", "ActCode//IMP", time=0, resource="Encounter", resource_id="v_1", encounter="v_2")
    write_fhir(table_of([first, first._replace(resource_id="v_2", encounter="v_1", time=1)]), tmp_path / "out")
    reading = read_fhir(tmp_path / "out", strict=False)
    assert reading.faults.count == 1 and "is a cycle of parts" in reading.faults.sentences[0]


@pytest.mark.parametrize("name", ["unit", "text", "display", "status", "encounter", "resource_id", "resource"])
def test_a_blank_text_is_none(tmp_path, name):
    event = Event("1", "LOINC//2823-3", time=0, number=4.1)
    write_fhir(table_of([event._replace(**{name: " \n"})]), tmp_path / "blank")
    write_fhir(table_of([event]), tmp_path / "none")
    assert read_fhir(tmp_path / "blank").faults.count == 0 and lines(tmp_path / "blank") == lines(tmp_path / "none")


WITHDRAWN = [(kind.name, status) for kind in KINDS.values() for status in kind.not_done]


@pytest.mark.parametrize(("name", "status"), WITHDRAWN)
def test_what_was_withdrawn_is_not_written_nor_are_its_parts(tmp_path, name, status):
    event = Event("1", "SNOMED//44054006", time=0, resource=name, resource_id="k", status=status)
    part = {"Observation": "component", "Encounter": "type", "AllergyIntolerance": "reaction"}.get(name)
    parts = [Event("1", "SNOMED//39579001", time=0, resource=f"{name}.{part}", resource_id="k")] if part else []
    died = Event("1", "MEDS_DEATH", time=5, status="entered-in-error")
    left_out = write_fhir(table_of([event, *parts, died]), tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["Patient.ndjson"]
    assert left_out == Counter({f"{name} {status}": 1 + len(parts)}) + Counter({"Observation entered-in-error": 1})
    assert "deceased" not in (tmp_path / "out" / "Patient.ndjson").read_text()


def test_a_status_that_only_the_resource_meant_has_is_no_fault_of_the_observation_in_its_place():
    event = Event("1", "ICD10CM//E11.9", number=2, resource="Condition", status="active")
    assert list(fhir_resources(table_of([event])))[1]["status"] == "final"


def test_ends_of_other_precision_are_written_to_the_microsecond():
    end = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    table = EventTable.build(["1"], np.array(["2010-01-01"], "M8[us]"), ["LOINC//2823-3"], extra={"end": end})
    assert list(fhir_resources(table))[1]["effectivePeriod"]["end"] == "2023-11-14T22:13:20.123456Z"
    far = replace(table, extra={"end": pa.array([2**60], pa.timestamp("s"))})
    with pytest.raises(UserError, match="column 'end'"):
        list(fhir_resources(far))


def test_ids_may_be_of_any_length_together(everything, tmp_path):
    # texts of the smaller type end at two gigabytes
    assert pa.types.is_large_string(everything.extra["resource_id"].type)
    write_meds(everything, tmp_path / "meds")
    assert rows(read_meds(tmp_path / "meds")) == rows(everything)


def test_an_event_that_its_resource_cannot_hold_becomes_an_observation():
    event = Event("1", "ICD10CM//E11.9", number=2, resource="Condition")
    kinds = [one["resourceType"] for one in fhir_resources(table_of([event]))]
    assert kinds == ["Patient", "Observation"]


BAD = {
    "blank code": (Event("1", "LOINC// "), "is blank or has blanks"),
    "end": (Event("1", "ICD10CM//E11.9", time=5, end=4), "ends before it begins"),
    "infinite": (Event("1", "LOINC//2823-3", number=float("inf")), "has an infinite number"),
    "year 12024": (Event("1", "LOINC//2823-3", time=317_271_427_200_000_000), "is before the year 1 or after 9999"),
    "end in the year 0": (Event("1", "LOINC//2823-3", end=-62_135_596_800_000_001), "is before the year 1 or after 9999"),
    "born in the year 12024": (Event("1", "MEDS_BIRTH", time=317_271_427_200_000_000), "is before the year 1 or after 9999"),
    "status": (Event("1", "LOINC//2823-3", status="F"), "its status 'F' is none that R4 has for Observation"),
    "two values": (Event("1", "LOINC//2823-3", number=1, value_code="SNOMED//8517006"), "a number and a coded answer"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("form", ["ndjson", "bundle"])
def test_what_fhir_cannot_have_is_told_and_nothing_is_written(tmp_path, bad, form):
    event, said = BAD[bad]
    with pytest.raises(UserError, match=said):
        write_fhir(table_of([Event("0", "LOINC//2823-3"), event]), tmp_path / "out", form=form)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["ndjson", "bundle"])
def test_a_target_that_exists_is_left_as_it_is(everything, tmp_path, form):
    target = tmp_path / "mine"
    target.write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        write_fhir(everything, target, form=form)
    assert target.read_text() == "mine"


def test_further_columns_of_other_types_are_left_alone():
    extra = {"status": pa.array([3]), "end": pa.array(["soon"])}
    table = EventTable.build(["1"], np.array(["NaT"], "M8[us]"), ["x"], extra=extra)
    assert [one["resourceType"] for one in fhir_resources(table)] == ["Patient", "Observation"]
    assert len(list(fhir_resources(replace(table, extra={})))) == 2
