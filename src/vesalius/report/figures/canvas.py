"""What all figures share: colours that follow the page's scheme, and SVG that is the same bytes every time."""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, BAND, PAPER = "#1b1f24", "#59636e", "#c9ced4", "#e6ebf1", "#fefefe"
VERDICT_COLOURS = {"better": "#0a5fa3", "worse": "#b1450b", "tied": "#4d5763", "undecided": "#6f7a86"}
ARM_COLOURS = ("#59636f", "#0a5fa4", "#b1450c", "#00755a", "#8a4a86", "#8a6500")
"""The first for baselines; Okabe and Ito (2008), darkened until they can be read on white."""

_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    BAND: "--band",
    PAPER: "--paper",
    **{colour: f"--{verdict}" for verdict, colour in VERDICT_COLOURS.items()},
    **{colour: f"--arm-{place}" for place, colour in enumerate(ARM_COLOURS)},
}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.color": INK,
    "font.size": 12.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 12.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "legend.frameon": False,
    "legend.fontsize": 11.5,
    "lines.linewidth": 1.6,
}


def draw(paint: Callable[["Figure"], None], *, width: float, height: float, label: str) -> Markup:
    """Paint a figure and give it as SVG to stand inside a page, its colours as the page's variables, its text as text.

    Args:
        paint: draws on an empty figure.
        width: in CSS pixels; one point of matplotlib is one pixel.
        height: in CSS pixels.
        label: what the figure shows, for those who do not see it; unique in a page.

    >>> svg = draw(lambda figure: None, width=20, height=10, label="an <empty> figure")
    >>> svg[:89]
    Markup('<svg viewBox="0 0 20 10" width="20" height="10" role="img" aria-label="an &lt;empty&gt; f')
    """
    import matplotlib
    from matplotlib.figure import Figure

    buffer = io.StringIO()
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": f"{label} {width} {height}"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the browser has fonts that matplotlib measures without
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        paint(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return _inline(buffer.getvalue(), width, height, label)


def pixels(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Axes whose place is given in CSS pixels from the upper left corner of the figure."""
    full_width, full_height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    return figure.add_axes((left / full_width, 1 - (top + height) / full_height, width / full_width, height / full_height))


def page(figure: "Figure") -> "Axes":
    """Axes over the whole figure in CSS pixels from its upper left corner, to write on."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, figure.get_figwidth() * 72)
    axes.set_ylim(figure.get_figheight() * 72, 0)
    axes.axis("off")
    return axes


def shortened(text: str, length: int) -> str:
    """A text of at most that many characters, its middle left out where it is longer.

    >>> shortened("medagents-with-gpt-4o-mini", 15)
    'medagen…4o-mini'
    """
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"


Dashes = tuple[int, tuple[float, ...]]


def arm_lines(baselines: Sequence[bool]) -> list[tuple[str, Dashes]]:
    """Colour and dashes of each arm's line: learners whole and coloured in turn, baselines in one colour and dashed in turn.

    >>> arm_lines([True, False])
    [('#59636f', (0, (5, 2))), ('#0a5fa4', (0, ()))]
    """
    dashes: tuple[tuple[float, ...], ...] = ((5, 2), (1.2, 1.4), (6, 2, 1.2, 2), (9, 3))
    lines: list[tuple[str, Dashes]] = []
    for place, baseline in enumerate(baselines):
        turn = sum(other == baseline for other in baselines[:place])
        colour = ARM_COLOURS[0] if baseline else ARM_COLOURS[1 + turn % (len(ARM_COLOURS) - 1)]
        lines.append((colour, (0, dashes[turn % len(dashes)] if baseline else ())))
    return lines


def _inline(svg: str, width: float, height: float, label: str) -> Markup:
    """Without what only a file of its own needs, or what would reach beyond the figure: metadata, styles, fonts, ids."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<defs>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r"font-family: [^;\"]*;? ?|transform=\"rotate\(-0 [^)]*\)\"", "", body)
    body = body.replace("xlink:href", "href").replace("stroke-dasharray: ; stroke-dashoffset: 0; ", "")
    body = re.sub(r"#[0-9a-f]{6}\b(?=[;\"])", lambda match: _variable(match[0]), body)
    body = re.sub(r"\s*\n\s*", " ", body)
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    head = f'<svg {size} role="img" aria-label="{escape(label)}">'
    return Markup(head + body[body.index(">") + 1 :].strip())  # matplotlib has escaped every text that it drew


def _variable(colour: str) -> str:
    return f"var({_VARIABLES[colour]})" if colour in _VARIABLES else colour
