"""A healthy chest as a radiograph shows it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.shapes import Floats, blur, ellipse, grid, smooth_noise, soft
from vesalius.sources.simulators.vessels import Branch, Course, drawn, grow

RIGHT_LUNG, LEFT_LUNG, HEART = 1, 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class Chest:
    """A radiograph without noise (H×W, 0 to 1), its organs, and the row at which the diaphragm is in each column."""

    image: Floats
    labels: NDArray[np.uint8]
    diaphragm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """How one person is built, in shares of the side."""

    middle: float
    half_width: float
    apex: float
    base: float
    dome: float
    raised: float
    heart_half_width: float
    heart_height: float
    heart_row: float
    mediastinum: float


def chest(generator: np.random.Generator, size: int) -> Chest:
    """Draw a person: body, lungs with their vessels, heart, spine, ribs and clavicles; brightness is attenuation."""
    build = _build(generator)
    rows, columns = (axis / np.float32(size) for axis in grid((size, size)))
    across = columns - np.float32(build.middle)
    diaphragm = _diaphragm(build, across)
    right, left, heart, centre = _organs(build, rows, across, diaphragm, generator, size)
    edge = 0.012
    lung = np.maximum(soft(right, edge), soft(left, edge))
    body = soft(_body(rows, across, build), 0.03)
    abdomen = soft(diaphragm - rows, 0.02)
    image = 0.54 * body - 0.36 * lung
    image += 0.09 * soft(heart, 0.05) * body + 0.13 * soft(centre, 0.05) * body + 0.15 * abdomen * body
    image += _bones(build, rows, across, generator) * body
    image += _markings(generator, build, size) * lung + _gas(build, rows, across, generator)
    image += body * (0.02 * smooth_noise(generator, (size, size), size / 4) + 0.008 * smooth_noise(generator, (size, size), 3))
    image = 1 / (1 + np.exp(-5.0 * (image - 0.46)))  # the curve by which a radiograph is shown: flat at both ends
    labels = np.zeros((size, size), dtype=np.uint8)
    labels[right <= 0] = RIGHT_LUNG
    labels[left <= 0] = LEFT_LUNG
    labels[(heart <= 0) & (rows < diaphragm)] = HEART
    return Chest(image.astype(np.float32), labels, (diaphragm * np.float32(size))[0])


def _build(generator: np.random.Generator) -> _Build:
    return _Build(
        middle=0.5 + generator.uniform(-0.015, 0.015),
        half_width=generator.uniform(0.36, 0.41),
        apex=generator.uniform(0.09, 0.13),
        base=generator.uniform(0.80, 0.86),
        dome=generator.uniform(0.09, 0.13),
        raised=generator.uniform(0.015, 0.045),
        heart_half_width=generator.uniform(0.165, 0.2),
        heart_height=generator.uniform(0.115, 0.14),
        heart_row=generator.uniform(0.59, 0.63),
        mediastinum=generator.uniform(0.05, 0.062),
    )


def _diaphragm(build: _Build, across: Floats) -> Floats:
    """Row of the two domes in each column; the right one, on the left of the picture, stands higher."""
    away = (np.abs(across) - 0.5 * build.half_width) / (0.62 * build.half_width)
    raised = build.raised * soft(across, 0.12)
    row: Floats = (build.base - raised - build.dome * np.clip(1 - away**2, -1.2, 1)).astype(np.float32)
    return row


def _organs(
    build: _Build, rows: Floats, across: Floats, diaphragm: Floats, generator: np.random.Generator, size: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Distances (shares of the side, negative inside) to right lung, left lung, heart and what lies between the lungs."""
    wavy = 0.004 * smooth_noise(generator, (size, size), size / 8)
    heart = ellipse([rows, across], (build.heart_row, 0.05), (build.heart_height, build.heart_half_width), -0.55) + wavy
    trunk = ellipse([rows, across], (0.42, 0.045), (0.13, 0.075))  # aortic knob, pulmonary trunk and left atrium in one contour
    knob = ellipse([rows, across], (0.30, 0.04), (0.05, 0.048))
    column = np.abs(across) - np.float32(build.mediastinum) - 0.02 * np.clip(rows - 0.35, 0, 1) + 0.6 * wavy
    centre = _merged(_merged(column, heart, 0.04), np.minimum(knob, trunk), 0.03)
    lungs = []
    for side in (-1, 1):
        height = (build.base - build.apex) * 0.62
        # An ellipse that is wider below, leaning to the middle above.
        lean = across - side * np.float32(0.5 * build.half_width) + side * np.float32(0.11) * (0.5 - rows) * np.float32(0.9)
        outer = ellipse([rows, lean], (build.apex + height, 0.0), (height, 0.53 * build.half_width)) + wavy
        below = rows - diaphragm
        walls = across if side < 0 else -across
        beside = np.where(centre < 0, -centre, np.maximum(-centre, walls))
        lungs.append(np.maximum(np.maximum(outer, below), beside).astype(np.float32))
    return lungs[0], lungs[1], heart.astype(np.float32), centre.astype(np.float32)


def _merged(first: Floats, second: Floats, width: float) -> Floats:
    """The union of two shapes given by distances, its notches rounded over that width (a smooth minimum)."""
    near = np.clip(0.5 + 0.5 * (second - first) / np.float32(width), 0, 1)
    merged: Floats = second + (first - second) * near - np.float32(width) * near * (1 - near)
    return merged


def _body(rows: Floats, across: Floats, build: _Build) -> Floats:
    trunk = ellipse([rows, across], (0.75, 0.0), (0.72, 1.18 * build.half_width))
    neck = np.maximum(np.abs(across) - np.float32(0.13), rows - 0.3)
    shoulders = ellipse([rows, across], (0.42, 0.0), (0.36, 0.62))
    return np.asarray(np.minimum(np.minimum(trunk, neck), shoulders))


def _bones(build: _Build, rows: Floats, across: Floats, generator: np.random.Generator) -> Floats:
    """Brightness that ribs, clavicles and spine add."""
    away = np.abs(across)
    bright = np.zeros(np.broadcast_shapes(rows.shape, across.shape), dtype=np.float32)
    spacing, first = generator.uniform(0.072, 0.08), build.apex + generator.uniform(0.0, 0.02)
    for place in range(10):
        width = np.float32(build.half_width * (0.62 + 0.42 * min(1.0, (place + 1) / 5)))
        arc = np.sqrt(np.clip(1 - (away / width) ** 2, 0, 1))
        drop = 0.06 + 0.012 * place
        behind = first + spacing * place + np.float32(drop) * (1 - arc)
        bright += 0.10 * _rib(rows - behind, 0.015) * (away < width) * soft(0.03 - away, 0.03)
        before = first + spacing * (place + 0.4) + np.float32(0.17 + drop) * arc ** np.float32(0.8)
        fading = np.clip((away - 0.16) / 0.14, 0, 1)
        bright += 0.06 * _rib(rows - before, 0.017) * (away < width) * fading * (place < 7)
    tilt = generator.uniform(-0.02, 0.02)
    for side in (-1, 1):
        along = side * across
        row = build.apex + 0.06 + side * tilt - 0.18 * np.clip(along - 0.04, 0, None) + 0.018 * np.sin(along * 18)
        ends = soft(0.045 - along, 0.02) * soft(along - 0.46, 0.03)
        bright += 0.13 * _rib(rows - row, 0.017) * ends
    vertebrae = 0.75 + 0.25 * np.cos(2 * np.pi * rows / np.float32(0.065))
    return np.asarray(bright + 0.05 * soft(away - 0.042, 0.02) * vertebrae)


def _rib(distance: Floats, half: float) -> Floats:
    """Across a bone: bright cortex at both borders, less between."""
    away = np.abs(distance)
    return soft(away - np.float32(half), 0.012) * (0.6 + 0.4 * np.clip(away / np.float32(half), 0, 1) ** 2)


def _markings(generator: np.random.Generator, build: _Build, size: int) -> Floats:
    """Vessels that branch from the two hila."""
    branches: list[Branch] = []
    for side in (-1, 1):
        hilum = np.array([0.43 - 0.02 * (side > 0), build.middle + side * 0.095]) * size
        for spread in (-1.15, -0.65, -0.15, 0.35, 0.8, 1.2):
            heading = spread + generator.uniform(-0.15, 0.15)
            course = Course(
                width=generator.uniform(0.014, 0.024),
                length=generator.uniform(0.2, 0.32),
                heading=heading if side > 0 else np.pi - heading,
                turn=generator.uniform(-0.4, 0.4),
                order=1,
            )
            branches += grow(generator, hilum, size, course)
    covered, _ = drawn(branches, size)
    return 0.095 * blur(covered, size / 220)


def _gas(build: _Build, rows: Floats, across: Floats, generator: np.random.Generator) -> Floats:
    """The stomach's bubble of air below the left dome."""
    centre = (build.base + generator.uniform(-0.02, 0.02), 0.55 * build.half_width)
    return -0.17 * soft(ellipse([rows, across], centre, (0.03, generator.uniform(0.05, 0.08))), 0.03)
