"""A segmentation as people look at it: the outlines of masks over the image, in millimetres."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

Labels = NDArray[np.integer]
Heat = NDArray[np.floating]

LABEL_COLOURS = ("#ffb000", "#3fc1ff", "#ff7ab8", "#7be07b", "#c9a2ff", "#ff8a4c")
"""Of the outlines; they are seen on dark and on bright images, for each is drawn over a dark casing."""

LONGEST = 384
"""Pixels of the longer side of an image in the page."""

_HOT, _DENSEST = (255, 96, 32), 190
"""Colour of a heat map, and how dense of 255 it is at its highest place."""

_HEAVY = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A grey or colour image with the millimetres of a pixel, reduced to what a page needs."""

    uri: str
    shape: tuple[int, int]
    step: int
    spacing: tuple[float, float]

    @property
    def aspect(self) -> float:
        """Width over height, in millimetres."""
        return self.shape[1] * self.spacing[1] / (self.shape[0] * self.spacing[0])


def plane(shown: Mapping[str, object]) -> Plane:
    """The image of an example record: ``png`` in base64, ``spacing`` in millimetres or None.

    >>> from PIL import Image
    >>> buffer = io.BytesIO()
    >>> Image.new("L", (800, 400)).save(buffer, "PNG")
    >>> made = plane({"png": base64.b64encode(buffer.getvalue()).decode(), "spacing": [1.0, 1.0]})
    >>> made.shape, made.step
    ((400, 800), 3)
    """
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(str(shown["png"]))), formats=["PNG"]) as file:
        image = file.convert("RGB" if file.mode not in ("L", "RGB") else file.mode)
    step = -(-max(image.size) // LONGEST)
    small = image if step == 1 else image.reduce(step)
    spacing = shown.get("spacing")
    row, column = spacing if isinstance(spacing, list | tuple) else (1.0, 1.0)
    return Plane(_data_uri(small), (image.height, image.width), step, (float(row), float(column)))


def panel(
    plane: Plane,
    *,
    name: str,
    define: bool,
    label: str,
    truth: Labels | None = None,
    mask: Labels | None = None,
    heat: Heat | None = None,
    marks: str = "",
) -> Markup:
    """The image with a mask's outlines or a heat map; the truth is the mask itself, or a white dashed outline beside another's.

    Args:
        plane: the image.
        name: of the image in the page, the same for all panels of a record.
        define: whether this panel holds the image, or shows that of an earlier one.
        label: what the panel shows, for those who do not see it.
        truth: true labels, H×W, or None where nothing is outlined.
        mask: an arm's labels, H×W, or None in the panel of the truth.
        heat: an arm's map of numbers of at least 0, H×W, in place of a mask.
        marks: which side of the patient is at the left, right, top and bottom, a letter each; empty where it is not known.
    """
    height, width = plane.shape[0] * plane.spacing[0], plane.shape[1] * plane.spacing[1]
    size = f'width="{width:g}" height="{height:g}"'
    picture = f'<image id="{name}" href="{plane.uri}" {size} preserveAspectRatio="none"/>' if define else f'<use href="#{name}"/>'
    place = f'transform="scale({plane.spacing[1] / 2:g} {plane.spacing[0] / 2:g})"'
    of_truth = mask is None and heat is None
    first = truth if of_truth else mask
    drawn = "" if first is None else _filled(first, plane.step)
    drawn += "" if of_truth or truth is None else _dashed(truth, plane.step)
    picture += "" if heat is None else f'<image href="{_heat_uri(heat, plane.step)}" {size} preserveAspectRatio="none"/>'
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">'
    outlines = f"<g fill-rule='evenodd' {place}>{drawn}</g>" if drawn else ""
    return Markup(f"{head}{picture}{outlines}{_written(marks, width, height)}</svg>")  # only numbers and letters stand in it


def _written(marks: str, width: float, height: float) -> str:
    """The sides of the patient at the borders of the picture."""
    letter = 0.06 * max(width, height)
    inset = 0.75 * letter
    places = ((inset, height / 2), (width - inset, height / 2), (width / 2, inset), (width / 2, height - inset))
    return "".join(
        f'<text class="mark" x="{x:.4g}" y="{y:.4g}" font-size="{letter:.3g}">{mark}</text>'
        for mark, (x, y) in zip(marks, places)
    )


def outline(inside: NDArray[np.bool_], step: int = 1) -> str:
    """The borders of a region as an SVG path, in half pixels.

    Args:
        inside: H×W.
        step: every how many pixels the region is looked at; 1 for all.

    >>> outline(np.array([[True]]))
    'M0 1l1-1l1 1l-1 1z'
    """
    from contourpy import contour_generator

    padded = np.pad(inside[::step, ::step].astype(float), 1)
    paths = []
    for line in contour_generator(z=padded).lines(0.5):
        corners = np.rint((np.asarray(line) - 0.5) * 2).astype(int) * step
        moves = np.diff(corners, axis=0)
        runs = _merged(moves)
        steps = "".join(f"l{x}{'' if y < 0 else ' '}{y}" for x, y in runs[:-1])
        paths.append(f"M{corners[0, 0]} {corners[0, 1]}{steps}z")
    return "".join(paths)


def _merged(moves: Labels) -> list[tuple[int, int]]:
    """Equal moves one after the other as one."""
    runs: list[tuple[int, int]] = []
    last = None
    for x, y in moves.tolist():
        if last == (x, y):
            runs[-1] = (runs[-1][0] + x, runs[-1][1] + y)
        else:
            runs.append((x, y))
        last = (x, y)
    return runs


def _filled(labels: Labels, step: int) -> str:
    parts = []
    for label in np.unique(labels[labels > 0]).tolist():
        path, colour = outline(labels == label, step), LABEL_COLOURS[(label - 1) % len(LABEL_COLOURS)]
        parts.append(f'<path class="casing" d="{path}"/><path class="mask" style="--label:{colour}" d="{path}"/>')
    return "".join(parts)


def _dashed(labels: Labels, step: int) -> str:
    parts = []
    for label in np.unique(labels[labels > 0]).tolist():
        path = outline(labels == label, step)
        parts.append(f'<path class="truth-casing" d="{path}"/><path class="truth" d="{path}"/>')
    return "".join(parts)


def _heat_uri(heat: Heat, step: int) -> str:
    """One colour, the denser the higher the map."""
    from PIL import Image

    seen = heat[::step, ::step]
    density = (seen / max(float(seen.max()), 1e-12)).clip(0, 1) * _DENSEST
    colours = np.broadcast_to(np.array(_HOT, np.uint8), (*seen.shape, 3))
    return _data_uri(Image.fromarray(np.dstack([colours, density.astype(np.uint8)]), "RGBA"))


def _data_uri(image: "object") -> str:
    from PIL import Image

    assert isinstance(image, Image.Image)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    kind = "png"
    if buffer.tell() > _HEAVY and image.mode != "RGBA":
        kind, buffer = "jpeg", io.BytesIO()
        image.save(buffer, "JPEG", quality=85)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
