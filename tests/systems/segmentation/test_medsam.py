import torch

from vesalius.learners import sam_pretraining
from vesalius.nets.sam import new_sam, small_shape
from vesalius.systems.segmentation.medsam import SYSTEM, adapt, prompting
from vesalius.tasks.prompts import JITTER


def _fitted(name, seed=0):
    (task,) = SYSTEM.tasks["simulated-ct"]("smoke")
    split = task.split(task.source.records())
    learner = {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}[name](seed)
    learner.fit(split.train, [])
    return learner


def test_encoder_and_mask_decoder_are_trained_and_the_prompt_encoder_is_frozen():
    network = adapt(new_sam(small_shape(image=32, width=16, layers=1)))
    learns = {name.split(".")[1]: parameter.requires_grad for name, parameter in network.named_parameters()}
    assert learns == {"shared_image_embedding": False, "vision_encoder": True, "prompt_encoder": False, "mask_decoder": True}


def test_training_changes_what_is_trained_from_the_weights_of_the_baseline():
    base, adapted = _fitted("sam").network.state_dict(), _fitted("medsam").network.state_dict()
    changed = {name.split(".")[1] for name, value in base.items() if not torch.equal(value, adapted[name])}
    assert changed == {"vision_encoder", "mask_decoder"}


def test_there_is_one_foundation_model_for_all_seeds_and_it_is_trained_once(monkeypatch):
    one = _fitted("sam", seed=0).network.state_dict()
    monkeypatch.setattr(sam_pretraining, "Promptable", None)
    other = _fitted("sam", seed=1).network.state_dict()
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_boxes_are_the_only_prompt_and_are_jittered_as_in_the_paper():
    assert prompting().kinds == ("box",) and prompting().jitter == JITTER == 20 / 1024
