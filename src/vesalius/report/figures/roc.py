"""ROC and calibration curves of a task with two classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vesalius.metrics import auroc
from vesalius.report.figures.canvas import RULE, arm_lines, draw, pixels, shortened
from vesalius.report.format import number
from vesalius.statistics import wilson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_WIDTH, _SIDE = 470, 270
_ROW = 17


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """An arm's numbers for the test records, higher for the positive class."""

    arm: str
    baseline: bool
    values: Floats


def roc_points(values: Floats, truths: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates at every threshold, from the strictest.

    Args:
        values: n finite numbers, higher for the positive class.
        truths: n numbers, 1 for positive and 0 for negative; both are there.

    >>> false_rate, true_rate = roc_points(np.array([0.9, 0.6, 0.6, 0.1]), np.array([1.0, 1.0, 0.0, 0.0]))
    >>> false_rate.tolist(), true_rate.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    order = np.argsort(-values, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    positives = np.cumsum(truths[order])[last_of_ties]
    negatives = last_of_ties + 1 - positives
    return np.concatenate([[0.0], negatives / negatives[-1]]), np.concatenate([[0.0], positives / positives[-1]])


def roc(arms: Sequence[Scored], truths: Floats, *, task: str) -> Markup:
    """The ROC curve of every arm, baselines dashed, with its area."""
    areas = [number(auroc(arm.values, truths.astype(int))) for arm in arms]
    spoken = "; ".join(f"{arm.arm}: {area}" for arm, area in zip(arms, areas))

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, 50, 10, _SIDE, _SIDE)
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1)
        for arm, area, (colour, dashes) in zip(arms, areas, arm_lines([arm.baseline for arm in arms])):
            x, y = roc_points(arm.values, truths)
            axes.plot(x, y, linestyle=dashes, color=colour, label=f"{area}  {shortened(arm.arm, 14)}")
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel="false positive rate", ylabel="true positive rate")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="AUROC", alignment="left", handlelength=1.5)

    height = max(_SIDE, _ROW * (len(arms) + 2)) + 60
    return draw(paint, width=_WIDTH, height=height, label=f"ROC curves on {task}. Area: {spoken}.")


def calibration(arms: Sequence[Scored], truths: Floats, *, task: str) -> Markup:
    """How often the positive class was there where an arm gave it about that probability, with 95 % Wilson intervals.

    Args:
        arms: with values that are probabilities.
        truths: n numbers, 1 for positive and 0 for negative.
        task: its name.
    """

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, 50, 10, _SIDE, _SIDE)
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1)
        for arm, (colour, dashes) in zip(arms, arm_lines([arm.baseline for arm in arms])):
            bins = _bins(arm.values)
            said = [float(arm.values[members].mean()) for members in bins]
            seen = [wilson(int(truths[members].sum()), len(members)) for members in bins]
            axes.vlines(said, [e.low for e in seen], [e.high for e in seen], color=colour, linewidth=0.8, alpha=0.45)
            axes.plot(
                said, [e.value for e in seen], "o", linestyle=dashes, color=colour, markersize=4, label=shortened(arm.arm, 18)
            )
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel="predicted probability", ylabel="observed share")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.5)

    label = f"Calibration on {task}: observed share against predicted probability, for {', '.join(arm.arm for arm in arms)}."
    return draw(paint, width=_WIDTH, height=max(_SIDE, _ROW * (len(arms) + 2)) + 60, label=label)


def _bins(values: Floats) -> list[NDArray[np.intp]]:
    """Records in order of their probability, in three to ten bins of equal size, of some 25 records where that can be."""
    count = int(np.clip(len(values) // 25, 3, 10))
    return list(np.array_split(np.argsort(values, kind="stable"), count))
