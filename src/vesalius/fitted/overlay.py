"""A picture of an image with the outlines of its mask, for people to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Image, Volume
from vesalius.report.figures.overlays import LABEL_COLOURS
from vesalius.sources.folders.reading import Scan
from vesalius.trials.views import ACROSS, MARKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Labels = NDArray[np.integer[Any]]

ABDOMEN = (-160.0, 240.0)
"""Hounsfield units from black to white, the usual window for soft tissue."""
_AIR = -500.0
_MOST_NAMED = 40
_COLUMNS = 8
_EDGES = ((0.03, 0.5), (0.97, 0.5), (0.5, 0.97), (0.5, 0.03))
"""Places of a picture's marks: at its left, right, upper and lower edge."""


def draw_overlay(path: Path, scan: Scan, labels: Labels, names: Sequence[str]) -> None:
    """Write the picture: the image, or three planes of a volume through the largest labelled area of each direction.

    Planes are shown as radiologists do: the patient's right on the left of axial and coronal planes, the front up or left.

    Args:
        path: ends in .png.
        scan: the image; a volume in RAS.
        labels: on its grid.
        names: of label 1, 2, ...
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    volume = isinstance(scan, Volume)
    figure = Figure(figsize=(12, 5.4) if volume else (6, 6), layout="constrained", facecolor="black")
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, 3 if volume else 1, squeeze=False)[0]
    if isinstance(scan, Volume):
        for axes, (name, axis) in zip(grid, ACROSS.items()):
            _draw_plane(axes, scan, labels, axis, name)
    else:
        _draw_image(grid[0], scan, labels)
    found = [label for label in np.unique(labels).tolist() if label > 0]
    # Beyond the colours that there are, only its number tells a label from others.
    numbered = max(found, default=0) > len(LABEL_COLOURS)
    handles = [
        Line2D([], [], color=colour(label), linewidth=3, label=f"{label} {names[label - 1]}" if numbered else names[label - 1])
        for label in found[:_MOST_NAMED]
    ]
    title = f"and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else None if found else "nothing found"
    legend = figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=_COLUMNS if volume else 4,
        frameon=False,
        labelcolor="white",
        fontsize=7 if numbered else 9,
        title=title,
    )
    legend.get_title().set_color("white")
    figure.savefig(path, dpi=110)


def colour(label: int) -> str:
    """Of the outline of a label, the same in every picture."""
    return LABEL_COLOURS[(label - 1) % len(LABEL_COLOURS)]


def shown_range(values: NDArray[np.generic]) -> tuple[float, float]:
    """What is black and what is white: a window for soft tissue where values look like Hounsfield units, else percentiles.

    >>> shown_range(np.array([-1000.0, 0.0, 1000.0])), shown_range(np.array([0.0, 100.0]))
    ((-160.0, 240.0), (0.5, 99.5))
    """
    low, high = np.percentile(values.astype(np.float64), (0.5, 99.5))
    return ABDOMEN if low < _AIR else (float(low), float(high) if high > low else float(low) + 1)


def _draw_image(axes: "Axes", scan: Image, labels: Labels) -> None:
    pixels = scan.pixels
    if pixels.ndim == 3 and (pixels.shape[2] != 3 or pixels.dtype != np.uint8):
        pixels = pixels[..., 0]
    low, high = shown_range(pixels)
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=high)
    _outline(axes, labels)
    axes.axis("off")


def _draw_plane(axes: "Axes", scan: Volume, labels: Labels, axis: int, name: str) -> None:
    voxels = scan.voxels[..., 0] if scan.voxels.ndim == 4 else scan.voxels
    others = tuple(other for other in range(3) if other != axis)
    areas = (labels > 0).sum(axis=others)
    place = int(areas.argmax()) if areas.any() else voxels.shape[axis] // 2
    low, high = shown_range(voxels)
    spacing = scan.geometry.spacing
    plane, mask = np.moveaxis(voxels, axis, 0)[place].T, np.moveaxis(labels, axis, 0)[place].T
    axes.imshow(plane, cmap="gray", vmin=low, vmax=high, origin="lower", aspect=spacing[others[1]] / spacing[others[0]])
    _outline(axes, mask)
    axes.invert_xaxis()
    told = f"{name}, plane {place + 1} of {voxels.shape[axis]}, from {low:.4g} to {high:.4g}"
    axes.set_title(told, color="white", fontsize=10, pad=8)
    for place_of, letter in zip(_EDGES, MARKS[name], strict=True):
        axes.text(*place_of, letter, transform=axes.transAxes, va="center", ha="center", fontsize=11, **_readable())
    axes.axis("off")


def _inside(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """The pixel that is farthest from the border."""
    from scipy.ndimage import distance_transform_edt

    place = int(distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1].argmax())
    return place // mask.shape[1], place % mask.shape[1]


def _readable() -> dict[str, Any]:
    """White with a black rim, to be read on any image."""
    from matplotlib.patheffects import withStroke

    return {"color": "white", "path_effects": [withStroke(linewidth=2.5, foreground="black")]}


def _outline(axes: "Axes", labels: Labels) -> None:
    padded = np.pad(labels, 1)
    rows, columns = np.arange(-1, labels.shape[0] + 1), np.arange(-1, labels.shape[1] + 1)
    for label in np.unique(labels[labels > 0]).tolist():
        axes.contour(columns, rows, padded == label, levels=[0.5], colors=[colour(label)], linewidths=1.2)
        if labels.max() > len(LABEL_COLOURS):
            row, column = _inside(labels == label)
            axes.text(column, row, str(label), ha="center", va="center", fontsize=6, **_readable())
    axes.set_xlim(-0.5, labels.shape[1] - 0.5)
    low, high = -0.5, labels.shape[0] - 0.5
    axes.set_ylim((high, low) if axes.yaxis_inverted() else (low, high))
