"""All overlaps, volumes and surface distances of two label masks, label by label, from one pass over each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import Labels, checked_spacing
from vesalius.metrics._overlap import overlap
from vesalius.metrics.segmentation import (
    absolute_volume_error_by_label,
    dice_by_label,
    iou_by_label,
    precision_by_label,
    relative_volume_error_by_label,
    sensitivity_by_label,
)
from vesalius.metrics.surface import Tolerance, surfaces

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentationTable:
    """One row a label of either mask; the mean of a column is the metric of its name, where there is a label.

    Attributes:
        labels_L: the labels above 0, ascending.
        dice_L, iou_L, sensitivity_L, precision_L: overlaps.
        relative_volume_error_L, absolute_volume_error_L: a share, and mm³ (mm² of an image).
        hd_L, asd_L, assd_L: mm.
        hd_percentiles_LP: mm, one column a percentile.
        nsd_LT: one column a tolerance.
        percentiles, tolerances: what the columns are of.
    """

    labels_L: NDArray[np.int64]
    dice_L: Values
    iou_L: Values
    sensitivity_L: Values
    precision_L: Values
    relative_volume_error_L: Values
    absolute_volume_error_L: Values
    hd_L: Values
    asd_L: Values
    assd_L: Values
    hd_percentiles_LP: Values
    nsd_LT: Values
    percentiles: tuple[float, ...]
    tolerances: tuple[Tolerance, ...]


def segmentation_table(
    prediction: Labels,
    truth: Labels,
    *,
    spacing: Sequence[float] | None = None,
    percentiles: Sequence[float] = (95.0,),
    tolerances: Sequence[Tolerance] = (1.0,),
) -> SegmentationTable:
    """Every label at once: one joint histogram and one search of the surfaces give all columns.

    Args:
        prediction: label mask, 0 for background.
        truth: mask of the same shape.
        spacing: mm between voxel centres, one number an axis; 1 each by default.
        percentiles: of the Hausdorff distance, from 0 to 100.
        tolerances: of the normalised surface Dice, in mm, each one for all labels or one a label.

    Returns:
        The table; without rows if both masks are empty.

    Raises:
        ValueError: as ``dice``, ``hd`` and ``nsd`` do.

    >>> table = segmentation_table(np.array([[1, 1, 0, 2]]), np.array([[1, 0, 0, 2]]), tolerances=(0.5, 1.0))
    >>> table.labels_L.tolist(), table.dice_L.round(3).tolist(), table.hd_L.tolist(), table.nsd_LT.round(3).tolist()
    ([1, 2], [0.667, 1.0], [1.0, 0.0], [[0.667, 1.0], [1.0, 1.0]])
    """
    if not all(0 <= percentile <= 100 for percentile in percentiles):
        raise ValueError(f"percentiles {tuple(percentiles)} are not all within 0 and 100; 95 gives the usual HD95.")
    voxel = float(checked_spacing(spacing, np.ndim(prediction)).prod())
    counts = overlap(prediction, truth)
    found = surfaces(prediction, truth, spacing=spacing)
    rows = len(counts.labels_L)
    return SegmentationTable(
        labels_L=counts.labels_L,
        dice_L=dice_by_label(counts),
        iou_L=iou_by_label(counts),
        sensitivity_L=sensitivity_by_label(counts),
        precision_L=precision_by_label(counts),
        relative_volume_error_L=relative_volume_error_by_label(counts),
        absolute_volume_error_L=absolute_volume_error_by_label(counts, voxel),
        hd_L=found.hausdorff(100.0),
        asd_L=found.average(),
        assd_L=found.average_symmetric(),
        hd_percentiles_LP=_columns([found.hausdorff(percentile) for percentile in percentiles], rows),
        nsd_LT=_columns([found.within(tolerance) for tolerance in tolerances], rows),
        percentiles=tuple(percentiles),
        tolerances=tuple(tolerances),
    )


def _columns(columns: Sequence[Values], rows: int) -> Values:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0))
