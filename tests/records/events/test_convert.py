import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.records.events.fhir_samples import EVERYTHING, PATIENT, POTASSIUM, as_lines, rows
from vesalius.errors import UserError
from vesalius.records.events import EventTable, convert
from vesalius.records.events.convert import convert_events
from vesalius.records.events.fhir_read import read_fhir
from vesalius.records.events.meds_read import read_meds
from vesalius.records.events.meds_write import write_meds

BAD = POTASSIUM | {"id": "bad", "effectiveDateTime": "2010-02-30"}


@pytest.fixture
def export(tmp_path):
    return as_lines(tmp_path / "export.ndjson", *EVERYTHING)


def test_each_format_becomes_each_other(export, tmp_path):
    before = rows(read_fhir(export).table)
    convert_events(export, tmp_path / "meds")
    assert rows(read_meds(tmp_path / "meds")) == before
    convert_events(tmp_path / "meds", tmp_path / "fhir", to="fhir-ndjson")
    convert_events(tmp_path / "fhir", tmp_path / "one.json", to="fhir-bundle")
    done = convert_events(tmp_path / "one.json", tmp_path / "again")
    assert rows(read_meds(tmp_path / "again")) == before
    assert (done.subjects, done.events, done.faults, done.faults_file) == (1, len(before), 0, None)


def test_faults_are_counted_and_told_beside_the_target(tmp_path):
    device = {"resourceType": "Device", "id": "d"}
    source = as_lines(tmp_path / "export.ndjson", PATIENT, BAD, BAD | {"id": "bad2"}, POTASSIUM, device)
    done = convert_events(source, tmp_path / "out", to="fhir-ndjson")
    assert done.faults == 2 and done.left_out == {"Device": 1} and done.faults_file == tmp_path / "out.faults.txt"
    told = done.faults_file.read_text().splitlines()
    assert len(told) == 2 and "line 2, Observation/bad" in told[0] and "line 3, Observation/bad2" in told[1]
    assert read_fhir(tmp_path / "out").faults.count == 0


def test_columns_without_a_place_in_fhir_are_named(tmp_path):
    times = np.array(["2010-01-01"], "M8[us]")
    write_meds(EventTable.build(["1"], times, ["LOINC//2823-3"], extra={"ward": pa.array(["B"])}), tmp_path / "meds")
    assert convert_events(tmp_path / "meds", tmp_path / "out", to="fhir-ndjson").columns_left_out == ("ward",)
    assert convert_events(tmp_path / "meds", tmp_path / "again").columns_left_out == ()


@pytest.mark.parametrize("taken", ["out", "out.faults.txt"])
def test_a_target_that_exists_is_refused_and_left(export, tmp_path, taken):
    (tmp_path / taken).write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        convert_events(export, tmp_path / "out")
    assert (tmp_path / taken).read_text() == "mine" and len(list(tmp_path.iterdir())) == 2


def test_nothing_is_written_where_no_event_is_left(tmp_path):
    source = as_lines(tmp_path / "export.ndjson", BAD)
    with pytest.raises(UserError, match=r"no event that can be kept \(the first fault: .*line 1"):
        convert_events(source, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [source]


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    source = as_lines(tmp_path / "export.ndjson", PATIENT, BAD)

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(convert, "_write", fail)
    with pytest.raises(KeyboardInterrupt):
        convert_events(source, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [source]


def test_what_is_killed_while_it_writes_is_not_in_the_way_of_the_next(tmp_path, monkeypatch):
    source = as_lines(tmp_path / "export.ndjson", PATIENT, BAD)
    write = convert._write

    def look(*arguments):
        assert not (tmp_path / "out.faults.txt").exists()
        return write(*arguments)

    monkeypatch.setattr(convert, "_write", look)
    assert convert_events(source, tmp_path / "out").faults_file.exists()


@pytest.mark.parametrize("target", ["", ".", "/"])
def test_a_target_without_a_name_is_told(export, target):
    with pytest.raises(UserError, match="names no new folder or file"):
        convert_events(export, Path(target))


VISITS = """
[[table]]
file = "visits.csv"
subject = "who"
[[table.event]]
code = { constant = "AMB" }
system = "ActCode"
id = { column = "visit" }
time = { column = "day" }
resource = "Encounter"

[[table]]
file = "labs.csv"
subject = "who"
[[table.event]]
code = { column = "test" }
time = { column = "day" }
number = { column = "value" }
encounter = { column = "visit" }
"""


def test_a_visit_of_tables_and_what_belongs_to_it_stay_together_through_fhir(tmp_path):
    (tmp_path / "map.toml").write_text(VISITS)
    (tmp_path / "visits.csv").write_text("who,visit,day\n1,V_1,2010-01-01\n1,V-2,2010-02-01\n2,V_3,2010-01-01\n")
    (tmp_path / "labs.csv").write_text(
        "who,visit,day,test,value\n1,V_1,2010-01-02,K,4\n1,V-2,2010-02-01,K,5\n2,V_3,2010-01-02,K,4\n"
    )
    convert_events(tmp_path / "map.toml", tmp_path / "fhir", to="fhir-ndjson")
    done = convert_events(tmp_path / "fhir", tmp_path / "meds")
    table = read_meds(tmp_path / "meds")
    assert done.faults == 0 and table.extra["encounter"].to_pylist() == [None, "V_1", None, "V-2", None, "V_3"]
    assert table.extra["resource_id"].to_pylist()[::2] == ["V_1", "V-2", "V_3"]


def test_codes_of_systems_with_a_colon_come_back_through_fhir(tmp_path):
    codes = ["Vital: HR//bpm", "ICD:10/E11//9", "http:%2F%2Fa.org//K", "LAB//K"]
    table = EventTable.build(["1"] * 4, np.arange(4).astype("M8[D]").astype("M8[us]"), codes)
    write_meds(table, tmp_path / "meds")
    convert_events(tmp_path / "meds", tmp_path / "fhir", to="fhir-ndjson")
    convert_events(tmp_path / "fhir", tmp_path / "again")
    assert list(read_meds(tmp_path / "again").vocabulary) == codes


def test_what_was_withdrawn_is_counted_where_the_target_is_fhir(tmp_path):
    times = np.array(["2010-01-01", "2010-01-02"], "M8[us]")
    extra = {"status": pa.array(["cancelled", "final"])}
    write_meds(EventTable.build(["1", "1"], times, ["LOINC//2823-3"] * 2, extra=extra), tmp_path / "meds")
    done = convert_events(tmp_path / "meds", tmp_path / "out", to="fhir-ndjson")
    assert done.events == 1 and done.left_out == {"Observation cancelled": 1}
    assert len(read_fhir(tmp_path / "out").table) == 1


def test_a_source_that_is_none_is_told(tmp_path):
    with pytest.raises(UserError, match="missing; name a MEDS folder"):
        convert_events(tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no FHIR file"):
        convert_events(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "x.json").write_text(json.dumps({"resourceType": "Bundle", "entry": 3}))
    with pytest.raises(UserError, match="field 'entry': is no list"):
        convert_events(tmp_path / "x.json", tmp_path / "out")
