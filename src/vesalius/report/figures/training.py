"""How training went: the loss and the validation score of every arm, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vesalius.report.figures.canvas import RULE, arm_lines, draw, pixels, shortened
from vesalius.report.format import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_WIDTH, _PLOT_WIDTH, _PLOT_HEIGHT = 470, 285, 220
_ROW = 17
_SPANS = 40
"""A loss is smoothed over one in so many of its steps."""
_POINTS = 120
"""Most points of a curve in the page."""
_DECADE = 8.0
"""How many times its lowest a loss must reach to be drawn on a logarithmic axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What one seed recorded: steps, counted from 1, and a finite value at each."""

    steps: Floats
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """An arm's traces, one a seed."""

    arm: str
    baseline: bool
    traces: Sequence[Trace]


def smoothed(values: Floats, width: int) -> Floats:
    """The mean of as many values around each, of fewer at the ends.

    >>> smoothed(np.array([0.0, 3.0, 6.0, 3.0]), 3).tolist()
    [1.5, 3.0, 4.0, 4.5]
    """
    window = np.ones(width)
    averaged: Floats = np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")
    return averaged


def losses(arms: Sequence[Trained], *, task: str, phase: str) -> Markup:
    """Training loss, smoothed, on a logarithmic axis where it falls far; a faint line a seed, a strong one for their mean.

    Args:
        arms: with at least one trace each.
        task: its name.
        phase: name of the training, where a learner has several.
    """
    smooth = [Trained(arm.arm, arm.baseline, [_smooth(trace) for trace in arm.traces]) for arm in arms]
    shown = np.concatenate([trace.values for arm in smooth for trace in arm.traces])
    logarithmic = bool(shown.min() > 0 and shown.max() > _DECADE * shown.min())
    return _curves(smooth, task=task, phase=phase, quantity="training loss", logarithmic=logarithmic, dots=False)


def validation_scores(arms: Sequence[Trained], *, task: str, phase: str) -> Markup:
    """Validation score at each check, higher is better; drawn as ``losses`` draws."""
    return _curves(arms, task=task, phase=phase, quantity="validation score", logarithmic=False, dots=True)


def noted_values(arms: Sequence[Trained], *, task: str, phase: str, quantity: str) -> Markup:
    """What learners noted of their training under a name, such as the reward of a policy; smoothed and drawn as ``losses``."""
    smooth = [Trained(arm.arm, arm.baseline, [_smooth(trace) for trace in arm.traces]) for arm in arms]
    return _curves(smooth, task=task, phase=phase, quantity=quantity, logarithmic=False, dots=False)


def _smooth(trace: Trace) -> Trace:
    values = smoothed(trace.values, max(1, len(trace.values) // _SPANS))
    kept = np.unique(np.linspace(0, len(values) - 1, min(_POINTS, len(values))).round().astype(int))
    return Trace(trace.steps[kept], values[kept])


def _curves(arms: Sequence[Trained], *, task: str, phase: str, quantity: str, logarithmic: bool, dots: bool) -> Markup:
    spoken = "; ".join(f"{arm.arm}: {number(float(np.mean([trace.values[-1] for trace in arm.traces])))}" for arm in arms)

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, 56, 10, _PLOT_WIDTH, _PLOT_HEIGHT)
        axes.grid(axis="y", color=RULE, linewidth=0.5)
        if logarithmic:
            _logarithmic(axes)
        for arm, (colour, dashes) in zip(arms, arm_lines([arm.baseline for arm in arms])):
            if len(arm.traces) > 1:
                for trace in arm.traces:
                    axes.plot(trace.steps, trace.values, color=colour, linewidth=0.7, alpha=0.35)
            mean = _mean(arm.traces)
            marker, name = "o" if dots else None, shortened(arm.arm, 14)
            axes.plot(mean.steps, mean.values, marker=marker, linestyle=dashes, color=colour, markersize=3.5, label=name)
        axes.set(xlabel="step", ylabel=quantity)
        _step_axis(axes)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), alignment="left", handlelength=1.5)

    height = max(_PLOT_HEIGHT, _ROW * (len(arms) + 1)) + 56
    label = f"{quantity.capitalize()} of {phase} on {task}, by step. At the end: {spoken}."
    return draw(paint, width=_WIDTH, height=height, label=label)


def _logarithmic(axes: "Axes") -> None:
    """Numbers in plain text, where matplotlib would write formulas, which a page can't show."""
    from matplotlib.ticker import FuncFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else ""))


def _step_axis(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _mean(traces: Sequence[Trace]) -> Trace:
    """Over the seeds, as far as all of them were trained."""
    last = min(trace.steps[-1] for trace in traces)
    steps = np.unique(np.concatenate([trace.steps[trace.steps <= last] for trace in traces]))
    return Trace(steps, np.mean([np.interp(steps, trace.steps, trace.values) for trace in traces], axis=0))
