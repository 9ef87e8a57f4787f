import numpy as np
import pytest
import torch

from vesalius.learners.contrast import Equalised
from vesalius.metrics import dice
from vesalius.nets.unet import UNet
from vesalius.systems.segmentation.unet_variants import ARCHITECTURES, LOSS_NAMES, PREPARATIONS, QUESTIONS, SYSTEM

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tasks():
    return SYSTEM.tasks["simulated-ct"]("smoke")


def arms(task):
    return {**SYSTEM.baselines(task, "smoke"), **SYSTEM.learners(task, "smoke")}


def test_each_question_varies_one_thing_and_its_baseline_is_the_same_learner(tasks):
    assert [task.question for task in tasks] == list(QUESTIONS.values())
    lines = [ARCHITECTURES, LOSS_NAMES, tuple(PREPARATIONS[3])]
    assert [tuple(arms(task)) for task in tasks] == lines
    answers = []
    for task in tasks:
        (build,) = SYSTEM.baselines(task, "smoke").values()
        learner, split = build(0), task.split(task.source.records())
        assert isinstance(learner.network, UNet)
        learner.fit(split.train, split.validation)
        answers.append(learner.predict([task.blind(split.test[0])])[0].value)
    assert np.array_equal(answers[0], answers[1]) and np.array_equal(answers[0], answers[2])


def test_the_arms_of_a_question_differ_in_that_thing_only(tasks):
    changed = ({"network", "_make_network"}, {"_make_network", "_loss", "network"}, {"_make_network", "network", "_standard"})
    for task, may_differ in zip(tasks, (*changed[:2], changed[2] | {"_foreground"})):
        settings = [
            {key: value for key, value in vars(build(0)).items() if key not in may_differ} for build in arms(task).values()
        ]
        assert all(setting == settings[0] for setting in settings), task.name


@pytest.mark.parametrize("key", ["simulated-ct"])
def test_the_paper_size_has_every_line_of_the_grid(key):
    tasks = SYSTEM.tasks[key]("paper")
    assert len({task.name for task in tasks}) == len(tasks)
    planned = {"architecture": 6 * 3, "loss": 5 * 3, "preprocessing": 5 * 6}
    assert {axis: sum(task.tags["axis"] == axis for task in tasks) for axis in QUESTIONS} == planned


def test_every_arm_segments_a_volume_in_three_dimensions(tasks):
    record = tasks[0].source.records()[0]
    for task in tasks:
        for name, build in arms(task).items():
            (prediction,) = build(0).predict([task.blind(record)])
            assert prediction.value.shape == record.fields["mask"].labels.shape, name


@pytest.mark.parametrize("key", ["dsb2018", "drive"])
def test_public_tasks_run_at_smoke_size_with_equalised_contrast(public_data, key):
    public_data(key)
    task = SYSTEM.tasks[key]("smoke")[2]
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, "smoke")["clahe"](0)
    assert isinstance(learner, Equalised)
    learner.fit(split.train[:2], split.validation[:1])
    (prediction,) = learner.predict([task.blind(split.test[0])])
    assert 0 <= dice(prediction.value, task.truth(split.test[0])) <= 1
