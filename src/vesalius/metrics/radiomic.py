"""Distances between two sets of images in a fixed space of intensity and wavelet statistics, which needs no network."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._image_checks import Floats, as_image
from vesalius.metrics.distribution import fid, kid, mmd
from vesalius.metrics.metric import NOT_NEGATIVE, metric

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEVELS = 3
GRID = 4
_SMALL = 1e-6


def radiomic_features(images: ArrayLike) -> Floats:
    """What an image's intensities, texture and coarse layout are, in 30 numbers a channel.

    Five quantiles; the logarithm of the mean squared Haar coefficient along rows, columns and diagonals at three scales; and the
    means of a grid of 4 by 4. A few of the features of the Fréchet radiomic distance (Konz et al. 2024, arXiv 2412.01496), chosen
    to be well-conditioned for a hundred images; unlike a network's they know no objects.

    Args:
        images: n×H×W, or n×H×W×C for channels, of at least 8 pixels a side.

    Returns:
        n × 30 (× channels).

    Raises:
        ValueError: if there are no such images, or they hold NaN or infinities.

    >>> radiomic_features(np.zeros((2, 16, 16))).shape
    (2, 30)
    """
    values = as_image("images", images)
    if values.ndim not in (3, 4) or min(values.shape[1:3]) < 2**LEVELS:
        raise ValueError(f"images are n×H×W or n×H×W×C with {2**LEVELS} pixels a side at least, not {values.shape}.")
    channels = [values] if values.ndim == 3 else list(np.moveaxis(values, -1, 0))
    return np.concatenate([_of_channel(channel_NHW.astype(np.float64)) for channel_NHW in channels], axis=1)


def _of_channel(images_NHW: Floats) -> Floats:
    quantiles_QN = np.quantile(images_NHW.reshape(len(images_NHW), -1), QUANTILES, axis=1)
    energies, smooth_NHW = [], images_NHW
    for _ in range(LEVELS):
        height, width = (length - length % 2 for length in smooth_NHW.shape[1:])
        even, odd = smooth_NHW[:, 0:height:2, :width], smooth_NHW[:, 1:height:2, :width]
        above, below = even + odd, even - odd
        left, right = above[:, :, ::2], above[:, :, 1::2]
        details = (left - right, below[:, :, ::2] + below[:, :, 1::2], below[:, :, ::2] - below[:, :, 1::2])
        energies += [np.log((detail**2).mean(axis=(1, 2)) + _SMALL) for detail in details]
        smooth_NHW = (left + right) / 4
    rows, columns = (np.linspace(0, length, GRID + 1).round().astype(int)[:-1] for length in images_NHW.shape[1:])
    sums = np.add.reduceat(np.add.reduceat(images_NHW, rows, axis=1), columns, axis=2)
    counts = np.add.reduceat(np.ones(images_NHW.shape[1]), rows)[:, None] * np.add.reduceat(np.ones(images_NHW.shape[2]), columns)
    return np.column_stack([*quantiles_QN, *energies, (sums / counts).reshape(len(images_NHW), -1)])


def _standardised(predictions: Any, truths: Any) -> tuple[Floats, Floats]:
    """Features of both sets, in standard deviations of those of the real images."""
    if np.shape(predictions)[1:] != np.shape(truths)[1:]:
        raise ValueError(f"images {np.shape(predictions)} and {np.shape(truths)} differ in size; resample one set to the other.")
    real = as_image("truths", truths).astype(np.float64)
    spread = float(real.std()) or 1.0
    made, real = ((as_image("images", each) - real.mean()) / spread for each in (predictions, real))
    ours, theirs = radiomic_features(made), radiomic_features(real)
    mean, deviation = theirs.mean(axis=0), theirs.std(axis=0)
    deviation = np.where(deviation > _SMALL, deviation, 1.0)
    return (ours - mean) / deviation, (theirs - mean) / deviation


@metric(
    family="image",
    unit="set",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="a set has fewer than two images",
    properties={"identity", "record order"},
)
def radiomic_fid(predictions: ArrayLike, truths: ArrayLike) -> float:
    """``fid`` of ``radiomic_features``, each in standard deviations of the real images' (Konz et al. 2024, arXiv 2412.01496).

    Not the FID of the Inception network, and not to be compared with one; it falls with the number of images as ``fid`` does.

    Args:
        predictions: generated images, n×H×W or n×H×W×C, in the intensities of the real ones.
        truths: real images, m×H×W or m×H×W×C.

    Returns:
        In squared standard deviations, summed over the features; NaN if a set has fewer than two images.

    Raises:
        ValueError: if the sets differ in size, an image is below 8 pixels a side, or holds NaN or infinities.

    >>> images = np.random.default_rng(0).normal(size=(9, 16, 16))
    >>> radiomic_fid(images, images) < 1e-9 < radiomic_fid(2 * images, images)
    True
    """
    return fid(*_standardised(predictions, truths))


@metric(
    family="image",
    unit="set",
    range=(-math.inf, math.inf),
    higher_is_better=False,
    undefined="a set has fewer than two images",
)
def radiomic_kid(predictions: ArrayLike, truths: ArrayLike) -> float:
    """``kid`` of ``radiomic_features``, each in standard deviations of the real images' (Bińkowski et al. 2018).

    As ``radiomic_fid``, but unbiased by the number of images.

    Args:
        predictions: generated images, n×H×W or n×H×W×C.
        truths: real images, m×H×W or m×H×W×C.

    Returns:
        Without unit; NaN if a set has fewer than two images.

    Raises:
        ValueError: as ``radiomic_fid`` does.

    >>> images = np.random.default_rng(0).normal(size=(9, 16, 16))
    >>> radiomic_kid(images[:4], images[4:]) < radiomic_kid(3 * images[:4], images[4:])
    True
    """
    return kid(*_standardised(predictions, truths))


@metric(
    family="image",
    unit="set",
    range=(-math.inf, 2.0),
    higher_is_better=False,
    undefined="a set has fewer than two images",
    properties={"record order"},
)
def radiomic_mmd(predictions: ArrayLike, truths: ArrayLike) -> float:
    """``mmd`` of ``radiomic_features``, with σ the root of the number of features (Gretton et al. 2012).

    The width is fixed, so that systems can be compared; the kernel is exp(-‖x - y‖² / 2σ²).

    Args:
        predictions: generated images, n×H×W or n×H×W×C.
        truths: real images, m×H×W or m×H×W×C.

    Returns:
        Without unit; NaN if a set has fewer than two images.

    Raises:
        ValueError: as ``radiomic_fid`` does.

    >>> images = np.random.default_rng(0).normal(size=(9, 16, 16))
    >>> radiomic_mmd(images[:4], images[4:]) < radiomic_mmd(3 * images[:4], images[4:])
    True
    """
    made, real = _standardised(predictions, truths)
    return mmd(made, real, bandwidth=math.sqrt(made.shape[1]))
