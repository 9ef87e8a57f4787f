"""Whether a map of what a network looked at is in the right place, and whether the network agrees with it.

The first two compare a map with the place of what is to be explained, and need no network. The others are of curves that were
taken with the network: they judge the map by what the network does, and have no truth beside it.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._image_checks import as_image
from vesalius.metrics._masks import checked_mask
from vesalius.metrics.metric import metric


@metric(family="detection", unanswered=0.0, undefined="the mask is empty", properties={"translation"})
def pointing_game(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Whether the highest place of a saliency map lies inside the mask, hits / places (Zhang et al. 2016), without unit.

    Of several equally high places the share that lies inside counts, so that a map that is the same everywhere scores as chance
    does. There is no tolerance around the mask.

    Args:
        prediction: saliency map, one number of at least 0 a pixel or voxel.
        truth: mask of the same shape, 0 outside.

    Returns:
        0 to 1; 0 for a map of zeros, which points nowhere; NaN if the mask is empty.

    Raises:
        ValueError: if the shapes differ, the map has a negative, missing or infinite number, or the mask is not of whole numbers.

    >>> pointing_game(np.array([[0.1, 0.7, 0.7]]), np.array([[0, 1, 0]]))
    0.5
    """
    heat, inside = _checked(prediction, truth)
    if not inside.any():
        return math.nan
    return float(inside[heat == heat.max()].mean()) if heat.any() else 0.0


@metric(family="detection", unanswered=0.0, undefined="the mask is empty", properties={"identity", "translation"})
def energy_inside(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Energy-based pointing game: Σ map inside the mask / Σ map, without unit (Wang et al. 2020, arXiv 1910.01279).

    Args:
        prediction: saliency map, one number of at least 0 a pixel or voxel.
        truth: mask of the same shape, 0 outside.

    Returns:
        0 to 1; 0 for a map of zeros; NaN if the mask is empty.

    Raises:
        ValueError: as ``pointing_game`` does.

    >>> energy_inside(np.array([[0.5, 1.5, 0.0]]), np.array([[0, 1, 0]]))
    0.75
    """
    heat, inside = _checked(prediction, truth)
    if not inside.any():
        return math.nan
    highest = float(heat.max())
    if not highest:
        return 0.0
    share = heat / highest  # so that no sum is too large to be a number
    return min(1.0, float(share[inside].sum() / share.sum()))


@metric(family="classification", higher_is_better=False, unanswered=1.0)
def deletion_auc(prediction: ArrayLike, truth: object = None) -> float:
    """Area under a class's probability while an image is taken away, most salient places first, without unit.

    Petsiuk et al. 2018 (arXiv 1806.07421). Low where the map names what the class depends on.

    Args:
        prediction: 2×S: the class's probability while places are deleted, from the whole image to none of it, and while they are
            inserted, from none to all; at equal steps.
        truth: not looked at.

    Returns:
        0 to 1, by trapezoids.

    Raises:
        ValueError: if there are not two curves of two or more probabilities.

    >>> deletion_auc([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    0.25
    """
    return _area(_probabilities(prediction)[0])


@metric(family="classification", unanswered=0.0)
def insertion_auc(prediction: ArrayLike, truth: object = None) -> float:
    """Area under a class's probability while an image comes into being, most salient places first, without unit.

    Petsiuk et al. 2018 (arXiv 1806.07421). High where the map names what is enough for the class.

    Args:
        prediction: as ``deletion_auc`` takes it.
        truth: not looked at.

    Returns:
        0 to 1, by trapezoids.

    Raises:
        ValueError: if there are not two curves of two or more probabilities.

    >>> insertion_auc([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    0.75
    """
    return _area(_probabilities(prediction)[1])


@metric(family="classification", range=(-1.0, 1.0), higher_is_better=False, unanswered=1.0)
def randomisation_similarity(prediction: ArrayLike, truth: object = None) -> float:
    """Rank correlation of a map with that of networks whose layers are drawn anew, Σ ρ / L over the L layers, without unit.

    The sanity check of Adebayo et al. 2018 (arXiv 1810.03292): layers are drawn anew from the last to the first, each in addition
    to those before. Near 0 where the map depends on what the network has learned; 1 where it does not, as an edge detector.

    Args:
        prediction: Spearman's ρ for each layer.
        truth: not looked at.

    Returns:
        -1 to 1.

    Raises:
        ValueError: if there is no correlation, or one is not between -1 and 1.

    >>> randomisation_similarity([0.6, 0.0])
    0.3
    """
    curve = as_image("prediction", prediction)
    if curve.ndim != 1 or not ((curve >= -1) & (curve <= 1)).all():
        raise ValueError(f"correlations are a row of numbers between -1 and 1; got an array of shape {curve.shape}.")
    return float(curve.astype(float).mean())


def _checked(prediction: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    heat, mask = as_image("prediction", prediction), checked_mask(np.asarray(truth))
    if heat.shape != mask.shape:
        raise ValueError(f"saliency map {heat.shape} and mask {mask.shape} differ in shape; resample one to the other.")
    if heat.min() < 0:
        raise ValueError("a saliency map is not negative; cut off or square what speaks against the class.")
    return heat.astype(float), mask > 0


def _probabilities(curves: ArrayLike) -> NDArray[np.float64]:
    values = as_image("prediction", curves)
    if values.ndim != 2 or len(values) != 2 or values.shape[1] < 2 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"curves are 2×S probabilities, of deletion and insertion; got an array of shape {values.shape}.")
    return np.asarray(values, dtype=float)


def _area(curve_S: NDArray[np.float64]) -> float:
    return float(np.trapezoid(curve_S, dx=1 / (len(curve_S) - 1)))
