import copy

import pytest
import torch
from tokenizers.processors import TemplateProcessing

from vesalius.errors import UserError
from vesalius.learners.language_model.policy import rollouts as module
from vesalius.learners.language_model.policy.rollouts import judged, roll_out

SPECIAL = (0, 9)
PROMPTS = ["a b c d", "e", "f g"]
KINDS = ("llama", "qwen", "gemma", "gpt2")


def drawn(network, tokenizer, **changed):
    return roll_out(network, tokenizer, PROMPTS, **{"samples": 3, "max_tokens": 6, "seed": 1, **changed})


def alone(network, rollouts, row):
    """Log-probabilities of one sample's tokens, run as one text without padding or cache."""
    prompt = row // rollouts.samples
    asked = rollouts.prompts_PL[prompt][rollouts.asked_PL[prompt]]
    made = rollouts.tokens_BT[row][rollouts.made_BT[row]]
    logs = torch.log_softmax(network(torch.cat([asked, made])[None]).logits[0].float(), dim=-1)
    return logs[len(asked) - 1 : -1].gather(1, made[:, None])[:, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_log_probabilities_are_those_of_each_text_alone(network, tokenizer, kind):
    policy = network(kind, 3.0)
    rollouts = drawn(policy, tokenizer)
    found = judged(policy, rollouts).log_probabilities_BT
    for row, length in enumerate(rollouts.lengths_B.tolist()):
        expected = alone(policy, rollouts, row)
        torch.testing.assert_close(found[row, :length], expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(rollouts.log_probabilities_BT[row, :length], expected, rtol=1e-4, atol=1e-5)
        assert not found[row, length:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_the_prompt_as_if_each_text_were_run_alone(network, tokenizer, kind):
    policy = network(kind, 3.0)
    rollouts = drawn(policy, tokenizer)
    judged(policy, rollouts).log_probabilities_BT.sum().backward()
    shared = {name: parameter.grad.clone() for name, parameter in policy.named_parameters()}
    policy.zero_grad()
    sum(alone(policy, rollouts, row).sum() for row in range(len(rollouts.texts))).backward()
    for name, parameter in policy.named_parameters():
        torch.testing.assert_close(shared[name], parameter.grad, rtol=1e-3, atol=1e-4, msg=name)


def test_a_batch_larger_than_memory_is_run_in_parts_with_the_same_gradients(network, tokenizer, monkeypatch):
    policy = network(sharpness=3.0)
    rollouts = drawn(policy, tokenizer)

    def gradients():
        policy.zero_grad()
        found = judged(policy, rollouts, states=True)
        (found.log_probabilities_BT.sum() + found.states_BTD.sum()).backward()
        return [parameter.grad.clone() for parameter in policy.parameters()]

    whole = gradients()
    monkeypatch.setattr(module, "_LOGITS", 1)
    for one, other in zip(whole, gradients(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_states_are_those_from_which_each_token_was_chosen(network, tokenizer):
    policy = network(sharpness=3.0)
    rollouts = drawn(policy, tokenizer)
    found = judged(policy, rollouts, states=True)
    logits = policy.get_output_embeddings()(found.states_BTD)
    expected = torch.log_softmax(logits, dim=-1).gather(2, rollouts.tokens_BT[..., None])[..., 0] * rollouts.made_BT
    torch.testing.assert_close(found.log_probabilities_BT, expected, rtol=1e-4, atol=1e-5)


def test_samples_are_drawn_from_the_policy(network, tokenizer):
    policy = network(sharpness=3.0)
    rollouts = roll_out(policy, tokenizer, ["a b"], samples=4000, max_tokens=1, seed=0)
    asked = torch.tensor([tokenizer("a b")["input_ids"]])
    expected = torch.softmax(policy(asked).logits[0, -1], dim=-1)
    share = torch.bincount(rollouts.tokens_BT[:, 0], minlength=len(expected)) / 4000
    assert float((share - expected.detach()).abs().max()) < 4 * (0.25 / 4000) ** 0.5


def test_a_sample_ends_with_the_end_and_its_text_lacks_it(network, tokenizer):
    rollouts = drawn(network(), tokenizer, samples=20, max_tokens=8)
    ended = 0
    for tokens, made, text in zip(rollouts.tokens_BT, rollouts.made_BT, rollouts.texts, strict=True):
        own = tokens[made].tolist()
        assert made.tolist() == sorted(made.tolist(), reverse=True) and 0 not in own[:-1]
        assert text.split() == [tokenizer.decode([token]) for token in own if token not in SPECIAL]
        ended += own[-1] == 0
        assert own[-1] == 0 or len(own) == 8
    assert 0 < ended < len(rollouts.texts)


def test_draws_follow_from_the_seed(network, tokenizer):
    policy = network()
    one, same, other = (drawn(policy, tokenizer, seed=seed).texts for seed in (1, 1, 2))
    assert one == same and one != other


def test_too_long_a_prompt_is_said_so(network, tokenizer):
    with pytest.raises(UserError, match="takes 32"):
        drawn(network(), tokenizer, max_tokens=30)


@pytest.mark.parametrize("stop", ["X", "a b"])
def test_a_sample_ends_where_the_stop_first_appears_and_its_text_lacks_it(network, tokenizer, stop):
    rollouts = drawn(network(), tokenizer, samples=100, max_tokens=8, stop=stop)
    stopped = 0
    for tokens, made, text in zip(rollouts.tokens_BT, rollouts.made_BT, rollouts.texts, strict=True):
        own = tokens[made].tolist()
        whole = tokenizer.decode(own, skip_special_tokens=True)
        assert whole.count(stop) <= 1 and stop not in text and made.tolist() == sorted(made.tolist(), reverse=True)
        assert text == whole.split(stop)[0] and (stop not in whole or whole.endswith(stop))
        stopped += stop in whole
        assert own[-1] == 0 or len(own) == 8 or stop in whole
    assert 0 < stopped < len(rollouts.texts)


def test_a_stop_that_does_not_appear_changes_nothing(network, tokenizer):
    one, other = (drawn(network(), tokenizer, stop=stop) for stop in ("", "a b c d e f g"))
    assert torch.equal(one.tokens_BT, other.tokens_BT) and torch.equal(one.log_probabilities_BT, other.log_probabilities_BT)
    assert one.texts == other.texts


def test_what_a_tokenizer_adds_behind_a_text_is_not_asked(network, tokenizer):
    ending = copy.deepcopy(tokenizer)
    ending.backend_tokenizer.post_processor = TemplateProcessing(single="$A <end>", special_tokens=[("<end>", 0)])
    assert ending("a b")["input_ids"] == [1, 2, 0]
    plain, found = (drawn(network(), each) for each in (tokenizer, ending))
    assert torch.equal(found.prompts_PL, plain.prompts_PL) and found.texts == plain.texts
