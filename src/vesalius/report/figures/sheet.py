"""A picture of examples of image sources, beside them the same with the outlines of what is true of them."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Image, Label, Mask, Record, Volume
from vesalius.records.orientation import Turn
from vesalius.report.figures.canvas import INK, MUTED, pixels
from vesalius.report.figures.overlays import LABEL_COLOURS
from vesalius.tasks import Source
from vesalius.trials.views import MARKS, chosen_views, window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 3
"""Pictures of a source: of as many records, or of the three planes of a volume."""
_SIDE, _GAP, _HEAD, _FOOT, _MARGIN = 150, 6, 26, 16, 14


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One picture of 0 to 1, the labels to outline on it, each with the names of its labels, and what is written below."""

    picture: NDArray[Any]
    outlines: Sequence[Mask]
    caption: str
    aspect: float
    marks: str = ""


def contact_sheet(sources: Sequence[Source]) -> bytes:
    """A PNG with a row for each source: three pictures, and beside each the same with the outlines of its masks.

    Args:
        sources: of records with an image or a volume in the field ``image`` and masks in ``mask``, or ``mask_1``, ``mask_2``, ...

    Raises:
        UserError: if a source has no images.
    """
    from matplotlib.figure import Figure

    rows = [(source, examples_of(source)) for source in sources]
    width = 2 * _MARGIN + 2 * SHOWN * (_SIDE + _GAP) - _GAP
    pitch = _HEAD + _SIDE + _FOOT + _GAP
    figure = Figure(figsize=(width / 72, (pitch * len(rows) + _MARGIN) / 72), dpi=72, facecolor="white")
    for row, (source, examples) in enumerate(rows):
        _row(figure, row * pitch, source, examples)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return _compact(buffer)


def examples_of(source: Source) -> list[Example]:
    """Three pictures of a source: of records with different labels where there are labels, or of the planes of its first volume.

    Raises:
        UserError: if its records have no image.
    """
    records = source.records()
    field = records[0].fields.get("image")
    if isinstance(field, Volume):
        return _slices(records[0], field)
    if not isinstance(field, Image):
        raise UserError(f"Source {source.name!r}: its records have no field 'image' to show; name a source of images.")
    first_of_label: dict[str, Record] = {}
    for record in records:
        first_of_label.setdefault(_label(record), record)
    # The label of the set that means nothing is found comes last, as its picture has nothing to outline.
    several = sorted(first_of_label.values(), key=lambda record: not any(mask.labels.any() for mask in _masks(record)))
    return [_example(record) for record in (several if len(several) > 1 else records)[:SHOWN]]


def _label(record: Record) -> str:
    return next((field.value for field in record.fields.values() if isinstance(field, Label)), "")


def _masks(record: Record) -> list[Mask]:
    """The annotators' masks, where there are several, or else the mask."""
    annotated = [field for name, field in record.fields.items() if re.fullmatch(r"mask_\d+", name) and isinstance(field, Mask)]
    mask = record.fields.get("mask")
    return annotated or ([mask] if isinstance(mask, Mask) else [])


def _example(record: Record) -> Example:
    image = record.get("image", Image)
    row, column = image.spacing or (1.0, 1.0)
    return Example(_scaled(image.pixels, image.pixels), _masks(record), _label(record), row / column)


def _slices(record: Record, volume: Volume) -> list[Example]:
    masks, turn = _masks(record), Turn.of(volume.geometry)
    made = []
    for view in chosen_views(volume, _rarest(masks[0]) if masks else None, []):
        row, column = view.spacing(volume.geometry, turn)
        outlines = [Mask(view.picture(mask.labels, turn), mask.names) for mask in masks]
        picture = _scaled(view.picture(volume.voxels, turn), volume.voxels)
        made.append(Example(picture, outlines, view.plane, row / column, MARKS[view.plane]))
    return made


def _rarest(mask: Mask) -> NDArray[Any]:
    """Where the label is that has fewest voxels: what is hardest to find."""
    labels: NDArray[Any] = mask.labels
    present, counts = np.unique(labels[labels > 0], return_counts=True)
    return labels == present[counts.argmin()] if len(present) else labels


def _scaled(picture: NDArray[Any], all_values: NDArray[Any]) -> NDArray[Any]:
    if picture.dtype == np.uint8:
        return picture / 255
    low, high = window(all_values)
    return np.clip((picture - low) / max(high - low, 1e-9), 0, 1)


def _row(figure: "Figure", top: float, source: Source, examples: Sequence[Example]) -> None:
    from matplotlib.lines import Line2D

    head = pixels(figure, _MARGIN, top + 2, 2 * SHOWN * (_SIDE + _GAP) - _GAP, _HEAD)
    head.axis("off")
    head.text(0, 0.25, source.name, transform=head.transAxes, fontsize=12, weight="bold", color=INK)
    masks = examples[0].outlines
    names = [f"annotator {place + 1}" for place in range(len(masks))] if len(masks) > 1 else list(masks[0].names) if masks else []
    lines = [Line2D([], [], color=_colour(place), linewidth=2.5) for place in range(len(names))]
    head.legend(
        lines, names, loc="lower right", ncols=6, frameon=False, fontsize=9.5, handlelength=1, borderaxespad=0, columnspacing=1.2
    )
    for place, example in enumerate(examples):
        for half in (0, 1):
            left = _MARGIN + (2 * place + half) * (_SIDE + _GAP)
            axes = pixels(figure, left, top + _HEAD + _GAP, _SIDE, _SIDE)
            _picture(axes, example, outlined=bool(half))
            if not half:
                axes.text(0, -0.03, example.caption, transform=axes.transAxes, va="top", fontsize=9.5, color=MUTED)


def _picture(axes: "Axes", example: Example, *, outlined: bool) -> None:
    axes.axis("off")
    axes.imshow(example.picture, cmap="gray", vmin=0, vmax=1, aspect=example.aspect, interpolation="bilinear")
    if outlined:
        for place, mask in enumerate(example.outlines):
            labels: NDArray[Any] = mask.labels
            for label in np.unique(labels[labels > 0]).tolist():
                colour = _colour(place if len(example.outlines) > 1 else label - 1)
                axes.contour(labels == label, levels=[0.5], colors=[colour], linewidths=0.9)
        return
    for mark, (x, y) in zip(example.marks, ((0.05, 0.5), (0.95, 0.5), (0.5, 0.94), (0.5, 0.06))):
        axes.text(x, y, mark, transform=axes.transAxes, ha="center", va="center", color="white", fontsize=9, weight="bold")


def _colour(place: int) -> str:
    return LABEL_COLOURS[place % len(LABEL_COLOURS)]


def _compact(png: io.BytesIO) -> bytes:
    """The same picture in 256 colours, a third as large: greys, the outlines' own, and those of coloured photographs."""
    from PIL import Image as Pillow

    with Pillow.open(png) as picture:
        colours = picture.convert("RGB")
    outlines = [tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in LABEL_COLOURS]
    darker = [tuple(part * share // 4 for part in colour) for colour in outlines for share in (4, 3, 2)]
    greys = [(level, level, level) for level in (np.arange(80) * 255 // 79).tolist()]
    values = np.asarray(colours)
    coloured = values[np.ptp(values, axis=-1) > 24]
    own = (
        Pillow.fromarray(coloured.reshape(1, -1, 3)).quantize(256 - len(darker) - len(greys)).getpalette()
        if len(coloured)
        else []
    )
    palette = Pillow.new("P", (1, 1))
    palette.putpalette([part for colour in (*darker, *greys) for part in colour] + list(own or []))
    buffer = io.BytesIO()
    colours.quantize(palette=palette, dither=Pillow.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
