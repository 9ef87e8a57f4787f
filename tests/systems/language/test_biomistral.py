from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.language.local.conftest import save_model
from vesalius.errors import UserError
from vesalius.language.models import TAG
from vesalius.learners.language_model.networks import opened_network
from vesalius.nets.merging import dare, slerp, ties
from vesalius.nets.packed import PackedLinear, stored_bytes
from vesalius.systems.language.biomistral import AGAINST, ASKED, MERGES, PACKINGS, SYSTEM, weights_of


def tasks(folder):
    return {task.tags[AGAINST]: replace(task, tags={**task.tags, TAG: str(folder)}) for task in SYSTEM.tasks["clinic"]("smoke")}


def fitted(task, name, seed=0):
    learner = {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}[name](seed)
    learner.fit([], [])
    return learner, [task.blind(record) for record in task.split(task.source.records()).test]


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_merges_of_other_forms_are_those_of_the_formulas_and_transformers_loads_them_back(kind, tmp_path):
    folder = save_model(kind, tmp_path / "base")
    task = tasks(folder)["base"]
    base, domain = weights_of(opened_network(folder)[0]), weights_of(fitted(task, "domain model")[0].network)
    assert any(not torch.equal(value, domain[name]) for name, value in base.items())
    wanted = {
        "slerp": slerp(base, domain, 0.5),
        "ties": ties(base, [domain], density=0.5),
        "dare": dare(base, [domain], density=0.5, seed=0),
    }
    for merge in MERGES:
        learner, asked = fitted(task, merge)
        for name, value in weights_of(learner.network).items():
            torch.testing.assert_close(value, wanted[merge][name])
        assert len(learner.predict(asked)) == len(asked)
    (saved := tmp_path / "saved").mkdir()
    learner.save(saved)
    tokens = torch.tensor([[3, 4, 5]])
    with torch.no_grad():
        said = AutoModelForCausalLM.from_pretrained(saved / "model").eval()(tokens).logits
        torch.testing.assert_close(said, learner.network(tokens).logits)


def test_the_domain_model_is_trained_once_a_seed_and_stays_as_it_is(tmp_path):
    folder = save_model("llama", tmp_path / "base")
    against = tasks(folder)
    domain = fitted(against["domain model"], "domain model")[0]
    before = {name: value.clone() for name, value in domain.network.state_dict().items()}
    for name in ("ties", "8 bits", "4 bits, awq"):
        assert fitted(against["domain model"], name)[0].histories["pretraining"] is domain.histories["pretraining"]
    assert all(torch.equal(value, before[name]) for name, value in domain.network.state_dict().items())
    other = fitted(against["base"], "domain model", seed=1)[0]
    assert other.histories["pretraining"] != domain.histories["pretraining"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_models_are_small_on_disk_and_answer_alike_when_loaded(packing, tmp_path):
    task = tasks(save_model("llama", tmp_path / "base"))["domain model"]
    domain = fitted(task, "domain model")[0]
    learner, asked = fitted(task, packing)
    assert all(isinstance(layer.mlp.up_proj, PackedLinear) for layer in learner.network.model.layers)
    layers = [network.model.layers for network in (learner.network, domain.network)]
    assert stored_bytes(layers[0]) / stored_bytes(layers[1]) < (0.45 if packing == "8 bits" else 0.4)
    (saved := tmp_path / "saved").mkdir()
    learner.save(saved)
    restored = SYSTEM.learners(task, "smoke")[packing](1)
    restored.load(saved)
    assert [one.raw for one in restored.predict(asked)] == [one.raw for one in learner.predict(asked)]


def test_only_the_aware_packing_scales_inputs(tmp_path):
    task = tasks(save_model("llama", tmp_path / "base"))["domain model"]
    plain, aware = (fitted(task, packing)[0].network.model.layers[0].mlp.up_proj for packing in PACKINGS[1:])
    assert torch.equal(plain.divisors, torch.ones_like(plain.divisors))
    down = fitted(task, PACKINGS[2])[0].network.model.layers
    assert any(not torch.equal(layer.mlp.down_proj.divisors, torch.ones(48).half()) for layer in down)
    assert aware.divisors.shape == plain.divisors.shape


def test_the_default_size_has_each_exam_against_the_base_and_against_the_domain_model():
    found = SYSTEM.tasks["clinic"]("default")
    assert [(task.tags["part"], task.tags[AGAINST]) for task in found] == [
        (asked, against) for against in ("base", "domain model") for asked in ASKED
    ]
    for task in found:
        arms = set(SYSTEM.learners(task, "default")), set(SYSTEM.baselines(task, "default"))
        if task.tags[AGAINST] == "base":
            assert arms == ({"domain model", *MERGES}, {"base"})
        else:
            assert arms == ({*MERGES, *PACKINGS}, {"domain model"})


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_model_without_linear_layers_cannot_be_packed_and_is_named(packing, tmp_path):
    folder = save_model("gpt2", tmp_path / "base")
    with pytest.raises(UserError, match=f"{folder}: none of its layers"):
        fitted(tasks(folder)["domain model"], packing)
