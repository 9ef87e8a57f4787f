import sys

import pytest

import vesalius
from vesalius.cli import main
from vesalius.records.events.meds_write import write_meds
from vesalius.sources.simulators.patients import event_table, live

OUTCOME = "ICD10CM//Z00.00"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "cohort"
    write_meds(event_table(live(90, "north", 3), "north"), folder)
    return folder


def vesalius_says(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["vesalius", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit:
        main()
    captured = capsys.readouterr()
    return exit.value.code or 0, captured.out + captured.err


@pytest.mark.parametrize(("system", "within"), [("motor", []), ("remed", ["--within", "365"])])
def test_one_s_own_dataset_is_labelled_and_run_on(monkeypatch, capsys, tmp_path, cohort, system, within):
    labelled = ["data", "label", cohort, "--at", "ICD10CM//I10", "--outcome", OUTCOME, *within, "--overwrite"]
    code, said = vesalius_says(monkeypatch, capsys, *labelled)
    assert code == 0 and "labels, of which" in said
    run = vesalius.run(system, size="smoke", data=str(cohort), seeds=1, out=tmp_path)
    assert {one.task for one in run.finding.comparisons} == {"own, cohort"}


def test_labels_that_are_there_stay(monkeypatch, capsys, cohort):
    vesalius_says(monkeypatch, capsys, "data", "label", cohort, "--at", "*", "--outcome", OUTCOME, "--overwrite")
    code, said = vesalius_says(monkeypatch, capsys, "data", "label", cohort, "--at", "*", "--outcome", OUTCOME)
    assert code == 2 and "there already" in said


def test_a_system_of_other_data_takes_no_folder(monkeypatch, capsys, cohort):
    code, said = vesalius_says(monkeypatch, capsys, "run", "recov", "--data", cohort, "--size", "smoke")
    assert code == 2 and "recov has" in said
