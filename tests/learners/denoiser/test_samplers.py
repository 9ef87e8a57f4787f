import numpy as np
import pytest
import torch

from vesalius.learners.denoiser.objectives import alpha_bars
from vesalius.learners.denoiser.samplers import Denoising, Transport

MEAN, DEVIATION = 0.4, 0.1


def start(seed=0, count=4000):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((count, 1, 1, 1)))


def fresh(seed=1):
    random = np.random.default_rng(seed)
    return lambda: torch.from_numpy(random.standard_normal((4000, 1, 1, 1)))


def velocity(place, time):
    """Of the flow whose images are normal, the expected x₁ - x₀ at a place: known without a network."""
    t = time[:, None, None, None]
    variance = (1 - t) ** 2 + (t * DEVIATION) ** 2
    return MEAN + (t * DEVIATION**2 - (1 - t)) / variance * (place - t * MEAN)


def noise(schedule):
    """Of the diffusion of the same images, the expected noise."""
    left_T = torch.from_numpy(alpha_bars(schedule, 1000))

    def field(noisy, time):
        left = left_T[(time * 1000).round().long()][:, None, None, None]
        return (1 - left).sqrt() * (noisy - left.sqrt() * MEAN) / (left * DEVIATION**2 + 1 - left)

    return field


@pytest.mark.parametrize("solver", ["euler", "midpoint"])
def test_the_exact_velocity_carries_noise_to_the_images_distribution(solver):
    made = Transport(solver)(velocity, start(), fresh(), 100)
    assert made.mean().item() == pytest.approx(MEAN, abs=0.01)
    assert made.std().item() == pytest.approx(DEVIATION, rel=0.1)


def test_midpoint_is_nearer_than_euler_at_equal_evaluations():
    exact = Transport("midpoint")(velocity, start(), fresh(), 2000)
    errors = [(Transport(solver)(velocity, start(), fresh(), 20) - exact).abs().mean() for solver in ("euler", "midpoint")]
    assert errors[1] < errors[0] / 2


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_exact_noise_leads_back_to_the_images_distribution(schedule, eta):
    made = Denoising(eta, schedule)(noise(schedule), start(), fresh(), 1000)
    assert made.mean().item() == pytest.approx(MEAN, abs=0.01)
    assert made.std().item() == pytest.approx(DEVIATION, rel=0.1)


def test_ddim_asks_for_no_noise_and_ancestral_sampling_does():
    def refused():
        raise AssertionError("noise was asked for")

    first, second = (Denoising(0.0)(noise("cosine"), start(), refused, 10) for _ in range(2))
    assert torch.equal(first, second)
    with pytest.raises(AssertionError, match="asked for"):
        Denoising(1.0)(noise("cosine"), start(), refused, 10)


def test_ancestral_steps_have_the_posterior_variance_of_ddpm():
    left = alpha_bars("linear", 1000)
    now, then = left[500], left[499]
    beta = 1 - now / then
    ours = (1 - then) / (1 - now) * (1 - now / then)
    assert ours == pytest.approx((1 - then) / (1 - now) * beta)
    one = Denoising(1.0, "linear", 1000)
    asked = []
    blank = torch.zeros(2, 1, 1, 1)
    one(lambda noisy, time: asked.append(time[0].item()) or noisy * 0, blank, lambda: torch.zeros(2, 1, 1, 1), 1000)
    assert len(asked) == 1000 and asked[0] == 1 and asked[-1] == pytest.approx(0.001)


@pytest.mark.parametrize("sampler", [Transport(), Transport("midpoint"), Denoising(0.0), Denoising(1.0)])
@pytest.mark.parametrize("evaluations", [1, 2, 5, 10])
def test_the_field_is_asked_just_so_often(sampler, evaluations):
    asked = []

    def field(noisy, time):
        asked.append(time)
        return noisy

    sampler(field, torch.zeros(1, 1, 2, 2), lambda: torch.zeros(1, 1, 2, 2), evaluations)
    assert len(asked) == evaluations
