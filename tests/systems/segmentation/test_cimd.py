import subprocess
import sys

import numpy as np
import pytest

from vesalius.learners.ambiguous.models import DiffusionMasks, ProbabilisticMasks
from vesalius.metrics import collective_insight
from vesalius.systems.segmentation.cimd import BUDGETS, SYSTEM
from vesalius.systems.trial import available


@pytest.fixture(scope="module")
def task():
    return SYSTEM.tasks["graders"]("smoke")[0]


@pytest.fixture(scope="module")
def arms(task):
    return {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}


def test_importing_it_loads_no_torch():
    code = "import sys, vesalius.systems.segmentation.cimd; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_claim_is_of_the_first_measure(task):
    assert SYSTEM.claim.metric == task.measures[0].metric.name == "collective_insight"


def test_the_truth_is_every_annotators_mask(task):
    record = task.source.records()[0]
    truth = task.truth(record)
    assert truth.shape == (4, 32, 32)
    assert (truth[2] == record.fields["mask_3"].labels).all()
    assert list(task.blind(record).fields) == ["image"]


def test_arms_are_cimd_the_same_diffusion_without_it_and_the_probabilistic_unet(arms):
    models = {name: build(0)._model for name, build in arms.items()}
    assert isinstance(models["probabilistic-u-net"], ProbabilisticMasks)
    cimd, plain = models["cimd"], models["diffusion"]
    assert isinstance(cimd, DiffusionMasks) and cimd.latent == models["probabilistic-u-net"].latent == 6 and plain.latent == 0
    assert (cimd.widths, cimd.evaluations, cimd.eta) == (plain.widths, plain.evaluations, plain.eta)
    assert BUDGETS["default"].evaluations <= 50


def test_arms_are_trained_alike(arms):
    settings = [(learner._regime, learner._samples, learner._batch) for learner in (build(0) for build in arms.values())]
    assert settings[0] == settings[1] == settings[2]


def test_each_arm_gives_masks_that_can_be_scored(task, arms):
    split = task.split(task.source.records())
    for build in arms.values():
        learner = build(0)
        learner.fit(split.train, split.validation)
        for record, prediction in zip(split.test, learner.predict([task.blind(one) for one in split.test]), strict=True):
            assert prediction.value.shape == (BUDGETS["smoke"].samples, 32, 32)
            assert 0 <= collective_insight(prediction.value, task.truth(record)) <= 1


def test_two_annotators_of_photographs_are_split_by_photograph(public_data):
    public_data("drive")
    task = SYSTEM.tasks["drive-readings"]("smoke")[0]
    split = task.split(task.source.records())
    train, test = ({record.subject_id for record in part} for part in (split.train, split.test))
    assert train and test and not train & test
    assert task.truth(split.test[0]).shape == (2, 32, 32)
    assert "two annotators" in task.note
    learner = SYSTEM.learners(task, "smoke")["cimd"](0)
    learner.fit(split.train[:4], [])
    assert np.isin(learner.predict([task.blind(split.test[0])])[0].value, (0, 1)).all()


def test_without_public_data_the_simulator_is_at_hand(monkeypatch, tmp_path):
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    assert [name for name, _ in available(SYSTEM, "smoke")] == ["graders"]
