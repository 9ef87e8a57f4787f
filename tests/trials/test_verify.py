import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from tests.trials.toys import question_trial
from vesalius.errors import UserError
from vesalius.metrics import METRICS
from vesalius.trials import run_trial, verify
from vesalius.trials.store import Store


@pytest.fixture
def folder(tmp_path):
    return run_trial(question_trial(), out=tmp_path).folder


def forge(folder):
    """State the present files' hashes, as someone would who covers his tracks."""
    path = folder / "finding.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": Store(folder).manifest()}))


def first(folder, name):
    return sorted(folder.glob(f"cells/*/*/*/{name}"))[0]


def test_a_whole_run_verifies(folder):
    assert verify(folder) == []


@pytest.mark.parametrize("name", ["predictions.parquet", "scores.parquet", "cost.json"])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.99])
def test_any_changed_byte_is_found(folder, name, place):
    path = first(folder, name)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    assert any(name in problem for problem in verify(folder))


def test_a_changed_prediction_is_found_though_its_hash_was_forged(folder):
    path = first(folder, "predictions.parquet")
    table = pq.read_table(path)
    letters = table["text"].to_pylist()
    letters[0] = "A" if letters[0] != "A" else "B"
    place = table.schema.get_field_index("text")
    pq.write_table(table.set_column(place, "text", [letters]), path)
    forge(folder)
    assert any("not what the predictions give" in problem for problem in verify(folder))


def test_a_changed_score_is_found_though_its_hash_was_forged(folder):
    path = first(folder, "scores.parquet")
    table = pq.read_table(path)
    flipped = [1 - score for score in table["accuracy@1"].to_pylist()]
    pq.write_table(table.set_column(table.schema.get_field_index("accuracy@1"), "accuracy@1", [flipped]), path)
    forge(folder)
    assert any("accuracy@1" in problem for problem in verify(folder))


def test_another_version_of_the_metric_is_found(folder, monkeypatch):
    monkeypatch.setitem(METRICS, "accuracy", replace(METRICS["accuracy"], version=2))
    assert any("accuracy@1" in problem and "accuracy@2" in problem for problem in verify(folder))


def test_a_nicer_finding_is_found(folder):
    path = folder / "finding.json"
    content = json.loads(path.read_text())
    content["finding"]["comparisons"][0]["difference"]["value"] += 0.01
    path.write_text(json.dumps(content))
    assert any("finding.json" in problem for problem in verify(folder))


def test_a_removed_failed_gate_is_found(folder):
    (folder / "gates.json").write_text("[]")
    assert any("gates.json" in problem for problem in verify(folder))


def test_a_missing_and_a_foreign_file_are_found(folder):
    first(folder, "scores.parquet").unlink()
    (folder / "cells" / "note.txt").write_text("hello")
    problems = verify(folder)
    assert any("missing" in problem for problem in problems)
    assert any("note.txt" in problem for problem in problems)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"digest": 1, "finding": 2, "files": 3}'])
def test_what_is_no_finding_is_said(folder, content):
    (folder / "finding.json").write_text(content)
    with pytest.raises(UserError, match=r"finding\.json"):
        verify(folder)


def test_a_folder_without_a_run_is_said(tmp_path):
    with pytest.raises(UserError, match="finished run"):
        verify(tmp_path)


def test_cells_that_changed_places_are_found_though_their_hashes_were_forged(folder):
    good, poor = folder / "cells" / "toy" / "good", folder / "cells" / "toy" / "poor"
    good.rename(folder / "x")
    poor.rename(good)
    (folder / "x").rename(poor)
    forge(folder)
    assert any("moved or taken away" in problem for problem in verify(folder))


def test_a_wider_margin_gives_another_address(folder):
    path = folder / "trial.json"
    path.write_text(path.read_text().replace('"accuracy@1": 0.05', '"accuracy@1": 0.5'))
    forge(folder)
    assert any("another address" in problem for problem in verify(folder))


def test_prettier_costs_are_found(folder):
    path = folder / "finding.json"
    content = json.loads(path.read_text())
    content["costs"][0]["fit_seconds"] = 0.0
    path.write_text(json.dumps(content))
    assert any("costs" in problem for problem in verify(folder))


@pytest.mark.parametrize("name", ["trial.json", "gates.json"])
def test_a_changed_run_does_not_get_a_new_seal_by_running_it_again(folder, name):
    (folder / name).write_text((folder / name).read_text().replace("passed", "failed").replace("0.05", "0.5"))
    with pytest.raises(UserError, match=f"{name}: changed since the run.*Remove the folder"):
        run_trial(question_trial(), out=folder.parent)


def test_other_examples_than_those_of_the_run_are_found(folder):
    path = folder / "examples" / "toy.json"
    path.write_text(path.read_text().replace("treatment", "poison"))
    assert any("toy.json" in problem for problem in verify(folder))
