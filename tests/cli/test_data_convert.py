import sys

import pytest

from tests.records.events.fhir_samples import PATIENT, POTASSIUM, as_lines
from vesalius import api
from vesalius.cli import main
from vesalius.records import Record
from vesalius.records.events.meds_read import read_splits
from vesalius.sources.own_histories import split_of_own


@pytest.fixture
def convert(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["vesalius", "data", "convert", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return exit.value.code or 0, captured.out, captured.err

    return call


def test_a_conversion_says_how_much_there_is_and_what_was_left_out(convert, tmp_path):
    cancelled = POTASSIUM | {"id": "k2", "status": "cancelled"}
    source = as_lines(tmp_path / "export.ndjson", PATIENT, POTASSIUM, cancelled, {"resourceType": "Foo"})
    code, out, errors = convert(source, tmp_path / "out", "--to", "fhir-ndjson")
    assert code == 0 and errors == ""
    assert out.splitlines() == [
        f"{tmp_path / 'out'}: 4 events of 1 subjects",
        "Left out as no events: 1 Observation cancelled",
        f"Faults: 1; see {tmp_path / 'out.faults.txt'}",
    ]


def test_a_target_that_exists_is_one_sentence_and_code_2(convert, tmp_path):
    source = as_lines(tmp_path / "export.ndjson", PATIENT)
    code, out, errors = convert(source, source)
    assert code == 2 and out == "" and "exists already" in errors and "Traceback" not in errors


def test_a_split_that_is_asked_for_is_that_of_datasets_without_one(convert, tmp_path):
    patients = [PATIENT | {"id": f"p{number}"} for number in range(40)]
    source = as_lines(tmp_path / "export.ndjson", *patients)
    assert convert(source, tmp_path / "meds", "--split")[0] == 0
    records = [Record(id=one["id"], subject_id=one["id"], fields={}) for one in patients]
    split = split_of_own(records)
    parts = {"train": split.train, "tuning": split.validation, "held_out": split.test}
    assert read_splits(tmp_path / "meds") == {one.id: name for name, part in parts.items() for one in part}
    code, out, errors = convert(source, tmp_path / "fhir", "--split", "--to", "fhir-ndjson")
    assert code == 2 and out == "" and "no place for a split" in errors and not (tmp_path / "fhir").exists()


def test_the_same_from_python(tmp_path):
    done = api.convert(str(as_lines(tmp_path / "export.ndjson", PATIENT, POTASSIUM)), str(tmp_path / "meds"), split=True)
    assert done.events == 4 and (tmp_path / "meds" / "data").is_dir() and read_splits(tmp_path / "meds")
