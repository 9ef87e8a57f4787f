"""Made images beside real ones, and how often samples label each pixel: one row of small pictures an arm."""

import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from vesalius.report.figures.canvas import INK

Picture = NDArray[np.generic]

SIDE, GAP, LABEL = 72, 4, 22
"""CSS pixels of a picture's longer side, between pictures, and of a row's name."""


def sheet(rows: Mapping[str, Sequence[Picture]], *, window: tuple[float, float], label: str) -> Markup:
    """Rows of pictures, each under its name.

    Args:
        rows: pictures H×W or H×W×3 of one size by the name of their row; rows are equally long.
        window: intensities that are shown black and white.
        label: what the figure shows, for those who do not see it; unique in a page.

    >>> svg = sheet({"real": [np.eye(4)]}, window=(0, 1), label="one image")
    >>> svg.count("<image"), ">real</text>" in svg
    (1, True)
    """
    first = next(iter(rows.values()))
    height, width = first[0].shape[:2]
    scale = SIDE / max(height, width)
    tall, wide = height * scale, width * scale
    across = len(first) * (wide + GAP) - GAP
    down = len(rows) * (LABEL + tall + GAP)
    drawn = []
    for place, (name, pictures) in enumerate(rows.items()):
        top = place * (LABEL + tall + GAP)
        drawn.append(f'<text x="0" y="{top + LABEL - 6:g}" font-size="13" fill="{INK}">{escape(name)}</text>')
        uri, size = _strip(pictures, window), f'width="{across:g}" height="{tall:g}"'
        drawn.append(f'<image href="{uri}" x="0" y="{top + LABEL:g}" {size} preserveAspectRatio="none"/>')
    head = f'<svg viewBox="0 0 {across:g} {down:g}" width="{across:g}" height="{down:g}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(drawn).replace(INK, "var(--ink)") + "</svg>")  # names are escaped, the rest are numbers


def _strip(pictures: Sequence[Picture], window: tuple[float, float]) -> str:
    """Pictures side by side as one PNG, four times their size so that a page does not smooth the pixels."""
    from PIL import Image

    low, high = window
    gap = max(1, round(GAP * max(pictures[0].shape[:2]) / SIDE * 4))
    parts = []
    for picture in pictures:
        shown = np.clip((picture.astype(np.float64) - low) / max(high - low, 1e-9), 0, 1) * 255
        grey = shown.ndim == 2 or shown.shape[2] != 3
        colour = np.repeat(shown.reshape(*shown.shape[:2], -1)[..., :1], 3, axis=2) if grey else shown
        parts += [colour.repeat(4, axis=0).repeat(4, axis=1), np.full((4 * colour.shape[0], gap, 3), 255.0)]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(parts[:-1], axis=1).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
