"""What a denoiser is taught: the noise of a diffusion, or the velocity of a flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
ScheduleName = Literal["cosine", "linear"]
_OFFSET = 0.008
_LARGEST_BETA = 0.999


class Lesson(NamedTuple):
    """A spoilt image, when it is, and what the network is to say of it."""

    noisy_BCHW: Floats32
    time_B: Floats32
    target_BCHW: Floats32


class Objective(Protocol):
    """How clean images become lessons."""

    def lesson(self, clean_BCHW: Floats32, random: np.random.Generator, groups: Sequence[object]) -> Lesson:
        """Spoil a batch; noise may change places between images of one group only."""
        ...


def alpha_bars(schedule: ScheduleName, steps: int) -> NDArray[np.float64]:
    """Share of the clean image's variance after 0, 1, ... steps of a diffusion, ``steps`` + 1 numbers that fall from 1.

    Cosine is of Nichol and Dhariwal 2021 (arXiv 2102.09672). Linear has β from 0.0001 to 0.02 for 1000 steps (Ho et al. 2020,
    arXiv 2006.11239), and for fewer steps in proportion more, so that as much is left at the end.

    >>> alpha_bars("cosine", 4).round(3).tolist()
    [1.0, 0.847, 0.494, 0.144, 0.0]
    """
    if schedule == "cosine":
        times = np.arange(steps + 1) / steps
        curve = np.cos((times + _OFFSET) / (1 + _OFFSET) * np.pi / 2) ** 2
        betas = np.minimum(1 - curve[1:] / curve[:-1], _LARGEST_BETA)
    else:
        betas = np.minimum(np.linspace(1e-4, 0.02, steps) * 1000 / steps, _LARGEST_BETA)
    return np.concatenate(([1.0], np.cumprod(1 - betas)))


@dataclass(frozen=True, slots=True)
class Diffusion:
    """Noise prediction: √ᾱ x + √(1 - ᾱ) ε at a random step, of which the network is to say ε (Ho et al. 2020).

    Attributes:
        schedule: of ᾱ.
        steps: of the diffusion.

    >>> lesson = Diffusion().lesson(np.ones((2, 1, 4, 4), np.float32), np.random.default_rng(0), [0, 0])
    >>> lesson.noisy_BCHW.shape, bool((lesson.time_B > 0).all())
    ((2, 1, 4, 4), True)
    """

    schedule: ScheduleName = "cosine"
    steps: int = 1000

    def lesson(self, clean_BCHW: Floats32, random: np.random.Generator, groups: Sequence[object]) -> Lesson:
        """Spoil each image at a step of its own."""
        noise_BCHW = random.standard_normal(clean_BCHW.shape, dtype=np.float32)
        step_B = random.integers(1, self.steps + 1, len(clean_BCHW))
        left = alpha_bars(self.schedule, self.steps)[step_B].astype(np.float32)[:, None, None, None]
        noisy_BCHW = np.sqrt(left) * clean_BCHW + np.sqrt(1 - left) * noise_BCHW
        return Lesson(noisy_BCHW.astype(np.float32), (step_B / self.steps).astype(np.float32), noise_BCHW)


@dataclass(frozen=True, slots=True)
class Flow:
    """Flow matching on the conditional optimal-transport path (Lipman et al. 2023, arXiv 2210.02747).

    Noise x₀ moves straight to the image x₁: at time t it is at (1 - t) x₀ + t x₁, and the network is to say the velocity x₁ - x₀.

    Attributes:
        coupled: whether the noise of a batch is first assigned to its images at least cost, so that paths cross less (Pooladian
            et al. 2023, arXiv 2304.14772; Tong et al. 2024, arXiv 2302.00482). Only within a group, for noise has to stay
            independent of what an image is conditioned on.

    >>> lesson = Flow().lesson(np.ones((2, 1, 4, 4), np.float32), np.random.default_rng(0), [0, 0])
    >>> left = (1 - lesson.time_B)[:, None, None, None]
    >>> bool(np.allclose(lesson.noisy_BCHW + left * lesson.target_BCHW, 1, atol=1e-6))
    True
    """

    coupled: bool = False

    def lesson(self, clean_BCHW: Floats32, random: np.random.Generator, groups: Sequence[object]) -> Lesson:
        """Put each image at a time of its own on its path from noise."""
        noise_BCHW = random.standard_normal(clean_BCHW.shape, dtype=np.float32)
        time_B = random.random(len(clean_BCHW), dtype=np.float32)
        if self.coupled:
            noise_BCHW = noise_BCHW[coupling(noise_BCHW, clean_BCHW, groups)]
        at = time_B[:, None, None, None]
        return Lesson((1 - at) * noise_BCHW + at * clean_BCHW, time_B, clean_BCHW - noise_BCHW)


def coupling(noise_BCHW: Floats32, clean_BCHW: Floats32, groups: Sequence[object]) -> NDArray[np.intp]:
    """For each image the place of its noise, so that the sum of squared distances is least within every group.

    >>> noise, clean = (np.array(values, np.float32)[:, None, None, None] for values in ([0.0, 5.0, 9.0], [6.0, 1.0, 2.0]))
    >>> coupling(noise, clean, ["a", "a", "b"]).tolist()
    [1, 0, 2]
    """
    from scipy.optimize import linear_sum_assignment

    noise_BD, clean_BD = noise_BCHW.reshape(len(noise_BCHW), -1), clean_BCHW.reshape(len(clean_BCHW), -1)
    # The squares of each side are the same in every assignment.
    cost_BB = -clean_BD @ noise_BD.T
    places = np.arange(len(clean_BD))
    for group in dict.fromkeys(groups):
        members = np.array([place for place, own in enumerate(groups) if own == group])
        rows, columns = linear_sum_assignment(cost_BB[np.ix_(members, members)])
        places[members[rows]] = members[columns]
    return places
