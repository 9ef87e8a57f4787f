import copy

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    Qwen3Config,
)

from vesalius.errors import UserError
from vesalius.nets.parts import (
    SCALE,
    LowRank,
    add_parts,
    drop_part,
    held_by,
    in_attention,
    linear_layers,
    overlap,
    parts_of,
    shared_directions,
    width,
)

SHAPE = {
    "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 8, "tie_word_embeddings": True,
}  # fmt: skip
CONFIGS = {
    "llama": lambda: LlamaConfig(**SHAPE),
    "qwen": lambda: Qwen3Config(**SHAPE),
    "gemma": lambda: Gemma3TextConfig(**SHAPE, layer_types=["sliding_attention", "full_attention"], sliding_window=4),
    "gpt2": lambda: GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0),
}
TOKENS = torch.arange(20).reshape(2, 10)


@pytest.fixture(params=CONFIGS)
def network(request):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(CONFIGS[request.param]()).eval()


def _lora(name, inputs, outputs):
    return {"lora": LowRank(inputs, outputs, 2)}


def _added(network, base):
    return {name: value for name, value in network.state_dict().items() if name not in base}


def _disturb(network, part):
    for each in parts_of(network, part).values():
        nn.init.normal_(each.up)


def test_each_projection_of_attention_and_perceptron_gets_a_part_and_the_output_layer_none(network):
    layers = linear_layers(network)
    kinds = {name.rsplit(".", 1)[-1] for name in layers}
    llama = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert kinds == ({"c_attn", "c_proj", "c_fc"} if "gpt2" in type(network).__name__.lower() else llama)
    assert "lm_head" not in layers
    add_parts(network, _lora)
    assert parts_of(network, "lora").keys() == layers.keys()
    assert list(linear_layers(network)) == list(layers)


def test_a_network_with_new_parts_answers_as_before_and_trains_them_alone(network):
    before, frozen = network(TOKENS).logits.detach(), copy.deepcopy(network.state_dict())
    add_parts(network, _lora)
    torch.testing.assert_close(network(TOKENS).logits, before, rtol=0, atol=0)
    trained = {name for name, each in network.named_parameters() if each.requires_grad}
    assert trained == _added(network, frozen).keys()
    optimiser = torch.optim.AdamW([each for each in network.parameters() if each.requires_grad], lr=0.1)
    network(TOKENS, labels=TOKENS).loss.backward()
    optimiser.step()
    assert not torch.equal(network(TOKENS).logits, before)
    assert all(torch.equal(network.state_dict()[name], value) for name, value in frozen.items())


def test_a_part_adds_the_scaled_product_of_its_factors(network):
    name, layer = next(iter(linear_layers(network).items()))
    features = torch.randn(3, width(layer)[0])
    plain = layer(features).detach()
    add_parts(network, _lora)
    _disturb(network, "lora")
    part = parts_of(network, "lora")[name]
    torch.testing.assert_close(network.get_submodule(name)(features), plain + SCALE * features @ (part.up @ part.down).T)


def test_dropping_a_part_leaves_what_the_other_adds_and_dropping_all_leaves_the_base(network):
    base, names = network(TOKENS).logits.detach(), set(network.state_dict())
    add_parts(network, _lora)
    _disturb(network, "lora")
    kept, weights = network(TOKENS).logits.detach(), copy.deepcopy(_added(network, names))
    add_parts(network, lambda name, inputs, outputs: {"noise": LowRank(inputs, outputs, 3)})
    assert not any(each.requires_grad for part in parts_of(network, "lora").values() for each in part.parameters())
    _disturb(network, "noise")
    assert not torch.allclose(network(TOKENS).logits, kept)
    drop_part(network, "noise")
    torch.testing.assert_close(network(TOKENS).logits, kept, rtol=0, atol=0)
    assert all(torch.equal(value, weights[name]) for name, value in _added(network, names).items())
    drop_part(network, "lora")
    torch.testing.assert_close(network(TOKENS).logits, base, rtol=0, atol=0)
    assert set(network.state_dict()) == names
    assert not any(layer._forward_hooks or held_by(layer) for layer in linear_layers(network).values())


def test_parts_can_stand_at_the_perceptron_alone(network):
    add_parts(network, lambda *layer: {} if in_attention(layer[0]) else _lora(*layer))
    assert parts_of(network, "lora")
    assert all(".mlp." in name for name in parts_of(network, "lora"))


def test_a_copy_has_parts_of_its_own(network):
    add_parts(network, _lora)
    twin, before = copy.deepcopy(network), network(TOKENS).logits.detach()
    _disturb(twin, "lora")
    torch.testing.assert_close(network(TOKENS).logits, before, rtol=0, atol=0)
    assert not torch.allclose(twin(TOKENS).logits, before)
    drop_part(twin, "lora")
    torch.testing.assert_close(twin(TOKENS).logits, before, rtol=0, atol=0)


def test_a_name_is_taken_once_and_something_must_be_added():
    network = nn.Sequential(nn.Linear(4, 4))
    add_parts(network, _lora)
    with pytest.raises(ValueError, match="already"):
        add_parts(network, _lora)
    with pytest.raises(UserError, match="no linear layer"):
        add_parts(nn.Sequential(nn.ReLU()), _lora)
    with pytest.raises(ValueError, match="no layer has a part"):
        drop_part(network, "noise")


def _two(first, second):
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 3))
    add_parts(network, lambda name, i, o: {"one": LowRank(i, o, 2), "two": LowRank(i, o, 1)} if name == "0" else {})
    with torch.no_grad():
        parts_of(network, "one")["0"].down.copy_(torch.tensor(first))
        parts_of(network, "two")["0"].down.copy_(torch.tensor(second))
    return network


def test_the_overlap_is_the_sum_of_absolute_products_of_what_two_parts_read():
    network = _two([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], [[3.0, -1.0, 0.5]])
    assert overlap(network, "one", "two").item() == pytest.approx(abs(3 - 2) + abs(-1 + 0.5))


def test_parts_that_read_orthogonal_directions_have_no_overlap_and_descent_on_it_leads_there():
    network = _two([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 0.0, 2.0]])
    assert overlap(network, "one", "two").item() == 0
    assert shared_directions(network, "one", "two") == pytest.approx(0, abs=1e-6)
    network = _two([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[1.0, 1.0, 1.0]])
    assert shared_directions(network, "one", "two") == pytest.approx(2 / 3)
    part = parts_of(network, "two")["0"]
    optimiser = torch.optim.SGD([part.down], lr=0.01)
    for _ in range(90):
        optimiser.zero_grad()
        overlap(network, "one", "two").backward()
        optimiser.step()
    assert shared_directions(network, "one", "two") < 0.05
    with pytest.raises(ValueError, match="no layer has both"):
        overlap(network, "one", "three")
