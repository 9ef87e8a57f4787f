from functools import partial

import pytest
import torch
from peft import PeftModel
from tests.learners.language_model.tiny import organs, tiny
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from vesalius.errors import UserError
from vesalius.learners.language_model.adapted import Adapted, Tuned
from vesalius.learners.language_model.examples import choice_examples
from vesalius.learners.language_model.networks import opened_network
from vesalius.learners.language_model.supervised import fine_tune, with_lora
from vesalius.learners.learner import Learner
from vesalius.learners.prompted import Prompted
from vesalius.metrics import METRICS
from vesalius.nets.unet import count_parameters
from vesalius.trials.scoring import record_scores

RECORDS = organs(24)


def tune(network, tokenizer, train, validation, seed, *, form, steps=10):
    network = form(network)
    examples = choice_examples(train, "letter")
    history = fine_tune(network, tokenizer, examples, steps=steps, learning_rate=1e-2, seed=seed, batch=8)
    return Tuned(network, count_parameters(network), {"training": history})


def said(learner):
    return [(one.record_id, one.value, one.raw) for one in learner.predict(RECORDS)]


class Shifted(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer, self.shift = layer, nn.Parameter(torch.zeros(layer.out_features))

    def forward(self, states):
        return self.layer(states) + self.shift


def shifted(network):
    network.requires_grad_(False)
    for layer in network.model.layers:
        layer.mlp.down_proj = Shifted(layer.mlp.down_proj)
    return network


def whole(network):
    return network


FORMS = {"whole": (whole, None), "adapter": (partial(with_lora, rank=4), None), "parts": (shifted, shifted)}


@pytest.mark.parametrize("kind", ["llama", "qwen", "gemma"])
@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_tuning_answers_alike_after_save_and_load(kind, form, tmp_path):
    base = tiny(kind, tmp_path)
    make, rebuild = FORMS[form]
    learner, other = (Adapted(lambda: base, partial(tune, form=make), seed=0, rebuild=rebuild) for _ in range(2))
    assert isinstance(learner, Learner) and learner.trained_parameters == 0
    learner.fit(RECORDS, [])
    (tmp_path / "saved").mkdir()
    learner.save(tmp_path / "saved")
    other.load(tmp_path / "saved")
    assert said(other) == said(learner)
    assert other.trained_parameters == learner.trained_parameters > 0
    base_size = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    saved_size = sum(file.stat().st_size for file in (tmp_path / "saved").rglob("*.safetensors"))
    assert (saved_size < base_size) == (form != "whole")


def test_peft_alone_loads_the_saved_adapter_and_transformers_the_saved_model(tmp_path):
    base = tiny("qwen", tmp_path)
    tokens = torch.tensor([[3, 4, 5]])
    for form, load in {
        "adapter": lambda folder: PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder),
        "whole": AutoModelForCausalLM.from_pretrained,
    }.items():
        learner = Adapted(lambda: base, partial(tune, form=FORMS[form][0], steps=3), seed=0)
        learner.fit(RECORDS, [])
        (tmp_path / form).mkdir()
        learner.save(tmp_path / form)
        with torch.no_grad():
            torch.testing.assert_close(load(tmp_path / form / "model").eval()(tokens).logits, learner.network(tokens).logits)
    assert AutoTokenizer.from_pretrained(tmp_path / "whole" / "model").eos_token == "<end>"


def test_tuning_is_what_makes_the_answers_right(tmp_path):
    base = tiny("llama", tmp_path)

    def accuracy(steps):
        learner = Adapted(lambda: base, partial(tune, form=whole, steps=steps), seed=0)
        learner.fit(RECORDS, [])
        right = ["ABCD"[number % 4] for number in range(len(RECORDS))]
        return record_scores(METRICS["accuracy"], learner.predict(RECORDS), right).mean()

    assert accuracy(60) > accuracy(1) + 0.4


def test_what_asks_is_fitted_saved_and_loaded_too(tmp_path):
    base = tiny("llama", tmp_path)
    ask = partial(Prompted, protocol="letter", shots=1)
    learner, other = (Adapted(lambda: base, partial(tune, form=whole, steps=2), seed=0, ask=ask) for _ in range(2))
    learner.fit(RECORDS[:8], [])
    (tmp_path / "saved").mkdir()
    learner.save(tmp_path / "saved")
    other.load(tmp_path / "saved")
    assert [one.raw for one in other.predict(RECORDS[8:])] == [one.raw for one in learner.predict(RECORDS[8:])]


def test_a_learner_without_a_model_or_with_a_damaged_one_says_so(tmp_path):
    base = tiny("llama", tmp_path)
    learner = Adapted(lambda: base, partial(tune, form=shifted, steps=1), seed=0, rebuild=shifted)
    with pytest.raises(UserError, match="fit the learner or load it first"):
        learner.predict(RECORDS)
    with pytest.raises(UserError, match=r"tuned\.json: missing"):
        learner.load(tmp_path)
    learner.fit(RECORDS, [])
    (folder := tmp_path / "saved").mkdir()
    learner.save(folder)
    with pytest.raises(UserError, match=r"has model\.layers.*which the network has not"):
        Adapted(lambda: base, tune, seed=0, rebuild=whole).load(folder)
    (folder / "changed.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"changed\.safetensors: missing, damaged"):
        learner.load(folder)
    (folder / "tuned.json").write_text("{}")
    with pytest.raises(UserError, match=r"tuned\.json: damaged"):
        learner.load(folder)
    assert opened_network(base)
