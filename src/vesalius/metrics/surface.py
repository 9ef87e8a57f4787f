"""Distances between the surfaces of two label masks, averaged over the labels present in either.

The surface of a label is the set of its border voxels: those that share a face (an edge in 2D) with a voxel that is not of the
label or with the outside of the frame, each one a point at the voxel's centre. This is the surface of MONAI, MedPy, ITK and
Metrics Reloaded (Maier-Hein, Reinke et al. 2024), and so of most published figures. The other definition in use, surface
elements of the mesh between voxels weighted by their area (DeepMind's surface-distance; Nikolov et al. 2021), gives other values,
by a fraction of a voxel as a rule and by more where spacing is uneven: one must not be compared with the other.

Every metric follows one rule for what is missing. Both masks empty: they agree, and the distance is 0. A label that only one
mask has lies at the frame's diagonal in mm, corner to corner, which no distance within the frame reaches, as in the BraTS
challenges: finite, so that a missed organ can be averaged and compared, and always worse than any found one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import Labels, checked_pair, checked_spacing, compact, foreground_box
from vesalius.metrics._nearest import Distances, nearest
from vesalius.metrics.metric import NOT_NEGATIVE, Property, metric

Tolerance = float | Mapping[int, float]
"""In mm: one for all labels, or one a label."""


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """The distances between the two surfaces of each label, from which every metric here is taken.

    Attributes:
        there: by label, from each border voxel of the prediction to the nearest one of the truth.
        back: from the truth to the prediction; a label that only one mask has is in neither.
        labels: those that either mask has, ascending.
        diagonal: of the frame, in mm.
    """

    there: Mapping[int, Distances]
    back: Mapping[int, Distances]
    labels: tuple[int, ...]
    diagonal: float

    def by_label(self, value: Callable[[Distances, Distances], float], *, missing: float) -> NDArray[np.float64]:
        """One value a label; ``missing`` where only one mask has it."""
        pairs = [(self.there.get(label), self.back.get(label)) for label in self.labels]
        return np.array([missing if there is None or back is None else value(there, back) for there, back in pairs])

    def hausdorff(self, percentile: float) -> NDArray[np.float64]:
        """Larger of the two directed percentiles, by label."""
        return self.by_label(
            lambda there, back: max(there.percentile(percentile), back.percentile(percentile)), missing=self.diagonal
        )

    def average(self) -> NDArray[np.float64]:
        """Mean distance of the prediction's border, by label."""
        return self.by_label(lambda there, _: there.sum / there.total, missing=self.diagonal)

    def average_symmetric(self) -> NDArray[np.float64]:
        """Mean distance of all border voxels of both, by label."""
        return self.by_label(lambda there, back: (there.sum + back.sum) / (there.total + back.total), missing=self.diagonal)

    def within(self, tolerance: Tolerance) -> NDArray[np.float64]:
        """Share of all border voxels of both within the tolerance, by label."""
        limits = checked_tolerance(tolerance, self.labels)
        shares = np.zeros(len(self.labels))
        for place, (label, limit) in enumerate(zip(self.labels, limits)):
            if label in self.there and label in self.back:
                there, back = self.there[label], self.back[label]
                shares[place] = (there.within(limit) + back.within(limit)) / (there.total + back.total)
        return shares


def checked_tolerance(tolerance: Tolerance, labels: Sequence[int]) -> list[float]:
    """The tolerance of each label; raises ``ValueError`` if one is missing, negative or not finite."""
    limits = [float(tolerance.get(label, np.nan)) if isinstance(tolerance, Mapping) else float(tolerance) for label in labels]
    given = list(tolerance.values()) if isinstance(tolerance, Mapping) else [tolerance]
    if not (np.isfinite([*limits, *given]) & (np.array([*limits, *given]) >= 0)).all():
        raise ValueError(
            f"tolerance {tolerance!r} is no distance for every label of {list(labels)}; give mm, 0 or more, for each."
        )
    return limits


def surfaces(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None) -> Surfaces:
    """All distances between the surfaces of every label, from one pass.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.

    Raises:
        ValueError: if the shapes differ, a label is negative or not a whole number, or the spacing is not one positive number
            an axis.

    >>> found = surfaces(np.array([[1, 1, 1]]), np.array([[0, 1, 1]]), spacing=(1.0, 2.0))
    >>> found.there[1].values.tolist(), found.there[1].counts.tolist()
    ([0.0, 2.0], [2, 1])
    """
    prediction, truth = checked_pair(prediction, truth)
    sizes = checked_spacing(spacing, prediction.ndim)
    diagonal = float(np.linalg.norm(sizes * prediction.shape))
    if prediction.flags.f_contiguous and truth.flags.f_contiguous:
        prediction, truth, sizes = prediction.T, truth.T, sizes[::-1]
    box = foreground_box(prediction, truth)
    if box is None:
        return Surfaces({}, {}, (), diagonal)
    ours, theirs, names = compact(prediction[box], truth[box])
    there, back, present = nearest(ours, theirs, sizes)
    return Surfaces(
        {int(names[code]): value for code, value in there.items()},
        {int(names[code]): value for code, value in back.items()},
        tuple(names[present].tolist()),
        diagonal,
    )


def _mean(values: NDArray[np.float64], *, empty: float) -> float:
    return float(values.mean()) if len(values) else empty


DISTANCE: set[Property] = {"symmetric", "identity", "label order", "translation", "scales with spacing"}


@metric(family="segmentation", range=NOT_NEGATIVE, higher_is_better=False, properties=DISTANCE)
def hd(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None, percentile: float = 100.0) -> float:
    """Hausdorff distance in mm, max(P(d(a, B)), P(d(b, A))), mean over the labels present in either mask.

    d(a, B) are the distances of every border voxel of one mask to the nearest one of the other; P is their percentile, the
    maximum at 100 (Hausdorff 1914; Huttenlocher et al. 1993). The percentile is taken of each direction, with linear
    interpolation between order statistics, and the larger one counts, as in MONAI and Metrics Reloaded; MedPy takes one
    percentile of both together.

    Both masks empty: 0. A label that only one mask has: the frame's diagonal.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.
        percentile: from 0 to 100.

    Raises:
        ValueError: as ``surfaces`` does, or if the percentile is out of range.

    >>> hd(np.array([[1, 1, 0, 0]]), np.array([[1, 0, 0, 0]]), spacing=(1.0, 0.5))
    0.5
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"percentile {percentile} is not within 0 and 100; 95 gives the usual HD95.")
    return _mean(surfaces(prediction, truth, spacing=spacing).hausdorff(percentile), empty=0.0)


@metric(family="segmentation", range=NOT_NEGATIVE, higher_is_better=False, properties=DISTANCE)
def hd95(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None) -> float:
    """95th percentile Hausdorff distance in mm: ``hd`` at 95, which a few stray voxels do not decide (Huttenlocher et al. 1993).

    Both masks empty: 0. A label that only one mask has: the frame's diagonal.

    Raises:
        ValueError: as ``surfaces`` does.

    >>> hd95(np.array([1, 1, 1, 0, 0]), np.array([1, 1, 1, 1, 1])).__round__(3)
    1.9
    """
    return hd(prediction, truth, spacing=spacing, percentile=95.0)


@metric(family="segmentation", range=NOT_NEGATIVE, higher_is_better=False, properties=DISTANCE - {"symmetric"})
def asd(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None) -> float:
    """Average surface distance in mm, Σ d(a, B) / |A| over the prediction's border, mean over labels (Heimann et al. 2009).

    Directed: border that was missed does not count, for which there is ``assd``. Both masks empty: 0. A label that only one mask
    has: the frame's diagonal.

    Raises:
        ValueError: as ``surfaces`` does.

    >>> asd(np.array([1, 1, 1, 0]), np.array([0, 1, 1, 1])), asd(np.array([1, 0]), np.array([1, 1]))
    (1.0, 0.0)
    """
    return _mean(surfaces(prediction, truth, spacing=spacing).average(), empty=0.0)


@metric(family="segmentation", range=NOT_NEGATIVE, higher_is_better=False, properties=DISTANCE)
def assd(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None) -> float:
    """Average symmetric surface distance in mm, (Σ d(a, B) + Σ d(b, A)) / (|A| + |B|) over border voxels, mean over labels.

    The mean of all distances of both directions (Heimann et al. 2009), not the mean of the two means. Both masks empty: 0. A
    label that only one mask has: the frame's diagonal.

    Raises:
        ValueError: as ``surfaces`` does.

    >>> assd(np.array([1, 0, 0, 0]), np.array([1, 1, 0, 0])).__round__(3)
    0.333
    """
    return _mean(surfaces(prediction, truth, spacing=spacing).average_symmetric(), empty=0.0)


@metric(family="segmentation", unanswered=0.0, properties={"symmetric", "identity", "label order", "translation"})
def nsd(prediction: Labels, truth: Labels, *, spacing: Sequence[float] | None = None, tolerance: Tolerance = 1.0) -> float:
    """Normalised surface Dice, the share of all border voxels of both masks within a tolerance of the other's border.

    (|{a: d(a, B) ≤ τ}| + |{b: d(b, A) ≤ τ}|) / (|A| + |B|), mean over the labels present in either mask (Nikolov et al. 2021,
    counted in border voxels). A distance that equals the tolerance but for rounding counts.

    Both masks empty: 1. A label that only one mask has: 0.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.
        tolerance: in mm, one for all labels or one a label.

    Raises:
        ValueError: as ``surfaces`` does, or if a label has no tolerance of 0 mm or more.

    >>> nsd(np.array([1, 1, 1, 0, 0]), np.array([1, 1, 1, 1, 1]), tolerance=1.0).__round__(3)
    0.5
    """
    found = surfaces(prediction, truth, spacing=spacing)
    return _mean(found.within(tolerance), empty=1.0)
