from dataclasses import replace

import pytest
import torch

from tests.language.local.conftest import save_model
from vesalius.language.models import TAG
from vesalius.records import Text
from vesalius.systems.language.med_rlvr import BUDGETS, SYSTEM

SMOKE = BUDGETS["smoke"]


@pytest.fixture
def task():
    return SYSTEM.tasks["clinic"]("smoke")[0]


def fitted(folder, task, records):
    learner = SYSTEM.learners(replace(task, tags={**task.tags, TAG: str(folder)}), "smoke")["med-rlvr"](0)
    learner.fit(records, ())
    return learner


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_it_runs_on_models_of_other_forms(kind, task, tmp_path):
    split = task.split(task.source.records())
    learner = fitted(save_model(kind, tmp_path), task, split.train)
    assert len(learner.predict([task.blind(record) for record in split.test])) == len(split.test)
    history = learner.histories["reinforcement"]
    assert len(history.losses) == SMOKE.practice.updates == SMOKE.steps * SMOKE.updates_a_step
    # what a random model says is not in form
    assert set(history.curves["reward"]) == {-1.0} and set(history.curves["in form"]) == {0.0}


def test_no_chain_of_thought_is_seen(task, tmp_path):
    folder = save_model("llama", tmp_path)
    train = task.split(task.source.records()).train
    blank = [replace(record, fields={**record.fields, "explanation": Text("?")}) for record in train]
    one, other = (fitted(folder, task, records).network.state_dict() for records in (train, blank))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_supervision_has_as_many_updates(task, tmp_path):
    task = replace(task, tags={**task.tags, TAG: str(save_model("llama", tmp_path))})
    learner = SYSTEM.baselines(task, "smoke")["sft on answers"](0)
    learner.fit(task.split(task.source.records()).train, ())
    assert len(learner.histories["fine-tuning"].losses) == SMOKE.practice.updates


def test_out_of_distribution_neither_words_nor_diseases_are_of_training():
    known, form, diseases = SYSTEM.tasks["clinic"]("default")
    trained = {task.name: task.split(task.source.records()).train for task in (known, form, diseases)}
    assert len({tuple(record.id for record in train) for train in trained.values()}) == 1
    seen = {record.tags["disease"] for record in trained[known.name]}
    assert not seen & {record.tags["disease"] for record in diseases.split(diseases.source.records()).test}
    assert {record.tags["part"] for record in form.split(form.source.records()).test} == {"new form"}
