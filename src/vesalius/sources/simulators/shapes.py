"""What simulated pictures are drawn with: ellipses, smooth noise and soft edges, in any number of dimensions."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Place = Sequence[float] | NDArray[np.float64]


def grid(shape: Sequence[int]) -> list[Floats]:
    """The position of every pixel along each axis, as arrays that broadcast to the shape.

    >>> [axis.shape for axis in grid((4, 6))]
    [(4, 1), (1, 6)]
    """
    return list(np.meshgrid(*(np.arange(length, dtype=np.float32) for length in shape), indexing="ij", sparse=True))


def ellipse(axes: Sequence[Floats], centre: Place, radii: Sequence[float], angle: float = 0.0) -> Floats:
    """Distance to the border of an ellipse or ellipsoid in pixels, negative inside; exact for circles, to first order otherwise.

    Args:
        axes: positions, as ``grid`` gives them.
        centre: position of the centre.
        radii: half the length of each axis.
        angle: by which it is turned in the plane of the first two axes, in radians.

    >>> ellipse(grid((1, 4)), (0, 0), (2, 2)).tolist()
    [[-2.0, -1.0, 0.0, 1.0]]
    """
    offsets = [axis - np.float32(middle) for axis, middle in zip(axes, centre)]
    if angle:
        first, second, cosine, sine = offsets[0], offsets[1], np.float32(np.cos(angle)), np.float32(np.sin(angle))
        offsets[:2] = [cosine * first + sine * second, cosine * second - sine * first]
    near = np.sqrt(sum((offset / np.float32(radius)) ** 2 for offset, radius in zip(offsets, radii)))
    slope = np.sqrt(sum((offset / np.float32(radius**2)) ** 2 for offset, radius in zip(offsets, radii)))
    distance: Floats = np.where(slope > 0, near * (near - 1) / np.maximum(slope, np.float32(1e-9)), np.float32(-min(radii)))
    return distance


def soft(distance: Floats, width: float = 1.0) -> Floats:
    """1 well inside a shape, 0 well outside, and between them smooth over a border of that width; 0.5 on the border itself.

    >>> soft(np.float32([-1, 0, 1])).tolist()
    [1.0, 0.5, 0.0]
    """
    share = np.clip(np.float32(0.5) - distance / np.float32(width), 0, 1)
    smooth: Floats = share * share * (3 - 2 * share)
    return smooth


def smooth_noise(generator: np.random.Generator, shape: Sequence[int], scale: float) -> Floats:
    """A Gaussian field of mean 0 and deviation 1 at every pixel, that varies over about ``scale`` pixels (random cubic splines).

    >>> smooth_noise(np.random.default_rng(0), (8, 9), 4.0).shape
    (8, 9)
    """
    weights = [_splines(length, max(1.0, float(scale))) for length in shape]
    field: Floats = generator.standard_normal([weight.shape[1] for weight in weights], dtype=np.float32)
    for weight in weights:
        field = np.tensordot(field, weight, axes=([0], [1]))  # each turn consumes the first axis and appends its pixels last
    return field


@lru_cache(maxsize=64)
def _splines(length: int, scale: float) -> Floats:
    """Cubic B-splines, pixels × knots; each pixel's weights have norm 1, so that the variance is 1 everywhere."""
    knots = int(np.ceil(length / scale)) + 3
    away = np.abs(np.arange(length)[:, None] / scale - (np.arange(knots)[None, :] - 1))
    weight = np.where(away < 1, 2 / 3 - away**2 + away**3 / 2, np.clip(2 - away, 0, None) ** 3 / 6)
    return np.asarray(weight / np.linalg.norm(weight, axis=1, keepdims=True), dtype=np.float32)


def blur(values: Floats, deviation: float | Sequence[float]) -> Floats:
    """Convolution with a Gaussian of that deviation in pixels, along each axis; 0 leaves an axis as it is."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(values, deviation, truncate=3.0))


def levelled(profile: Floats, inside: NDArray[np.bool_]) -> Floats:
    """The profile scaled to a mean of 1 inside, so that what it is multiplied with is the mean change there.

    >>> levelled(np.float32([1, 3, 1]), np.array([True, True, False])).tolist()
    [0.5, 1.5, 0.5]
    """
    if not inside.any():
        return np.zeros_like(profile)
    scaled: Floats = profile / profile[inside].mean()
    return scaled
