"""Forest plot: the paired differences of a task's arms, with their intervals and the margin of equivalence."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from markupsafe import Markup

from vesalius.metrics import METRICS
from vesalius.report.figures.canvas import BAND, INK, MUTED, PAPER, RULE, VERDICT_COLOURS, draw, page, pixels, shortened
from vesalius.report.format import SYMBOLS, UNDEFINED, metric_name, signed, span
from vesalius.trials.finding import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, NARROW = 960, 470
_MARKERS = {"better": "^", "worse": "v", "tied": "s", "undecided": "o"}
_HEAD, _FOOT = 30, 42

Limits = tuple[float, float]


def limits(comparisons: Sequence[Comparison]) -> Limits:
    """A range of differences that holds 0, every difference and margin, and all but the widest tenth of the intervals.

    What reaches beyond it is drawn with an arrowhead, so that one wild interval does not flatten all the others; so is what
    reaches beyond the largest difference that the metric can have.

    >>> limits([])
    (-0.1, 0.1)
    """
    differences = [comparison.difference for comparison in comparisons if math.isfinite(comparison.difference.value)]
    if not differences:
        return -0.1, 0.1
    margins = [difference.margin or 0.0 for difference in differences]
    values = [difference.value for difference in differences]
    lows = [difference.low for difference in differences if math.isfinite(difference.low)]
    highs = [difference.high for difference in differences if math.isfinite(difference.high)]
    low = min(0.0, -max(margins), *values, *_quantile(lows, 0.1, "lower"))
    high = max(0.0, max(margins), *values, *_quantile(highs, 0.9, "higher"))
    least, most = METRICS[comparisons[0].metric.partition("@")[0]].range
    low, high = max(low, least - most), min(high, most - least)
    if high == low:
        return -0.1, 0.1
    pad = 0.06 * (high - low)
    return low - pad, high + pad


def _quantile(ends: Sequence[float], share: float, method: Literal["lower", "higher"]) -> list[float]:
    """Of the ends of intervals, that quantile; nothing where there are none."""
    return [float(np.quantile(ends, share, method=method))] if ends else []


def forest(comparisons: Sequence[Comparison], *, limits: Limits, wide: bool) -> Markup:
    """The comparisons of one task by one metric, one row each.

    Args:
        comparisons: of the same task and metric; one whose difference is undefined says so in its row.
        limits: range of the axis, the same for all tasks that are to be compared by eye.
        wide: with the numbers and the verdict in words beside each row.
    """
    width = WIDE if wide else NARROW
    pitch = 28 if wide else 18
    first = comparisons[0]
    verdicts = "; ".join(f"{c.learner} against {c.baseline}: {_spoken(c)}" for c in comparisons)
    label = f"Forest plot, {metric_name(first.metric)} on {first.task}. {verdicts}."

    def paint(figure: "Figure") -> None:
        left, right = (0.3 * width, 0.34 * width) if wide else (0.42 * width, 12)
        axes = pixels(figure, left, _HEAD, width - left - right, pitch * len(comparisons))
        _frame(axes, first, limits, len(comparisons))
        for row, comparison in enumerate(comparisons):
            _interval(axes, comparison, limits, row + 0.5, large=wide)
        _write(page(figure), comparisons, left, width - right, pitch, wide=wide)

    return draw(paint, width=width, height=_HEAD + pitch * len(comparisons) + _FOOT, label=label)


def _spoken(comparison: Comparison) -> str:
    difference = comparison.difference
    if math.isnan(difference.value):
        return UNDEFINED
    return f"{signed(difference.value)}, interval {span(difference.low, difference.high)}, {comparison.verdict}"


def _frame(axes: "Axes", first: Comparison, limits: Limits, rows: int) -> None:
    axes.set_xlim(*limits)
    axes.set_ylim(rows, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=6)
    axes.tick_params(axis="x", length=3)
    margin = first.difference.margin
    if margin:
        axes.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.9, zorder=1)
    for row in range(rows + 1):
        axes.axhline(row, color=RULE, linewidth=0.4, zorder=0.5)


def _interval(axes: "Axes", comparison: Comparison, limits: Limits, y: float, *, large: bool) -> None:
    difference = comparison.difference
    if math.isnan(difference.value):
        axes.text(sum(limits) / 2, y, UNDEFINED, ha="center", va="center", color=MUTED, fontsize=11, style="italic")
        return
    colour, size = VERDICT_COLOURS[comparison.verdict], 8.0 if large else 6.5
    if math.isfinite(difference.low) and math.isfinite(difference.high):
        low, high = max(difference.low, limits[0]), min(difference.high, limits[1])
        axes.plot([low, high], [y, y], color=colour, linewidth=2 if large else 1.5, solid_capstyle="butt")
        if low > difference.low:
            axes.plot([low], [y], "<", color=colour, markersize=5, clip_on=False)
        if high < difference.high:
            axes.plot([high], [y], ">", color=colour, markersize=5, clip_on=False)
    hollow = comparison.verdict == "undecided"
    face = PAPER if hollow else colour
    marker = _MARKERS[comparison.verdict]
    axes.plot([difference.value], [y], marker, color=colour, markerfacecolor=face, markersize=size, zorder=3)


def _pair(learner: str, baseline: str, room: int) -> str:
    """Both names in that many characters, the longer one shortened first."""
    half = (room - 3) // 2
    first = max(half, room - 3 - len(baseline))
    second = max(half, room - 3 - len(learner))
    return f"{shortened(learner, first)} − {shortened(baseline, second)}"


def _write(text: "Axes", comparisons: Sequence[Comparison], left: float, right: float, pitch: float, *, wide: bool) -> None:
    """Who is compared, beside each row; above and below, what the axis means."""
    first = comparisons[0]
    higher = METRICS[first.metric.partition("@")[0]].higher_is_better
    name, base = metric_name(first.metric), _HEAD + pitch * len(comparisons)
    below = 34
    title = f"{shortened(first.task, 34 if wide else 40)}{'' if wide else f', {name}'}"
    text.text(0, _HEAD - 10, title, weight="bold", color=INK, fontsize=12.5)
    text.text(left, base + below, "◂ baseline better" if higher else "◂ learner better", color=MUTED, fontsize=11)
    text.text(right, base + below, "learner better ▸" if higher else "baseline better ▸", color=MUTED, fontsize=11, ha="right")
    if wide:
        text.text((left + right) / 2, _HEAD - 10, f"difference in {name}", color=MUTED, fontsize=11, ha="center")
        text.text(right + 16, _HEAD - 10, f"difference ({first.difference.level:.0%} interval)", color=MUTED, fontsize=11)
    room = int((left - 8) / (7.2 if wide else 6.6))
    for row, comparison in enumerate(comparisons):
        y = _HEAD + pitch * (row + 0.5)
        colour = VERDICT_COLOURS[comparison.verdict]
        label = _pair(comparison.learner, comparison.baseline, room if wide else room - 2)
        size = 13 if wide else 11
        text.text(0, y, label, va="center", fontsize=size)
        if not wide:
            text.text(left - 6, y, SYMBOLS[comparison.verdict], va="center", ha="right", color=colour, fontsize=size)
            continue
        difference = comparison.difference
        if not math.isnan(difference.value):
            numbers = f"{signed(difference.value)}  ({span(difference.low, difference.high)})"
            text.text(right + 16, y, numbers, va="center", fontsize=size)
        verdict = f"{SYMBOLS[comparison.verdict]} {comparison.verdict}"
        text.text(WIDE, y, verdict, va="center", ha="right", color=colour, weight="bold", fontsize=size)
