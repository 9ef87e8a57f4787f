"""Points that a model places on objects."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import as_numbers
from vesalius.metrics.metric import NOT_NEGATIVE, metric

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


class PointMatches(NamedTuple):
    """Rows of the prediction and of the truth that belong together, and how far apart they are."""

    predicted: Indices
    true: Indices
    distances: Floats


def _positions(name: str, values: ArrayLike, spacing: Sequence[float] | None) -> Floats:
    positions = as_numbers(name, values)
    if positions.size == 0:
        return np.empty((0, 0))
    if positions.ndim != 2 or positions.shape[1] not in (2, 3):
        raise ValueError(f"{name} must be an N×2 or N×3 array of positions, not {positions.shape}.")
    if not np.isfinite(positions).all():
        raise ValueError(f"{name} holds NaN or infinite positions; leave such points out and count them.")
    if spacing is None:
        return positions
    sizes = np.asarray(spacing, dtype=np.float64)
    if sizes.shape != positions.shape[1:] or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"spacing must be {positions.shape[1]} positive numbers, not {spacing}.")
    return positions * sizes


def match_points(
    prediction: ArrayLike, truth: ArrayLike, *, tolerance: float = 5.0, spacing: Sequence[float] | None = None
) -> PointMatches:
    """One-to-one matching of as many points as possible within a tolerance, and then of the least total distance.

    Points within the tolerance fall into connected components, each solved as an assignment problem (Kuhn 1955).

    Args:
        prediction: N×2 or N×3 positions; empty where there is none.
        truth: M×2 or M×3 positions; empty where there is none.
        tolerance: largest distance of a match, itself included, in units of the positions, or in millimetres with a spacing.
        spacing: millimetres a pixel along each axis.

    Raises:
        ValueError: if positions are of another shape, 2D meets 3D, one is NaN or infinite, or tolerance or spacing is not
        positive.

    >>> match_points([[0, 0], [0, 3]], [[0, 2], [0, 6]], tolerance=3).distances
    array([2., 3.])
    """
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance must be a positive number, not {tolerance}.")
    predicted, true = _positions("prediction", prediction, spacing), _positions("truth", truth, spacing)
    if not (len(predicted) and len(true)):
        return PointMatches(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))
    if predicted.shape[1] != true.shape[1]:
        raise ValueError(f"predicted points have {predicted.shape[1]} coordinates and true ones {true.shape[1]}.")
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    near = cKDTree(predicted).sparse_distance_matrix(cKDTree(true), tolerance, output_type="ndarray")
    ends = near["i"], near["j"] + len(predicted)
    size = len(predicted) + len(true)
    _, component = connected_components(coo_array((np.ones(len(near), np.int8), ends), shape=(size, size)), directed=False)
    order = np.argsort(component[near["i"]], kind="stable")
    cuts = np.flatnonzero(np.diff(component[near["i"][order]])) + 1
    parts = [_assignment(near[rows], tolerance) for rows in np.split(order, cuts) if len(rows)]
    matched = np.concatenate([near[:0], *parts])
    matched = matched[np.argsort(matched["i"])]
    return PointMatches(matched["i"].astype(np.intp), matched["j"].astype(np.intp), matched["v"])


def _assignment(near: NDArray[np.void], tolerance: float) -> NDArray[np.void]:
    """The chosen ones among the near pairs of a component; a far pair costs more than all near ones together."""
    if len(near) == 1:
        return near
    from scipy.optimize import linear_sum_assignment

    (rows, row), (columns, column) = np.unique(near["i"], return_inverse=True), np.unique(near["j"], return_inverse=True)
    shape = len(rows), len(columns)
    cost = np.full(shape, tolerance * (min(shape) + 1))
    place = np.full(shape, -1)
    cost[row, column], place[row, column] = near["v"], np.arange(len(near))
    chosen = place[linear_sum_assignment(cost)]
    kept: NDArray[np.void] = near[chosen[chosen >= 0]]
    return kept


def _share(part: int, whole: int, other: int) -> float:
    """Part of the whole; where the whole is empty, 1 if the other side is empty too, else 0."""
    return part / whole if whole else float(other == 0)


@metric(family="detection", unanswered=0.0, properties={"symmetric", "identity", "translation"})
def point_f1(prediction: ArrayLike, truth: ArrayLike, *, tolerance: float = 5.0, spacing: Sequence[float] | None = None) -> float:
    """F1 of points under the best one-to-one matching within a tolerance, 2 m / (n_p + n_t), without unit.

    Args:
        prediction: N×2 or N×3 positions; empty where there is none.
        truth: M×2 or M×3 positions; empty where there is none.
        tolerance: largest distance of a match, itself included, in units of the positions, or in millimetres with a spacing.
        spacing: millimetres a pixel along each axis.

    Returns:
        0 to 1; both empty: 1, for they agree; one empty: 0.

    Raises:
        ValueError: as ``match_points``.

    >>> point_f1([[0, 0], [0, 3], [9, 9]], [[0, 2], [0, 6]], tolerance=3)
    0.8
    """
    matches = len(match_points(prediction, truth, tolerance=tolerance, spacing=spacing).predicted)
    points = len(np.asarray(prediction)) + len(np.asarray(truth))
    return _share(2 * matches, points, points)


@metric(family="detection", unanswered=0.0, properties={"identity", "translation"})
def point_precision(
    prediction: ArrayLike, truth: ArrayLike, *, tolerance: float = 5.0, spacing: Sequence[float] | None = None
) -> float:
    """Share of predicted points that match a true one, m / n_p, one to one within a tolerance, without unit.

    Args:
        prediction: N×2 or N×3 positions; empty where there is none.
        truth: M×2 or M×3 positions; empty where there is none.
        tolerance: largest distance of a match, itself included, in units of the positions, or in millimetres with a spacing.
        spacing: millimetres a pixel along each axis.

    Returns:
        0 to 1; both empty: 1, for they agree; one empty: 0.

    Raises:
        ValueError: as ``match_points``.

    >>> point_precision([[0, 0], [0, 3], [9, 9], [9, 8]], [[0, 2], [0, 6]], tolerance=3)
    0.5
    """
    matches = len(match_points(prediction, truth, tolerance=tolerance, spacing=spacing).predicted)
    return _share(matches, len(np.asarray(prediction)), len(np.asarray(truth)))


@metric(family="detection", unanswered=0.0, properties={"identity", "translation"})
def point_recall(
    prediction: ArrayLike, truth: ArrayLike, *, tolerance: float = 5.0, spacing: Sequence[float] | None = None
) -> float:
    """Matching accuracy: share of true points that a predicted one matches, m / n_t, one to one within a tolerance, without unit.

    Args:
        prediction: N×2 or N×3 positions; empty where there is none.
        truth: M×2 or M×3 positions; empty where there is none.
        tolerance: largest distance of a match, itself included, in units of the positions, or in millimetres with a spacing.
        spacing: millimetres a pixel along each axis.

    Returns:
        0 to 1; both empty: 1, for they agree; one empty: 0.

    Raises:
        ValueError: as ``match_points``.

    >>> point_recall([[0, 0]], [[0, 2], [0, 6]], tolerance=3)
    0.5
    """
    matches = len(match_points(prediction, truth, tolerance=tolerance, spacing=spacing).predicted)
    return _share(matches, len(np.asarray(truth)), len(np.asarray(prediction)))


@metric(
    family="detection",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="no point matches",
    properties={"symmetric", "identity", "translation"},
)
def point_distance(
    prediction: ArrayLike, truth: ArrayLike, *, tolerance: float = 5.0, spacing: Sequence[float] | None = None
) -> float:
    """Mean distance of matched points, Σ‖p - t‖ / m, in units of the positions, or in millimetres with a spacing.

    Args:
        prediction: N×2 or N×3 positions; empty where there is none.
        truth: M×2 or M×3 positions; empty where there is none.
        tolerance: largest distance of a match, itself included, and so the largest possible value.
        spacing: millimetres a pixel along each axis.

    Returns:
        The distance; NaN if no point matches: show it beside ``point_f1``.

    Raises:
        ValueError: as ``match_points``.

    >>> point_distance([[0, 0], [0, 3]], [[0, 2], [0, 6]], tolerance=3)
    2.5
    """
    distances = match_points(prediction, truth, tolerance=tolerance, spacing=spacing).distances
    return float(distances.mean()) if len(distances) else math.nan


def _labels_under(prediction: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The mask, and its label under each point; 0 outside of the image."""
    mask = np.asarray(truth)
    if mask.dtype.kind not in "bui" or mask.ndim not in (2, 3) or mask.size == 0 or mask.min() < 0:
        raise ValueError(f"a mask to point at is 2D or 3D, of labels from 0; got {mask.dtype} of shape {mask.shape}.")
    positions = _positions("prediction", prediction, None)
    if not len(positions):
        return mask, np.empty(0, dtype=np.int64)
    if positions.shape[1] != mask.ndim:
        raise ValueError(f"points have {positions.shape[1]} coordinates and the mask {mask.ndim} axes.")
    place = np.floor(positions + 0.5)
    inside = ((place >= 0) & (place < mask.shape)).all(axis=1)
    labels = np.zeros(len(place), dtype=np.int64)
    labels[inside] = mask[tuple(place[inside].astype(np.intp).T)]
    return mask, labels


@metric(family="detection", unanswered=0.0, properties={"label order", "translation"})
def point_mask_f1(prediction: ArrayLike, truth: ArrayLike) -> float:
    """F1 of points against instances, 2 m / (n_p + n_t), m the instances with a point inside, without unit.

    Each instance takes one point, so that a second one inside is false; points and instances match at best in one way.

    Args:
        prediction: N×2 or N×3 positions in array order; whole numbers are the centres of pixels. Empty where there is none.
        truth: mask of instances, H×W or D×H×W, 0 outside and another label for each.

    Returns:
        0 to 1; neither point nor instance: 1, for they agree; only one of them: 0.

    Raises:
        ValueError: if positions or mask are of another shape or type, or a position is NaN or infinite.

    >>> point_mask_f1([[0, 0], [0, 1], [1, 1]], np.array([[1, 0, 0], [0, 2, 2]])).__round__(3)
    0.8
    """
    mask, labels = _labels_under(prediction, truth)
    instances = len(np.setdiff1d(np.unique(mask), [0]))
    matches = len(np.setdiff1d(labels, [0]))
    return _share(2 * matches, len(labels) + instances, len(labels) + instances)


@metric(family="detection", unanswered=0.0, undefined="the mask is empty", properties={"translation"})
def pointing_accuracy(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Pointing game: share of points that lie inside the mask, hits / points, without unit (Zhang et al. 2016).

    Args:
        prediction: N×2 or N×3 positions in array order, such as the peak of a saliency map; whole numbers are the centres of
            pixels.
        truth: mask, H×W or D×H×W, 0 outside.

    Returns:
        0 to 1; 0 without a point; NaN if the mask is empty, where no point can be right.

    Raises:
        ValueError: if positions or mask are of another shape or type, or a position is NaN or infinite.

    >>> pointing_accuracy([[0, 0], [0, 1]], np.array([[1, 0, 0], [0, 1, 1]]))
    0.5
    """
    mask, labels = _labels_under(prediction, truth)
    if not mask.any():
        return math.nan
    return float((labels > 0).mean()) if len(labels) else 0.0
