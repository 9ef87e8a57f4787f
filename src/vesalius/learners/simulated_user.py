"""A simulated person who points out a region and then corrects what a network makes of it (Wong et al. 2024)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.scribbles import Region, box, click, scribble
from vesalius.tasks.prompts import PromptKind

Maps = NDArray[np.float32]
"""3×H×W: inside of a box, positive and negative marks."""

MOST_MARKS = 3
"""Marks of a kind on the region, and beside it, at the start."""


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """What such a person may draw.

    Attributes:
        kinds: of prompts, one of which at least leaves marks (clicks or scribbles).
    """

    kinds: tuple[PromptKind, ...]

    def first(self, region: Region, generator: np.random.Generator) -> Maps:
        """Prompts of a random choice of kinds: one to three marks on the region, none to three beside it.

        >>> region = np.pad(np.ones((4, 4), bool), 4)
        >>> SimulatedUser(("box",)).first(region, np.random.default_rng(0)).shape
        (3, 12, 12)
        """
        maps = np.zeros((3, *region.shape), dtype=np.float32)
        chosen = [kind for kind in self.kinds if generator.integers(2)]
        for kind in chosen or [self.kinds[generator.integers(len(self.kinds))]]:
            if kind == "box":
                maps[0] = box(region, generator)
                continue
            for channel, where, least in ((1, region, 1), (2, ~region, 0)):
                for _ in range(int(generator.integers(least, MOST_MARKS + 1))):
                    maps[channel][self._mark(where, kind, generator)] = 1
        return maps

    def corrected(self, maps: Maps, region: Region, predicted: Region, generator: np.random.Generator) -> Maps:
        """With one more mark: positive on what was missed, or negative on what was taken for the region, by their areas.

        Where nothing is wrong, nothing is added.

        >>> region = np.pad(np.ones((4, 4), bool), 4)
        >>> maps = np.zeros((3, 12, 12), dtype=np.float32)
        >>> SimulatedUser(("clicks",)).corrected(maps, region, ~region, np.random.default_rng(0)).sum()
        np.float32(1.0)
        """
        missed, excess = region & ~predicted, predicted & ~region
        wrong, marks = int(missed.sum()) + int(excess.sum()), [kind for kind in self.kinds if kind != "box"]
        if not wrong or not marks:
            return maps
        positive = generator.integers(wrong) < missed.sum()
        added = maps.copy()
        kind = marks[generator.integers(len(marks))]
        added[1 if positive else 2][self._mark(missed if positive else excess, kind, generator)] = 1
        return added

    def _mark(self, where: Region, kind: PromptKind, generator: np.random.Generator) -> Region:
        return click(where, generator) if kind == "clicks" else scribble(where, generator)
