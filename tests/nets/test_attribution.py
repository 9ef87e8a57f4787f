import pytest
import torch
from monai.visualize import GradCAM, GradCAMpp
from torch import nn

from vesalius.errors import UserError
from vesalius.nets import attribution
from vesalius.nets.resnet import ResNet
from vesalius.nets.vit import ViT

CLASS_0, CLASS_1 = torch.tensor([0]), torch.tensor([1])


def two_blobs():
    """Bright at (4, 4), dark at (12, 12)."""
    image = torch.zeros(1, 1, 16, 16)
    image[..., 3:6, 3:6], image[..., 11:14, 11:14] = 1, -1
    return image


class BrightOrDark(nn.Module):
    """Class 0 is how much is bright, class 1 how much is dark; its maps show both."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 2, 1, bias=False)
        self.maps.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
        self.act = nn.ReLU()

    def forward(self, image):
        return self.act(self.maps(image)).mean(dim=(2, 3))


def trained_like(seed=0):
    torch.manual_seed(seed)
    network = ResNet(1, 3, widths=(4, 8)).train()
    network(torch.randn(8, 1, 32, 32))  # so that batch normalisation has seen something
    return network.eval()


def highest(map_BHW):
    return divmod(int(map_BHW[0].argmax()), map_BHW.shape[2])


def peer_of(kind, network, layer):
    """MONAI's map as it is before it is enlarged and brought to 0 to 1."""
    return kind(network, target_layers=layer, upsampler=lambda shape: lambda maps: maps, postprocessing=lambda maps: maps)


def test_grad_cam_is_that_of_monai():
    network, image = trained_like(), torch.randn(1, 1, 32, 32)
    for kind in range(3):
        expected = peer_of(GradCAM, network, "stages.1.0")(image, class_idx=kind)
        expected = nn.functional.interpolate(expected, (32, 32), mode="bilinear")[:, 0]
        torch.testing.assert_close(attribution.grad_cam(network, image, torch.tensor([kind])), expected, rtol=1e-4, atol=1e-6)


def by_place(seed=0):
    """Each place of four maps speaks for the classes with a weight of its own, some against them."""
    torch.manual_seed(seed)
    layers = nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 3 * 5, 2)
    return nn.Sequential(*layers).double().eval()


def plus_plus_by_derivatives(network, image, kind):
    """Equations 5 and 10 of Chattopadhay et al. for the score Y = exp(logit), whose derivatives are taken by autograd."""
    maps = network[1](network[0](image)).detach().requires_grad_()
    score = network[3](network[2](maps))[0, kind].exp()
    (first,) = torch.autograd.grad(score, maps, create_graph=True)
    weight = torch.zeros(maps.shape[1], dtype=maps.dtype)
    for place in torch.cartesian_prod(*(torch.arange(side) for side in maps.shape)).tolist():
        (row,) = torch.autograd.grad(first[tuple(place)], maps, create_graph=True)
        second = row[tuple(place)]
        (third,) = torch.autograd.grad(second, maps, retain_graph=True)
        alpha = second / (2 * second + maps[0, place[1]].sum() * third[tuple(place)])
        weight[place[1]] += (alpha * first[tuple(place)].relu()).detach()
    return (weight[:, None, None] * maps[0].detach()).sum(dim=0).relu(), score.detach()


def test_grad_cam_plus_plus_is_that_of_the_second_and_third_derivatives():
    for seed in range(3):
        network, image = by_place(seed), torch.randn(1, 1, 3, 5).double()
        for kind in range(2):
            expected, score = plus_plus_by_derivatives(network, image, kind)
            said = attribution.grad_cam_plus_plus(network, image, torch.tensor([kind]))[0]
            torch.testing.assert_close(said * score, expected)


def test_grad_cam_plus_plus_is_that_of_monai_where_slopes_are_even():
    """MONAI sums A g³ over places where the paper has g³ of the one place times the sum of A: the same under mean pooling."""
    torch.manual_seed(0)
    pooled = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    pooled[4].weight.data = torch.tensor([[9.0, -8.0, 7.0, 3.0], [1.0, 1.0, 1.0, 1.0]])  # MONAI adds 1e-7 to the denominator
    for network, same in ((pooled.double().eval(), True), (by_place(), False)):
        image = torch.randn(1, 1, 3, 5).double()
        expected = peer_of(GradCAMpp, network, "1")(image, class_idx=0)[0, 0]
        said = attribution.grad_cam_plus_plus(network, image, CLASS_0)[0] * network(image)[0, 0].exp()
        assert torch.allclose(said, expected, rtol=1e-5) is same and expected.max() > 0


@pytest.mark.parametrize("method", [attribution.grad_cam, attribution.grad_cam_plus_plus, attribution.occlusion])
def test_each_class_has_its_own_place(method):
    network, image = BrightOrDark(), two_blobs()
    assert all(3 <= side <= 5 for side in highest(method(network, image, CLASS_0)))
    assert all(10 <= side <= 13 for side in highest(method(network, image, CLASS_1)))


def test_without_the_slopes_grad_cam_does_not_know_the_class(monkeypatch):
    even = attribution._maps_and_slopes
    monkeypatch.setattr(attribution, "_maps_and_slopes", lambda *args: (even(*args)[0], torch.ones_like(even(*args)[1])))
    network, image = BrightOrDark(), two_blobs()
    one, other = (attribution.grad_cam(network, image, kind) for kind in (CLASS_0, CLASS_1))
    torch.testing.assert_close(one, other)


def test_what_speaks_against_the_class_is_cut_off():
    network = nn.Sequential(BrightOrDark(), nn.Linear(2, 1, bias=False))
    network[1].weight.data = torch.tensor([[1.0, -1.0]])
    map_HW = attribution.grad_cam(network, two_blobs(), CLASS_0)[0]
    assert map_HW[4, 4] > 0 and map_HW[12, 12] == 0


def test_input_gradients_of_a_linear_network_are_its_weights():
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    said = attribution.input_gradient(network, torch.randn(1, 1, 4, 4), CLASS_1)
    torch.testing.assert_close(said[0].flatten(), network[1].weight[1].detach().abs())


def test_occlusion_is_the_fall_of_the_probability():
    network, image = BrightOrDark(), two_blobs()
    without = image.clone()
    without[..., 4:6, 4:6] = 0
    fall = (network(image).softmax(1) - network(without).softmax(1))[0, 0].detach()
    assert attribution.occlusion(network, image, CLASS_0)[0, 4, 4] == pytest.approx(float(fall), abs=1e-6)


@pytest.mark.parametrize("method", [attribution.edges, attribution.noise])
def test_edges_and_noise_do_not_ask_the_network(method):
    maps = []
    for network in (trained_like(0), trained_like(1)):
        torch.manual_seed(0)
        maps.append(method(network, two_blobs(), CLASS_0))
    assert torch.equal(*maps)


def test_volumes_have_maps_too():
    network = nn.Sequential(nn.Conv3d(1, 2, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(2, 2))
    for method in (attribution.grad_cam, attribution.occlusion, attribution.edges, attribution.noise, attribution.input_gradient):
        assert method(network, torch.randn(2, 1, 8, 9, 10), torch.tensor([0, 1])).shape == (2, 8, 9, 10)


def test_images_of_a_batch_do_not_touch_each_other():
    network, images, kinds = trained_like(), torch.randn(3, 1, 32, 32), torch.tensor([0, 2, 1])
    for method in (attribution.grad_cam, attribution.grad_cam_plus_plus, attribution.input_gradient, attribution.occlusion):
        alone = torch.cat([method(network, images[place : place + 1], kinds[place : place + 1]) for place in range(3)])
        torch.testing.assert_close(method(network, images, kinds), alone, rtol=1e-3, atol=1e-6)


def test_a_network_without_maps_is_refused():
    with pytest.raises(UserError, match="convolutional"):
        attribution.grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), torch.randn(1, 1, 4, 4), CLASS_0)


def test_the_cascade_draws_from_the_last_block_to_the_first_and_leaves_the_network():
    network = trained_like()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = ["head.weight", "stages.1.0.first.0.weight", "stages.0.0.first.0.weight", "stem.0.weight"]
    changed = []
    for drawn in attribution.cascade(network):
        now = drawn.state_dict()
        changed.append([not torch.equal(before[name], now[name]) for name in weights])
    assert changed == [[place <= level for place in range(4)] for level in range(4)]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_the_blocks_of_another_network_are_found():
    assert len(list(attribution.cascade(ViT(1, 2, size=16, patch=8, width=8, depth=2, heads=2)))) >= 2
