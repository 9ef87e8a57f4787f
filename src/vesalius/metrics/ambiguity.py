"""Whether several masks of one image vary as those of several annotators do."""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics.metric import metric

Masks = NDArray[np.bool_]


def _checked(predictions: Any, truths: Any) -> tuple[Masks, Masks]:
    """Both as truth values, N×S and G×S."""
    made, true = (np.asarray(each) for each in (predictions, truths))
    if made.ndim < 2 or made.ndim != true.ndim or made.shape[1:] != true.shape[1:]:
        raise ValueError(
            f"masks are stacked along the first axis and of one size, not {made.shape} and {true.shape}; resample them."
        )
    if not (len(made) and len(true)):
        raise ValueError("there is no mask on one side; give at least one prediction and one annotator.")
    for each in (made, true):
        if each.dtype.kind not in "bui" or (each.size and (each.min() < 0 or each.max() > 1)):
            raise ValueError(f"masks of several annotators are 0 or 1, as integers or booleans; got {each.dtype} with others.")
    return made.reshape(len(made), -1) > 0, true.reshape(len(true), -1) > 0


def _overlaps(first_NS: Masks, second_MS: Masks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels in both and pixels in either, for each pair."""
    one, two = first_NS.astype(np.float64), second_MS.astype(np.float64)
    both_NM = one @ two.T
    return both_NM, one.sum(axis=1)[:, None] + two.sum(axis=1) - both_NM


def _distance(first_NS: Masks, second_MS: Masks) -> float:
    """Mean of one minus the IoU over all pairs; two empty masks agree."""
    both_NM, either_NM = _overlaps(first_NS, second_MS)
    return float((1 - np.divide(both_NM, either_NM, out=np.ones_like(both_NM), where=either_NM > 0)).mean())


@metric(
    family="segmentation",
    range=(0.0, 2.0),
    higher_is_better=False,
    unanswered=2.0,
    properties={"symmetric", "identity", "translation"},
)
def generalised_energy_distance(prediction: Any, truth: Any) -> float:
    """2 E[d(S, Y)] - E[d(S, S')] - E[d(Y, Y')] with d = 1 - IoU, over all pairs (Kohl et al. 2018, arXiv 1806.05034).

    S are the predicted masks and Y the annotators'; a mask is also paired with itself, so that the value is not negative and 0
    only where the two sets have the same masks in the same shares. Two empty masks have an IoU of 1.

    Args:
        prediction: masks of 0 and 1, one a sample, N×H×W (or N×X×Y×Z).
        truth: masks of 0 and 1, one an annotator, G×H×W.

    Returns:
        From 0 to 2, without unit.

    Raises:
        ValueError: if the masks differ in size, hold other labels, or one side has none.

    >>> one, two = np.array([[1, 0]]), np.array([[0, 1]])
    >>> generalised_energy_distance(np.stack([one, two]), np.stack([one, two])), generalised_energy_distance(one[None], two[None])
    (0.0, 2.0)
    """
    made_NS, true_GS = _checked(prediction, truth)
    value = 2 * _distance(made_NS, true_GS) - _distance(made_NS, made_NS) - _distance(true_GS, true_GS)
    return min(max(value, 0.0), 2.0)


def combined_sensitivity(prediction: Any, truth: Any) -> float:
    """Share of what any annotator labelled that any sample labels; 1 where none labelled anything.

    >>> combined_sensitivity(np.array([[[1, 0, 0]]]), np.array([[[1, 0, 0]], [[0, 1, 0]]]))
    0.5
    """
    made_NS, true_GS = _checked(prediction, truth)
    made_S, true_S = made_NS.any(axis=0), true_GS.any(axis=0)
    return float((made_S & true_S).sum() / true_S.sum()) if true_S.any() else 1.0


def maximum_dice_matching(prediction: Any, truth: Any) -> float:
    """Dice of the sample that is most like an annotator's mask, mean over the annotators.

    >>> maximum_dice_matching(np.array([[[1, 0, 0]]]), np.array([[[1, 0, 0]], [[0, 1, 0]]]))
    0.5
    """
    made_NS, true_GS = _checked(prediction, truth)
    both_GN, either_GN = _overlaps(true_GS, made_NS)
    sizes_GN = both_GN + either_GN
    dice_GN = np.divide(2 * both_GN, sizes_GN, out=np.ones_like(both_GN), where=sizes_GN > 0)
    return float(dice_GN.max(axis=1).mean())


def diversity_agreement(prediction: Any, truth: Any) -> float:
    """1 - (ΔV_max + ΔV_min) / 2: whether samples differ as much as annotators do.

    V is the variance over pixels of the difference of two masks, V_max and V_min that of the two most and least different ones,
    and Δ the absolute difference between samples and annotators. A single mask has V = 0.

    >>> diversity_agreement(np.array([[[1, 0]], [[1, 0]]]), np.array([[[1, 0]], [[0, 1]]]))
    0.0
    """
    made, true = (_variances(each) for each in _checked(prediction, truth))
    return 1 - (abs(made[0] - true[0]) + abs(made[1] - true[1])) / 2


def _variances(masks_NS: Masks) -> tuple[float, float]:
    """Greatest and least over pairs."""
    values = masks_NS.astype(np.float64)
    found = [float((first - second).var()) for first, second in combinations(values, 2)]
    return (max(found), min(found)) if found else (0.0, 0.0)


@metric(family="segmentation", unanswered=0.0, properties={"identity"})
def collective_insight(prediction: Any, truth: Any) -> float:
    """3 / (1/a + 1/b + 1/c): harmonic mean of combined sensitivity, maximum Dice matching and diversity agreement.

    The score of Rahman et al. 2023 (arXiv 2304.04745): a is how much of what any annotator labelled is found by any sample, b how
    well each annotator is met by the nearest sample, c whether samples differ as much as annotators do. Some implementations
    compute 3abc / (a + b + c) instead, which is lower; compare only values of one of the two.

    Args:
        prediction: masks of 0 and 1, one a sample, N×H×W (or N×X×Y×Z).
        truth: masks of 0 and 1, one an annotator, G×H×W.

    Returns:
        From 0 to 1, without unit; 0 where one of the three is 0.

    Raises:
        ValueError: if the masks differ in size, hold other labels, or one side has none.

    >>> annotators = np.array([[[1, 0]], [[0, 1]]])
    >>> collective_insight(annotators, annotators), collective_insight(annotators[:1], annotators)
    (1.0, 0.0)
    """
    parts = [measure(prediction, truth) for measure in (combined_sensitivity, maximum_dice_matching, diversity_agreement)]
    return 3 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0
