import pytest
import torch
from tests.nets.test_parts import CONFIGS, TOKENS
from transformers import AutoModelForCausalLM

from vesalius.learners.language_model.supervised import with_lora
from vesalius.learners.language_model.terms import with_term
from vesalius.nets.parts import LowRank, add_parts, overlap


def _network(kind):
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(CONFIGS[kind]())
    add_parts(network, lambda name, i, o: {"one": LowRank(i, o, 2), "two": LowRank(i, o, 2)})
    return network.train()


def _gradients(network):
    found = {name: each.grad.clone() for name, each in network.named_parameters() if each.grad is not None}
    network.zero_grad()
    return found


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_gradient_is_that_of_the_loss_and_the_term(kind):
    network = _network(kind)
    (3 * network(TOKENS, labels=TOKENS).loss + 0.5 * overlap(network, "one", "two")).backward()
    expected = _gradients(network)
    with with_term(network, lambda: 0.5 * overlap(network, "one", "two")):
        (3 * network(TOKENS, labels=TOKENS).loss).backward()
    found = _gradients(network)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)
    (3 * network(TOKENS, labels=TOKENS).loss).backward()
    without = _gradients(network)
    assert any(not torch.allclose(without[name], value) for name, value in expected.items())


def test_answering_leaves_the_term_alone():
    network = _network("llama").eval()

    def never():
        raise AssertionError

    with with_term(network, never):
        network(TOKENS)
        with torch.no_grad():
            network.train()(TOKENS)


def test_a_network_in_the_wrapper_of_peft_takes_a_term_too():
    network = with_lora(AutoModelForCausalLM.from_config(CONFIGS["llama"]()), rank=2).train()
    weight = next(each for name, each in network.named_parameters() if "lora_A" in name)
    with with_term(network, lambda: weight.sum()):
        network(input_ids=TOKENS, labels=TOKENS).loss.backward()
    # B is zero, so that the loss has no gradient for A yet
    torch.testing.assert_close(weight.grad, torch.ones_like(weight))
