"""Free-response curve of lesions in volumes: how many are found at how many false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._components import components
from vesalius.metrics._masks import Labels, checked_mask
from vesalius.metrics.metric import metric

FALSE_ALARMS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""A volume, at which sensitivity is averaged (LUNA16; Setio et al. 2017)."""

FLOOR = 0.1
"""Voxels of a lower probability belong to no candidate."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionHits:
    """What one volume gives to a free-response curve.

    Attributes:
        lesion_scores: of each true lesion, the highest score of a candidate that touches it; minus infinity if none does.
        false_scores: of each candidate that touches no lesion.
    """

    lesion_scores: NDArray[np.float64]
    false_scores: NDArray[np.float64]


def lesion_hits(probability: NDArray[np.floating], truth: Labels, *, floor: float = FLOOR) -> LesionHits:
    """Candidates of a probability map beside the true lesions.

    A candidate is a component of the voxels at or above the floor, and its score the highest probability in it. Lesions are the
    components of what is not 0 in the truth. Both are connected by faces, edges and corners.

    Args:
        probability: one number a voxel.
        truth: mask of the same shape, 0 for background.
        floor: voxels below belong to no candidate.

    Raises:
        ValueError: if the shapes differ, a probability is missing, a label is negative or not a whole number.

    >>> hits = lesion_hits(np.array([0.9, 0.2, 0.0, 0.6]), np.array([0, 1, 0, 0]))
    >>> hits.lesion_scores.tolist(), hits.false_scores.tolist()
    ([0.9], [0.6])
    """
    from scipy import ndimage

    probability, truth = np.asarray(probability), checked_mask(truth)
    if probability.shape != truth.shape:
        raise ValueError(f"probabilities {probability.shape} and truth {truth.shape} differ in shape; resample one to the other.")
    if np.isnan(probability).any():
        raise ValueError("a probability is missing (NaN); give one number a voxel, 0 where there is nothing.")
    candidates, many = components(probability >= floor)
    lesions, number = components(truth > 0)
    scores = np.asarray(ndimage.maximum(probability, candidates, np.arange(1, many + 1)), dtype=float).reshape(many)
    touching = (candidates > 0) & (lesions > 0)
    theirs, ours = lesions[touching].astype(np.int64) - 1, candidates[touching].astype(np.int64) - 1
    lesion_scores = np.full(number, -np.inf)
    np.maximum.at(lesion_scores, theirs, scores[ours])
    return LesionHits(lesion_scores, np.delete(scores, np.unique(ours)))


def free_response(hits: Sequence[LesionHits]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False alarms a volume and the share of lesions found, at every score, strictest first; both start at 0.

    >>> found = LesionHits(np.array([0.9, -np.inf]), np.array([0.6]))
    >>> [each.tolist() for each in free_response([found])]
    [[0.0, 0.0, 1.0], [0.0, 0.5, 0.5]]
    """
    lesions = np.concatenate([each.lesion_scores for each in hits])
    false = np.concatenate([each.false_scores for each in hits])
    scores = np.unique(np.concatenate([lesions[np.isfinite(lesions)], false]))[::-1]
    alarms = len(false) - np.searchsorted(np.sort(false), scores)
    found = len(lesions) - np.searchsorted(np.sort(lesions), scores)
    return np.array([0.0, *(alarms / len(hits))]), np.array([0.0, *(found / max(len(lesions), 1))])


@metric(
    family="segmentation",
    unit="set",
    undefined="no volume has a lesion",
    properties={"record order", "translation"},
)
def lesion_froc(probabilities: Sequence[NDArray[np.floating]], truths: Sequence[Labels]) -> float:
    """Mean sensitivity for lesions at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false alarms a volume (Setio et al. 2017).

    Candidates and lesions as in ``lesion_hits``, sensitivity of all volumes' lesions together, linear between the points of the
    curve as in the LUNA16 and CAMELYON evaluations, and constant beyond its last.

    Args:
        probabilities: one map a volume.
        truths: one mask a volume, 0 for background.

    Returns:
        The mean; NaN if no volume has a lesion.

    Raises:
        ValueError: as ``lesion_hits`` does, or if there are not as many maps as masks.

    >>> lesion_froc([np.array([0.9, 0.0, 0.0])], [np.array([1, 0, 1])])
    0.5
    """
    if len(probabilities) != len(truths):
        raise ValueError(f"{len(probabilities)} probability maps and {len(truths)} masks; give one of each a volume.")
    hits = [lesion_hits(probability, truth) for probability, truth in zip(probabilities, truths)]
    if not sum(len(each.lesion_scores) for each in hits):
        return float("nan")
    alarms, found = free_response(hits)
    places = np.unique(alarms)
    best = found[np.searchsorted(alarms, places, side="right") - 1]
    return float(np.interp(FALSE_ALARMS, places, best).mean())
