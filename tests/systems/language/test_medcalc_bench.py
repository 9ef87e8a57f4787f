from dataclasses import replace

import pytest

from vesalius.errors import UserError
from vesalius.language.models import TAG
from vesalius.metrics import METRICS
from vesalius.sources.public.root import VARIABLE
from vesalius.systems.language.calculation_tasks import MOCK_NOTE, split
from vesalius.systems.language.medcalc_bench import SYSTEM
from vesalius.trials.scoring import record_scores


def scores(task, build):
    parts = task.split(task.source.records())
    learner = build(0)
    learner.fit(parts.train, parts.validation)
    said = learner.predict([task.blind(record) for record in parts.test])
    truths = [task.truth(record) for record in parts.test]
    return {one.metric.name: record_scores(one.metric, said, truths).mean() for one in task.measures}


def test_the_calculators_are_right_of_every_note_and_so_an_oracle():
    (task,) = SYSTEM.tasks["simulated"]("default")
    found = scores(task, SYSTEM.learners(task, "default")["annotated values"])
    assert found == {"calculation_correct": 1.0, "extraction_error": 0.0, "formula_error": 0.0, "arithmetic_error": 0.0}


def test_misses_of_the_mock_are_shared_out_among_the_planted_faults():
    (task,) = SYSTEM.tasks["simulated"]("default")
    arms = {**SYSTEM.learners(task, "default"), **SYSTEM.baselines(task, "default")}
    steps, example = (scores(task, arms[name]) for name in ("mock, steps", "mock, one example"))
    assert sum(steps.values()) == pytest.approx(1)
    assert steps["formula_error"] > 3 * example["formula_error"] and steps["extraction_error"] > 0.05
    assert steps["calculation_correct"] < example["calculation_correct"]


def test_who_asks_a_real_model_is_not_called_a_mock():
    (task,) = SYSTEM.tasks["simulated"]("smoke")
    real = replace(task, tags={**task.tags, TAG: "http://127.0.0.1:9/v1#none"})
    assert {"steps", "one example", "direct"} <= {*SYSTEM.learners(real, "smoke"), *SYSTEM.baselines(real, "smoke")}
    assert MOCK_NOTE in task.note


def test_a_note_that_is_tested_is_no_example_and_a_calculator_without_one_is_not_tested():
    (task,) = SYSTEM.tasks["simulated"]("smoke")
    records = task.source.records()
    tested = next(record for record in records if record.tags["split"] == "test")
    shared = [
        replace(record, subject_id=tested.subject_id) if record.tags == {**tested.tags, "split": "train"} else record
        for record in records
    ]
    parts = split(None, shared)
    assert tested.tags["calculator"] not in {record.tags["calculator"] for record in (*parts.train, *parts.test)}


def test_without_a_training_file_the_first_note_of_a_calculator_is_its_example():
    (task,) = SYSTEM.tasks["simulated"]("default")
    tested = [record for record in task.source.records() if record.tags["split"] == "test"]
    parts = split(None, tested)
    calculators = {record.tags["calculator"] for record in tested}
    assert len(parts.train) == len(calculators) and len(parts.test) == len(tested) - len(calculators)
    assert not {record.subject_id for record in parts.train} & {record.subject_id for record in parts.test}


def test_without_the_release_only_invented_notes_are_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(UserError, match=VARIABLE):
        SYSTEM.tasks["medcalc-bench"]("smoke")
    assert METRICS["calculation_correct"].identity == "calculation_correct@1"
