import numpy as np
import pytest
import torch
from torch import nn

from vesalius.learners import mixing, operations
from vesalius.learners.mixing import AugMix, CropMix, CutMix, MixUp, SnapMix, Yoco, jensen_shannon, semantic_share
from vesalius.nets.resnet import ResNet
from vesalius.nets.vit import ViT

CLASSES = torch.eye(3)[torch.tensor([0, 1, 2, 0])]


class Watching(nn.Module):
    """Keeps what it is shown, and is equally unsure of everything."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, image):
        self.seen.append(image)
        return torch.zeros(len(image), 3, requires_grad=True)


def flat(values, side=16):
    """Images of one value each."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 1, side, side).contiguous()


@pytest.mark.parametrize("way", [MixUp(), CutMix()])
@pytest.mark.parametrize("seed", range(5))
def test_classes_are_weighed_as_their_pixels(way, seed):
    torch.manual_seed(seed)
    mixed, truth = way.mix(flat([0.0, 1.0, 2.0, 3.0]), torch.eye(4))
    # An image of value v carries class v, so that the mean class is the mean pixel.
    np.testing.assert_allclose(truth @ torch.arange(4.0), mixed.mean(dim=(1, 2, 3)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(truth.sum(dim=1), 1, rtol=1e-6)


def test_mixup_blends_and_cutmix_replaces():
    torch.manual_seed(3)
    blended, replaced = (way.mix(flat([0.0, 1.0, 2.0, 3.0]), torch.eye(4))[0] for way in (MixUp(), CutMix()))
    assert (blended == blended[..., :1, :1]).all() and (blended % 1 > 0).any()
    assert (replaced % 1 == 0).all() and (replaced != replaced[..., :1, :1]).any()


def test_cropmix_mixes_an_image_with_nothing_but_itself():
    torch.manual_seed(0)
    np.testing.assert_allclose(CropMix().mix(flat([0.0, 1.0, 2.0, 3.0])), flat([0.0, 1.0, 2.0, 3.0]), atol=1e-6)


def test_cropmix_has_a_crop_of_every_scale(monkeypatch):
    drawn = []
    monkeypatch.setattr(mixing, "_cropped", lambda image, low, high: drawn.append((low, high)) or image)
    CropMix().mix(flat([1.0]))
    assert drawn == [(0.01, 0.34), (0.34, 0.67), (0.67, 1.0)]


def test_yoco_changes_each_half_by_itself(monkeypatch):
    halves = []
    monkeypatch.setattr(mixing, "any_operation", lambda half, severity: halves.append(half.shape) or half + len(halves))
    mixed = Yoco().mix(torch.zeros(1, 1, 16, 16))
    assert len(halves) == 2 and sorted(halves[0][2:]) == [8, 16]
    assert set(mixed.unique().tolist()) == {1.0, 2.0}
    assert 1.0 in (
        mixed[..., :8].unique().item() if mixed[..., :8].unique().numel() == 1 else 0,
        mixed[..., :8, :].unique()[0].item(),
    )


def test_augmix_asks_three_views_to_agree():
    torch.manual_seed(0)
    network = ResNet(1, 3, widths=(4,)).eval()
    image = torch.randn(4, 1, 16, 16)
    torch.manual_seed(1)
    without = AugMix(consistency=0.0)(network, image, CLASSES)
    torch.manual_seed(1)
    with_it = AugMix()(network, image, CLASSES)
    assert with_it > without
    unchanged = AugMix(severity=0.0, chains=1, depth=1)
    agreeing = unchanged(nn.Sequential(nn.Flatten(), nn.Linear(256, 3)), flat([0.0, 1.0, 2.0, 3.0]), CLASSES)
    assert torch.isfinite(agreeing)


def test_divergence_is_zero_for_equal_views_and_log_two_for_opposite_ones():
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert float(jensen_shannon([one, one, one])) == pytest.approx(0, abs=1e-6)
    assert float(jensen_shannon([one, other])) == pytest.approx(np.log(2), rel=1e-4)


@pytest.mark.parametrize("network", [ResNet(1, 3, widths=(8, 16)), ViT(1, 3, size=32, patch=8, width=16, depth=1, heads=2)])
def test_class_activation_is_the_logit_at_its_places(network):
    network.eval()
    image = torch.randn(4, 1, 32, 32)
    maps = network.maps(image)
    from_maps = torch.einsum("kf,bfhw->bkhw", network.head.weight, maps).mean(dim=(2, 3)) + network.head.bias
    assert torch.allclose(from_maps, network(image), atol=1e-5)
    np.testing.assert_allclose(semantic_share(network, image, CLASSES).sum(dim=(1, 2)), 1, rtol=1e-5)


def test_snapmix_weighs_classes_by_what_the_network_looks_at(monkeypatch):
    class Looking(Watching):
        """Looks at the left half only."""

        head = nn.Linear(1, 3, bias=False)

        def maps(self, image):
            maps = torch.zeros(len(image), 1, 16, 16)
            maps[..., :8] = 1
            return maps

    nn.init.ones_(Looking.head.weight)
    boxes = iter([(slice(0, 16), slice(8, 16)), (slice(0, 16), slice(0, 8))])
    monkeypatch.setattr(mixing, "random_box", lambda image, share: next(boxes))
    # The right half, of no meaning, is replaced by another's left half, which is all of its meaning: both classes weigh 1.
    loss = SnapMix()(Looking(), torch.rand(4, 1, 16, 16), CLASSES)
    assert float(loss) == pytest.approx(2 * np.log(3), rel=1e-3)


@pytest.mark.parametrize("operation", operations.OPERATIONS)
def test_operations_do_nothing_at_amount_zero_and_something_at_one(operation):
    torch.manual_seed(0)
    image = torch.nn.functional.interpolate(torch.randn(2, 1, 4, 4), 16, mode="bilinear", align_corners=False)
    unchanged = operation(image, torch.zeros(2))
    # 256 grey levels are left of a posterised image, and autocontrast keeps the range.
    np.testing.assert_allclose(unchanged, image, atol=0.02)
    changed = operation(image, torch.ones(2))
    assert changed.shape == image.shape and (changed - image).abs().max() > 0.05
    assert changed.min() >= image.min() - 1e-4 and changed.max() <= image.max() + 1e-4


@pytest.mark.parametrize("augment", [MixUp(), CutMix(), CropMix(), Yoco(), AugMix(), SnapMix()])
def test_every_augmentation_trains_the_network(augment):
    torch.manual_seed(0)
    network = ResNet(1, 3, widths=(4, 8))
    augment(network, torch.randn(4, 1, 16, 16), CLASSES).backward()
    assert network.training
    assert all(parameter.grad is not None for parameter in network.parameters())
