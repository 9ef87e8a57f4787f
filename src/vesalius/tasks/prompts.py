"""Prompts: a box, clicks or scribbles that say which object of an image is meant.

A prompted record has one object as its mask, and one field for each kind of prompt that it is given:

- ``box``: Boxes; one box of an image, one N×6 box for each slice of a volume that the object is in;
- ``clicks``: Points with the names ``positive`` (on the object) and ``negative`` (beside it);
- ``scribbles``: a Mask with the labels ``positive`` and ``negative``.

They are simulated from the truth once, so that every learner is given the same prompts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Boxes, Field, Mask, Points, Record

PromptKind = Literal["box", "clicks", "scribbles"]
PROMPTS: tuple[PromptKind, ...] = get_args(PromptKind)
POSITIVE, NEGATIVE = "positive", "negative"

JITTER = 20 / 1024
"""How far at most a side of a box lies outside of the object, of the image's longer side: 20 of 1024 pixels in MedSAM."""

Object = NDArray[np.bool_]
"""Where the object is: H×W, or D×H×W in a volume, whose slices are its first axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """How an object is pointed out.

    Attributes:
        kinds: of prompts, all of which are given.
        jitter: how far a side of a box is moved outwards at most, as a share of the image's longer side.
        positive, negative: clicks on the object and beside it.
        strokes: scribbles on the object, and as many beside it.
    """

    kinds: tuple[PromptKind, ...]
    jitter: float = JITTER
    positive: int = 1
    negative: int = 0
    strokes: int = 2

    def simulate(self, inside: Object, generator: np.random.Generator) -> dict[str, Field]:
        """Prompts of an object from its truth, by field name.

        Args:
            inside: the object, not empty.
            generator: decides the jitter and the places.

        >>> inside = np.pad(np.ones((4, 6), bool), 8)
        >>> Prompting(kinds=("box",), jitter=0.0).simulate(inside, np.random.default_rng(0))["box"].corners
        array([[ 8.,  8., 12., 14.]])
        """
        makers: Mapping[PromptKind, Callable[[Object, np.random.Generator], Field]] = {
            "box": self._box,
            "clicks": self._clicks,
            "scribbles": self._scribbles,
        }
        return {kind: makers[kind](inside, generator) for kind in self.kinds}

    def _box(self, inside: Object, generator: np.random.Generator) -> Boxes:
        """The object's bounding box of each slice, each side moved outwards at random, as in MedSAM."""
        boxes = []
        for index, slice_HW in _slices(inside):
            size = np.array(slice_HW.shape)
            moves = generator.uniform(0, self.jitter * size.max(), size=(2, 2))
            places = np.argwhere(slice_HW)
            low, high = np.maximum(places.min(axis=0) - moves[0], 0), np.minimum(places.max(axis=0) + 1 + moves[1], size)
            boxes.append([*index, *low, *(each + 1 for each in index), *high])
        return Boxes(np.array(boxes, dtype=np.float64), ("object",) * len(boxes))

    def _clicks(self, inside: Object, generator: np.random.Generator) -> Points:
        """Positive clicks anywhere on the object, negative ones anywhere in its surroundings, in each slice that it is in."""
        places, names = [], []
        for index, slice_HW in _slices(inside):
            wanted = ((POSITIVE, self.positive, slice_HW), (NEGATIVE, self.negative, _beside(slice_HW)))
            for name, count, where in wanted:
                found = np.argwhere(where)
                if count and len(found):
                    chosen = found[generator.integers(len(found), size=count)]
                    places += [[*index, *place] for place in chosen.tolist()]
                    names += [name] * count
        return Points(np.array(places, dtype=np.float64), tuple(names))

    def _scribbles(self, inside: Object, generator: np.random.Generator) -> Mask:
        """Straight strokes between two places of the object, and of its surroundings, as far as they stay there."""
        labels = np.zeros(inside.shape, dtype=np.uint8)
        for index, slice_HW in _slices(inside):
            for label, where in ((1, slice_HW), (2, _beside(slice_HW))):
                found = np.argwhere(where)
                for _ in range(self.strokes if len(found) else 0):
                    start, end = found[generator.integers(len(found), size=2)]
                    drawn = _line(start, end)
                    rows, columns = drawn[where[tuple(drawn.T)]].T
                    labels[(*index, rows, columns)] = label
        return Mask(labels, (POSITIVE, NEGATIVE))


def prompted(
    records: Sequence[Record],
    prompting: Prompting,
    *,
    seed: int,
    parts: Literal["labels", "components"] = "labels",
    least: int = 16,
    target: str = "mask",
) -> list[Record]:
    """One record an object, with its own mask and prompts of it; what a record gets depends on the seed and its id alone.

    Args:
        records: with a label mask.
        prompting: how each object is pointed out.
        seed: of the prompts.
        parts: whether each label is an object, or each connected part of one.
        least: pixels or voxels below which an object is left out.
        target: name of the mask.

    >>> mask = Mask(np.repeat([[0, 1, 2]], 8, axis=0), ("liver", "spleen"))
    >>> record = Record(id="1", subject_id="p", fields={"mask": mask})
    >>> [made.id for made in prompted([record], Prompting(kinds=("box",)), seed=0, least=1)]
    ['1/liver', '1/spleen']
    """
    made = []
    for record in records:
        for name, label, inside in _objects(record.get(target, Mask), parts, least):
            identity = f"{record.id}/{name}"
            fields = {**record.fields, target: Mask(inside.astype(np.uint8), (label,))}
            fields |= prompting.simulate(inside, generator_of(identity, seed))
            made.append(replace(record, id=identity, fields=fields, tags={**record.tags, "object": label}))
    return made


def generator_of(key: str, seed: int) -> np.random.Generator:
    """A generator that follows from a text and a seed.

    >>> generator_of("a", 0).random() == generator_of("a", 0).random()
    True
    """
    return np.random.default_rng([seed, int.from_bytes(sha256(key.encode()).digest()[:8], "big")])


def prompt_maps(record: Record, size: tuple[int, ...]) -> NDArray[np.float32]:
    """The prompts of a record as three images: inside of a box, positive, negative; what a record is not given is 0.

    For networks that take prompts as channels beside the image (ScribblePrompt).

    Args:
        record: with any of the prompt fields.
        size: H, W or D, H, W of the image.

    >>> box = Boxes(np.array([[1.0, 1.0, 3.0, 3.0]]), ("object",))
    >>> prompt_maps(Record(id="1", subject_id="1", fields={"box": box}), (4, 4)).sum(axis=(1, 2)).tolist()
    [4.0, 0.0, 0.0]
    """
    maps = np.zeros((3, *size), dtype=np.float32)
    if "box" in record.fields:
        for corners in record.get("box", Boxes).corners:
            low, high = np.rint(np.split(corners, 2)).astype(int)
            maps[0][tuple(map(slice, low, high))] = 1
    if "clicks" in record.fields:
        clicks = record.get("clicks", Points)
        for place, name in zip(clicks.positions.astype(int), clicks.names):
            maps[1 + (name == NEGATIVE)][tuple(place)] = 1
    if "scribbles" in record.fields:
        labels = record.get("scribbles", Mask).labels
        maps[1:] = np.maximum(maps[1:], np.stack([labels == 1, labels == 2]))
    return maps


def _objects(mask: Mask, parts: str, least: int) -> Iterator[tuple[str, str, Object]]:
    """Name, label and place of each object that is large enough."""
    from scipy.ndimage import label as connected

    for index, label in enumerate(mask.names, start=1):
        inside = mask.labels == index
        pieces, count = connected(inside) if parts == "components" else (inside.astype(np.uint8), 1)
        for piece in range(1, count + 1):
            if (found := pieces == piece).sum() >= least:
                yield (f"{label}-{piece}" if parts == "components" else label), label, found


def _slices(inside: Object) -> Iterator[tuple[tuple[int, ...], Object]]:
    """Each slice that has some of the object, with its place in the volume; an image is one slice without a place."""
    if inside.ndim == 2:
        yield (), inside
    else:
        yield from (((int(index),), inside[index]) for index in np.flatnonzero(inside.any(axis=(1, 2))))


def _beside(inside_HW: Object) -> Object:
    """What is not the object but within its bounding box, enlarged by half of its size on each side."""
    places = np.argwhere(inside_HW)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    more = (high - low) // 2 + 1
    around = np.zeros_like(inside_HW)
    around[tuple(map(slice, np.maximum(low - more, 0), high + more))] = True
    return around & ~inside_HW


def _line(start: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.intp]:
    """The pixels of a straight line, N×2."""
    steps = int(np.abs(end - start).max()) + 1
    return np.rint(np.linspace(start, end, steps)).astype(np.intp)
