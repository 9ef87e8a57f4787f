from dataclasses import replace

import pytest

from tests.learners.language_model.tiny import tiny
from vesalius.sources.simulators.mini_clinic.exams import Exam
from vesalius.systems.language.medcare import ALIGNED, BUDGETS, KIND, KNOWING, SYSTEM


def _tasks(size="smoke", folder=None):
    tasks = SYSTEM.tasks["clinic"](size)
    return {task.name: task if folder is None else replace(task, tags={"backend": str(folder)}) for task in tasks}


def test_knowledge_and_alignment_are_tested_apart_after_the_same_training():
    tasks = _tasks("default")
    splits = [task.split(task.source.records()) for task in tasks.values()]
    knowledge, alignment = splits
    assert [record.id for record in knowledge.train] == [record.id for record in alignment.train]
    assert {record.tags[KIND] for record in knowledge.train} == {"knowledge", "alignment"}
    assert all("options" in record.fields for record in knowledge.test)
    assert {record.tags["task"] for record in alignment.test} == set(ALIGNED)
    assert not set(ALIGNED) & set(KNOWING)


def test_a_share_of_the_exam_questions_to_train_on_has_a_wrong_answer_and_none_to_test():
    budget = BUDGETS["default"]
    task = _tasks("default")["clinic knowledge"]
    split = task.split(task.source.records())
    clean = [
        record
        for level in ("recall", "one step")
        for record in Exam(level=level, train=budget.questions // 2, test=100).records()
    ]
    right = {record.id: record.fields["answer"] for record in clean}
    wrong = [right[record.id] != record.fields["answer"] for record in split.train if "options" in record.fields]
    assert len(wrong) == budget.questions
    assert sum(wrong) / len(wrong) == pytest.approx(budget.noise, abs=0.04)
    assert all(right[record.id] == record.fields["answer"] for record in split.test)


def test_all_arms_tune_a_folder_of_another_architecture(tmp_path):
    task = _tasks(folder=tiny("gemma", tmp_path))["clinic alignment"]
    split = task.split(task.source.records())
    arms = dict(SYSTEM.learners(task, "smoke")) | dict(SYSTEM.baselines(task, "smoke"))
    counts = {}
    for name, build in arms.items():
        learner = build(0)
        learner.fit(split.train, [])
        assert len(learner.predict([task.blind(record) for record in split.test[:2]])) == 2
        counts[name] = learner.trained_parameters
    assert counts["one lora, in turn"] == pytest.approx(counts["medcare"], rel=0.06)
