import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.trials.toys import question_trial
from vesalius.cli import main
from vesalius.report import write_report
from vesalius.trials import run_trial


@pytest.fixture
def vesalius(monkeypatch, capsys):
    """Calls the command line as a shell would: exit code, output, errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["vesalius", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return exit.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def folder(tmp_path):
    folder = run_trial(question_trial(), out=tmp_path / "runs").folder
    write_report(folder)
    return folder


def test_list_has_every_row_with_its_status(vesalius):
    code, out, _ = vesalius("list", "--json")
    rows = json.loads(out)
    assert code == 0
    assert len(rows) == 329
    assert set(rows[0]) == {"number", "id", "title", "area", "kind", "status"}
    assert {row["status"] for row in rows} == {"works", "planned"}


def test_list_filters(vesalius):
    rows = json.loads(vesalius("list", "--area", "segmentation", "--kind", "method", "--status", "works", "--json")[1])
    assert "unet-plus-plus" in {row["id"] for row in rows}
    assert {(row["area"], row["kind"], row["status"]) for row in rows} == {("segmentation", "method", "works")}


def test_show_says_claim_and_data(vesalius):
    assert "Claim:" in vesalius("show", "124")[1]
    assert json.loads(vesalius("show", "recov", "--json")[1])["number"] == 165
    assert "planned" in vesalius("show", "1")[1]


def test_run_prints_the_finding_and_where_its_report_is(vesalius, tmp_path):
    code, out, _ = vesalius("run", "medagentsbench", "--data", "simulated", "--size", "smoke", "--out", tmp_path)
    assert code == 0
    report = Path(out.strip().splitlines()[-1].removeprefix("Report: "))
    assert report.is_file()
    code, out, _ = vesalius("run", "83", "--data", "simulated", "--size", "smoke", "--out", tmp_path, "--json")
    assert Path(json.loads(out)["folder"]) == report.parent


def test_verify_and_report_take_a_run(vesalius, folder):
    assert vesalius("verify", folder)[0] == 0
    (folder / "report.html").unlink()
    assert vesalius("report", folder)[1].strip() == str(folder / "report.html")
    path = sorted(folder.glob("cells/*/*/*/predictions.parquet"))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, _, errors = vesalius("verify", folder)
    assert code == 1
    assert "predictions.parquet" in errors
    assert json.loads(vesalius("verify", folder, "--json")[1])["verified"] is False


def test_compare_takes_runs(vesalius, folder, tmp_path):
    other = run_trial(question_trial(learner=0.6), out=tmp_path / "runs").folder
    code, out, _ = vesalius("compare", folder, other, "--out", tmp_path / "compared", "--json")
    assert code == 0
    assert json.loads(out)["finding"]["comparisons"][0]["verdict"] == "better"


def test_data_and_doctor_speak_to_people_and_machines(vesalius):
    assert "mni152" in vesalius("data", "list")[1]
    assert {"name", "licence", "obtain", "present"} <= json.loads(vesalius("data", "list", "--json")[1])[0].keys()
    assert "python" in vesalius("doctor")[1]
    assert all({"name", "well"} <= check.keys() for check in json.loads(vesalius("doctor", "--json")[1]))


BAD = [
    ("run", "unet"),
    ("run", "unet-plus-plu"),
    ("run", "diabetica"),
    ("run", "124", "--data", "moon"),
    ("run", "124", "--seeds", "zero"),
    ("run", "124", "--seeds", "0"),
    ("run", "124", "--seeds", "1,1"),
    ("run", "124", "--size", "huge"),
    ("run", "124", "--engine", "steam"),
    ("run",),
    ("verify", "nowhere"),
    ("verify", __file__),
    ("report", "nowhere"),
    ("compare", "nowhere.csv", "nothing.csv"),
    ("compare", __file__, __file__),
    ("compare",),
    ("list", "--area", "cooking"),
    ("show", "0"),
]


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_input_gets_a_sentence_and_code_2(vesalius, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, errors = vesalius(*arguments)
    assert code == 2
    assert out == ""
    assert errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncate", "not json", "wrong field", "unreadable kind"])
def test_a_damaged_run_gets_a_sentence(vesalius, folder, damage):
    path = folder / "trial.json"
    content = {
        "truncate": path.read_text()[:50],
        "not json": "hello",
        "wrong field": path.read_text().replace('"seeds": [', '"seeds": ["x", '),
        "unreadable kind": "[1, 2]",
    }[damage]
    path.write_text(content)
    for verb, code in (("verify", 1), ("report", 2)):
        got, _, errors = vesalius(verb, folder)
        assert got == code
        assert "trial.json" in errors
        assert "Traceback" not in errors


def test_ctrl_c_leaves_a_run_that_goes_on(tmp_path, ctrl_c):
    command = [
        shutil.which("vesalius", path=str(Path(sys.executable).parent)),
        "run",
        "recov",
        "--size",
        "smoke",
        "--out",
        tmp_path,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ)
    while process.poll() is None and not list(tmp_path.glob("*/cells/*/*/*")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "goes on from there" in errors
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/cells/*/*/*")}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert all(path.stat().st_mtime_ns == then for path, then in kept.items())


def test_completion_offers_systems():
    from vesalius.cli.options import complete_id

    assert "unet-plus-plus" in dict(complete_id("unet"))
