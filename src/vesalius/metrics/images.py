"""Errors of an image against a reference, pixel by pixel."""

import math

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._image_checks import blocks, check_data_range, image_pair
from vesalius.metrics.metric import NOT_NEGATIVE, metric


def _squared_error(prediction: ArrayLike, truth: ArrayLike) -> tuple[float, int]:
    """Sum of squared differences, and how many pixels there are."""
    first, second = image_pair(prediction, truth)
    error = 0.0
    for predicted, true in blocks(first, second):
        difference = predicted - true
        difference *= difference
        error += float(difference.sum())
    return error, first.size


@metric(family="image", range=NOT_NEGATIVE, higher_is_better=False, properties={"symmetric", "identity", "translation"})
def image_mse(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared error over all pixels, Σ(p - t)² / n, in squared units of the image.

    Args:
        prediction: image or volume, channels included, of any real type.
        truth: the reference, of the same shape.

    Raises:
        ValueError: if the shapes differ, or an image is empty, complex, or holds NaN or infinities.

    >>> image_mse([[0.0, 1.0]], [[0.0, 0.5]])
    0.125
    """
    error, pixels = _squared_error(prediction, truth)
    return error / pixels


@metric(family="image", range=NOT_NEGATIVE, higher_is_better=False, properties={"symmetric", "identity", "translation"})
def image_mae(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Mean absolute error over all pixels, Σ|p - t| / n, in units of the image.

    Args:
        prediction: image or volume, channels included, of any real type.
        truth: the reference, of the same shape.

    Raises:
        ValueError: if the shapes differ, or an image is empty, complex, or holds NaN or infinities.

    >>> image_mae(np.array([[0, 255]], np.uint8), np.array([[1, 254]], np.uint8))
    1.0
    """
    first, second = image_pair(prediction, truth)
    return sum(float(np.abs(predicted - true).sum()) for predicted, true in blocks(first, second)) / first.size


@metric(
    family="image",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="the truth is zero everywhere",
    properties={"identity", "translation"},
)
def nmse(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Normalised mean squared error, ‖p - t‖² / ‖t‖², without unit, as fastMRI defines it (Zbontar et al. 2018).

    Args:
        prediction: image or volume of any real type; fastMRI takes a whole volume at once.
        truth: the reference, of the same shape.

    Returns:
        The error; 1 for an empty prediction; NaN if the truth is zero everywhere.

    Raises:
        ValueError: if the shapes differ, or an image is empty, complex, or holds NaN or infinities.

    >>> nmse([[3.0, 0.0]], [[3.0, 4.0]])
    0.64
    """
    error, _ = _squared_error(prediction, truth)
    reference = np.asarray(truth)
    energy = math.fsum(float((true * true).sum()) for true, _ in blocks(reference, reference))
    return error / energy if energy else math.nan


@metric(family="image", range=(-math.inf, math.inf), properties={"identity", "translation"})
def psnr(prediction: ArrayLike, truth: ArrayLike, *, data_range: float = 1.0) -> float:
    """Peak signal-to-noise ratio, 10 log₁₀(L² / MSE), in decibels.

    Args:
        prediction: image or volume of any real type.
        truth: the reference, of the same shape.
        data_range: L, the distance from the lowest to the highest value that an image of this kind can have: 1 for images scaled
            to 0..1, 255 for 8 bits, the width of the window for CT. It is never guessed from the pixels.

    Returns:
        Decibels; infinite for equal images, constant ones included; negative where the error exceeds the range.

    Raises:
        ValueError: if the shapes differ, an image is empty, complex, or holds NaN or infinities, or the truth spreads over more
            than ``data_range``.

    >>> psnr(np.full((4, 4), 0.6), np.full((4, 4), 0.5)).__round__(6)
    20.0
    """
    error, pixels = _squared_error(prediction, truth)
    check_data_range(np.asarray(truth), data_range)
    return 10 * math.log10(data_range**2 * pixels / error) if error else math.inf
