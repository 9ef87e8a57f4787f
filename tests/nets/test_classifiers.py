import pytest
import torch

from vesalius.nets.resnet import ResNet
from vesalius.nets.vit import ViT, sine_positions


def vit():
    torch.manual_seed(0)
    return ViT(1, 3, size=32, patch=8, width=16, depth=2, heads=2).eval()


def test_attention_without_positions_ignores_the_order_of_patches():
    network, image = vit(), torch.rand(1, 1, 32, 32)
    tokens = network.embed(image) - network.positions
    order = torch.randperm(16)
    assert torch.allclose(network.encode(tokens).mean(1), network.encode(tokens[:, order]).mean(1), atol=1e-5)
    swapped = torch.cat((image[..., 16:], image[..., :16]), dim=-1)
    assert not torch.allclose(network(image), network(swapped), atol=1e-5)


def test_positions_are_all_different_and_near_ones_alike():
    positions = sine_positions(8, 32)[0]
    likeness = positions @ positions.T
    assert len(torch.unique(positions, dim=0)) == 64
    assert likeness[0, 1] > likeness[0, 7] and likeness[0, 8] > likeness[0, 56]
    with pytest.raises(ValueError, match="multiple of 4"):
        sine_positions(4, 6)


def test_visible_tokens_can_be_encoded_alone():
    network = vit()
    assert network.encode(network.embed(torch.rand(2, 1, 32, 32))[:, :5]).shape == (2, 5, 16)


def test_residual_network_is_the_identity_path_when_its_blocks_are_silent():
    network = ResNet(1, 2, widths=(4,)).eval()
    torch.nn.init.zeros_(network.stages[0][0].second[1].weight)
    image = torch.rand(1, 1, 16, 16)
    assert torch.allclose(network.maps(image), network.stem(image))


@pytest.mark.parametrize("network", [vit(), ResNet(1, 3, widths=(4, 8), blocks=2)])
def test_gradients_reach_every_parameter(network):
    network(torch.rand(2, 1, 32, 32)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())
