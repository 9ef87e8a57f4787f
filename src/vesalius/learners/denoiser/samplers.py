"""From noise to a sample, with a chosen number of evaluations of the network."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from vesalius.learners.denoiser.objectives import ScheduleName, alpha_bars

Field = Callable[[Tensor, Tensor], Tensor]
"""What the network says of noisy images B×C×H×W at times B."""

Solver = Literal["euler", "midpoint"]


class Sampler(Protocol):
    """Turns noise into samples."""

    def __call__(self, field: Field, start_BCHW: Tensor, noise: Callable[[], Tensor], evaluations: int) -> Tensor:
        """Samples.

        Args:
            field: of the trained network.
            start_BCHW: standard normal noise.
            noise: gives new noise of that shape; a deterministic sampler does not call it.
            evaluations: how often the field is asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Denoising:
    """Backwards through a diffusion whose noise the field predicts, by evenly spaced steps (Song et al. 2021, arXiv 2010.02502).

    Attributes:
        eta: 0 is DDIM, which is deterministic; 1 adds the noise of ancestral sampling (DDPM, with as many evaluations as steps).
        schedule, steps: of the diffusion.

    >>> field = lambda noisy, time: torch.zeros_like(noisy)  # there is no noise: what is seen is the image
    >>> Denoising(eta=0.0)(field, torch.full((1, 1, 1, 1), 9.0), lambda: torch.zeros(1), 3).item()
    1.0
    """

    eta: float
    schedule: ScheduleName = "cosine"
    steps: int = 1000

    def __call__(self, field: Field, start_BCHW: Tensor, noise: Callable[[], Tensor], evaluations: int) -> Tensor:
        """Samples, clipped to the range -1 to 1 of the images."""
        left_T = alpha_bars(self.schedule, self.steps)
        places = np.linspace(self.steps, 0, evaluations + 1).round().astype(int)
        noisy = start_BCHW
        for place, following in pairwise(places):
            now, then = float(left_T[place]), float(left_T[following])
            predicted = field(noisy, torch.full((len(noisy),), place / self.steps, device=noisy.device))
            clean = ((noisy - (1 - now) ** 0.5 * predicted) / now**0.5).clamp(-1, 1)
            # What remains after clipping, so that the two still add up to the noisy image.
            remaining = (noisy - now**0.5 * clean) / (1 - now) ** 0.5
            deviation = self.eta * ((1 - then) / (1 - now) * (1 - now / then)) ** 0.5
            noisy = then**0.5 * clean + (1 - then - deviation**2) ** 0.5 * remaining
            if deviation > 0:
                noisy = noisy + deviation * noise()
        return noisy


@dataclass(frozen=True, slots=True)
class Transport:
    """Along the flow whose velocity the field predicts, from time 0 to 1.

    Attributes:
        solver: ``euler`` asks the field once a step; ``midpoint`` twice, and spends an odd evaluation on a step of Euler's.

    >>> field = lambda place, time: torch.full_like(place, 3.0)
    >>> Transport()(field, torch.zeros(1, 1, 1, 1), lambda: torch.zeros(1), 4).item()
    3.0
    """

    solver: Solver = "euler"

    def __call__(self, field: Field, start_BCHW: Tensor, noise: Callable[[], Tensor], evaluations: int) -> Tensor:
        """Where the noise arrives."""
        at = start_BCHW
        paired = evaluations // 2 if self.solver == "midpoint" else 0
        single = evaluations - 2 * paired
        width = 1 / (paired + single)

        def velocity(place: Tensor, time: float) -> Tensor:
            return field(place, torch.full((len(place),), time, device=place.device))

        for step in range(paired + single):
            time = step * width
            way = velocity(at, time)
            if step < paired:
                way = velocity(at + width / 2 * way, time + width / 2)
            at = at + width * way
        return at
