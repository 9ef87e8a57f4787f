import pytest
import torch
from monai.visualize import GradCAM
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


@pytest.mark.parametrize(("ours", "theirs"), [(attribution.grad_cam, GradCAM)])
def test_maps_are_those_of_monai(ours, theirs):
    network, image = trained_like(), torch.randn(1, 1, 32, 32)
    peer = theirs(
        network, target_layers="stages.1.0", upsampler=lambda shape: lambda maps: maps, postprocessing=lambda maps: maps
    )
    for kind in range(3):
        said, small = ours(network, image, torch.tensor([kind])), peer(image, class_idx=kind)
        expected = nn.functional.interpolate(small, (32, 32), mode="bilinear")[:, 0]
        # Grad-CAM++ leaves the factor exp(logit) out, which is the same everywhere.
        scale = 1.0 if theirs is GradCAM else float(expected.max() / said.max().clamp(min=1e-12))
        torch.testing.assert_close(said * scale, expected, rtol=1e-4, atol=1e-6)


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
