import copy

import pytest
import torch

from vesalius.learners.networks import repeatable
from vesalius.nets import sam_adapters
from vesalius.nets.peft import trained_share
from vesalius.nets.sam import SamShape, new_sam
from vesalius.nets.sam_adapters import AdaptedAttention, Adapter, HyperPromptingAdapter, add_adapters

DEPTH = 4
SHAPES = {
    window: SamShape(image=48, patch=8, width=16, layers=3, heads=2, window=window, channels=16, decoder_mlp=16, frequency=0.3)
    for window in (0, 4)
}


def _batch():
    with repeatable(1):
        return {"image": torch.rand(2 * DEPTH, 3, 48, 48), "box": torch.tensor([[6.0, 6.0, 30.0, 36.0]] * 2 * DEPTH)}


def _adapted(window=0, depth=DEPTH, trained=True):
    with repeatable(0):
        frozen = new_sam(SHAPES[window]).eval()
        network = add_adapters(copy.deepcopy(frozen), hidden=4, depth=depth)
        for module in network.modules() if trained else ():
            if isinstance(module, Adapter | HyperPromptingAdapter):
                torch.nn.init.normal_(module.up.weight, std=0.5)
    return frozen, network


@pytest.mark.parametrize("window", SHAPES)
def test_adapted_network_starts_as_the_frozen_one(window):
    frozen, network = _adapted(window, trained=False)
    torch.testing.assert_close(network(_batch()), frozen(_batch()))


def test_only_adapters_are_trained_and_every_adapter_gets_a_gradient():
    frozen, network = _adapted()
    network(_batch()).square().mean().backward()
    added = {name for name, _ in network.named_parameters() if not _is_of(name, frozen)}
    assert {name for name, parameter in network.named_parameters() if parameter.requires_grad} == added
    assert {name for name, parameter in network.named_parameters() if parameter.grad is not None} == added


def _is_of(name, frozen):
    """Whether a parameter of the adapted network is one of SAM, whatever wraps it."""
    for wrapper in ("attn.attention", "perceptron.perceptron", "mlp.perceptron", ".block"):
        name = name.replace(wrapper, {"attn.attention": "attn", ".block": ""}.get(wrapper, "mlp"))
    return name in dict(frozen.named_parameters())


def test_two_percent_of_the_parameters_of_vit_b_are_trained():
    with torch.device("meta"):
        network = add_adapters(new_sam(SamShape()), hidden=24, depth=16)
    assert 0.015 < trained_share(network) < 0.025


@pytest.mark.parametrize("window", SHAPES)
def test_a_slice_sees_the_other_slices_of_its_slab_and_no_other_slab(window):
    _, network = _adapted(window)
    batch, changed = _batch(), _batch()
    changed["image"][1] = 0
    moved = (network(changed) - network(batch)).abs().amax(dim=(1, 2)) > 1e-6
    assert moved.tolist() == [True] * DEPTH + [False] * DEPTH


def test_without_the_depth_branch_slices_are_seen_one_by_one():
    _, network = _adapted(depth=1)
    batch, changed = _batch(), _batch()
    changed["image"][1] = 0
    moved = (network(changed) - network(batch)).abs().amax(dim=(1, 2)) > 1e-6
    assert moved.tolist() == [False, True] + [False] * (2 * DEPTH - 2)


def test_depth_branch_attends_among_the_slices_of_one_place():
    class Mean(torch.nn.Module):
        def forward(self, tokens_NhwC):
            return tokens_NhwC.mean(dim=(1, 2), keepdim=True).expand_as(tokens_NhwC), None

    attention = AdaptedAttention(Mean(), 2, 1, depth=3, windows=2)
    tokens = torch.arange(2 * 3 * 2 * 4 * 2, dtype=torch.float32).reshape(12, 2, 2, 2)
    slabs = tokens.reshape(2, 3, 2, 2, 2, 2)
    torch.testing.assert_close(
        attention._across_slices(tokens).reshape(slabs.shape), slabs.mean(dim=1, keepdim=True).expand_as(slabs)
    )


def test_the_prompt_makes_the_weights_of_the_hyper_prompting_adapter():
    with repeatable(0):
        adapter = HyperPromptingAdapter(8, 4)
        torch.nn.init.normal_(adapter.up.weight)
        features, prompts = torch.rand(2, 5, 8), torch.rand(2, 2, 8)
    here, there = adapter(features, prompts), adapter(features, -prompts)
    assert not torch.allclose(here, there)
    torch.nn.init.zeros_(adapter.weights.weight)
    torch.testing.assert_close(adapter(features, prompts), adapter(features, -prompts))


def test_hyper_prompting_adapter_is_given_the_prompt_not_the_tokens_of_the_decoder():
    _, network = _adapted()
    given = []
    network.sam.mask_decoder.transformer.layers[0].prompted.register_forward_hook(
        lambda module, inputs, output: given.append(inputs[1])
    )
    batch = _batch()
    network(batch)
    sparse, _ = network.sam.prompt_encoder(None, None, batch["box"][:, None] - 0.5, None)
    torch.testing.assert_close(given[0], sparse)


def test_adapter_beside_the_perceptron_is_scaled(monkeypatch):
    _, network = _adapted()
    before = network(_batch())
    monkeypatch.setattr(sam_adapters, "SCALE", 1.0)
    assert not torch.allclose(network(_batch()), before)
