from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.language_model.policy import methods
from vesalius.learners.language_model.policy.methods import GroupRelative, Proximal
from vesalius.learners.language_model.policy.optimisation import Exercise, Practice, optimise

PROMPTS = ["a b", "c", "d e f", "g"]
PRACTICE = Practice(steps=12, prompts=4, samples=8, max_tokens=3, learning_rate=2e-2, penalty=0.01, updates_a_step=2)
METHODS = {"group-relative": GroupRelative, "proximal": Proximal}


def says_x(place, text):
    return float("X" in text.split())


def practised(network, tokenizer, method, reward, practice=PRACTICE, seed=0):
    exercise = Exercise(prompts=PROMPTS, reward=reward, watched={"says X": says_x})
    return optimise(method(), network, tokenizer, exercise, practice, seed=seed)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_policy_learns_to_say_what_is_rewarded(network, tokenizer, method):
    history = practised(network(), tokenizer, method, says_x)
    rewards = history.curves["reward"]
    assert np.mean(rewards[:3]) < 0.5 and np.mean(rewards[-3:]) > 0.8
    assert len(rewards) == PRACTICE.steps and len(history.losses) == PRACTICE.updates
    assert history.curves["divergence"][0] == pytest.approx(0, abs=1e-5) and history.curves["divergence"][-1] > 0.1
    assert rewards == history.curves["says X"]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_constant_reward_teaches_nothing(network, tokenizer, method):
    said = practised(network(), tokenizer, method, lambda place, text: 1.0).curves["says X"]
    assert np.mean(said[-3:]) < 0.5


def test_where_all_samples_of_a_prompt_get_the_same_their_group_moves_nothing(network, tokenizer):
    policy = network()
    before = [parameter.clone() for parameter in policy.parameters()]
    practised(policy, tokenizer, GroupRelative, lambda place, text: float(place), replace(PRACTICE, penalty=0.0, steps=2))
    assert all(torch.equal(one, other) for one, other in zip(before, policy.parameters(), strict=True))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_penalty_holds_the_policy_to_the_model_it_began_as(network, tokenizer, method):
    free, held = (
        practised(network(), tokenizer, method, says_x, replace(PRACTICE, penalty=penalty, steps=6)).curves["divergence"][-1]
        for penalty in (0.0, 1.0)
    )
    assert held < free / 2


def test_without_the_groups_mean_every_sample_of_a_right_prompt_is_pushed(network, tokenizer, monkeypatch):
    """The comparison within a group is what tells its samples apart: with raw rewards a constant one moves the policy."""
    monkeypatch.setattr(methods, "group_advantages", lambda rewards: rewards)
    policy = network()
    before = [parameter.clone() for parameter in policy.parameters()]
    practised(policy, tokenizer, GroupRelative, lambda place, text: 1.0, replace(PRACTICE, penalty=0.0, steps=2))
    assert not all(torch.equal(one, other) for one, other in zip(before, policy.parameters(), strict=True))


def test_clipping_bounds_what_one_batch_changes(network, tokenizer):
    practice = replace(PRACTICE, steps=2, updates_a_step=10, penalty=0.0, learning_rate=3e-3)
    loose, tight = (
        practised(network(), tokenizer, GroupRelative, says_x, replace(practice, clip=clip)).curves["divergence"][-1]
        for clip in (100.0, 0.1)
    )
    assert tight < loose / 2


def test_the_value_head_learns_what_to_expect(network, tokenizer):
    policy, method = network(), Proximal(value_weight=1.0)
    exercise = Exercise(prompts=PROMPTS, reward=lambda place, text: float(place))
    practice = replace(PRACTICE, steps=12, penalty=0.0)
    optimise(method, policy, tokenizer, exercise, practice, seed=0)
    states = [
        policy(torch.tensor([tokenizer(prompt)["input_ids"]]), output_hidden_states=True).hidden_states[-1][0, -1]
        for prompt in PROMPTS
    ]
    values = [float(method._head(state).detach()) for state in states]
    assert values == sorted(values) and values[-1] - values[0] > 1


def test_training_that_was_stopped_ends_with_the_same_weights(network, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr("vesalius.learners.checkpoints.SECONDS", 0.0)
    practice = replace(PRACTICE, steps=4)

    def stopped(place, text):
        calls.append(text)
        if len(calls) > 2 * PRACTICE.prompts * PRACTICE.samples:
            raise KeyboardInterrupt
        return says_x(place, text)

    for method in METHODS.values():
        whole, calls = network(), []
        expected = practised(whole, tokenizer, method, says_x, practice)
        with checkpoints(tmp_path / method.__name__):
            with pytest.raises(KeyboardInterrupt):
                practised(network(), tokenizer, method, stopped, practice)
            resumed = network()
        with checkpoints(tmp_path / method.__name__):
            found = practised(resumed, tokenizer, method, says_x, practice)
        assert found == expected
        assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_an_adapter_alone_is_trained(network, tokenizer):
    from vesalius.learners.language_model.supervised import with_lora

    policy = with_lora(network(), rank=4)
    before = {name: one.clone() for name, one in policy.named_parameters()}
    practised(policy, tokenizer, Proximal, says_x, replace(PRACTICE, steps=2))
    for name, one in policy.named_parameters():
        assert torch.equal(one, before[name]) != one.requires_grad, name


def test_no_prompts_are_said_so(network, tokenizer):
    with pytest.raises(UserError, match="no prompts"):
        optimise(GroupRelative(), network(), tokenizer, Exercise(prompts=[], reward=says_x), PRACTICE, seed=0)
