import pytest
import torch
from torch.distributions import Independent, Normal, kl

from vesalius.nets.ambiguity import AmbiguityDenoiser, Gaussian, GaussianEncoder, ProbabilisticUNet, kl_divergence


def gaussian(seed):
    drawn = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(seed))
    return Gaussian(drawn[0], 0.3 * drawn[1])


def test_kl_is_that_of_torch_and_of_many_draws():
    one, other = gaussian(0), gaussian(1)
    peers = [Independent(Normal(each.mean, each.log_deviation.exp()), 1) for each in (one, other)]
    assert torch.allclose(kl_divergence(one, other), kl.kl_divergence(*peers), atol=1e-5)
    torch.manual_seed(0)
    draws = one.at(torch.randn(40_000, 5, 6))
    estimate = (peers[0].log_prob(draws) - peers[1].log_prob(draws)).mean(dim=0)
    assert torch.allclose(kl_divergence(one, other), estimate, rtol=0.05)


def test_kl_is_zero_for_equal_ones_and_positive_else():
    assert torch.allclose(kl_divergence(gaussian(0), gaussian(0)), torch.zeros(5), atol=1e-6)
    assert (kl_divergence(gaussian(0), gaussian(1)) > 0).all()


@pytest.mark.parametrize("size", [(16, 16), (7, 13)])
def test_an_encoder_takes_images_of_any_size(size):
    found = GaussianEncoder(2, (4, 8, 8), latent=3)(torch.randn(2, 2, *size))
    assert found.mean.shape == found.log_deviation.shape == (2, 3)


def test_a_latent_of_a_probabilistic_unet_decides_the_mask_everywhere():
    torch.manual_seed(0)
    network = ProbabilisticUNet(1, (4, 8), latent=3).eval()
    image = torch.randn(1, 1, 12, 12)
    first, second = network(image, torch.zeros(1, 3)), network(image, torch.ones(1, 3))
    assert torch.equal(first, network(image, torch.zeros(1, 3)))
    assert (first != second).all()


def test_the_posterior_sees_the_mask_and_the_prior_does_not():
    torch.manual_seed(0)
    network = ProbabilisticUNet(1, (4, 8), latent=3)
    assert network.posterior.levels[0][0].in_channels == network.prior.levels[0][0].in_channels + 1


def test_without_a_latent_a_denoiser_has_neither_ambiguity_network():
    plain, cimd = (AmbiguityDenoiser(1, (8, 8), encoder_widths=(4, 8), latent=latent) for latent in (0, 3))
    assert plain.modelling is None and plain.controlling is None
    assert cimd.modelling is not None and cimd.controlling is not None
    assert sum(value.numel() for value in plain.denoiser.parameters()) == sum(
        value.numel() for value in cimd.denoiser.parameters()
    )
