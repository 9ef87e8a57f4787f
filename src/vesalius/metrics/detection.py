"""Average precision of detected boxes, in images and volumes, by COCO's rules.

Boxes are rows of row, column, row, column with the ends excluded (in volumes three starts, then three ends), as in
``vesalius.records.fields.Boxes``; a prediction's row goes on with the score and, where there are several classes, the class; a
truth's row with the class alone.

Two departures from pycocotools, both stated in the conformance table: detections of equal score stand or fall together, where
pycocotools ranks them by the order of the images, so that its value changes when images change places; and no object is a crowd.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._box_matching import Flags, Scene, match, scene
from vesalius.metrics.boxes import Floats, Images, read_boxes
from vesalius.metrics.metric import metric

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""Overlaps from 0.50 to 0.95 in steps of 0.05."""

Interval = tuple[float, float]
ANY_SIZE: Interval = (0.0, math.inf)
SMALL: Interval = (0.0, 32.0**2)
MEDIUM: Interval = (32.0**2, 96.0**2)
LARGE: Interval = (96.0**2, math.inf)

_RECALLS = np.linspace(0.0, 1.0, 101)
_MOST = 100


class _Scored(NamedTuple):
    """Hits and false alarms, detections × thresholds, within an interval of sizes, and the objects of each class there."""

    hits: Flags
    alarms: Flags
    objects: NDArray[np.intp]


def _thresholds(values: Sequence[float]) -> Floats:
    thresholds = np.asarray(values, dtype=np.float64)
    if thresholds.ndim != 1 or not thresholds.size or not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ValueError(f"an overlap to count as found lies above 0 and up to 1; got {values}.")
    return thresholds


def _scene(predictions: Images, truths: Images, thresholds: Floats, most: int) -> Scene:
    if not (int(most) == most and most >= 1):
        raise ValueError(f"max_detections must be a positive integer, not {most}.")
    found, true = read_boxes(predictions, truths)
    return scene(found, true, lowest=float(min(thresholds.min(), 1 - 1e-10)), most=most)


def _outside(sizes: Floats, interval: Interval) -> Flags:
    return np.asarray((sizes < interval[0]) | (sizes > interval[1]))


def _score(arena: Scene, thresholds: Floats, size: Interval) -> _Scored:
    """Objects of another size are ignored, and so are detections that take one, or that take none and are of another size."""
    if not size[0] <= size[1]:
        raise ValueError(f"size must be a lower and an upper bound, not {size}.")
    ignored = _outside(arena.true_sizes, size)
    taking, spared = match(arena, thresholds, ignored)
    alarms = ~taking & ~_outside(arena.sizes, size)[:, None]
    classes = int(max(arena.classes.max(initial=-1), arena.true_classes.max(initial=-1))) + 1
    return _Scored(taking & ~spared, alarms, np.bincount(arena.true_classes[~ignored], minlength=classes))


def _precisions(scores: Floats, hits: Flags, alarms: Flags, objects: int) -> Floats:
    """Mean over 101 recalls of the highest precision at that recall or above, one a threshold."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    means = np.zeros(hits.shape[1])
    for level in range(len(means)) if len(scores) else ():
        true = np.cumsum(hits[order, level])[ends]
        false = np.cumsum(alarms[order, level])[ends]
        precision = true / np.maximum(true + false, 1)
        envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)
        means[level] = envelope[np.searchsorted(true / objects, _RECALLS)].mean()
    return means


def _average_precisions(arena: Scene, scored: _Scored) -> Floats:
    """Classes × thresholds, of the classes that have objects."""
    order = np.argsort(arena.classes, kind="stable")
    bounds = np.searchsorted(arena.classes[order], np.arange(len(scored.objects) + 1))
    rows = []
    for place in np.flatnonzero(scored.objects):
        own = order[bounds[place] : bounds[place + 1]]
        rows.append(_precisions(arena.scores[own], scored.hits[own], scored.alarms[own], int(scored.objects[place])))
    return np.array(rows).reshape(len(rows), scored.hits.shape[1])


def _recalls(arena: Scene, scored: _Scored, most: int) -> Floats:
    """Classes × thresholds, of the classes that have objects, with so many detections an image and class."""
    levels = scored.hits.shape[1]
    detection, level = np.nonzero(scored.hits & (arena.ranks < most)[:, None])
    sums = np.bincount(arena.classes[detection] * levels + level, minlength=len(scored.objects) * levels).reshape(-1, levels)
    there = scored.objects > 0
    return np.asarray(sums[there] / scored.objects[there, None])


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan


@metric(
    family="detection",
    unit="set",
    undefined="no image has an object of that size",
    properties={"identity", "label order", "record order"},
)
def box_mean_average_precision(
    predictions: Images,
    truths: Images,
    *,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = _MOST,
    size: Interval = ANY_SIZE,
) -> float:
    """COCO's mean average precision: mean over classes, overlaps and 101 recalls of the interpolated precision (Lin et al. 2014).

    In each image and class the detections, best first, each take the free object that they overlap most, if the intersection over
    union reaches the threshold. Precision at a recall is the highest at that recall or above; 0 where it is not reached. Classes
    without objects play no part.

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; in volumes N×7 or N×8. None, an image without an answer,
            has no detection: its objects are missed.
        truths: one array an image, N×4 or N×5: box, class; in volumes N×6 or N×7.
        thresholds: overlaps that count as found.
        max_detections: best ones kept of each image and class.
        size: smallest and largest area (volume) of objects that count; others are ignored, with the detections that fit them.

    Returns:
        0 to 1; NaN if no image has an object of that size.

    Raises:
        ValueError: if the lists differ in length or are empty, an array has another width, 2D meets 3D, a number is NaN or
        infinite, a box
            ends before it starts, or an option is out of range.

    >>> truth = np.array([[0, 0, 10, 10]])
    >>> box_mean_average_precision([np.array([[0, 0, 10, 8, 0.9]])], [truth])  # found at 0.50 to 0.80
    0.7
    """
    levels = _thresholds(thresholds)
    arena = _scene(predictions, truths, levels, max_detections)
    return _mean(_average_precisions(arena, _score(arena, levels, size)))


@metric(
    family="detection", unit="set", undefined="no image has an object", properties={"identity", "label order", "record order"}
)
def box_average_precision(predictions: Images, truths: Images, *, iou: float = 0.5, max_detections: int = _MOST) -> float:
    """Average precision at one overlap, mean over classes: AP50 of COCO (Lin et al. 2014).

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; in volumes N×7 or N×8; None where there is no answer.
        truths: one array an image, N×4 or N×5: box, class; in volumes N×6 or N×7.
        iou: intersection over union that counts as found; 0.1 is usual in volumes (Baumgartner et al. 2021).
        max_detections: best ones kept of each image and class.

    Returns:
        0 to 1; NaN if no image has an object.

    Raises:
        ValueError: as ``box_mean_average_precision``.

    >>> truths = [np.array([[0, 0, 4, 4]]), np.array([[2, 2, 6, 6]])]
    >>> box_average_precision([np.array([[0, 0, 4, 4, 0.9], [8, 8, 9, 9, 0.8]]), None], truths).__round__(4)  # 51 of 101 recalls
    0.505
    """
    return box_mean_average_precision(predictions, truths, thresholds=(iou,), max_detections=max_detections)


@metric(
    family="detection",
    unit="set",
    undefined="no image has an object of that size",
    properties={"identity", "label order", "record order"},
)
def box_average_recall(
    predictions: Images,
    truths: Images,
    *,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = _MOST,
    size: Interval = ANY_SIZE,
) -> float:
    """COCO's average recall: share of objects found, mean over classes and overlaps (Hosang et al. 2016, Lin et al. 2014).

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; in volumes N×7 or N×8; None where there is no answer.
        truths: one array an image, N×4 or N×5: box, class; in volumes N×6 or N×7.
        thresholds: overlaps that count as found.
        max_detections: best ones kept of each image and class.
        size: smallest and largest area (volume) of objects that count.

    Returns:
        0 to 1; NaN if no image has an object of that size.

    Raises:
        ValueError: as ``box_mean_average_precision``.

    >>> box_average_recall([np.array([[0, 0, 10, 8, 0.9]])], [np.array([[0, 0, 10, 10]])])
    0.7
    """
    levels = _thresholds(thresholds)
    arena = _scene(predictions, truths, levels, max_detections)
    return _mean(_recalls(arena, _score(arena, levels, size), max_detections))


class CocoSummary(NamedTuple):
    """COCO's twelve figures: average precision, at 0.50 and 0.75, by size; average recall with 1, 10, 100, by size."""

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float


def coco_summary(predictions: Images, truths: Images) -> CocoSummary:
    """COCO's twelve figures from one pass over the pairs; a figure without objects is NaN (Lin et al. 2014).

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; None where there is no answer.
        truths: one array an image, N×4 or N×5: box, class.

    Raises:
        ValueError: as ``box_mean_average_precision``.

    >>> coco_summary([np.array([[0, 0, 10, 8, 0.9]])], [np.array([[0, 0, 10, 10]])]).ap75
    1.0
    """
    levels = _thresholds(COCO_THRESHOLDS)
    arena = _scene(predictions, truths, levels, _MOST)
    scored = [_score(arena, levels, size) for size in (ANY_SIZE, SMALL, MEDIUM, LARGE)]
    precisions = [_average_precisions(arena, each) for each in scored]
    return CocoSummary(
        _mean(precisions[0]),
        _mean(precisions[0][:, 0]),
        _mean(precisions[0][:, 5]),
        *(_mean(each) for each in precisions[1:]),
        *(_mean(_recalls(arena, scored[0], most)) for most in (1, 10, _MOST)),
        *(_mean(_recalls(arena, each, _MOST)) for each in scored[1:]),
    )
