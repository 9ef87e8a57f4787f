from collections.abc import Sequence

import numpy as np
import torch

from vesalius.nets.peft import trained_share
from vesalius.nets.sam import new_sam, small_shape
from vesalius.records import Boxes, Mask, Volume
from vesalius.systems.segmentation.medical_sam_adapter import BASELINES, BUDGETS, SYSTEM, adapted
from vesalius.tasks import Task


def _task() -> Task:
    (task,) = SYSTEM.tasks["simulated-ct"]("smoke")
    return task


def _fitted(name):
    task = _task()
    split = task.split(task.source.records())
    arms = {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}
    learner = arms[name](0)
    learner.fit(split.train, [])
    return learner


def test_every_arm_starts_from_the_same_pretrained_weights_and_only_med_sa_and_lora_leave_them(monkeypatch):
    base = {name.removeprefix("sam."): value for name, value in _fitted("sam").network.sam.state_dict().items()}
    lora = {name.replace(".base_layer", ""): value for name, value in _fitted("lora").network.sam.state_dict().items()}
    assert all(torch.equal(lora[name], value) for name, value in base.items())
    tuned = _fitted("fine-tuned").network.sam.state_dict()
    assert not all(torch.equal(tuned[name], value) for name, value in base.items())
    kept = {_plain(name): value for name, value in _fitted("med-sa").network.sam.state_dict().items()}
    assert all(torch.equal(kept[name], value) for name, value in base.items())


def _plain(name: str) -> str:
    """Name in SAM of a part that an adapter wraps."""
    for wrapped, plain in (
        ("attn.attention", "attn"),
        ("mlp.perceptron", "mlp"),
        (".block.", "."),
        ("perceptron.perceptron", "mlp"),
    ):
        name = name.replace(wrapped, plain)
    return name


def test_only_fine_tuning_trains_most_of_the_parameters():
    shares = {}
    for name in ("med-sa", *BASELINES):
        network = new_sam(small_shape(image=64, width=64, layers=3))
        shares[name] = trained_share(adapted(network, architecture=name, budget=BUDGETS["default"]))
    assert shares["sam"] == 0 and shares["fine-tuned"] > 0.99
    assert 0 < shares["med-sa"] < 0.15 and 0 < shares["lora"] < 0.15


def test_records_are_slabs_with_a_box_in_each_slice_and_subjects_are_kept_apart():
    task = _task()
    split = task.split(task.source.records())
    parts: Sequence[set[str]] = [{record.subject_id for record in part} for part in (split.train, split.validation, split.test)]
    assert all(parts) and not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    for record in split.test:
        mask = record.get("mask", Mask).labels
        assert record.get("image", Volume).voxels.shape == mask.shape and len(mask) == BUDGETS["smoke"].depth
        for slice_HW, (_, top, left, _, bottom, right) in zip(mask, record.get("box", Boxes).corners):
            places = np.argwhere(slice_HW)
            assert (places >= [top, left]).all() and (places + 1 <= [bottom, right]).all()
