"""What the cases of a folder are like, seen in one pass over all files before anything is trained."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.files.dicom_seg_read import is_segmentation, segmentation_notes
from vesalius.sources.folders.intensities import Levels, levels_of, outliers
from vesalius.sources.folders.layout import Case, Layout
from vesalius.sources.folders.reading import Scan, axes_of, channels_of, values_of

MOST_LABELS = 255
MANY_LABELS = 20
COLOURS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What was seen of a case that can be read.

    Attributes:
        axes: in space; 2 of an image, 3 of a volume.
        channels: of the image.
        levels: percentiles of its intensities.
        values: those of its mask above 0; none in a layout of classes.
        digest: SHA-256 of image and mask as read.
    """

    case: Case
    axes: int
    channels: int
    levels: Levels
    values: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Which cases can be used, and as what.

    Attributes:
        seen: the cases that can be used.
        refused: one sentence for every file that cannot.
        notes: sentences on what a user should know and does not hinder.
        channels: of every image.
        values: of masks above 0, ascending; label k is the k-th of them.
        names: of these values, or of the classes.
    """

    seen: tuple[Seen, ...]
    refused: tuple[UserError, ...]
    notes: tuple[str, ...]
    channels: int
    values: tuple[int, ...]
    names: tuple[str, ...]


def see(case: Case, image: Scan, mask: NDArray[np.int64] | None, digest: str) -> Seen:
    """What there is to know of one case."""
    values = () if mask is None else tuple(value for value in np.unique(mask).tolist() if value > 0)
    axes = axes_of(image)
    return Seen(
        case=case,
        axes=axes,
        channels=channels_of(image),
        levels=levels_of(values_of(image), axes),
        values=values,
        digest=digest,
    )


def inspect(folder: Path, layout: Layout, seen: Sequence[Seen], unreadable: Sequence[UserError]) -> Inspection:
    """Hold the cases against each other.

    Raises:
        UserError: if none can be used, or what is to be learned cannot be told.
    """
    refused = [*layout.refused, *unreadable]
    if not seen:
        first = f"; the first: {refused[0]}" if refused else ", and nothing else was found."
        raise UserError(f"{folder}: no case of {layout.name} can be used{first}")
    kept, others = _of_one_kind(seen)
    refused += others
    channels, notes = _channels(kept)
    kept, others = _with_channels(kept, channels)
    refused += others
    values: tuple[int, ...] = ()
    if layout.target == "mask":
        kept, others, values = _with_known_values(folder, layout, kept)
        refused += others
        notes += _empty_masks(kept)
        masks = [one.case.mask for one in kept if one.case.mask is not None]
        notes += [note for path in masks if is_segmentation(path) for note in segmentation_notes(path)]
    names = _names(folder, layout, kept, values)
    notes += [
        f"{kept[place].case.channels[0]}: {told}; is it of another kind?"
        for place, told in outliers([one.levels for one in kept]).items()
    ]
    if layout.passed_over:
        shown = ", ".join(path.name for path in layout.passed_over[:3])
        notes.append(f"{len(layout.passed_over)} files that are no images were passed over: {shown}.")
    return Inspection(seen=tuple(kept), refused=tuple(refused), notes=tuple(notes), channels=channels, values=values, names=names)


def _of_one_kind(seen: Sequence[Seen]) -> tuple[list[Seen], list[UserError]]:
    usual = Counter(one.axes for one in seen).most_common(1)[0][0]
    told = {2: "an image where most are volumes", 3: "a volume where most are images"}
    others = [one for one in seen if one.axes != usual]
    return [one for one in seen if one.axes == usual], [
        UserError(f"{one.case.channels[0]}: {told[one.axes]}; keep them in folders of their own.") for one in others
    ]


def _channels(seen: Sequence[Seen]) -> tuple[int, list[str]]:
    """The usual number; among pictures of one and of three channels, three."""
    counts = Counter(one.channels for one in seen)
    if seen[0].axes == 2 and set(counts) == {1, COLOURS}:
        return COLOURS, [f"{counts[1]} grey pictures among {counts[COLOURS]} in colour are read as colour."]
    return counts.most_common(1)[0][0], []


def _with_channels(seen: Sequence[Seen], channels: int) -> tuple[list[Seen], list[UserError]]:
    fits = [one.channels == channels or (one.axes == 2 and (one.channels, channels) == (1, COLOURS)) for one in seen]
    as_read = [
        replace(one, channels=channels, levels=np.broadcast_to(one.levels, (channels, 3))) for one, fit in zip(seen, fits) if fit
    ]
    return as_read, [
        UserError(f"{one.case.channels[0]}: {one.channels} channels where most have {channels}; convert it.")
        for one, fit in zip(seen, fits)
        if not fit
    ]


def _with_known_values(folder: Path, layout: Layout, seen: Sequence[Seen]) -> tuple[list[Seen], list[UserError], tuple[int, ...]]:
    """Without masks whose values are not declared; and the values, declared or found."""
    if layout.labels is not None:
        told = ", ".join(f"{value} {name}" for value, name in list(layout.labels.items())[:8])
        wrong = {one.case.id: sorted(set(one.values) - set(layout.labels)) for one in seen}
        kept = [one for one in seen if not wrong[one.case.id]]
        refused = [
            UserError(f"{one.case.mask}, field 'values': {wrong[one.case.id][0]} is not among the labels ({told}); correct it.")
            for one in seen
            if wrong[one.case.id]
        ]
        return _require_labelled(folder, kept), refused, tuple(layout.labels)
    values = tuple(sorted({value for one in seen for value in one.values}))
    numbered = [one.values for one in seen if one.values]
    counts_up = all(own == tuple(range(1, len(own) + 1)) for own in numbered) and len({len(own) for own in numbered}) > 1
    if len(values) > MOST_LABELS or (len(values) > MANY_LABELS and counts_up):
        raise UserError(
            f"{folder}: masks hold {len(values)} values, as instance maps do; give --binary for one class of all, or name the "
            "labels in dataset.json."
        )
    return _require_labelled(folder, seen), [], values


def _require_labelled(folder: Path, seen: Sequence[Seen]) -> list[Seen]:
    if not any(one.values for one in seen):
        raise UserError(f"{folder}: every mask is empty, so there is nothing to learn; check what was exported.")
    return list(seen)


def _empty_masks(seen: Sequence[Seen]) -> list[str]:
    empty = [one for one in seen if not one.values]
    if not empty:
        return []
    return [f"{len(empty)} of {len(seen)} masks are empty, such as {empty[0].case.mask}: taken as cases without any label."]


def _names(folder: Path, layout: Layout, seen: Sequence[Seen], values: Sequence[int]) -> tuple[str, ...]:
    if layout.target == "label":
        classes = tuple(sorted({one.case.label for one in seen if one.case.label is not None}))
        if len(classes) < 2:
            raise UserError(f"{folder}: all usable images are of one class ({', '.join(classes)}); give at least two.")
        return classes
    if layout.labels is not None:
        return tuple(layout.labels.values())
    return ("foreground",) if len(values) == 1 else tuple(f"label {value}" for value in values)
