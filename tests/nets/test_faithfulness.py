import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from vesalius.metrics import deletion_auc, insertion_auc
from vesalius.nets import attribution
from vesalius.nets.faithfulness import heat_map, perturbation_curves, randomisation_curve, rank_correlation
from vesalius.nets.resnet import ResNet

CLASS_1 = torch.tensor([1])


class LooksAtACorner(nn.Module):
    """Class 1 is probable where the first 4×4 pixels are bright; nothing else counts."""

    def forward(self, image):
        seen = image[:, 0, :4, :4].mean(dim=(1, 2))
        return torch.stack([torch.zeros_like(seen), 8 * (seen - 0.5)], dim=1)


def bright():
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.9


def corner(network, image, chosen):
    map_BHW = torch.zeros_like(image[:, 0])
    map_BHW[:, :4, :4] = 1
    return map_BHW


def elsewhere(network, image, chosen):
    return 1 - corner(network, image, chosen)


def test_a_map_of_what_counts_has_a_low_deletion_and_a_high_insertion_area():
    true, false = (perturbation_curves(LooksAtACorner(), bright(), CLASS_1, method).numpy() for method in (corner, elsewhere))
    assert deletion_auc(true) < 0.15 < 0.85 < deletion_auc(false)
    spot = torch.zeros(1, 1, 48, 48)  # a blurred image of even brightness would have the class already
    spot[..., :4, :4] = 1
    true, false = (perturbation_curves(LooksAtACorner(), spot, CLASS_1, method).numpy() for method in (corner, elsewhere))
    assert insertion_auc(true) > 0.85 > insertion_auc(false) + 0.3


def test_curves_go_from_the_whole_image_to_none_and_from_none_to_the_whole():
    network, image = LooksAtACorner(), bright()
    deletion, insertion = perturbation_curves(network, image, CLASS_1, corner)
    whole, none = (float(network(each).softmax(1)[0, 1]) for each in (image, image * 0))
    assert [float(deletion[0]), float(deletion[-1]), float(insertion[-1])] == pytest.approx([whole, none, whole])


def test_equally_high_places_follow_at_random():
    def flat(network, image, chosen):
        return torch.ones(1, 16, 16)

    image, curves = bright() * torch.rand(16, 16), []
    for seed in (0, 1):
        torch.manual_seed(seed)
        curves.append(perturbation_curves(LooksAtACorner(), image, CLASS_1, flat))
    assert not torch.equal(*curves)


def test_a_heat_map_is_scaled_and_one_of_zeros_stays():
    assert heat_map(nn.Identity(), bright(), CLASS_1, lambda *_: torch.full((1, 2, 2), 7.0)).max() == 1
    assert heat_map(nn.Identity(), bright(), CLASS_1, lambda *_: torch.zeros(1, 2, 2)).max() == 0


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_rank_correlation_is_that_of_scipy(decimals):
    torch.manual_seed(0)
    one, other = torch.randn(2, 8, 8).round(decimals=decimals)
    expected = spearmanr(one.flatten(), other.flatten()).statistic
    assert float(rank_correlation(one, other)) == pytest.approx(expected)


def test_a_map_that_orders_nothing_is_like_no_other():
    assert float(rank_correlation(torch.zeros(4, 4), torch.rand(4, 4))) == 0


def test_the_randomisation_check_tells_edges_from_grad_cam():
    torch.manual_seed(0)
    network = ResNet(1, 2, widths=(4, 8)).eval()
    image = torch.randn(1, 1, 32, 32)
    edges = randomisation_curve(network, image, CLASS_1, attribution.edges)
    cam = randomisation_curve(network, image, CLASS_1, attribution.grad_cam)
    assert edges.tolist() == pytest.approx([1.0] * 4)
    assert len(cam) == 4 and cam.abs().max() < 0.99
