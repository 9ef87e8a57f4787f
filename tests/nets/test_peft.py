import copy

import pytest
import torch
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.networks import repeatable
from vesalius.nets.peft import adapt, merge, trained_share
from vesalius.nets.unet import UNet


def _u_net():
    network = UNet(1, 2, (4, 8, 16))
    return network, lambda net: net(torch.linspace(-1, 1, 2 * 24 * 24).reshape(2, 1, 24, 24))


def _vit():
    from transformers import ViTConfig, ViTForImageClassification

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "num_labels": 3}
    network = ViTForImageClassification(ViTConfig(image_size=16, patch_size=8, **sizes))
    return network, lambda net: net(torch.linspace(-1, 1, 2 * 3 * 256).reshape(2, 3, 16, 16)).logits


def _llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 64}
    network = LlamaForCausalLM(LlamaConfig(**sizes, tie_word_embeddings=True, initializer_range=0.2))
    return network, lambda net: net(input_ids=torch.arange(12).reshape(2, 6)).logits


NETWORKS = {"u-net": _u_net, "vit": _vit, "llama": _llama}
CASES = [
    (name, method) for name in NETWORKS for method in ("lora", "dora", "ia3", "bitfit") if (name, method) != ("llama", "bitfit")
]


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    name, method = request.param
    with repeatable(0):
        network, answer = NETWORKS[name]()
        network.eval()
        before = answer(network).detach()
        frozen = copy.deepcopy(network.state_dict())
        adapted = adapt(network, method, rank=2)
        yield adapted, answer, before, frozen, method


def _train(network, answer):
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(trained, lr=0.5)
    for _ in range(2):
        optimiser.zero_grad()
        answer(network).square().mean().backward()
        optimiser.step()


def test_adapted_network_starts_with_the_answers_of_the_frozen_one(case):
    network, answer, before, _, _ = case
    torch.testing.assert_close(answer(network), before, rtol=1e-4, atol=1e-5)


def test_training_changes_the_answers_but_no_frozen_weight(case):
    network, answer, before, frozen, method = case
    _train(network, answer)
    assert (answer(network) - before).abs().max() > 1e-5
    after = {name.replace(".base_layer", ""): value for name, value in network.state_dict().items()}
    for name, value in frozen.items():
        if not (method == "bitfit" and name.endswith("bias")):
            assert torch.equal(after[name], value), name


def test_only_what_the_method_adds_gets_gradients_and_it_is_a_small_share(case):
    network, answer, _, _, method = case
    answer(network).square().mean().backward()
    learns = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert learns and all(
        ("bias" if method == "bitfit" else "lora_" if method in ("lora", "dora") else "ia3_") in name for name in learns
    )
    assert 0 < trained_share(network) < 0.5


def test_merged_network_is_as_it_was_built_and_answers_as_the_adapted_one(case):
    network, answer, _, frozen, _ = case
    _train(network, answer)
    network.eval()
    adapted = answer(network).detach()
    merged = merge(network)
    assert merged.state_dict().keys() == frozen.keys()
    torch.testing.assert_close(answer(merged), adapted, rtol=1e-4, atol=1e-5)


def test_lora_without_its_updates_would_not_learn(monkeypatch):
    with repeatable(0):
        network, answer = _u_net()
        network.eval()
        before = answer(network).detach()
        adapt(network, "lora", rank=2)
        for name, parameter in network.named_parameters():
            if "lora_A" in name:
                nn.init.zeros_(parameter)
        _train(network, answer)
    torch.testing.assert_close(answer(network), before)


def test_named_head_is_trained_in_full():
    network, _ = _vit()
    adapt(network, "lora", rank=2, heads=("classifier",))
    assert network.classifier.weight.requires_grad and type(network.classifier) is nn.Linear


def test_tied_output_layer_of_a_language_model_is_left_alone():
    network, _ = _llama()
    adapt(network, "lora", rank=2)
    assert type(network.lm_head) is nn.Linear
    assert network.lm_head.weight is network.model.embed_tokens.weight


def test_three_dimensional_convolutions_are_adapted():
    network = adapt(nn.Sequential(nn.Conv3d(1, 2, 3)), "lora", rank=1)
    assert trained_share(network) > 0
    assert network(torch.ones(1, 1, 4, 4, 4)).shape == (1, 2, 2, 2, 2)


def test_bitfit_of_a_network_without_biases_and_unknown_head_are_refused():
    with pytest.raises(UserError, match="choose another method"):
        adapt(_llama()[0], "bitfit")
    with pytest.raises(UserError, match="no part 'head'"):
        adapt(_vit()[0], "lora", heads=("head",))
