"""Findings that are planted in a radiograph: where they are, and how much they add there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.chest_anatomy import LEFT_LUNG, RIGHT_LUNG, Chest
from vesalius.sources.simulators.shapes import Floats, ellipse, grid, levelled, smooth_noise, soft

FINDINGS = ("opacity", "nodule", "effusion")


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a finding adds (mean 1 inside its mask, nothing outside), and its mask."""

    profile: Floats
    inside: NDArray[np.bool_]


def finding(generator: np.random.Generator, chest: Chest, kind: str, share: float) -> Finding:
    """One finding in one of the lungs.

    Args:
        generator: of its place and shape.
        chest: that it is planted in.
        kind: one of ``FINDINGS``.
        share: its size as a share of the side.
    """
    lung = chest.labels == (RIGHT_LUNG if generator.random() < 0.5 else LEFT_LUNG)
    size = len(lung)
    match kind:
        case "nodule":
            distance = _nodule(generator, lung, share * size / 2)
            profile = soft(distance + np.float32(0.5), max(2.0, 0.5 * share * size))
        case "opacity":
            distance = _opacity(generator, lung, share * size)
            ragged = 1 + 0.25 * smooth_noise(generator, lung.shape, max(2.0, share * size / 4))
            profile = soft(distance + np.float32(0.5), max(3.0, 1.1 * share * size)) * np.clip(ragged, 0.3, None)
        case _:
            distance = _effusion(generator, chest, lung, share * size)
            profile = soft(distance - 1, 6.0)
    inside = (distance <= 0) & lung
    profile = np.where(inside, profile, 0).astype(np.float32)
    return Finding(levelled(profile, inside), inside)


def _nodule(generator: np.random.Generator, lung: NDArray[np.bool_], radius: float) -> Floats:
    centre = _place(generator, lung, radius + 1)
    radii = radius * generator.uniform(0.88, 1.12, 2)
    return ellipse(grid(lung.shape), centre, radii.tolist(), generator.uniform(0, np.pi))


def _opacity(generator: np.random.Generator, lung: NDArray[np.bool_], radius: float) -> Floats:
    centre = _place(generator, lung, 0.6 * radius)
    radii = radius * generator.uniform(0.75, 1.2, 2)
    smooth = ellipse(grid(lung.shape), centre, radii.tolist(), generator.uniform(0, np.pi))
    uneven: Floats = smooth + np.float32(0.2 * radius) * smooth_noise(generator, lung.shape, max(2.0, 0.5 * radius))
    return uneven


def _effusion(generator: np.random.Generator, chest: Chest, lung: NDArray[np.bool_], depth: float) -> Floats:
    """Fluid above the diaphragm, its surface rising to the chest wall."""
    rows, columns = np.nonzero(lung)
    outer = columns.min() if columns.mean() < lung.shape[1] / 2 else columns.max()
    width = max(1, int(np.ptp(columns)))
    share = np.abs(np.arange(lung.shape[1], dtype=np.float32) - np.float32(outer)) / np.float32(width)
    lowest = float(np.quantile(rows, 0.995))
    surface = lowest - depth * generator.uniform(0.9, 1.15) - depth * (1.1 * np.exp(-share / np.float32(0.22)) - 0.25)
    distance: Floats = (surface[None, :] - grid(lung.shape)[0]).astype(np.float32)
    return distance


def _place(generator: np.random.Generator, lung: NDArray[np.bool_], margin: float) -> NDArray[np.float64]:
    """A place in the lung at that distance from its border, or the innermost where it is too narrow."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(lung)
    places = np.argwhere(depth >= min(margin, 0.9 * depth.max()))
    return np.asarray(places[generator.integers(len(places))] + generator.uniform(-0.5, 0.5, 2))
