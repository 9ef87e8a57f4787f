"""A trunk from the upper lungs to the lower kidneys, in Hounsfield units of the portal venous phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.shapes import Floats, ellipse, smooth_noise, soft

ORGANS = ("lungs", "liver", "spleen", "kidneys", "spine")

AIR, LUNG, FAT, FLUID, MUSCLE, VEIN, LIVER, SPLEEN, AORTA, KIDNEY, MARROW, CORTEX = (
    -1000, -840, -100, 10, 55, 130, 110, 122, 150, 175, 210, 480,
)  # fmt: skip

Centre = tuple[float, float, float]


@dataclass(slots=True, eq=False)
class _Canvas:
    """Hounsfield units and labels of a volume, painted over from back to front; positions and lengths in millimetres."""

    axes: Sequence[Floats]
    edge: float
    hounsfield: Floats
    labels: NDArray[np.uint8]

    def ellipsoid(self, centre: Centre, radii: Centre, value: float, *, organ: str = "", within: Floats | None = None) -> None:
        """Paint an ellipsoid, looking at its surroundings only; ``within`` cuts it to another shape."""
        box = tuple(
            slice(*np.searchsorted(axis.ravel(), (middle - radius - self.edge, middle + radius + self.edge)).tolist())
            for axis, middle, radius in zip(self.axes, centre, radii)
        )
        near = [axis[tuple(part if length > 1 else slice(None) for part, length in zip(box, axis.shape))] for axis in self.axes]
        if all(line.size for line in near):
            distance = ellipse(near, centre, radii)
            self._over(box, distance if within is None else np.maximum(distance, within[box]), value, organ)

    def shape(self, distance: Floats, value: float | Floats, *, organ: str = "") -> None:
        """Paint a shape that is given by its distance over the whole volume."""
        self._over((slice(None),) * 3, distance, value, organ)

    def _over(self, box: tuple[slice, ...], distance: Floats, value: float | Floats, organ: str) -> None:
        covered, part = soft(distance, self.edge), self.hounsfield[box]
        part += covered * (np.float32(value) - part)
        if organ:
            self.labels[box][distance <= 0] = 1 + ORGANS.index(organ)
        else:
            self.labels[box][distance <= 0] = 0


def trunk(generator: np.random.Generator, axes: Sequence[Floats], spacing: Sequence[float]) -> tuple[Floats, NDArray[np.uint8]]:
    """Draw a person.

    Args:
        generator: of everything drawn.
        axes: millimetres to the right, front and head from the middle of the trunk, as arrays that broadcast.
        spacing: millimetres between voxels.

    Returns:
        Hounsfield units, and labels: 0, or 1 plus the place in ``ORGANS``.
    """
    shape = tuple(axis.size for axis in axes)
    canvas = _Canvas(axes, max(spacing), np.full(shape, AIR, dtype=np.float32), np.zeros(shape, dtype=np.uint8))
    wide, deep = generator.uniform(0.93, 1.05, 2)
    x, y, z = (axes[0] / np.float32(wide), axes[1] / np.float32(deep), axes[2])
    canvas.axes = (x, y, z)
    wavy = 3.0 * smooth_noise(generator, shape, max(4.0, 40 / spacing[0]))
    cavity = _walls(canvas, generator, wavy)
    _abdomen(canvas, generator, cavity, wavy)
    _chest(canvas, generator, wavy)
    _spine(canvas, generator)
    return canvas.hounsfield, canvas.labels


def _walls(canvas: _Canvas, generator: np.random.Generator, wavy: Floats) -> Floats:
    """Skin, fat and muscle; gives the distance to the cavity that they enclose, which is full of fat."""
    x, y, z = canvas.axes
    fat = generator.uniform(8, 20)
    body = _rounded(x, y, 162, 108) + 0.4 * wavy
    canvas.shape(body, MUSCLE)
    canvas.shape(body + 2.5, FAT)
    canvas.shape(body + fat, MUSCLE)
    cavity: Floats = np.maximum(_rounded(x, y + 6, 136 - fat, 86 - 0.7 * fat) + 0.4 * wavy, -20 - y - 55 + 0 * z)
    canvas.shape(cavity, FAT)
    for side in (-1, 1):
        canvas.shape(ellipse([x, y], (side * 34, -82 + 0.3 * fat), (24, 15)) + 0 * z, MUSCLE)  # erector of the spine
        canvas.shape(np.maximum(ellipse([x, y], (side * 36, -50), (16, 18)) + 0 * z, z + 40), MUSCLE)  # psoas
    return cavity


def _rounded(x: Floats, y: Floats, half_width: float, half_depth: float) -> Floats:
    """Distance to an outline between an ellipse and a rectangle."""
    near = (np.abs(x / half_width) ** 2.6 + np.abs(y / half_depth) ** 2.6) ** np.float32(1 / 2.6)
    distance: Floats = ((near - 1) * np.float32(min(half_width, half_depth))).astype(np.float32)
    return distance


def _abdomen(canvas: _Canvas, generator: np.random.Generator, cavity: Floats, wavy: Floats) -> None:
    """Bowel, stomach, great vessels, kidneys, spleen and liver."""
    x, y, z = canvas.axes

    def near(centre: Centre, by: float = 5.0) -> Centre:
        moved = np.array(centre) + generator.uniform(-by, by, 3)
        return float(moved[0]), float(moved[1]), float(moved[2])

    loops = smooth_noise(generator, wavy.shape, max(2.0, 24 * wavy.shape[0] / 360))
    bowel = np.maximum(np.maximum(cavity + 8, z + 55), -y - 12)
    canvas.shape(np.maximum(bowel, (np.abs(loops) - 0.75) * 14), 45)
    canvas.shape(np.maximum(bowel + 6, (1.35 - loops) * 12), -600)
    canvas.ellipsoid(near((-62, 28, -6)), (44, 36, 42), 30, within=cavity + 4)
    canvas.ellipsoid(near((-62, 47, -2), 3), (32, 13, 28), -950, within=cavity + 8)
    for side in (-1, 1):
        centre = near((side * 66, -38, -74 + 8 * (side < 0)), 4)
        canvas.ellipsoid(centre, (27, 29, 54), KIDNEY, organ="kidneys")
        canvas.ellipsoid((centre[0] - side * 14, centre[1] + 6, centre[2]), (12, 10, 20), FAT)
    canvas.ellipsoid(near((-98, -26, 4)), (30, 44, 52), SPLEEN, organ="spleen", within=cavity + 3 + 0.5 * wavy)
    centre = near((66, 8, -6), 6)
    liver = np.minimum(
        ellipse([x, y, z], centre, (78, 82, 78)),
        ellipse([x, y, z], (centre[0] - 66, centre[1] + 26, centre[2] + 16), (66, 42, 34)),
    )
    canvas.shape(np.maximum(liver + wavy, cavity + 4), LIVER + 3 * wavy, organ="liver")
    canvas.shape(np.maximum(np.maximum(ellipse([x, y], (14, -22), (12, 10)) + 0 * z, z - 40), -200 - z), VEIN)
    canvas.shape(ellipse([x, y], (-12, -30), (11, 11)) + 0 * z, AORTA)


def _chest(canvas: _Canvas, generator: np.random.Generator, wavy: Floats) -> None:
    """Lungs with their vessels above the two domes, heart and ribs."""
    x, y, z = canvas.axes
    lungs = []
    for side in (1, -1):
        outer = np.maximum(_rounded(x, y + 2, 122, 80) + 0.4 * wavy, 24 - side * x - 8 * np.cos(z / 30))
        dome = ellipse([x, y, z], (side * 64, 2, -12 - 10 * (side < 0)), (84, 96, 87))
        lungs.append(np.maximum(np.maximum(outer, 4 - dome), -30 - z - 0.35 * (y + 40)))
    lung = np.minimum(*lungs)
    lung = np.maximum(lung, -30 - y - 42 + 0 * lung * (np.abs(x) < 40))
    first, second = (smooth_noise(generator, wavy.shape, max(2.0, 26 * wavy.shape[0] / 360)) for _ in range(2))
    # Two fields are both near 0 along thin winding lines: the vessels of the lung.
    vessels = np.exp(-((first / 0.28) ** 2) - (second / 0.28) ** 2)
    canvas.shape(lung, LUNG + 620 * vessels, organ="lungs")
    canvas.ellipsoid((-22, 26, 74), (54, 44, 54), 120)
    canvas.shape(np.maximum(ellipse([x, y], (-12, -30), (12, 12)) + 0 * z, 0 * z), AORTA)
    shell = np.abs(_rounded(x, y + 2, 129, 87) + 0.4 * wavy) - 4.5
    slope = z + 0.45 * y + 0.12 * np.abs(x)
    gaps = (np.abs((slope + generator.uniform(0, 28)) % 28 - 14) - 5.5) * 0.8
    canvas.shape(np.maximum(np.maximum(shell, gaps), -60 - z), CORTEX)


def _spine(canvas: _Canvas, generator: np.random.Generator) -> None:
    """Vertebrae of marrow in cortex with discs between, the canal and the processes."""
    x, y, z = canvas.axes
    body = ellipse([x, y], (0, -58), (22, 17)) + 0 * z
    process = np.maximum(np.abs(x) - 4, np.abs(y + 92) - 14) + 0 * z
    wings = np.maximum(np.abs(x) - 30, np.abs(y + 80) - 5) + 0 * z
    level = (z + generator.uniform(0, 30)) % 30
    bone = np.minimum(body, np.maximum(np.minimum(process, wings), np.abs(level - 15) - 9))
    canvas.shape(bone, CORTEX, organ="spine")
    canvas.shape(body + 3.5, MARROW, organ="spine")
    canvas.shape(np.maximum(body + 1, np.abs(level - 30) - 3.5 + 0 * body), 90, organ="spine")
    canvas.shape(ellipse([x, y], (0, -80), (9, 8)) + 0 * z, FLUID + 20)
