import subprocess
import sys

import numpy as np
import pytest

from vesalius.learners.denoiser.generator import Denoiser
from vesalius.learners.denoiser.judged import Judged
from vesalius.learners.denoiser.objectives import Diffusion, Flow
from vesalius.learners.denoiser.samplers import Denoising, Transport
from vesalius.sources.conditioned import ASKED
from vesalius.systems.generation.motfm import BUDGETS, SYSTEM
from vesalius.systems.trial import available


@pytest.fixture(scope="module")
def tasks():
    return SYSTEM.tasks["mni152"]("smoke")


def arms(task):
    return {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}


def test_importing_it_loads_no_torch():
    code = "import sys, vesalius.systems.generation.motfm; sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_claim_is_of_the_first_measure(tasks):
    assert SYSTEM.claim.metric == tasks[0].measures[0].metric.name
    assert list(SYSTEM.tasks) == ["covid-xray", "mni152", "chest-xray", "covid-xray-free"]


def test_there_is_one_task_for_each_number_of_evaluations_and_one_for_the_judge(tasks):
    asked = [task.tags["evaluations"] for task in tasks if task.family == "generation"]
    assert asked == [str(count) for count in BUDGETS["smoke"].evaluations]
    assert [task.family for task in tasks[-1:]] == ["segmentation"]
    assert BUDGETS["default"].evaluations == (1, 5, 10, 50)


def test_arms_differ_in_objective_and_sampler_only(tasks):
    learners = {name: build(0) for name, build in arms(tasks[0]).items()}
    assert all(isinstance(learner, Denoiser) for learner in learners.values())
    plans = {name: learner._plan for name, learner in learners.items()}
    assert plans["ddpm"].objective == plans["ddim"].objective == Diffusion()
    assert plans["flow-matching"].objective == Flow()
    samplers = {name: learner._sampler for name, learner in learners.items()}
    assert samplers == {"flow-matching": Transport(), "ddpm": Denoising(1.0), "ddim": Denoising(0.0)}
    rest = [(plan.regime, plan.widths, plan.fold, plan.batch) for plan in plans.values()]
    assert rest[0] == rest[1] == rest[2]
    assert len({learner._evaluations for learner in learners.values()}) == 1


def test_coupling_is_tried_where_noise_can_change_places():
    source = SYSTEM.tasks["chest-xray"]("smoke")[0]
    assert "flow-matching-coupled" not in SYSTEM.learners(source, "smoke")


def test_by_class_and_freely_coupling_is_an_arm(public_data):
    public_data("covid-xray")
    for key, inputs in (("covid-xray", (ASKED,)), ("covid-xray-free", ())):
        task = SYSTEM.tasks[key]("smoke")[0]
        assert task.inputs == inputs
        coupled = SYSTEM.learners(task, "smoke")["flow-matching-coupled"](0)
        assert coupled._plan.objective == Flow(coupled=True)


@pytest.mark.parametrize("name", ["flow-matching", "ddpm", "ddim"])
def test_each_arm_makes_an_image_of_the_real_size(tasks, name):
    task = tasks[0]
    split = task.split(task.source.records())
    learner = arms(task)[name](0)
    learner.fit(split.train, split.validation)
    predictions = learner.predict([task.blind(record) for record in split.test])
    for record, prediction in zip(split.test, predictions, strict=True):
        assert prediction.value.shape == task.truth(record).shape
        assert np.isfinite(prediction.value).all() and prediction.calls == 1


def test_a_judge_answers_with_a_mask_of_the_asked_size(tasks):
    task = tasks[-1]
    split = task.split(task.source.records())
    learner = arms(task)["flow-matching"](0)
    assert isinstance(learner, Judged)
    learner.fit(split.train, split.validation)
    (prediction,) = learner.predict([task.blind(split.test[0])])
    assert prediction.value.shape == task.truth(split.test[0]).shape


def test_the_true_mask_is_not_seen_under_its_own_name(tasks):
    task = tasks[-1]
    blind = task.blind(task.source.records()[0])
    assert list(blind.fields) == [ASKED] and task.target not in task.inputs


def test_without_public_data_slices_and_simulated_radiographs_are_at_hand(monkeypatch, tmp_path):
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    assert [name for name, _ in available(SYSTEM, "smoke")] == ["mni152", "chest-xray"]
