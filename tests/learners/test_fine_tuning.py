import numpy as np
import pytest
import torch
from torch import nn

from vesalius.learners.fine_tuning import Recipe, dropped_paths, layer_wise_groups, random_augment
from vesalius.learners.training import Regime, train
from vesalius.nets.vit import ViT


@pytest.fixture
def vit():
    torch.manual_seed(0)
    return ViT(1, 2, size=16, patch=8, width=8, depth=3, heads=2)


def groups_of(vit, decay=0.5):
    return layer_wise_groups(vit, [vit.to_tokens, *vit.blocks], learning_rate=1.0, decay=decay, weight_decay=0.05)


def rate_of(groups, parameter):
    (group,) = [group for group in groups if any(parameter is other for other in group["params"])]
    return group["lr"], group["weight_decay"]


def test_every_parameter_is_in_one_group(vit):
    grouped = [id(parameter) for group in groups_of(vit) for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in vit.parameters())


def test_each_layer_has_half_the_rate_of_the_next(vit):
    groups = groups_of(vit)
    assert rate_of(groups, vit.head.weight)[0] == 1.0
    assert [rate_of(groups, block.to_qkv.weight)[0] for block in vit.blocks] == [0.125, 0.25, 0.5]
    assert rate_of(groups, vit.to_tokens.weight)[0] == 0.0625


def test_biases_and_norms_have_no_weight_decay(vit):
    groups = groups_of(vit)
    assert rate_of(groups, vit.blocks[0].to_qkv.weight)[1] == 0.05
    assert rate_of(groups, vit.blocks[0].to_qkv.bias)[1] == rate_of(groups, vit.norm.weight)[1] == 0.0


def test_training_moves_late_layers_more(vit):
    before = {name: value.clone() for name, value in vit.named_parameters()}
    groups = layer_wise_groups(vit, [vit.to_tokens, *vit.blocks], learning_rate=1e-2, decay=0.1, weight_decay=0.0)
    train(
        vit,
        loss=lambda network, batch: network(batch).square().sum(),
        draw=lambda random: random.normal(size=(2, 1, 16, 16)).astype(np.float32),
        regime=Regime(steps=1, learning_rate=1e-2, schedule="constant"),
        seed=0,
        groups=groups,
    )
    moved = [
        float((block.to_qkv.weight - before[f"blocks.{place}.to_qkv.weight"]).abs().max().detach())
        for place, block in enumerate(vit.blocks)
    ]
    # The first step of AdamW is of the learning rate.
    assert moved == pytest.approx([1e-5, 1e-4, 1e-3], rel=0.05)


def test_dropped_paths_keep_the_mean_and_skip_some(vit):
    class Add(nn.Module):
        def forward(self, tokens):
            return tokens + 1

    blocks = [Add(), Add()]
    with dropped_paths(blocks, 0.25):
        assert torch.equal(blocks[0](torch.zeros(4, 1, 1)), torch.ones(4, 1, 1))
        added = blocks[1](torch.zeros(20_000, 1, 1)).flatten()
    assert torch.allclose(added.unique(), torch.tensor([0.0, 4 / 3]))
    assert added.mean() == pytest.approx(1, abs=0.02)
    assert torch.equal(blocks[1](torch.zeros(4, 1, 1)), torch.ones(4, 1, 1))


def test_the_recipe_drops_paths_of_the_network_it_is_given(vit):
    image, truth = torch.rand(8, 1, 16, 16), torch.eye(2)[[0, 1] * 4]
    losses = {float(Recipe(magnitude=0.0, drop_path=0.9)(vit, image, truth).detach()) for _ in range(4)}
    assert len(losses) > 1


def test_stronger_augmentation_changes_images_more():
    torch.manual_seed(0)
    image = torch.rand(16, 1, 16, 16)
    far = [(random_augment(image, magnitude) - image).abs().mean() for magnitude in (0.1, 0.9) for _ in range(8)]
    assert sum(far[8:]) > sum(far[:8])
