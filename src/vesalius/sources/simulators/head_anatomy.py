"""A head as T1-weighted magnetic resonance shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.shapes import Floats, ellipse, smooth_noise, soft

GREY, WHITE, FLUID = 1, 2, 3
AIR, BONE, MARROW, FAT, MUSCLE = 0.02, 0.08, 0.32, 0.88, 0.42
GREY_SIGNAL, DEEP_SIGNAL, WHITE_SIGNAL, FLUID_SIGNAL = 0.54, 0.6, 0.78, 0.2


@dataclass(slots=True, eq=False)
class _Canvas:
    """Signals and labels of a volume, painted over from outside to inside."""

    edge: float
    signal: Floats
    labels: NDArray[np.uint8]

    def paint(self, distance: Floats, value: float, label: int = 0) -> None:
        """Paint a shape that is given by its distance in millimetres."""
        self.signal += soft(distance, self.edge) * (np.float32(value) - self.signal)
        self.labels[np.broadcast_to(distance <= 0, self.labels.shape)] = label


def head(generator: np.random.Generator, axes: Sequence[Floats], spacing: Sequence[float]) -> tuple[Floats, NDArray[np.uint8]]:
    """Draw scalp, skull, fluid, folded cortex, white matter, deep grey matter, ventricles, cerebellum and brain stem.

    Args:
        generator: of everything drawn.
        axes: millimetres to the right, front and head from the middle of the head, as arrays that broadcast.
        spacing: millimetres between voxels.

    Returns:
        Signals, and labels: 0, ``GREY``, ``WHITE`` or ``FLUID``.
    """
    shape = tuple(axis.size for axis in axes)
    wide, deep, high = generator.uniform(0.95, 1.03, 3)
    scaled = (axes[0] / np.float32(wide), axes[1] / np.float32(deep), axes[2] / np.float32(high))
    canvas = _Canvas(max(spacing), np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.uint8))
    step = float(np.mean(spacing))
    cerebrum, cerebellum, stem = _hulls(*scaled)
    _coverings(canvas, np.minimum(np.minimum(cerebrum, cerebellum), stem), *scaled)
    _cerebrum(canvas, cerebrum, *scaled, folds=smooth_noise(generator, shape, max(1.5, 7.5 / step)))
    leaves = smooth_noise(generator, shape, max(1.2, 4 / step))
    canvas.paint(cerebellum, GREY_SIGNAL, GREY)
    canvas.paint(np.maximum(cerebellum + 4.5, 2 - 6 * np.abs(leaves) - 0.3 * (cerebellum + 15)), WHITE_SIGNAL, WHITE)
    canvas.paint(stem, WHITE_SIGNAL - 0.06, WHITE)
    _within(canvas, generator, *scaled)
    return canvas.signal, canvas.labels


def _hulls(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Distances to cerebrum, cerebellum and brain stem without their folds."""
    upper = np.maximum(ellipse([x, y, z], (0, -2, 9), (65.5, 83, 64)), -16 - z - 0.12 * np.abs(y))
    temporal, leaves = (
        np.minimum(*(ellipse([x, y, z], (side * across, along, height), radii) for side in (-1, 1)))
        for (across, along, height), radii in (((42, 6, -20), (21, 40, 21)), ((21, -50, -33), (27, 30, 22)))
    )
    stem = np.maximum(ellipse([x, y + 0.3 * z], (0, -26), (11, 12)), z + 4)
    stem = np.minimum(stem, ellipse([x, y, z], (0, -12, -26), (16, 13, 14)))
    return np.minimum(upper, temporal), np.maximum(leaves, z + 14 + 0.1 * y), np.maximum(stem, -84 - z)


def _coverings(canvas: _Canvas, brain: Floats, x: Floats, y: Floats, z: Floats) -> None:
    """Scalp, face and neck, skull, and the fluid that the brain lies in."""
    skin = np.minimum(ellipse([x, y, z], (0, 0, 8), (79, 97, 79)), ellipse([x, y, z], (0, 22, -50), (60, 72, 70)))
    skin = np.minimum(skin, ellipse([x, y], (0, -28), (56, 52)) + np.clip(z + 30, 0, None))
    canvas.paint(skin, FAT)
    canvas.paint(skin + 4, MUSCLE)
    vault = np.maximum(ellipse([x, y, z], (0, 0, 8), (75, 93, 75)), -58 - z)
    canvas.paint(vault, BONE)
    canvas.paint(vault + 2.5, MARROW)
    canvas.paint(np.maximum(vault + 4.5, brain - 5), BONE)
    canvas.paint(np.maximum(vault + 4.5, brain - 3), FLUID_SIGNAL, FLUID)
    for side in (-1, 1):
        canvas.paint(ellipse([x, y, z], (side * 31, 74, -32), (12.5, 12.5, 12.5)), 0.24)
        canvas.paint(ellipse([x, y, z], (side * 10, 70, -48), (7, 16, 18)), AIR)  # nose and sinuses
    canvas.paint(ellipse([x, y, z], (0, 50, -72), (9, 12, 22)), AIR)


def _cerebrum(canvas: _Canvas, hull: Floats, x: Floats, y: Floats, z: Floats, *, folds: Floats) -> None:
    """Cortex and white matter: fluid fills the folds, the levels near 0 of a noise, to a depth; grey matter lines them."""
    between = np.float32(2.2) - np.abs(x) - np.clip(np.float32(0.05) * (12 - z), 0, 9)  # the hemispheres
    deep = ellipse([x, y, z], (0, -2, 6), (66, 83, 66)) + 22  # above 0 where folds reach, which is not below the middle
    cleft = np.maximum(0.9 - 7.0 * np.abs(folds), between)
    pia = np.maximum(hull, np.minimum(cleft, deep))
    canvas.paint(pia, GREY_SIGNAL, GREY)
    canvas.paint(pia + 4.2, WHITE_SIGNAL, WHITE)


def _within(canvas: _Canvas, generator: np.random.Generator, x: Floats, y: Floats, z: Floats) -> None:
    """Deep grey matter and the ventricles, which differ most between people."""
    large = generator.uniform(0.75, 1.35)
    for side in (-1, 1):
        canvas.paint(ellipse([x, y, z], (side * 12, -12, 6), (9, 14, 9)), DEEP_SIGNAL, GREY)
        canvas.paint(ellipse([x, y, z], (side * 25, 6, 6), (6.5, 19, 11)), DEEP_SIGNAL, GREY)
        canvas.paint(ellipse([x, y, z], (side * 15, 18, 16), (5, 15, 10)), DEEP_SIGNAL, GREY)
        slanted = [x - side * np.float32(0.16) * (20 - y), y, z + np.float32(0.004) * (y - 5) ** 2]
        front = ellipse(slanted, (side * 7, 4, 24), (5.2 * large, 36, 9.5 * large))
        back = ellipse([x, y, z], (side * 27, -40, 8), (6.5 * large, 18, 9 * large))
        canvas.paint(np.maximum(np.minimum(front, back), 1.2 - side * x), FLUID_SIGNAL, FLUID)
    canvas.paint(ellipse([x, y, z], (0, -8, 4), (2.2 * large, 12, 9)), FLUID_SIGNAL, FLUID)
    canvas.paint(ellipse([x, y, z], (0, -42, -30), (6, 5 * large, 8)), FLUID_SIGNAL, FLUID)
