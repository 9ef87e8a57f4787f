import json
import sys

import numpy as np
import pytest

from tests.fitted.conftest import toy_systems  # noqa: F401 - a fixture
from tests.sources.folders import made
from vesalius.cli import main

pytestmark = pytest.mark.usefixtures("toy_systems")


@pytest.fixture
def vesalius(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["vesalius", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return exit.value.code or 0, captured.out, captured.err

    return call


def test_fit_says_how_good_it_is_and_what_was_left_out(vesalius, tmp_path):
    own = made.pictures(tmp_path / "own", count=8)
    (own / "images" / "case3.png").write_bytes(b"")
    code, out, errors = vesalius("fit", "toy", "--data", own, "--out", tmp_path / "run", "--arm", "short")
    assert (code, out) == (2, "")
    assert "1 of 8 cases cannot be used" in errors and "case3.png: empty" in errors
    code, out, _ = vesalius("fit", "toy", "--data", own, "--out", tmp_path / "run", "--arm", "short", "--skip-bad")
    assert code == 0
    assert "Left out: " in out and "case3.png: empty" in out
    assert "toy (short, default, seed 0) on 5 cases; 2 for validation; 1 files left out." in out
    assert "Validation: dice 0." in out and f"vesalius predict {tmp_path / 'run'}" in out


def test_fit_takes_steps_and_an_edited_plan(vesalius, tmp_path):
    own = made.volumes(tmp_path / "own")
    first = ("fit", "msd", "--data", own, "--size", "smoke")
    assert "(planned, smoke, steps 1, seed 0)" in vesalius(*first, "--out", tmp_path / "first", "--steps", 1)[1]
    plan = tmp_path / "mine.json"
    plan.write_text((tmp_path / "first" / "model" / "plan.json").read_text().replace('"steps": 1,', '"steps": 2,'))
    assert "(planned, smoke, own plan, seed 0)" in vesalius(*first, "--out", tmp_path / "second", "--plan", plan)[1]
    assert (tmp_path / "second" / "model" / "plan.json").read_text() == plan.read_text()
    plan.write_text("{")
    code, _, errors = vesalius(*first, "--out", tmp_path / "third", "--plan", plan)
    assert code == 2 and f"{plan}: not a readable plan" in errors


def test_fit_and_predict_speak_json(vesalius, tmp_path):
    own = made.pictures(tmp_path / "own")
    fit = json.loads(vesalius("fit", "toy", "--data", own, "--out", tmp_path / "run", "--arm", "short", "--json")[1])
    assert fit["fit"]["choice"]["arm"] == "short"
    answers = json.loads(vesalius("predict", tmp_path / "run", own / "images" / "case0.png", "--out", tmp_path, "--json")[1])
    assert answers[0]["written"] == [str(tmp_path / "case0_mask.png")]


def test_predict_ends_with_two_if_a_file_is_bad(vesalius, tmp_path):
    own = made.pictures(tmp_path / "own")
    vesalius("fit", "toy-threshold", "--data", own, "--out", tmp_path / "run")
    (tmp_path / "bad.png").write_bytes(b"")
    code, out, errors = vesalius("predict", tmp_path / "run", tmp_path / "bad.png", own / "images" / "case0.png")
    assert code == 2
    assert out.strip() == str(own / "images" / "case0_mask.png")
    assert "bad.png: empty" in errors and "1 of 2 images have no answer" in errors


def test_predict_prints_the_probabilities_of_classes(vesalius, tmp_path):
    own = made.classes(tmp_path / "own")
    vesalius("fit", "toy-classes", "--data", own, "--out", tmp_path / "run")
    made.picture(tmp_path / "new.png", made.noise(0, (16, 20), np.uint8))
    code, out, _ = vesalius("predict", tmp_path / "run", tmp_path / "new.png")
    assert code == 0 and out.splitlines()[0] == "image,predicted,ill,well" and ",ill," in out.splitlines()[1]
