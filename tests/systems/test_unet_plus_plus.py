import subprocess
import sys

import numpy as np
import pytest
import torch

from vesalius.learners.learner import Learner
from vesalius.metrics import dice
from vesalius.nets.unet import UNet
from vesalius.nets.unet_plus_plus import UNetPlusPlus
from vesalius.systems.segmentation.unet_plus_plus import BUDGETS, SYSTEM

torch.set_num_threads(1)
SIZES = ("smoke", "default", "paper")


@pytest.fixture(scope="module")
def task():
    return SYSTEM.tasks["mni152"]("smoke")[0]


@pytest.fixture(scope="module")
def arms(task):
    return {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}


def test_importing_it_loads_no_torch():
    code = (
        "import sys, vesalius.systems.segmentation.unet_plus_plus; sys.exit('torch' in sys.modules or 'nilearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_claim_is_of_arms_and_a_measure_that_are_there(task, arms):
    assert set(SYSTEM.claim.gains) == set(SYSTEM.baselines(task, "smoke"))
    assert SYSTEM.claim.metric == task.measures[0].metric.name == "iou"
    assert list(SYSTEM.tasks) == ["mni152", "dsb2018", "drive"]


def test_arms_differ_in_their_network_only(arms):
    networks = {name: build(0) for name, build in arms.items()}
    assert isinstance(networks["unet++"].network, UNetPlusPlus)
    assert isinstance(networks["u-net"].network, UNet) and isinstance(networks["wide-u-net"].network, UNet)
    settings = [
        {key: value for key, value in vars(learner).items() if key not in ("network", "_make_network")}
        for learner in networks.values()
    ]
    assert settings[0] == settings[1] == settings[2]


@pytest.mark.parametrize("size", SIZES)
def test_the_wide_u_net_has_the_parameters_of_unet_plus_plus(size):
    task = SYSTEM.tasks["mni152"](size)[0]
    nested = SYSTEM.learners(task, size)["unet++"](0).trained_parameters
    baselines = {name: build(0).trained_parameters for name, build in SYSTEM.baselines(task, size).items()}
    assert baselines["wide-u-net"] == pytest.approx(nested, rel=0.02)
    assert baselines["u-net"] < 0.95 * nested


def test_the_paper_size_has_the_published_widths():
    assert BUDGETS["paper"].widths == (32, 64, 128, 256, 512)


def test_smoke_is_a_few_records_of_each_part(task):
    split = task.split(task.source.records())
    assert [0 < len(part) <= BUDGETS["smoke"].records for part in (split.train, split.validation, split.test)] == [True] * 3


def test_each_arm_runs_and_the_same_seed_answers_alike(task, arms):
    split = task.split(task.source.records())
    blind = [task.blind(record) for record in split.test]
    for name, build in arms.items():
        answers = []
        for _ in range(2):
            learner = build(3)
            assert isinstance(learner, Learner), name
            learner.fit(split.train, split.validation)
            answers.append(np.stack([prediction.value for prediction in learner.predict(blind)]))
        assert (answers[0] == answers[1]).all(), name
        assert set(np.unique(answers[0])) <= {0, 1, 2}


@pytest.mark.parametrize("key", ["dsb2018", "drive"])
def test_public_tasks_run_at_smoke_size(public_data, key):
    public_data(key)
    task = SYSTEM.tasks[key]("smoke")[0]
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, "smoke")["unet++"](0)
    learner.fit(split.train[:2], split.validation[:1])
    (prediction,) = learner.predict([task.blind(split.test[0])])
    assert 0 <= dice(prediction.value, task.truth(split.test[0])) <= 1


def test_without_public_data_only_the_packaged_set_is_at_hand(monkeypatch, tmp_path):
    from vesalius.systems.trial import available

    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    assert [name for name, _ in available(SYSTEM, "smoke")] == ["mni152"]
