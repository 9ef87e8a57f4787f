from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from tests.language.local.conftest import save_model
from vesalius.language.models import TAG
from vesalius.learners.language_model.policy import difficulty
from vesalius.records import Text
from vesalius.systems.language.alphamed import ANALYSED, BUDGETS, PROPOSED, SYSTEM, Questions, _reinforced

SMOKE = BUDGETS["smoke"]


@pytest.fixture
def task():
    return SYSTEM.tasks["clinic"]("smoke")[0]


def on(folder, task):
    return replace(task, tags={**task.tags, TAG: str(folder)})


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_it_runs_on_models_of_other_forms(kind, task, tmp_path):
    task = on(save_model(kind, tmp_path), task)
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, "smoke")[PROPOSED](0)
    learner.fit(split.train, split.validation)
    assert len(learner.predict([task.blind(record) for record in split.test])) == len(split.test)
    history = learner.histories["reinforcement"]
    assert len(history.losses) == SMOKE.practice.updates
    # what a random model says is not in form, for which nothing is taken off
    assert set(history.curves["reward"]) == {0.0} == set(history.curves["in form"])


def test_no_chain_of_thought_is_seen(task, tmp_path):
    folder = save_model("llama", tmp_path)
    train = task.split(task.source.records()).train
    blank = [replace(record, fields={**record.fields, "explanation": Text("?")}) for record in train]
    weights = []
    for records in (train, blank):
        learner = SYSTEM.learners(on(folder, task), "smoke")[PROPOSED](0)
        learner.fit(records, ())
        weights.append(learner.network.state_dict())
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_the_analysis_is_made_in_distribution_with_the_same_updates():
    known, other = SYSTEM.tasks["clinic"]("default")
    assert set(SYSTEM.learners(known, "default")) == {PROPOSED, *ANALYSED}
    assert set(SYSTEM.learners(other, "default")) == {PROPOSED}
    made = [arm.func is _reinforced and arm.args[1] for arm in SYSTEM.learners(known, "default").values()]
    assert {budget.practice.updates for budget in made} == {BUDGETS["default"].practice.updates}
    assert isinstance(next(iter(SYSTEM.learners(known, "default").values())), partial)


def test_arms_practise_on_questions_of_their_difficulty_number_and_level(monkeypatch):
    budget = BUDGETS["default"]
    known = SYSTEM.tasks["clinic"]("default")[0]
    train = known.split(known.source.records()).train
    share = {record.id: place // 3 % 6 / 5 for place, record in enumerate(train)}
    monkeypatch.setattr(
        difficulty, "right_shares", lambda network, tokenizer, questions, **other: [share[one.id] for one in questions]
    )

    network = nn.Linear(1, 1)

    def chosen(questions: Questions):
        return questions.choose(budget)(network, None, train, 0)

    whole = chosen(Questions())
    assert len(whole) == budget.train // 3 and {record.tags["level"] for record in whole} == {
        "recall",
        "one step",
        "several steps",
    }
    assert {difficulty.band_of(share[record.id]) for record in whole} == set(difficulty.BANDS)
    assert all(share[record.id] >= 0.8 for record in chosen(ANALYSED["easy questions"]))
    assert all(share[record.id] <= 0.2 for record in chosen(ANALYSED["hard questions"]))
    assert len(chosen(ANALYSED["a quarter of the questions"])) == len(whole) // 4
    only = chosen(ANALYSED["several steps only"])
    assert {record.tags["level"] for record in only} == {"several steps"} and len(only) == len(whole)
