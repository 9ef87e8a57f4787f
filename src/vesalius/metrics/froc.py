"""Free-response operating characteristic of detected boxes: sensitivity against false positives an image."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from vesalius.metrics.boxes import Floats, Images, holds_centre, overlap, pairs, read_boxes
from vesalius.metrics.metric import metric

CPM_RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives an image at which LUNA16 reads the sensitivity."""

Hit = Literal["centre", "iou"]


class Froc(NamedTuple):
    """The curve, from the strictest threshold to the loosest; the first point is that of no detection, at threshold infinity."""

    false_positives: Floats
    sensitivity: Floats
    thresholds: Floats


def froc(predictions: Images, truths: Images, *, hit: Hit = "centre", iou: float = 0.1) -> Froc:
    """The FROC curve (Bunch et al. 1978), as LUNA16 counts it (Setio et al. 2017).

    An object is found at a threshold if a detection of its class with that score or more hits it; further ones that hit it count
    as nothing. A detection that hits no object is a false positive. Classes are pooled.

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; in volumes N×7 or N×8; None where there is no answer. A
            point is a box of no size.
        truths: one array an image, N×4 or N×5: box, class; in volumes N×6 or N×7.
        hit: a detection hits an object if its centre lies in the object's box, or if both overlap enough.
        iou: intersection over union that is enough.

    Returns:
        False positives an image, sensitivity (NaN if there is no object) and threshold, one entry a distinct score.

    Raises:
        ValueError: as ``box_mean_average_precision``.

    >>> curve = froc([np.array([[0, 0, 4, 4, 0.9], [8, 8, 9, 9, 0.5]])], [np.array([[0, 0, 4, 4]])])
    >>> curve.false_positives, curve.sensitivity
    (array([0., 0., 1.]), array([0., 1., 1.]))
    """
    if hit not in ("centre", "iou") or not 0 < iou <= 1:
        raise ValueError(f"hit is 'centre' or 'iou' and iou lies above 0 and up to 1; got {hit!r} and {iou}.")
    found, true = read_boxes(predictions, truths)
    classes = np.unique(np.concatenate([true.classes, found.classes]), return_inverse=True)[1]
    size = len(classes) + 1
    groups = np.concatenate([true.images, found.images]) * size + classes
    likeness, least = (holds_centre, 1.0) if hit == "centre" else (overlap, iou)
    first, second, _ = pairs(found, true, groups[len(true.images) :], groups[: len(true.images)], likeness, least)
    best = np.full(len(true.images), -np.inf)
    np.maximum.at(best, second, found.scores[first])
    alarm = np.ones(len(found.scores), dtype=bool)
    alarm[first] = False
    levels = np.unique(found.scores)[::-1]
    false = np.concatenate([[0], _at_least(found.scores[alarm], levels)]) / len(truths)
    hits = np.concatenate([[0], _at_least(best, levels)])
    sensitivity = hits / len(best) if len(best) else np.full(len(hits), np.nan)
    return Froc(false, sensitivity, np.concatenate([[np.inf], levels]))


def _at_least(scores: Floats, levels: Floats) -> Floats:
    """How many scores reach each level."""
    return len(scores) - np.searchsorted(np.sort(scores), levels, side="left").astype(np.float64)


@metric(
    family="detection", unit="set", undefined="no image has an object", properties={"identity", "label order", "record order"}
)
def froc_sensitivity(
    predictions: Images,
    truths: Images,
    *,
    rates: Sequence[float] = CPM_RATES,
    hit: Hit = "centre",
    iou: float = 0.1,
) -> float:
    """Mean sensitivity at given rates of false positives an image; at 1/8 to 8 it is the CPM (Setio et al. 2017).

    The curve is read by linear interpolation from (0, 0); to the right of its last point it stays level.

    Args:
        predictions: one array an image, N×5 or N×6: box, score, class; in volumes N×7 or N×8; None where there is no answer.
        truths: one array an image, N×4 or N×5: box, class; in volumes N×6 or N×7.
        rates: false positives an image.
        hit: a detection hits an object if its centre lies in the object's box, or if both overlap enough.
        iou: intersection over union that is enough.

    Returns:
        0 to 1; NaN if no image has an object.

    Raises:
        ValueError: as ``box_mean_average_precision``, or if a rate is not positive.

    >>> found = np.array([[8, 8, 9, 9, 0.9], [0, 0, 4, 4, 0.5]])  # one false positive before the hit
    >>> froc_sensitivity([found], [np.array([[0, 0, 4, 4]])], rates=(0.5, 1.0))
    0.5
    """
    if not rates or not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise ValueError(f"rates are positive numbers of false positives an image, not {rates}.")
    curve = froc(predictions, truths, hit=hit, iou=iou)
    return float(np.interp(rates, curve.false_positives, curve.sensitivity).mean())
