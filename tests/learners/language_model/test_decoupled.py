import copy
import dataclasses

import pytest
import torch
from peft import PeftModel
from tests.learners.language_model.test_mixtures import RECORDS
from tests.learners.language_model.tiny import KINDS, tiny
from transformers import AutoModelForCausalLM

from vesalius.learners.instructed import QuestionsAndInstructions
from vesalius.learners.language_model.decoupled import ADAPTER, ALIGNMENT, KNOWLEDGE, NOISE, Decoupled, DecoupledLearner
from vesalius.learners.language_model.mixtures import Mixture
from vesalius.learners.language_model.networks import opened_network
from vesalius.learners.language_model.trainings import Training
from vesalius.nets.parts import held_by, in_attention, linear_layers, overlap, parts_of, shared_directions
from vesalius.nets.unet import count_parameters

TUNE = Decoupled(
    rank=2,
    noise=Mixture(experts=4, chosen=2, rank=2, balance=0.0),
    orthogonality=1.0,
    gathering=Training(name="knowledge", steps=3, batch=8, learning_rate=1e-2),
    aligning=Training(
        name="alignment", steps=3, batch=8, learning_rate=1e-2, takes=lambda record: "options" not in record.fields
    ),
)


def _tuned(folder, **changes):
    network, tokenizer = opened_network(folder)
    return dataclasses.replace(TUNE, **changes)(network, tokenizer, RECORDS, [], 0)


def _weights(network, part):
    return {
        name: {key: value.clone() for key, value in each.state_dict().items()} for name, each in parts_of(network, part).items()
    }


def _equal(one, other):
    return all(torch.equal(one[layer][key], other[layer][key]) for layer in one for key in one[layer])


@pytest.mark.parametrize("kind", KINDS)
def test_knowledge_is_gathered_at_every_layer_and_noise_and_alignment_at_the_perceptrons(kind, tmp_path):
    network, _ = opened_network(tiny(kind, tmp_path))
    everywhere = linear_layers(network).keys()
    perceptrons = {name for name in everywhere if not in_attention(name)}
    TUNE.gather(network)
    assert (parts_of(network, KNOWLEDGE).keys(), parts_of(network, NOISE).keys()) == (everywhere, perceptrons)
    ranks = {in_attention(name): len(part.down) for name, part in parts_of(network, KNOWLEDGE).items()}
    assert ranks == {True: 2, False: 4}
    TUNE.align(network)
    assert (parts_of(network, NOISE).keys(), parts_of(network, ALIGNMENT).keys()) == (set(), perceptrons)


def test_each_stage_trains_its_own_part_and_the_noise_is_gone_in_the_end(tmp_path, monkeypatch):
    seen = {}

    def watched(self, network):
        seen["after one"] = _weights(network, KNOWLEDGE)
        seen["noise"] = _weights(network, NOISE)
        align(self, network)
        seen["trainable"] = {name for name, each in network.named_parameters() if each.requires_grad}

    align = Decoupled.align
    monkeypatch.setattr(Decoupled, "align", watched)
    tuned = _tuned(tiny("llama", tmp_path))
    assert all(each["up"].abs().sum() > 0 for each in (*seen["after one"].values(), *seen["noise"].values()))
    assert _equal(_weights(tuned.network, KNOWLEDGE), seen["after one"])
    assert seen["trainable"] and all(f".parts.{ALIGNMENT}." in name for name in seen["trainable"])
    assert all(each["up"].abs().sum() > 0 for each in _weights(tuned.network, ALIGNMENT).values())
    assert not any(NOISE in held_by(layer) for layer in linear_layers(tuned.network).values())
    assert list(tuned.histories) == ["knowledge", "alignment"]
    assert tuned.trained_parameters == TUNE.parameters(opened_network(tmp_path / "llama")[0])


def test_dropping_the_noise_aggregator_changes_what_it_said_and_nothing_else(tmp_path):
    network, _ = opened_network(tiny("qwen", tmp_path))
    tokens = torch.arange(12).reshape(1, 12)
    TUNE.gather(network)
    for part in (KNOWLEDGE, NOISE):
        for each in parts_of(network, part).values():
            torch.nn.init.normal_(each.up)
    noisy, knowledge = network(tokens).logits, _weights(network, KNOWLEDGE)
    silent = copy.deepcopy(network)
    for each in parts_of(silent, NOISE).values():
        torch.nn.init.zeros_(each.up)
    TUNE.align(network)
    torch.testing.assert_close(network(tokens).logits, silent(tokens).logits, rtol=0, atol=0)
    assert not torch.allclose(network(tokens).logits, noisy)
    assert _equal(_weights(network, KNOWLEDGE), knowledge)


def test_the_term_keeps_the_alignment_out_of_the_directions_that_knowledge_reads(tmp_path):
    folder = tiny("llama", tmp_path)
    aligning = dataclasses.replace(TUNE.aligning, steps=20, learning_rate=3e-2)
    apart, free = (_tuned(folder, orthogonality=weight, aligning=aligning).network for weight in (1.0, 0.0))
    assert float(overlap(apart, KNOWLEDGE, ALIGNMENT).detach()) < 0.5 * float(overlap(free, KNOWLEDGE, ALIGNMENT).detach())
    assert shared_directions(apart, KNOWLEDGE, ALIGNMENT) < 0.5 * shared_directions(free, KNOWLEDGE, ALIGNMENT)


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_plain_peft_loads_what_is_saved_and_so_does_the_learner(kind, tmp_path):
    folder = tiny(kind, tmp_path)

    def learner():
        return DecoupledLearner(lambda: folder, TUNE, seed=0, ask=QuestionsAndInstructions, rebuild=TUNE.rebuild)

    fitted, saved = learner(), tmp_path / "saved"
    fitted.fit(RECORDS, [])
    saved.mkdir()
    fitted.save(saved)
    again = learner()
    again.load(saved)
    assert [one.raw for one in again.predict(RECORDS[5:10])] == [one.raw for one in fitted.predict(RECORDS[5:10])]
    tokens = torch.arange(12).reshape(1, 12)
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), str(saved / ADAPTER)).eval()
    torch.testing.assert_close(plain(input_ids=tokens).logits, fitted.network(tokens).logits, rtol=1e-4, atol=1e-4)


def test_all_that_both_stages_train_is_counted(tmp_path):
    network, _ = opened_network(tiny("llama", tmp_path))
    names = set(network.state_dict())
    counted = TUNE.parameters(network)
    assert set(network.state_dict()) == names
    TUNE.gather(network)
    first = count_parameters(network)
    TUNE.align(network)
    assert counted == first + count_parameters(network)
