"""Accuracy against what a question costs, and the arms that no other betters in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from vesalius.metrics.pareto import pareto_front
from vesalius.report.figures.canvas import ARM_COLOURS, INK, MUTED, PAPER, RULE, draw, page, pixels, shortened
from vesalius.report.format import amount, number
from vesalius.statistics.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_WIDTH, _HEIGHT = 470, 350


@dataclass(frozen=True, slots=True)
class Point:
    """An arm: what a question costs it, and how often it is right."""

    arm: str
    cost: float
    accuracy: Estimate
    proposed: bool


def front(points: Sequence[Point], *, task: str, metric: str, cost: str) -> Markup:
    """The arms of one task, cheap to dear on a logarithmic axis.

    Args:
        points: with costs above 0 and defined accuracies.
        task: its name.
        metric: name of the metric on the upright axis.
        cost: what is counted, such as ``tokens a question``.
    """
    on_front = pareto_front([point.cost for point in points], [point.accuracy.value for point in points]).tolist()
    best = ", ".join(point.arm for point, kept in zip(points, on_front) if kept)
    spoken = "; ".join(f"{point.arm}: {number(point.accuracy.value)} at {amount(point.cost)}" for point in points)
    label = f"{metric} against {cost} on {task}. On the front: {best}. {spoken}."

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, 52, 14, _WIDTH - 52 - 20, _HEIGHT - 14 - 50)
        axes.set_xscale("log")
        _axis_of_costs(axes, points)
        axes.set_xlabel(cost)
        axes.set_ylabel(metric)
        axes.grid(axis="y", color=RULE, linewidth=0.5)
        _draw_front(axes, [point for point, kept in zip(points, on_front) if kept])
        for point, kept in zip(points, on_front):
            _draw_point(axes, point, kept=kept)
        axes.margins(y=0.12)
        axes.autoscale_view(scalex=False)
        _name(figure, axes, points, on_front)

    return draw(paint, width=_WIDTH, height=_HEIGHT, label=label)


def _axis_of_costs(axes: "Axes", points: Sequence[Point]) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    low, high = min(point.cost for point in points), max(point.cost for point in points)
    axes.set_xlim(low / (1.6 * (high / low) ** 0.06), high * 1.6 * (high / low) ** 0.14)
    decades = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 2)
    steps = (1, 2, 5) if high / low < 50 else (1, 3) if high / low < 1000 else (1,)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    left, right = axes.get_xlim()
    shown = [tick for tick in ticks if left <= tick <= right]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticklabels([f"{tick:,.0f}" if tick >= 1 else f"{tick:g}" for tick in shown])


def _draw_front(axes: "Axes", kept: Sequence[Point]) -> None:
    """A staircase: between two arms of the front, the cheaper one is the best to be had."""
    ordered = sorted(kept, key=lambda point: point.cost)
    costs, accuracies = [point.cost for point in ordered], [point.accuracy.value for point in ordered]
    axes.step(
        [*costs, axes.get_xlim()[1]], [*accuracies, accuracies[-1]], where="post", color=MUTED, linewidth=1.1, dashes=(4, 3)
    )


def _draw_point(axes: "Axes", point: Point, *, kept: bool) -> None:
    colour = ARM_COLOURS[1] if point.proposed else ARM_COLOURS[0]
    estimate = point.accuracy
    axes.plot([point.cost, point.cost], [estimate.low, estimate.high], color=colour, linewidth=1.1, alpha=0.55)
    face = colour if kept else PAPER
    marker = "D" if point.proposed else "o"
    axes.plot(
        [point.cost], [estimate.value], marker, color=colour, markerfacecolor=face, markersize=7, markeredgewidth=1.4, zorder=3
    )


def _name(figure: "Figure", axes: "Axes", points: Sequence[Point], on_front: Sequence[bool]) -> None:
    """Write each arm's name beside its point, where it meets no other name and no other point."""
    text = page(figure)
    spots = [axes.transData.transform((point.cost, point.accuracy.value)) for point in points]
    places = [(float(x), _HEIGHT - float(y)) for x, y in spots]
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in places]
    for place in sorted(range(len(points)), key=lambda place: not on_front[place]):
        x, y = places[place]
        name = shortened(points[place].arm, 24)
        width = 6.2 * len(name)
        best = min(_candidates(x, y, width), key=lambda box: _overlap(box, taken))
        taken.append(best)
        _write(text, best, name, strong=on_front[place])


Box = tuple[float, float, float, float]


def _candidates(x: float, y: float, width: float) -> list[Box]:
    """Places for a name around a point, the better ones first."""
    lefts = (x + 7, x - 7 - width, x - width / 2)
    found = []
    for rise in (-12, 12, 0, -24, 24, -36, 36):
        for left in lefts if rise else lefts[:2]:
            found.append((left, y + rise - 6.5, left + width, y + rise + 6.5))
    return found


def _overlap(box: Box, taken: Sequence[Box]) -> float:
    """Area shared with what is drawn already, and what lies outside the figure, which is worse."""
    shared = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0])) * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )
    outside = max(0.0, 54 - box[0]) + max(0.0, box[2] - _WIDTH) + max(0.0, -box[1]) + max(0.0, box[3] - _HEIGHT + 52)
    return shared + 100 * outside


def _write(text: "Axes", box: Box, name: str, *, strong: bool) -> "Text":
    centre = (box[1] + box[3]) / 2
    weight = "bold" if strong else "normal"
    return text.text((box[0] + box[2]) / 2, centre, name, va="center", ha="center", fontsize=11, color=INK, weight=weight)
