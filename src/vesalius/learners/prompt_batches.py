"""Images and prompts of records as a network that is prompted takes them: slices of one size, prompts in their pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.records import Boxes, Field, Image, Mask, Points, Record, Volume
from vesalius.tasks.prompts import POSITIVE, PROMPTS, prompt_maps

Floats = NDArray[np.float32]
Batch = dict[str, Floats]
"""``image`` N×3×S×S from 0 to 1, ``maps`` N×3×S×S (inside of a box, positive, negative) and, where given, ``box`` N×4 (left,
upper, right, lower border) and ``points`` N×P×2 (column, row) with ``signs`` N×P (1 on the object, 0 beside it, -10 for none)."""

NO_POINT = -10.0
TAILS = (0.5, 99.5)
"""Percentiles that become black and white, as in MedSAM."""


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """The slices of a record that are to be segmented, resized to squares.

    Attributes:
        image_DCSS: from 0 to 1.
        places: of the slices in the record's volume; 0 for an image.
        shape: D, H, W of the record before.
    """

    image_DCSS: Floats
    places: tuple[int, ...]
    shape: tuple[int, int, int]


def slab_of(record: Record, image: str, places: Sequence[int], size: int) -> Slab:
    """The given slices of a record's image or volume, in squares of ``size`` pixels.

    >>> slab_of(Record(id="1", subject_id="1", fields={"image": Image(np.eye(6))}), "image", (0,), 4).image_DCSS.shape
    (1, 3, 4, 4)
    """
    pixels_DCHW = _pixels(record, image)
    low, high = np.percentile(pixels_DCHW, TAILS)
    scaled_DCHW = np.clip((pixels_DCHW[list(places)] - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
    resized = functional.interpolate(
        torch.from_numpy(scaled_DCHW), size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )
    depth, _, height, width = pixels_DCHW.shape
    return Slab(resized.expand(-1, 3, -1, -1).numpy(), tuple(places), (depth, height, width))


def prompted_places(record: Record) -> tuple[int, ...]:
    """The slices of a volume that have a prompt; 0 for an image.

    Raises:
        UserError: if the record has no prompt.
    """
    found: set[int] = set()
    if "box" in record.fields:
        corners = record.get("box", Boxes).corners
        found |= set(corners[:, 0].astype(int).tolist()) if corners.shape[1] == 6 else {0}
    if "clicks" in record.fields:
        positions = record.get("clicks", Points).positions
        found |= set(positions[:, 0].astype(int).tolist()) if positions.shape[1] == 3 else {0}
    if "scribbles" in record.fields:
        labels = record.get("scribbles", Mask).labels
        found |= set(np.flatnonzero(labels.any(axis=(1, 2))).tolist()) if labels.ndim == 3 else {0}
    if not found:
        raise UserError(f"Record {record.id}: no prompt; give it one of the fields {', '.join(PROMPTS)}.")
    return tuple(sorted(found))


def prompts_of(record: Record, places: Sequence[int], shape: tuple[int, int, int], size: int) -> Batch:
    """The prompts of these slices in a frame of ``size`` × ``size`` pixels.

    Args:
        record: with prompts of every one of the slices.
        places: of the slices; 0 for an image.
        shape: D, H, W of the record.
        size: pixels of a side.

    >>> box = Boxes(np.array([[2.0, 0.0, 4.0, 8.0]]), ("object",))
    >>> prompts_of(Record(id="1", subject_id="1", fields={"box": box}), (0,), (1, 8, 8), 4)["box"].tolist()
    [[0.0, 1.0, 4.0, 2.0]]
    """
    scale = size / np.array(shape[1:], dtype=np.float64)
    batch = {"maps": _maps(record, places, shape, size)}
    if "box" in record.fields:
        batch["box"] = _boxes(record, places, scale)
    if "clicks" in record.fields:
        batch |= _clicks(record, places, scale)
    return batch


def joined(batches: Sequence[Batch]) -> Batch:
    """Several batches as one; where one has fewer points, ``NO_POINT`` stands for the others."""
    most = max((batch["signs"].shape[1] for batch in batches if "signs" in batch), default=0)
    return {key: np.concatenate([_padded(key, batch[key], most) for batch in batches]) for key in batches[0]}


def _padded(key: str, values: Floats, most: int) -> Floats:
    if key not in ("points", "signs"):
        return values
    missing = [(0, 0), (0, most - values.shape[1]), (0, 0)][: values.ndim]
    return np.pad(values, missing, constant_values=NO_POINT if key == "signs" else 0)


def _pixels(record: Record, image: str) -> Floats:
    """D×C×H×W."""
    field: Field = record.fields[image]
    if isinstance(field, Volume):
        return field.voxels.astype(np.float32)[:, None]
    pixels = record.get(image, Image).pixels.astype(np.float32)
    return pixels[None, None] if pixels.ndim == 2 else np.moveaxis(pixels[..., :3], 2, 0)[None]


def _boxes(record: Record, places: Sequence[int], scale: NDArray[np.float64]) -> Floats:
    corners = record.get("box", Boxes).corners
    by_place = {int(box[0]): box[[1, 2, 4, 5]] for box in corners} if corners.shape[1] == 6 else {0: corners[0]}
    _require_all(record, "box", places, by_place)
    rows_columns = np.stack([by_place[place] for place in places]) * np.tile(scale, 2)
    return rows_columns[:, [1, 0, 3, 2]].astype(np.float32)


def _clicks(record: Record, places: Sequence[int], scale: NDArray[np.float64]) -> Batch:
    clicks = record.get("clicks", Points)
    by_place: dict[int, list[tuple[float, float, float]]] = {}
    for position, name in zip(clicks.positions, clicks.names):
        # The middle of the pixel that is named, in the new frame, less the half pixel that SAM adds to a place.
        row, column = (position[-2:] + 0.5) * scale - 0.5
        by_place.setdefault(int(position[0]) if len(position) == 3 else 0, []).append((column, row, float(name == POSITIVE)))
    _require_all(record, "clicks", places, by_place)
    batches = []
    for place in places:
        found = np.array(by_place[place], dtype=np.float32)
        batches.append({"points": found[None, :, :2], "signs": found[None, :, 2]})
    return joined(batches)


def _maps(record: Record, places: Sequence[int], shape: tuple[int, int, int], size: int) -> Floats:
    """The maps of the slices; a thin scribble keeps its pixels where the frame shrinks."""
    volume = any(_axes(field) == 3 for name, field in record.fields.items() if name in PROMPTS)
    maps_KDHW = prompt_maps(record, shape if volume else shape[1:]).reshape(3, *shape)
    maps_DKHW = torch.from_numpy(np.ascontiguousarray(maps_KDHW[:, list(places)].swapaxes(0, 1)))
    resized: Floats = functional.adaptive_max_pool2d(maps_DKHW, (size, size)).numpy()
    return resized


def _axes(field: Field) -> int:
    match field:
        case Boxes():
            return int(field.corners.shape[1] // 2)
        case Points():
            return int(field.positions.shape[1])
        case Mask():
            return field.labels.ndim
        case _:
            return 0


def _require_all(record: Record, prompt: str, places: Sequence[int], found: Mapping[int, object]) -> None:
    missing = [place for place in places if place not in found]
    if missing:
        raise UserError(
            f"Record {record.id}, field {prompt!r}: nothing in slice {missing[0]}; prompt every slice in the same ways."
        )
