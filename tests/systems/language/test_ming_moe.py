from collections import Counter
from dataclasses import replace

import pytest

from tests.learners.language_model.tiny import tiny
from vesalius.sources.simulators.mini_clinic.instructions import TASKS
from vesalius.systems.language.ming_moe import BUDGETS, SYSTEM


def _arms(folder):
    task = SYSTEM.tasks["instructions"]("smoke")[0]
    task = replace(task, tags={"backend": str(folder)})
    return task, dict(SYSTEM.learners(task, "smoke")) | dict(SYSTEM.baselines(task, "smoke"))


def test_every_type_is_trained_and_tested_alike_and_its_name_is_not_shown():
    task = SYSTEM.tasks["instructions"]("default")[0]
    split = task.split(task.source.records())
    for part, count in ((split.train, BUDGETS["default"].train), (split.test, BUDGETS["default"].test)):
        types = Counter(record.tags["task"] for record in part)
        assert types.keys() == set(TASKS) and set(types.values()) == {count // len(TASKS)}
    shown = task.blind(split.test[0])
    assert shown.fields.keys() == {"instruction"}
    trained, tested = ({record.fields["instruction"] for record in part if _many(record)} for part in (split.train, split.test))
    assert tested and not trained & tested


def _many(record):
    return record.tags["task"] != "order test"  # one a disease, so that all are seen in the end


def test_both_arms_tune_a_folder_of_another_architecture_with_as_many_parameters(tmp_path):
    task, arms = _arms(tiny("qwen", tmp_path))
    split = task.split(task.source.records())
    counts = {}
    for name, build in arms.items():
        learner = build(0)
        learner.fit(split.train, [])
        assert len(learner.predict([task.blind(record) for record in split.test[:2]])) == 2
        counts[name] = learner.trained_parameters
    assert counts["ming-moe"] == pytest.approx(counts["one lora"], rel=0.02)
