import copy

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from tests.nets.test_parts import CONFIGS, TOKENS
from vesalius.learners.language_model.supervised import with_lora
from vesalius.nets.mixture_of_lora import Experts, Padding, Router, balance, expert_shares, matching_rank, mean_balance
from vesalius.nets.parts import SCALE, LowRank, add_parts, drop_part, linear_layers, parts_of
from vesalius.nets.unet import count_parameters


def _network(kind="llama"):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(CONFIGS[kind]())


def _mixture(network, experts=4, chosen=2, rank=2):
    padding = Padding()
    padding.watch(network)

    def make(name, inputs, outputs):
        return {"experts": Experts(inputs, outputs, experts=experts, chosen=chosen, rank=rank, padding=padding)}

    add_parts(network, make)
    return network


def _spread(network):
    torch.manual_seed(1)
    for part in parts_of(network, "experts").values():
        nn.init.normal_(part.up)


def test_a_mixture_adds_the_weighted_sum_of_the_chosen_experts_alone():
    torch.manual_seed(0)
    mixture, features = Experts(6, 5, experts=4, chosen=2, rank=3), torch.randn(7, 6)
    nn.init.normal_(mixture.up)
    logits = features @ mixture.router.weight.T
    expected = torch.zeros(7, 5)
    for token in range(7):
        places = logits[token].argsort(descending=True)[:2]
        for place, weight in zip(places, logits[token][places].softmax(0), strict=True):
            expected[token] += weight * SCALE * mixture.up[:, place] @ mixture.down[place] @ features[token]
    torch.testing.assert_close(mixture(features), expected)


def test_with_one_expert_a_mixture_is_a_lora():
    torch.manual_seed(0)
    mixture, lora, features = Experts(6, 5, experts=1, chosen=1, rank=3), LowRank(6, 5, 3), torch.randn(7, 6)
    nn.init.normal_(mixture.up)
    lora.down.data, lora.up.data = mixture.down.data[0], mixture.up.data[:, 0]
    torch.testing.assert_close(mixture(features), lora(features))


def test_tokens_of_one_text_go_to_experts_of_their_own():
    torch.manual_seed(0)
    weights, probabilities = Router(6, 4, 2)(torch.randn(1, 50, 6))
    assert ((weights > 0).sum(-1) == 2).all()
    assert len({tuple(row.tolist()) for row in weights[0] > 0}) > 1
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 50))
    torch.testing.assert_close(probabilities.sum(-1), torch.ones(1, 50))


@pytest.mark.parametrize("kind", CONFIGS)
def test_at_every_linear_layer_router_and_experts_learn_from_the_loss(kind):
    network = _mixture(_network(kind))
    _spread(network)
    network(TOKENS, labels=TOKENS).loss.backward()
    assert len(parts_of(network, "experts")) == len(linear_layers(network))
    for part in parts_of(network, "experts").values():
        for parameter in part.parameters():
            assert parameter.grad.abs().sum() > 0


def test_an_expert_that_no_token_goes_to_does_not_learn():
    mixture = Experts(4, 4, experts=3, chosen=1, rank=2)
    nn.init.normal_(mixture.up)
    mixture(torch.ones(5, 4)).sum().backward()
    learnt = mixture.down.grad.abs().sum((1, 2)) > 0
    assert learnt.sum() == 1


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_new_mixture_changes_no_answer(kind):
    network = _network(kind).eval()
    before = network(TOKENS).logits.detach()
    torch.testing.assert_close(_mixture(network)(TOKENS).logits, before, rtol=0, atol=0)


def test_the_balance_is_one_where_experts_share_and_as_many_as_there_are_where_one_has_all():
    even = torch.eye(4)
    assert float(balance(even, torch.full((4, 4), 0.25))) == pytest.approx(1)
    assert float(balance(even[:1].repeat(4, 1), even[:1].repeat(4, 1))) == pytest.approx(4)
    chosen, probable = torch.tensor([[0.5, 0.5, 0.0]]), torch.tensor([[0.6, 0.3, 0.1]])
    assert float(balance(chosen, probable)) == pytest.approx(3 * (0.5 * 0.6 + 0.5 * 0.3))


def test_descent_on_the_balance_spreads_tokens_over_experts():
    torch.manual_seed(0)
    mixture, features = Experts(6, 6, experts=4, chosen=1, rank=1), torch.randn(200, 6) + 2
    with torch.no_grad():
        mixture.router.weight[0] += 1
    optimiser = torch.optim.Adam(mixture.router.parameters(), lr=0.05)

    def largest():
        with expert_shares(mixture) as shares:
            mixture(features)
        return float(shares().max())

    assert largest() > 0.9
    for _ in range(200):
        optimiser.zero_grad()
        mixture(features)
        mean_balance(mixture).backward()
        optimiser.step()
    assert largest() < 0.5


def test_padding_does_not_count_in_the_balance():
    network = _mixture(_network()).train()
    network(TOKENS[:1, :6], attention_mask=torch.ones(1, 6, dtype=torch.long))
    alone = mean_balance(network).detach()
    mask = torch.tensor([[1] * 6 + [0] * 4])
    network(TOKENS[:1], attention_mask=mask)
    torch.testing.assert_close(mean_balance(network).detach(), alone)
    network(TOKENS[:1])
    assert not torch.allclose(mean_balance(network).detach(), alone)


def test_all_experts_are_used_by_a_fresh_mixture():
    network = _mixture(_network()).eval()
    with expert_shares(network) as shares:
        network(torch.arange(40).reshape(1, 40))
    assert shares().shape == (14, 4)
    assert (shares().mean(0) > 0.05).all()
    with expert_shares(network) as shares:
        pass
    assert not network.model.layers[0].mlp.up_proj.parts["experts"].router._forward_hooks


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize(("experts", "rank"), [(8, 4), (4, 4), (8, 16)])
def test_a_lora_of_the_matching_rank_has_as_many_parameters_as_the_mixture(kind, experts, rank):
    network = _mixture(_network(kind), experts, 2, rank)
    mixture = count_parameters(network)
    drop_part(network, "experts")
    single = with_lora(network, matching_rank(network, mixture))
    assert count_parameters(single) == pytest.approx(mixture, rel=0.02)


def test_a_network_that_has_been_trained_can_be_copied_to_answer():
    network = _mixture(_network()).train()
    network(TOKENS, labels=TOKENS).loss.backward()
    copy.deepcopy(network.eval())


def test_too_many_experts_to_choose_and_a_balance_of_nothing_are_refused():
    with pytest.raises(ValueError, match="choose"):
        Experts(4, 4, experts=2, chosen=3, rank=1)
    with pytest.raises(ValueError, match="no mixture"):
        mean_balance(_mixture(_network()))
