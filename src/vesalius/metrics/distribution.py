"""Distances between two sets of images in the space of an encoder's features."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._image_checks import Floats, Image, as_image
from vesalius.metrics.encoders import Encoder
from vesalius.metrics.metric import NOT_NEGATIVE, metric

_ROWS = 1024
_PAIRS = 1 << 18
_POOLED = 1000

Features = ArrayLike
Kernel = Callable[[Floats, Floats], Floats]


def _features(predictions: Any, truths: Any, encoder: Encoder | None) -> tuple[Image, Image]:
    """Features of both sets, n×d and m×d, in their own type."""
    if encoder is not None:
        predictions, truths = encoder(predictions), encoder(truths)
    made, real = (as_image(name, values) for name, values in (("predictions", predictions), ("truths", truths)))
    if made.ndim != 2 or real.ndim != 2 or made.shape[1] != real.shape[1]:
        raise ValueError(f"features are n×d and m×d, not {made.shape} and {real.shape}; name the encoder if these are images.")
    return made, real


def _root(features: Image, mean: Floats) -> Floats:
    """R with RᵀR the covariance: the triangle of a QR decomposition, updated by some rows at a time."""
    rows, dimensions = features.shape
    step = max(_ROWS, 4 * dimensions)
    triangle: Floats = np.empty((0, dimensions))
    for start in range(0, rows, step):
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, features[start : start + step] - mean]), mode="r"))
    return triangle / math.sqrt(rows - 1)


@metric(
    family="image",
    unit="set",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="a set has fewer than two images",
    properties={"symmetric", "identity", "record order"},
)
def fid(predictions: Features, truths: Features, *, encoder: Encoder | None = None) -> float:
    """Fréchet distance of two normal distributions fitted to features, ‖μ₁ - μ₂‖² + Tr(Σ₁ + Σ₂ - 2(Σ₁Σ₂)^½) (Heusel et al. 2017).

    The trace of the root is the sum of the singular values of R₁R₂ᵀ, where RᵀR = Σ comes from a QR decomposition: no matrix is
    squared or rooted, so that few images (n below d) lose no digits and no imaginary part arises. The estimate falls as n grows:
    compare only at equal n, and only with the same encoder, which is to be named beside the value.

    Args:
        predictions: n×d features of generated images, or the images where an encoder is named.
        truths: m×d features of real images, or the images; m may differ from n.
        encoder: gives the features of images; None if features are given.

    Returns:
        In squared units of the features; NaN if a set has fewer than two images.

    Raises:
        ValueError: if the features are not n×d and m×d or hold NaN or infinities.

    >>> fid([[0.0], [2.0]], [[4.0], [6.0]])  # equal spread, means four apart
    16.0
    """
    made, real = _features(predictions, truths, encoder)
    if min(len(made), len(real)) < 2:
        return math.nan
    means = made.mean(axis=0, dtype=np.float64), real.mean(axis=0, dtype=np.float64)
    first, second = _root(made, means[0]), _root(real, means[1])
    shared = float(np.linalg.svd(first @ second.T, compute_uv=False).sum())
    apart = means[0] - means[1]
    return max(float(apart @ apart) + float((first**2).sum()) + float((second**2).sum()) - 2 * shared, 0.0)


def _kernel_sum(first: Image, second: Image, kernel: Kernel) -> float:
    """Sum of the kernel over all pairs, some rows at a time."""
    step = max(1, _PAIRS // len(second))
    columns = second.astype(np.float64, copy=False)
    parts = (first[start : start + step].astype(np.float64, copy=False) for start in range(0, len(first), step))
    return math.fsum(float(kernel(part, columns).sum()) for part in parts)


def _diagonal_sum(features: Image, kernel: Kernel) -> float:
    rows = (row[None].astype(np.float64) for row in features)
    return math.fsum(float(kernel(row, row)[0, 0]) for row in rows)


def _unbiased(made: Image, real: Image, kernel: Kernel) -> float:
    """Squared maximum mean discrepancy without the pairs of an image with itself."""
    n, m = len(made), len(real)
    within_made = (_kernel_sum(made, made, kernel) - _diagonal_sum(made, kernel)) / (n * (n - 1))
    within_real = (_kernel_sum(real, real, kernel) - _diagonal_sum(real, kernel)) / (m * (m - 1))
    return within_made + within_real - 2 * _kernel_sum(made, real, kernel) / (n * m)


def _polynomial(first: Floats, second: Floats) -> Floats:
    product = first @ second.T
    product /= first.shape[1]
    product += 1
    return product * product * product


@metric(
    family="image",
    unit="set",
    range=(-math.inf, math.inf),
    higher_is_better=False,
    undefined="a set has fewer than two images",
)
def kid(
    predictions: Features,
    truths: Features,
    *,
    encoder: Encoder | None = None,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Kernel inception distance: mean over random subsets of the unbiased squared MMD (Bińkowski et al. 2018).

    The kernel is (x·y / d + 1)³.

    Args:
        predictions: n×d features of generated images, or the images where an encoder is named.
        truths: m×d features of real images, or the images.
        encoder: gives the features of images; None if features are given.
        subsets: how many subsets are drawn, each without replacement.
        subset_size: images in a subset; where a set is smaller, its size. Where both sets have just this size there is one
            subset, and no chance.
        seed: of the subsets.

    Returns:
        Without unit; unbiased, so that values below 0 occur where the distributions are equal; NaN if a set has fewer than two
        images.

    Raises:
        ValueError: if the features are not n×d and m×d or hold NaN or infinities, or there is no subset of two.

    >>> kid([[0.0], [1.0]], [[0.0], [1.0]])  # (1 + 1) - (1 + 1 + 1 + 8) / 2
    -3.5
    """
    if subsets < 1 or subset_size < 2:
        raise ValueError(f"there must be 1 subset of 2 images at least, not {subsets} of {subset_size}.")
    made, real = _features(predictions, truths, encoder)
    size = min(subset_size, len(made), len(real))
    if size < 2:
        return math.nan
    if len(made) == len(real) == size:
        return _unbiased(made, real, _polynomial)
    rng = np.random.default_rng(seed)
    drawn = [[rng.choice(len(each), size, replace=False) for each in (made, real)] for _ in range(subsets)]
    return math.fsum(_unbiased(made[first], real[second], _polynomial) for first, second in drawn) / subsets


def _squared_distances(first: Floats, second: Floats) -> Floats:
    squared = (first @ second.T) * -2.0
    squared += (first * first).sum(axis=1)[:, None]
    squared += (second * second).sum(axis=1)
    return np.maximum(squared, 0.0, out=squared)


def _median_distance(made: Image, real: Image) -> float:
    """Median distance between two images of the pooled sample, of evenly spaced ones where it is large."""
    pooled = np.concatenate([each[:: max(1, math.ceil(2 * len(each) / _POOLED))] for each in (made, real)]).astype(np.float64)
    squared = _squared_distances(pooled, pooled)
    return float(np.median(np.sqrt(squared[np.tri(len(pooled), k=-1, dtype=bool)])))


@metric(
    family="image",
    unit="set",
    range=(-math.inf, 2.0),
    higher_is_better=False,
    undefined="a set has fewer than two images, or the median distance is 0",
    properties={"symmetric"},
)
def mmd(predictions: Features, truths: Features, *, encoder: Encoder | None = None, bandwidth: float | None = None) -> float:
    """Unbiased squared maximum mean discrepancy with the Gaussian kernel exp(-‖x - y‖² / 2σ²) (Gretton et al. 2012).

    Args:
        predictions: n×d features of generated images, or the images where an encoder is named.
        truths: m×d features of real images, or the images.
        encoder: gives the features of images; None if features are given.
        bandwidth: σ in units of the features; None for the median distance in the pooled sample (of 500 evenly spaced images of
            each set where it is larger), which then depends on both sets: name σ to compare systems.

    Returns:
        Without unit; unbiased, so that values below 0 occur where the distributions are equal; NaN if a set has fewer than two
        images, or the median distance is 0.

    Raises:
        ValueError: if the features are not n×d and m×d or hold NaN or infinities, or the bandwidth is not positive.

    >>> mmd([[0.0], [0.0]], [[9.0], [9.0]], bandwidth=1.0).__round__(6)
    2.0
    """
    made, real = _features(predictions, truths, encoder)
    if bandwidth is not None and not (math.isfinite(bandwidth) and bandwidth > 0):
        raise ValueError(f"bandwidth must be a positive number, not {bandwidth}.")
    if min(len(made), len(real)) < 2:
        return math.nan
    sigma = _median_distance(made, real) if bandwidth is None else bandwidth
    if sigma == 0:
        return math.nan
    return _unbiased(made, real, lambda first, second: np.exp(_squared_distances(first, second) / (-2 * sigma * sigma)))
