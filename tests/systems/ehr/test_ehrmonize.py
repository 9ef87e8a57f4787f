import csv

import pytest

from vesalius import catalogue
from vesalius.language.medications.mocks import IDENTITY
from vesalius.learners.medications.abstraction import REVIEW_FILE
from vesalius.records import Text
from vesalius.sources.medication_labels import TARGETS
from vesalius.systems.ehr import ehrmonize
from vesalius.systems.trial import trial_of
from vesalius.trials import run_trial
from vesalius.trials.cell import split_of

SYSTEM = ehrmonize.SYSTEM


def right(task, arm, size="default"):
    arms = {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}
    learner, split = arms[arm](0), split_of(task)
    learner.fit(split.train, [])
    told = learner.predict([task.blind(record) for record in split.test])
    return sum(one.value == task.truth(record) for one, record in zip(told, split.test, strict=True)) / len(told)


@pytest.fixture(scope="module")
def tasks():
    return {task.name: task for task in SYSTEM.tasks["simulated"]("default")}


def test_the_tested_drugs_are_those_of_the_list_or_those_outside_it(tasks):
    for name, task in tasks.items():
        known = {record.tags["known"] for record in split_of(task).test}
        assert known == ({"no"} if "unseen" in name else {"yes"})
        drugs = {record.subject_id for record in split_of(task).test}
        assert not drugs & {record.subject_id for record in split_of(task).train}


def test_the_pipeline_beats_both_lookups_of_unseen_drugs_and_fuzzy_lookup_beats_it_on_known_ones(tasks):
    unseen, known = (tasks[f"medications, generic name, {which} drugs"] for which in ("unseen", "known"))
    assert right(unseen, "10 examples") > 0.8 > 0.1 > right(unseen, "fuzzy lookup")
    assert right(known, "fuzzy lookup") > right(known, "10 examples") > right(known, "exact lookup")


def test_more_examples_help_and_so_does_the_vote(tasks):
    task = tasks["medications, route, unseen drugs"]
    none, ten, one = (right(task, arm) for arm in ("0 examples", "10 examples", "10 examples, one answer"))
    assert ten > none + 0.1 and ten > one + 0.05


def test_every_target_of_the_paper_is_asked_at_its_size():
    assert {task.target for task in SYSTEM.tasks["simulated"]("paper")} == set(TARGETS)


def test_a_run_says_that_a_mock_answered_and_keeps_the_review(tmp_path):
    trial = trial_of(SYSTEM, size="smoke", seeds=1)
    assert trial.settings["model"] == IDENTITY and "mock" in trial.tasks[0].note
    run = run_trial(trial, out=tmp_path)
    files = list(run.folder.rglob(REVIEW_FILE))
    assert len(files) == 2
    strings = {" ".join(record.get("medication", Text).value.split()) for record in split_of(trial.tasks[0]).test}
    with files[0].open(newline="") as file:
        assert {row["medication"] for row in csv.DictReader(file)} <= strings


def test_a_named_model_is_asked_instead_of_the_mock(monkeypatch, tasks):
    from dataclasses import replace

    from vesalius.language.models import TAG
    from vesalius.language.scripted import Scripted

    monkeypatch.setattr(ehrmonize, "opened", lambda name: Scripted(lambda prompt, sampling, sample: f"{name}"))
    task = replace(tasks["medications, antibiotic, known drugs"], tags={"data": "simulator", TAG: "no"})
    said = SYSTEM.learners(task, "default")["0 examples"](0).predict(split_of(task).test[:3])
    assert [one.value for one in said] == ["no"] * 3


def test_the_catalogue_has_it():
    assert catalogue.row("ehrmonize").status == "works"
