"""Kaplan–Meier curves of the records that an arm calls high and low risk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vesalius.report.figures.canvas import ARM_COLOURS, MUTED, draw, page, pixels, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 310, 300, 52, 26, 92


def kaplan_meier(times: Floats, events: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The product-limit estimate of survival (Kaplan and Meier 1958).

    Args:
        times: n times to the event, or to the end of observation.
        events: n booleans, true where the event was seen.

    Returns:
        The distinct times in order, and the share that survives beyond each.

    >>> kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))
    (array([1., 2., 3.]), array([0.75, 0.5 , 0.  ]))
    """
    distinct, place = np.unique(times, return_inverse=True)
    seen = np.bincount(place, weights=events.astype(float))
    left = np.bincount(place)
    at_risk = len(times) - np.concatenate([[0], np.cumsum(left)[:-1]])
    return distinct, np.cumprod(1 - seen / at_risk)


def survival(risks: Floats, times: Floats, events: NDArray[np.bool_], *, arm: str, task: str, unit: str) -> Markup:
    """Survival of the records above and at or below the median risk that an arm predicts, with the numbers still at risk.

    Args:
        risks: n finite numbers, higher for an earlier event.
        times: n times.
        events: n booleans.
        arm: its name.
        task: its name.
        unit: of the times.
    """
    high = risks > np.median(risks)
    groups = [("high risk", high, ARM_COLOURS[2], "-"), ("low risk", ~high, ARM_COLOURS[1], (0, (5, 2)))]
    spoken = "; ".join(f"{name}: {members.sum()} records, {events[members].sum()} events" for name, members, *_ in groups)
    label = f"Survival by predicted risk of {arm} on {task}, split at the median. {spoken}."

    def paint(figure: "Figure") -> None:
        axes = pixels(figure, _LEFT, _TOP, _WIDTH - _LEFT - 12, _HEIGHT - _TOP - _FOOT)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(0, float(times.max()) or 1.0)
        axes.locator_params(axis="x", nbins=4)
        axes.locator_params(axis="y", nbins=5)
        axes.set_xlabel(unit or "time", labelpad=2)
        for name, members, colour, style in groups:
            _curve(axes, times[members], events[members], colour, style, name)
        axes.legend(loc="upper right", borderaxespad=0, handlelength=1.6)
        text = page(figure)
        text.text(_LEFT, 14, shortened(arm, 34), weight="bold")
        _numbers_at_risk(axes, text, [(name, times[members]) for name, members, *_ in groups])

    return draw(paint, width=_WIDTH, height=_HEIGHT, label=label)


def _curve(axes: "Axes", times: Floats, events: NDArray[np.bool_], colour: str, style: object, name: str) -> None:
    if not len(times):
        return
    distinct, share = kaplan_meier(times, events)
    x, y = np.concatenate([[0.0], distinct]), np.concatenate([[1.0], share])
    axes.step(x, y, where="post", color=colour, linestyle=style, label=name, linewidth=1.7)
    censored = np.unique(times[~events])
    at = y[np.searchsorted(x, censored, side="right") - 1]
    axes.plot(censored, at, "|", color=colour, markersize=5, markeredgewidth=0.8)


def _numbers_at_risk(axes: "Axes", text: "Axes", groups: Sequence[tuple[str, Floats]]) -> None:
    """How many records of each group are still observed at each tick."""
    end = axes.get_xlim()[1]
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= end]
    top = _HEIGHT - _FOOT + 50
    text.text(_LEFT - 18, top, "at risk", fontsize=10.5, color=MUTED, ha="right")
    for row, (name, times) in enumerate(groups):
        y = top + 16 * (row + 1)
        text.text(_LEFT - 18, y, name.split()[0], fontsize=10.5, color=MUTED, ha="right")
        for tick in ticks:
            x = _LEFT + tick / end * (_WIDTH - _LEFT - 12)
            text.text(x, y, f"{(times >= tick).sum()}", fontsize=10.5, color=MUTED, ha="center")
