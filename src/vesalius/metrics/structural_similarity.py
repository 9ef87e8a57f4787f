"""Structural similarity of images and volumes, at one scale and at several.

The Gaussian window is applied as a product with a small banded matrix, axis by axis and tile by tile: the tile stays in the
cache and BLAS does the work, on matrices too small for it to start threads, which would cost more than they save.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._image_checks import Floats, Image, check_data_range, image_pair
from vesalius.metrics.metric import metric

_SIGMA, _RADIUS = 1.5, 5
_WINDOW = 2 * _RADIUS + 1
_K1, _K2 = 0.01, 0.03
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_STEP = 32
_TILE = {2: (64, 128), 3: (16, 64, 128)}


def _band(outputs: int) -> Floats:
    """Matrix that takes ``outputs`` + 10 values to their Gaussian means, where the whole window fits."""
    weights = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / _SIGMA) ** 2)
    band = np.zeros((outputs, outputs + 2 * _RADIUS))
    for row in range(outputs):
        band[row, row : row + _WINDOW] = weights / weights.sum()
    return band


_BAND = _band(_STEP)


def _blurred(values: Floats, axis: int) -> Floats:
    """Gaussian means along one axis; the axis loses 10 elements."""
    length = values.shape[axis] - 2 * _RADIUS
    out = np.empty((*values.shape[:axis], length, *values.shape[axis + 1 :]))
    last = axis == values.ndim - 1
    source, target = (values, out) if last else (np.moveaxis(values, axis, -2), np.moveaxis(out, axis, -2))
    for start in range(0, length, _STEP):
        count = min(_STEP, length - start)
        band, stop = _BAND[:count, : count + 2 * _RADIUS], start + count + 2 * _RADIUS
        if last:
            np.matmul(source[..., start:stop], band.T, out=target[..., start : start + count])
        else:
            np.matmul(band, source[..., start:stop, :], out=target[..., start : start + count, :])
    return out


def _tiles(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Parts of the image whose windows together are every window once."""
    steps = _TILE[len(shape)]
    starts = [range(0, size - 2 * _RADIUS, step) for size, step in zip(shape, steps)]
    for corner in itertools.product(*starts):
        yield tuple(slice(start, start + step + 2 * _RADIUS) for start, step in zip(corner, steps))


def _similarity(prediction: Image, truth: Image, data_range: float) -> tuple[float, float]:
    """Mean over all windows of the similarity, and of its contrast and structure part alone."""
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    similarity = contrast = 0.0
    windows = 0
    for tile in _tiles(truth.shape):
        predicted, true = prediction[tile].astype(np.float64), truth[tile].astype(np.float64)
        moments = np.stack([predicted, true, predicted * predicted + true * true, predicted * true])
        for axis in range(1, moments.ndim):
            moments = _blurred(moments, axis)
        mean_p, mean_t, squares, product = moments
        means = mean_p * mean_t
        mean_squares = mean_p * mean_p + mean_t * mean_t
        structure = (2 * (product - means) + c2) / (squares - mean_squares + c2)
        contrast += float(structure.sum())
        structure *= (2 * means + c1) / (mean_squares + c1)
        similarity += float(structure.sum())
        windows += structure.size
    return similarity / windows, contrast / windows


def _channels(prediction: ArrayLike, truth: ArrayLike, data_range: float, channel_axis: int | None) -> list[tuple[Image, Image]]:
    """Pairs of 2D or 3D images, one a channel."""
    first, second = image_pair(prediction, truth)
    check_data_range(second, data_range)
    pairs = [(first, second)]
    if channel_axis is not None:
        if not -first.ndim <= channel_axis < first.ndim:
            raise ValueError(f"channel_axis {channel_axis} is not an axis of an image of shape {first.shape}.")
        pairs = list(zip(np.moveaxis(first, channel_axis, 0), np.moveaxis(second, channel_axis, 0)))
    shape = pairs[0][0].shape
    if len(shape) not in (2, 3):
        raise ValueError(
            f"an image has two or three axes besides its channels, not {len(shape)}; name channel_axis if there is one."
        )
    if min(shape) < _WINDOW:
        raise ValueError(
            f"an image of shape {shape} is smaller than the window of {_WINDOW} pixels; name channel_axis if there is one."
        )
    return pairs


@metric(family="image", range=(-1.0, 1.0), properties={"symmetric", "identity"})
def ssim(prediction: ArrayLike, truth: ArrayLike, *, data_range: float = 1.0, channel_axis: int | None = None) -> float:
    """Structural similarity, mean over all windows that fit into the image (Wang et al. 2004).

    (2 μp μt + C₁)(2 σpt + C₂) / ((μp² + μt² + C₁)(σp² + σt² + C₂)), with means and population (co)variances under a Gaussian
    window of σ = 1.5 and 11 pixels a side, C₁ = (0.01 L)², C₂ = (0.03 L)². This is scikit-image's ``structural_similarity`` with
    ``gaussian_weights=True, use_sample_covariance=False``; its defaults are another window and give other values.

    Args:
        prediction: image (2D) or volume (3D, with a window of 11³) of any real type.
        truth: the reference, of the same shape.
        data_range: L, the distance from the lowest to the highest value that an image of this kind can have; never guessed.
        channel_axis: the axis of channels, whose similarities are averaged; None if there is none.

    Returns:
        Without unit; 1 for equal images, constant ones included.

    Raises:
        ValueError: if the shapes differ, a side is shorter than 11, an image is complex or holds NaN or infinities, or the truth
            spreads over more than ``data_range``.

    >>> ramp = np.linspace(0, 1, 400).reshape(20, 20)
    >>> ssim(ramp, ramp), ssim(1 - ramp, ramp).__round__(4)
    (1.0, -0.7287)
    """
    pairs = _channels(prediction, truth, data_range, channel_axis)
    return sum(_similarity(first, second, data_range)[0] for first, second in pairs) / len(pairs)


def _halved(image: Image) -> Floats:
    """Means of 2×2 (2×2×2) pixels; an odd side repeats its last pixel."""
    if any(side % 2 for side in image.shape):
        image = np.pad(image, [(0, side % 2) for side in image.shape], mode="edge")
    half = np.zeros([side // 2 for side in image.shape])
    for corner in itertools.product((0, 1), repeat=image.ndim):
        half += image[tuple(slice(first, None, 2) for first in corner)]
    half /= 2**image.ndim
    return half


def _multiscale(prediction: Image, truth: Image, data_range: float) -> float:
    value = 1.0
    for scale, weight in enumerate(_SCALES, start=1):
        if min(truth.shape) < _WINDOW:
            raise ValueError(
                f"an image whose side has {truth.shape} pixels at scale {scale} is too small; ms_ssim needs 161 or more."
            )
        similarity, contrast = _similarity(prediction, truth, data_range)
        value *= max(similarity if scale == len(_SCALES) else contrast, 0.0) ** weight
        if scale < len(_SCALES):
            prediction, truth = _halved(prediction), _halved(truth)
    return value


@metric(family="image", properties={"symmetric", "identity"})
def ms_ssim(prediction: ArrayLike, truth: ArrayLike, *, data_range: float = 1.0, channel_axis: int | None = None) -> float:
    """Structural similarity over five scales (Wang, Simoncelli and Bovik 2003).

    ∏ᵢ csᵢ^wᵢ · ssim₅^w₅ over i = 1..4, where csᵢ is the mean contrast and structure term of ``ssim`` after i - 1 halvings by the
    mean of 2×2 pixels, and w = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333. A negative mean, whose power is not real, counts as 0.

    Args:
        prediction: image (2D) or volume (3D) of any real type, each side 161 or longer.
        truth: the reference, of the same shape.
        data_range: the distance from the lowest to the highest value that an image of this kind can have; never guessed.
        channel_axis: the axis of channels, whose similarities are averaged; None if there is none.

    Returns:
        Without unit, from 0 to 1; 1 for equal images, constant ones included.

    Raises:
        ValueError: if the shapes differ, a side is shorter than 161, an image is complex or holds NaN or infinities, or the truth
            spreads over more than ``data_range``.

    >>> ramp = np.linspace(0, 1, 176 * 176).reshape(176, 176)
    >>> ms_ssim(ramp, ramp), ms_ssim(ramp**2, ramp).__round__(4)
    (1.0, 0.9252)
    """
    pairs = _channels(prediction, truth, data_range, channel_axis)
    return math.fsum(_multiscale(first, second, data_range) for first, second in pairs) / len(pairs)
