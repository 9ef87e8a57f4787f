"""The systems that pretrain without labels: medical-mae, swin-unetr-ssl, voco."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from vesalius.learners.pretrained import Pretrained
from vesalius.systems.trial import available
from vesalius.systems.vision import medical_mae, swin_unetr_ssl, voco
from vesalius.systems.vision.few_label_volumes import SHARE

torch.set_num_threads(1)
SYSTEMS = {module.SYSTEM.id: module.SYSTEM for module in (medical_mae, swin_unetr_ssl, voco)}
SIMULATED = {"medical-mae": "simulated-chest-xray", "swin-unetr-ssl": "simulated-ct", "voco": "simulated-ct"}


def smoke(id):
    return SYSTEMS[id].tasks[SIMULATED[id]]("smoke")[0]


@pytest.mark.parametrize("id", SYSTEMS)
def test_without_public_data_a_simulator_is_at_hand(id, monkeypatch, tmp_path):
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    assert [name for name, _ in available(SYSTEMS[id], "smoke")] == [SIMULATED[id]]


@pytest.mark.parametrize("name", ["medical_mae", "swin_unetr_ssl", "voco"])
def test_importing_it_loads_no_torch(name):
    code = f"import sys, vesalius.systems.vision.{name}; sys.exit(bool({{'torch', 'monai'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("id", SYSTEMS)
def test_the_claim_is_of_the_primary_measure(id):
    assert SYSTEMS[id].claim.metric == smoke(id).measures[0].metric.name


def test_few_simulated_subjects_keep_their_mask_and_all_keep_their_image():
    task = SYSTEMS["voco"].tasks["simulated-ct"]("default")[0]
    train = task.split(task.source.records()).train
    few = task.builder.build(train, 0)
    assert all("image" in record.fields for record in few)
    assert sum("mask" in record.fields for record in few) == round(SHARE * len(train)) == 2


@pytest.mark.parametrize("id", SYSTEMS)
def test_arms_have_the_networks_that_they_are_named_after(id):
    task = smoke(id)
    arms = {**SYSTEMS[id].learners(task, "smoke"), **SYSTEMS[id].baselines(task, "smoke")}
    networks = {name: type(build(0).learner.network).__name__ for name, build in arms.items()}
    if id == "medical-mae":
        assert {name: "ViT" if "densenet" not in name else "DenseNet" for name in arms} == networks
    else:
        assert set(networks.values()) == {"SwinUNETR" if id == "swin-unetr-ssl" else "UNet"}


@pytest.mark.parametrize("id", SYSTEMS)
def test_arms_named_from_scratch_are_not_pretrained_and_all_others_are(id):
    task = smoke(id)
    split = task.split(task.source.records())
    train = task.builder.build(split.train, 0)
    for name, build in {**SYSTEMS[id].learners(task, "smoke"), **SYSTEMS[id].baselines(task, "smoke")}.items():
        learner = build(0)
        assert isinstance(learner, Pretrained)
        learner.fit(train, [])
        assert ("pretraining" in learner.histories) != ("from-scratch" in name)


def test_the_longer_training_from_scratch_has_the_steps_of_both_phases():
    task, budget = smoke("swin-unetr-ssl"), swin_unetr_ssl.BUDGETS["smoke"]
    train = task.builder.build(task.split(task.source.records()).train, 0)
    learner = SYSTEMS["swin-unetr-ssl"].baselines(task, "smoke")["from-scratch-longer"](0)
    learner.fit(train, [])
    assert len(learner.histories["fine-tuning"].losses) == budget.tuning.steps + budget.pretraining


def test_transformers_that_are_pretrained_are_fine_tuned_by_layer():
    task = smoke("medical-mae")
    train = task.builder.build(task.split(task.source.records()).train, 0)
    learner = SYSTEMS["medical-mae"].learners(task, "smoke")["medical-mae"](0)
    groups = learner.learner._groups(learner.learner.network)
    assert len({group["lr"] for group in groups}) == medical_mae.BUDGETS["smoke"].depth + 2
    learner.fit(train, [])
    scratch = SYSTEMS["medical-mae"].baselines(task, "smoke")["vit-from-scratch"](0)
    assert scratch.learner._groups is None


def test_recipes_of_radiographs_and_photographs():
    assert medical_mae.MAE_RECIPES == {"mae": (0.9, (0.5, 1.0)), "photograph-mae": (0.75, (0.2, 1.0))}
    paper = medical_mae.BUDGETS["paper"]
    assert (paper.patch, paper.width, paper.depth, paper.layer_decay, paper.drop_path) == (16, 384, 12, 0.55, 0.2)


@pytest.mark.parametrize("id", ["swin-unetr-ssl", "voco"])
def test_slabs_of_a_real_ct_run_at_smoke_size(id, public_data):
    public_data("totalsegmentator")
    task = SYSTEMS[id].tasks["totalsegmentator"]("smoke")[0]
    split = task.split(task.source.records())
    assert [len(part) for part in (split.train, split.validation, split.test)] == [3, 2, 2]
    (learner,) = SYSTEMS[id].learners(task, "smoke").values()
    fitted = learner(0)
    fitted.fit(task.builder.build(split.train, 0), [])
    (answer,) = fitted.predict([task.blind(split.test[0])])
    assert answer.value.shape == split.test[0].fields["mask"].labels.shape
    assert np.unique(answer.value).max() <= 41
