import pytest
import torch

from vesalius.metrics import dice
from vesalius.nets.mcanet import CrossAxisAttention, SequentialAxialAttention
from vesalius.systems.segmentation.mcanet import BUDGETS, SYSTEM

torch.set_num_threads(1)


def arms(task, size="smoke"):
    return {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}


@pytest.fixture(scope="module")
def task():
    return SYSTEM.tasks["simulated-ct"]("smoke")[0]


@pytest.mark.parametrize("size", ["smoke", "default"])
def test_arms_have_equal_parameters_and_differ_in_their_network_only(size):
    task = SYSTEM.tasks["simulated-ct"](size)[0]
    learners = {name: build(0) for name, build in arms(task, size).items()}
    parameters = [learner.trained_parameters for learner in learners.values()]
    assert max(parameters) < 1.05 * min(parameters)
    settings = [
        {key: value for key, value in vars(learner).items() if key not in ("network", "_make_network")}
        for learner in learners.values()
    ]
    assert all(setting == settings[0] for setting in settings)
    kinds = {name: {type(module) for module in learner.network.modules()} for name, learner in learners.items()}
    assert CrossAxisAttention in kinds["mcanet"] and SequentialAxialAttention in kinds["sequential-axial"]


def test_the_paper_size_is_the_tiny_one():
    assert (BUDGETS["paper"].widths, BUDGETS["paper"].depths) == ((32, 64, 160, 256), (3, 3, 5, 2))


def test_each_arm_labels_volumes_plane_by_plane(task):
    split = task.split(task.source.records())
    for build in arms(task).values():
        learner = build(0)
        learner.fit(split.train, split.validation)
        (prediction,) = learner.predict([task.blind(split.test[0])])
        assert prediction.value.shape == split.test[0].fields["mask"].labels.shape


def test_the_public_task_runs_at_smoke_size(public_data):
    public_data("dsb2018")
    task = SYSTEM.tasks["dsb2018"]("smoke")[0]
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, "smoke")["mcanet"](0)
    learner.fit(split.train[:2], split.validation[:1])
    (prediction,) = learner.predict([task.blind(split.test[0])])
    assert 0 <= dice(prediction.value, task.truth(split.test[0])) <= 1
