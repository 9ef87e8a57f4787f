import numpy as np
import pytest

from vesalius.learners.denoiser.objectives import Diffusion, Flow, alpha_bars, coupling

GROUPS = [0] * 64


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("steps", [20, 1000])
def test_a_schedule_falls_from_all_image_to_nearly_all_noise(schedule, steps):
    left_T = alpha_bars(schedule, steps)
    assert len(left_T) == steps + 1 and left_T[0] == 1
    assert (np.diff(left_T) < 0).all() and 0 < left_T[-1] < 0.01


def test_linear_schedule_of_a_thousand_steps_is_that_of_ddpm():
    betas = 1 - alpha_bars("linear", 1000)[1:] / alpha_bars("linear", 1000)[:-1]
    assert betas == pytest.approx(np.linspace(1e-4, 0.02, 1000))


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_a_diffusion_keeps_the_variance_of_what_has_variance_one(schedule):
    random = np.random.default_rng(0)
    clean = random.standard_normal((64, 1, 16, 16)).astype(np.float32)
    noisy = Diffusion(schedule).lesson(clean, random, GROUPS).noisy_BCHW
    assert noisy.var(axis=(1, 2, 3)).mean() == pytest.approx(1, abs=0.03)


def test_a_diffusion_is_taught_the_noise_that_was_added():
    clean = np.full((64, 1, 8, 8), 0.5, np.float32)
    noisy, time, noise = Diffusion().lesson(clean, np.random.default_rng(0), GROUPS)
    left = alpha_bars("cosine", 1000)[(time * 1000).round().astype(int)][:, None, None, None]
    assert noisy == pytest.approx(np.sqrt(left) * clean + np.sqrt(1 - left) * noise, abs=1e-5)


@pytest.mark.parametrize("coupled", [False, True])
def test_a_flow_is_straight_from_noise_to_image(coupled):
    clean = np.random.default_rng(1).standard_normal((64, 1, 4, 4)).astype(np.float32)
    noisy, time, velocity = Flow(coupled).lesson(clean, np.random.default_rng(0), GROUPS)
    left = (1 - time)[:, None, None, None]
    assert noisy + left * velocity == pytest.approx(clean, abs=1e-5)
    noise = clean - velocity
    assert noise.mean() == pytest.approx(0, abs=0.1) and noise.std() == pytest.approx(1, abs=0.1)


def test_coupling_takes_each_noise_once_and_lowers_the_cost_of_transport():
    random = np.random.default_rng(0)
    noise, clean = (random.standard_normal((32, 1, 2, 2)).astype(np.float32) for _ in range(2))
    places = coupling(noise, clean, [0] * 32)
    assert sorted(places) == list(range(32))
    costs = [((clean - each) ** 2).sum() for each in (noise, noise[places])]
    assert costs[1] < 0.6 * costs[0]


def test_coupled_paths_are_shorter_than_independent_ones():
    clean = np.random.default_rng(1).standard_normal((64, 1, 2, 2)).astype(np.float32)
    lessons = [Flow(coupled).lesson(clean, np.random.default_rng(0), GROUPS) for coupled in (False, True)]
    lengths = [(lesson.target_BCHW**2).sum() for lesson in lessons]
    assert lengths[1] < 0.7 * lengths[0]


def test_noise_never_changes_places_between_groups():
    random = np.random.default_rng(0)
    noise, clean = (random.standard_normal((30, 1, 2, 2)).astype(np.float32) for _ in range(2))
    groups = random.integers(0, 3, 30).tolist()
    places = coupling(noise, clean, groups)
    assert [groups[place] for place in places] == groups
    assert coupling(noise, clean, list(range(30))).tolist() == list(range(30))
