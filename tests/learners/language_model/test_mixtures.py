import dataclasses

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors import safe_open
from tests.learners.language_model.tiny import KINDS, organs, tiny

from vesalius.errors import UserError
from vesalius.learners.instructed import QuestionsAndInstructions
from vesalius.learners.language_model.adapted import Adapted
from vesalius.learners.language_model.kept import CHANGED
from vesalius.learners.language_model.mixtures import EXPERTS, Mixture, MixtureOfLora, OneLora
from vesalius.learners.language_model.networks import opened_network
from vesalius.learners.language_model.supervised import with_lora
from vesalius.learners.language_model.trainings import Training, examples_of
from vesalius.nets.mixture_of_lora import expert_shares, matching_rank
from vesalius.nets.parts import drop_part
from vesalius.nets.unet import count_parameters
from vesalius.records import Record, Text

INSTRUCTED = [
    Record(id=f"i{n}", subject_id=f"i{n}", fields={"instruction": Text(f"pain of the {organ}"), "answer": Text(f"{organ} pain")})
    for n, organ in enumerate(["heart", "liver"] * 4)
]
RECORDS = [*organs(8), *INSTRUCTED]
MIXTURE = Mixture(experts=4, chosen=2, rank=4, balance=0.0)
TRAINING = Training(name="first", steps=4, batch=8, learning_rate=1e-2)


def _tuned(folder, tune, seed=0):
    network, tokenizer = opened_network(folder)
    return tune(network, tokenizer, RECORDS, [], seed)


def _learner(folder, mixture=MIXTURE, steps=4):
    tune = MixtureOfLora(mixture=mixture, trainings=(dataclasses.replace(TRAINING, steps=steps),))
    return Adapted(lambda: folder, tune, seed=0, ask=QuestionsAndInstructions, rebuild=mixture.everywhere)


def _said(learner):
    return [(one.value, one.raw) for one in learner.predict(RECORDS[5:10])]


def test_each_kind_of_record_is_learnt_as_it_is_asked():
    question, instruction = examples_of([RECORDS[1], RECORDS[-1]])
    assert question.prompt.endswith("Answer:") and "B. heart" in question.prompt and question.answer == "B"
    assert (instruction.prompt, instruction.answer) == ("Question: pain of the liver\nAnswer:", "liver pain")


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_training_changes_the_mixture_alone_and_what_is_saved_are_its_numbers(kind, tmp_path):
    folder = tiny(kind, tmp_path)
    learner = _learner(folder)
    learner.fit(RECORDS, [])
    base, _ = opened_network(folder)
    after = learner.network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in base.state_dict().items())
    assert all(after[name].abs().sum() > 0 for name in after if name.endswith("experts.up"))
    (tmp_path / "saved").mkdir()
    learner.save(tmp_path / "saved")
    with safe_open(tmp_path / "saved" / CHANGED, "pt") as file:
        numbers = sum(file.get_tensor(name).numel() for name in file.keys())  # noqa: SIM118 - not a mapping
        assert all(".parts.experts." in name for name in file.keys())  # noqa: SIM118
    assert numbers == learner.trained_parameters
    again = _learner(folder)
    again.load(tmp_path / "saved")
    assert _said(again) == _said(learner)


@pytest.mark.parametrize("kind", KINDS)
def test_the_baseline_has_as_many_parameters_within_two_hundredths(kind, tmp_path):
    folder = tiny(kind, tmp_path)
    network, _ = opened_network(folder)
    own, names = MIXTURE.parameters(network), set(network.state_dict())
    assert own == count_parameters(MIXTURE.everywhere(network))
    drop_part(network, EXPERTS)
    assert set(network.state_dict()) == names
    one = with_lora(network, matching_rank(network, own))
    assert count_parameters(one) == pytest.approx(own, rel=0.02)


def test_the_baseline_is_a_lora_of_peft(tmp_path):
    tuned = _tuned(tiny("llama", tmp_path), OneLora(parameters=lambda network: 10_000, trainings=(TRAINING,)))
    assert isinstance(tuned.network, PeftModel)
    assert tuned.trained_parameters == count_parameters(tuned.network) == pytest.approx(10_000, rel=0.05)
    assert tuned.histories["first"].losses[-1] < tuned.histories["first"].losses[0]


def test_the_balance_keeps_tokens_spread_over_the_experts(tmp_path):
    folder = tiny("llama", tmp_path)

    def largest(weight):
        mixture = dataclasses.replace(MIXTURE, chosen=1, balance=weight)
        learner = _learner(folder, mixture, steps=20)
        learner.fit(RECORDS, [])
        _, tokenizer = opened_network(folder)
        with expert_shares(learner.network) as shares:
            for example in examples_of(RECORDS):
                learner.network(**tokenizer(example.prompt, return_tensors="pt"))
        return float(shares().max(dim=1).values.mean())

    assert largest(1.0) < largest(0.0) - 0.05


def test_trainings_run_in_turn_on_the_records_that_each_takes(tmp_path):
    folder = tiny("llama", tmp_path)
    second = dataclasses.replace(TRAINING, name="second", takes=lambda record: "options" not in record.fields)
    tuned = _tuned(folder, MixtureOfLora(mixture=MIXTURE, trainings=(TRAINING, second)))
    assert list(tuned.histories) == ["first", "second"]
    assert all(np.isfinite(history.losses).all() and len(history.losses) == 4 for history in tuned.histories.values())
    none = dataclasses.replace(TRAINING, takes=lambda record: False)
    with pytest.raises(UserError, match="none of 16 training records"):
        _tuned(folder, MixtureOfLora(mixture=MIXTURE, trainings=(none,)))
