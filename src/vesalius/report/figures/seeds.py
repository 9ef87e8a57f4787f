"""What every seed of every arm reached, with the mean and its interval."""

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from vesalius.metrics import METRICS
from vesalius.report.figures.canvas import ARM_COLOURS, INK, MUTED, RULE, draw, page, pixels, shortened
from vesalius.report.format import UNDEFINED, metric_name, number, span
from vesalius.trials.finding import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _PITCH, _TOP, _FOOT = 470, 32, 10, 44
_LEFT, _RIGHT = 150, 64


def seeds(scores: Sequence[Score], *, learners: Collection[str]) -> Markup:
    """One row an arm: a dot a seed above, the mean with its interval below.

    Args:
        scores: of the arms of one task by one metric.
        learners: names of the arms that are proposed; the others are baselines.
    """
    metric = metric_name(scores[0].metric)
    spoken = "; ".join(f"{score.arm}: {_spoken(score)}" for score in scores)
    label = f"{metric} on {scores[0].task}, each seed and the mean with its interval. {spoken}."

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, _LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _PITCH * len(scores))
        axes.set_ylim(len(scores), 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(metric)
        text = page(figure)
        for row, score in enumerate(scores):
            proposed = score.arm in learners
            _row(axes, score, row, ARM_COLOURS[1] if proposed else ARM_COLOURS[0])
            y = _TOP + _PITCH * (row + 0.5)
            text.text(
                0,
                y,
                shortened(score.arm, 20 if proposed else 22),
                va="center",
                weight="bold" if proposed else "normal",
                color=INK,
            )
            text.text(_WIDTH, y, number(score.estimate.value), va="center", ha="right", color=INK)
        axes.margins(x=0.06)
        axes.set_xlim(*_within(axes.get_xlim(), METRICS[scores[0].metric.partition("@")[0]].range))
        axes.locator_params(axis="x", nbins=5)

    return draw(paint, width=_WIDTH, height=_TOP + _PITCH * len(scores) + _FOOT, label=label)


def _within(shown: tuple[float, float], possible: tuple[float, float]) -> tuple[float, float]:
    """What the metric can reach, with room for the mark of a perfect or a null score."""
    room = 0.03 * (possible[1] - possible[0]) if math.isfinite(possible[1] - possible[0]) else 0.0
    return max(shown[0], possible[0] - room), min(shown[1], possible[1] + room)


def _spoken(score: Score) -> str:
    estimate = score.estimate
    if math.isnan(estimate.value):
        return UNDEFINED
    return f"{number(estimate.value)}, interval {span(estimate.low, estimate.high)}"


def _row(axes: "Axes", score: Score, row: int, colour: str) -> None:
    axes.axhline(row + 1, color=RULE, linewidth=0.4, zorder=0)
    found = [value for value in score.per_seed if math.isfinite(value)]
    if len(score.per_seed) > 1:
        axes.plot(found, [row + 0.32] * len(found), "o", color=colour, alpha=0.6, markersize=5.5, markeredgewidth=0)
    estimate, y = score.estimate, row + (0.68 if len(score.per_seed) > 1 else 0.5)
    if math.isnan(estimate.value):
        axes.text(0.5, y, UNDEFINED, transform=axes.get_yaxis_transform(), ha="center", va="center", color=MUTED, style="italic")
        return
    axes.plot([estimate.low, estimate.high], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
    axes.plot([estimate.value], [y], "D", color=colour, markersize=5.5, markeredgewidth=0)
