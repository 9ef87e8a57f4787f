import pytest
import torch

from vesalius.learners.losses import cross_entropy, soft_dice
from vesalius.metrics import dice
from vesalius.nets.unet import UNet
from vesalius.nets.vm_unet import VisualStateSpaceBlock
from vesalius.nets.window_attention import WindowBlock
from vesalius.systems.segmentation.vm_unet import SYSTEM

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
    varied = ("network", "_make_network", "_loss")
    settings = [{key: value for key, value in vars(learner).items() if key not in varied} for learner in learners.values()]
    assert settings[0] == settings[1] == settings[2]
    kinds = {name: {type(module) for module in learner.network.modules()} for name, learner in learners.items()}
    assert VisualStateSpaceBlock in kinds["vm-unet"] and WindowBlock not in kinds["vm-unet"]
    assert WindowBlock in kinds["swin-u-net"] and VisualStateSpaceBlock not in kinds["swin-u-net"]
    assert isinstance(learners["u-net"].network, UNet)


def test_several_classes_are_trained_by_the_weighted_loss_and_one_by_the_plain_sum(task, public_data):
    logits, labels = torch.randn(1, 7, 4, 4), torch.randint(0, 7, (1, 4, 4))
    loss = SYSTEM.learners(task, "smoke")["vm-unet"](0)._loss
    assert torch.isclose(loss(logits, labels), 0.4 * cross_entropy(logits, labels) + 0.6 * soft_dice(logits, labels))
    public_data("dsb2018")
    loss = SYSTEM.learners(SYSTEM.tasks["dsb2018"]("smoke")[0], "smoke")["vm-unet"](0)._loss
    logits, labels = logits[:, :2], labels.clamp(max=1)
    assert torch.isclose(loss(logits, labels), cross_entropy(logits, labels) + soft_dice(logits, labels))


def test_each_arm_labels_volumes_plane_by_plane(task):
    split = task.split(task.source.records())
    for build in arms(task).values():
        learner = build(0)
        learner.fit(split.train, split.validation)
        (prediction,) = learner.predict([task.blind(split.test[0])])
        assert prediction.value.shape == split.test[0].fields["mask"].labels.shape


@pytest.mark.parametrize("key", ["dsb2018", "drive"])
def test_public_tasks_run_at_smoke_size(public_data, key):
    public_data(key)
    task = SYSTEM.tasks[key]("smoke")[0]
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, "smoke")["vm-unet"](0)
    learner.fit(split.train[:2], split.validation[:1])
    (prediction,) = learner.predict([task.blind(split.test[0])])
    assert 0 <= dice(prediction.value, task.truth(split.test[0])) <= 1
