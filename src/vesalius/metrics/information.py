"""How much one image tells of another: for images whose grey values mean different things, as after registration."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._image_checks import Floats, Image, blocks, image_pair
from vesalius.metrics.metric import NOT_NEGATIVE, metric


def _edges(image: Image, bins: int) -> Floats:
    low, high = float(image.min()), float(image.max())
    return np.linspace(low, high, bins + 1) if high > low else np.array([low, low + 1.0])


def _bin(values: Floats, edges: Floats) -> NDArray[np.int64]:
    """The bin of each value: a guess by division, then put right against the edges themselves."""
    last = len(edges) - 2
    place: NDArray[np.int64] = ((values - edges[0]) * ((last + 1) / (edges[-1] - edges[0]))).astype(np.int64)
    np.clip(place, 0, last, out=place)
    place -= values < edges[place]
    place += (values >= edges[place + 1]) & (place < last)
    return place


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def _entropies(prediction: ArrayLike, truth: ArrayLike, bins: int) -> tuple[float, float, float]:
    """Entropy of each image and of both together, in nats."""
    if not (int(bins) == bins and bins >= 2):
        raise ValueError(f"bins must be an integer of at least 2, not {bins}.")
    first, second = image_pair(prediction, truth)
    rows, columns = _edges(first, bins), _edges(second, bins)
    shape = len(rows) - 1, len(columns) - 1
    joint = np.zeros(shape[0] * shape[1], dtype=np.int64)
    for predicted, true in blocks(first, second):
        joint += np.bincount(_bin(predicted, rows) * shape[1] + _bin(true, columns), minlength=joint.size)
    table = joint.reshape(shape)
    return _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0)), _entropy(joint)


@metric(family="image", range=NOT_NEGATIVE, properties={"symmetric", "translation"})
def mutual_information(prediction: ArrayLike, truth: ArrayLike, *, bins: int = 100) -> float:
    """Mutual information of the joint histogram, H(p) + H(t) - H(p, t), in nats (Maes et al. 1997, Wells et al. 1996).

    Args:
        prediction: image or volume of any real type.
        truth: the reference, of the same shape.
        bins: equal bins from the lowest to the highest value of each image; the value depends on their number.

    Returns:
        Nats, at most log(bins); 0 if an image is constant.

    Raises:
        ValueError: if the shapes differ, an image is empty, complex, or holds NaN or infinities, or there are fewer than 2 bins.

    >>> mutual_information([0, 0, 1, 1], [7, 7, 3, 3]).__round__(6)  # one bit, log 2
    0.693147
    """
    predicted, true, both = _entropies(prediction, truth, bins)
    return max(predicted + true - both, 0.0)


@metric(
    family="image", range=(1.0, 2.0), undefined="both images are constant", properties={"symmetric", "identity", "translation"}
)
def normalised_mutual_information(prediction: ArrayLike, truth: ArrayLike, *, bins: int = 100) -> float:
    """Normalised mutual information, (H(p) + H(t)) / H(p, t), without unit (Studholme, Hill and Hawkes 1999).

    Args:
        prediction: image or volume of any real type.
        truth: the reference, of the same shape.
        bins: equal bins from the lowest to the highest value of each image.

    Returns:
        From 1, independent, to 2, each a function of the other; 1 if one image is constant, NaN if both are.

    Raises:
        ValueError: if the shapes differ, an image is empty, complex, or holds NaN or infinities, or there are fewer than 2 bins.

    >>> normalised_mutual_information([0, 0, 1, 1], [7, 7, 3, 3])
    2.0
    """
    predicted, true, both = _entropies(prediction, truth, bins)
    return min(max((predicted + true) / both, 1.0), 2.0) if both else math.nan
