"""Structures of sets to train on, and queries of other sets, each with examples of the same task, to test on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Image, Mask, Record
from vesalius.records.places import place
from vesalius.sources.structures import Structures
from vesalius.tasks import Split, Tier

SUPPORT = ("support_images", "support_masks")
"""Fields of a query: the images of its support set stacked along a last axis, and their masks."""
TAILS = (0.5, 99.5)
"""Percentiles of an image that become 0 and 1."""
SHARE = 1 / 3
"""Of a pixel that a structure covers where it belongs to it; with a half, vessels would vanish from small squares."""
VALIDATING = 24
"""Queries at most that validate."""
NOTE = (
    "Whole sets are held out; a query of them comes with examples of other subjects of its task, never with its own mask. The "
    "sets of MedScribble have three or four slices, so that all others of the set are the examples of each. The interval is over "
    "sets, of which there are few."
)


@dataclass(frozen=True, slots=True)
class Supported:
    """The records of ``structures`` as squares; queries carry a support set of other subjects (see ``SUPPORT``).

    Of held-out tasks all records are queries, up to ``queries`` a task; of the others, those of one subject each validate.
    What is lost when an image shrinks to a square is left out.

    Attributes:
        structures: all of them.
        held_out: sets that are tested.
        side: pixels of a side that images are resized to.
        pool: examples of a support set at most.
        queries: of each held-out task at most.
    """

    structures: Structures
    held_out: tuple[str, ...]
    side: int
    pool: int
    queries: int

    @property
    def name(self) -> str:
        """That of the structures."""
        return self.structures.name

    @property
    def tier(self) -> Tier:
        """That of the structures."""
        return self.structures.tier

    @property
    def description(self) -> str:
        """What the records are, and which come with examples."""
        return f"{self.structures.description} Those of {', '.join(self.held_out)} come with up to {self.pool} examples."

    def records(self) -> Sequence[Record]:
        """One record a structure of an image.

        Raises:
            UserError: if a public release is not at hand.

        >>> structures = Structures(("fundus", "ultrasound"), 5, 32, "simulated", "simulator")
        >>> source = Supported(structures, ("ultrasound",), 16, 3, 2)
        >>> query = source.split(source.records()).test[0]
        >>> query.get("image", Image).pixels.shape, query.get("support_images", Image).pixels.shape
        ((16, 16), (16, 16, 3))
        """
        return _records(self)

    def split(self, records: Sequence[Record]) -> Split:
        """Without a support set to train; with one, held-out sets to test and the others to validate."""
        queries = [record for record in records if SUPPORT[0] in record.fields]
        plain = [record for record in records if SUPPORT[0] not in record.fields]
        test = [record for record in queries if record.tags["set"] in self.held_out]
        return Split(plain, [record for record in queries if record.tags["set"] not in self.held_out], test)


@cache
def _records(source: Supported) -> tuple[Record, ...]:
    tasks: dict[str, list[Record]] = {}
    for record in source.structures.records():
        framed = _framed(record, source.side)
        if framed.get("mask", Mask).labels.any():
            tasks.setdefault(record.tags["task"], []).append(framed)
    made: list[Record] = []
    validating: list[Record] = []
    for group in tasks.values():
        group.sort(key=lambda record: place(record.id))
        if group[0].tags["set"] in source.held_out:
            several = len({record.subject_id for record in group}) > 1
            made.extend(_supported(record, group, source.pool) for record in group[: source.queries * several])
            continue
        subject = min((record.subject_id for record in group), key=place)
        own = [record for record in group if record.subject_id == subject]
        others = [record for record in group if record.subject_id != subject]
        made.extend(others or own)
        validating.extend(_supported(record, others, source.pool) for record in own[:1] if others)
    return (*made, *_apart(validating, made))


def _apart(queries: list[Record], train: list[Record]) -> Iterator[Record]:
    """Some of the queries, none of a subject that is trained on."""
    trained = {record.subject_id for record in train if SUPPORT[0] not in record.fields}
    yield from [record for record in queries if record.subject_id not in trained][:VALIDATING]


def _supported(query: Record, group: Sequence[Record], most: int) -> Record:
    """The query with examples of its task, of other subjects, in the order of their hashes with its own."""
    others = [record for record in group if record.subject_id != query.subject_id]
    chosen = sorted(others, key=lambda record: place(f"{query.id}/{record.id}"))[:most]
    images = np.stack([record.get("image", Image).pixels for record in chosen], axis=-1)
    masks = np.stack([record.get("mask", Mask).labels for record in chosen], axis=-1)
    support: dict[str, Field] = {SUPPORT[0]: Image(images), SUPPORT[1]: Mask(masks, query.get("mask", Mask).names)}
    return replace(query, fields={**query.fields, **support})


def _framed(record: Record, side: int) -> Record:
    """Image from 0 to 1 and mask alone, in a square."""
    pixels, mask = record.get("image", Image).pixels.astype(np.float32), record.get("mask", Mask)
    low, high = np.percentile(pixels, TAILS)
    image = _resized(np.clip((pixels - low) / max(high - low, 1e-6), 0, 1).astype(np.float32), side)
    inside = _resized((mask.labels != 0).astype(np.float32), side) >= SHARE
    fields: dict[str, Field] = {"image": Image(image), "mask": Mask(inside.astype(np.uint8), mask.names)}
    return replace(record, fields=fields)


def _resized(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """By linear interpolation, over the pixels that a new one covers where the image shrinks."""
    from PIL import Image as Picture

    resized: NDArray[np.float32] = np.asarray(Picture.fromarray(values).resize((side, side), Picture.Resampling.BILINEAR))
    return resized.copy()
