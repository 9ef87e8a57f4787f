"""Pieces of the DRIVE photographs that two annotators have drawn vessels in (Staal et al. 2004)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Image, Mask, Record
from vesalius.sources.public.drive import Drive
from vesalius.tasks import Tier

READINGS = ("mask_1", "mask_2")
REDUCTION = 2
"""Photograph pixels along each side of a pixel here."""

NOTE = (
    "Only the release's test half has two annotators: its 20 photographs are all that there is here, split by photograph into "
    "those learned from and those tested, so that scores are of fewer photographs than those on the release's halves. Two "
    "annotators show little of a distribution."
)


@dataclass(frozen=True, slots=True)
class DriveReadings:
    """Square pieces of ``side`` pixels at half the resolution (field ``image``), with the vessels of annotators one and two.

    Pieces lie on a grid wholly inside the aperture; a photograph gives those ``pieces`` with most vessels by either annotator.
    The photograph is the subject.

    Attributes:
        side: pixels.
        pieces: at most so many of a photograph.
    """

    side: int = 32
    pieces: int = 12
    name: str = "drive-readings"
    tier: Tier = "public"
    description: str = "Pieces of fundus photographs with the vessels of two annotators (DRIVE, test half)."

    def records(self) -> Sequence[Record]:
        """One record a piece.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read(self)


@cache
def _read(source: DriveReadings) -> tuple[Record, ...]:
    twice = [record for record in Drive().records() if "mask_second" in record.fields]
    return tuple(piece for record in twice for piece in _pieces(record, source))


def _pieces(record: Record, source: DriveReadings) -> list[Record]:
    image = _reduced(record.get("image", Image).pixels).round().astype(np.uint8)
    seen = _reduced(record.get("field_of_view", Mask).labels)
    masks = [(_reduced(record.get(name, Mask).labels) >= 0.5).astype(np.uint8) for name in ("mask", "mask_second")]
    inside = [place for place in _grid(seen.shape, source.side) if seen[place].min() == 1]
    fullest = sorted(inside, key=lambda place: -int(np.maximum(*(mask[place] for mask in masks)).sum()))[: source.pieces]
    return [
        Record(
            id=f"{record.id}-{place[0].start:03d}-{place[1].start:03d}",
            subject_id=record.subject_id,
            fields={
                "image": Image(image[place].copy()),
                **{name: Mask(mask[place].copy(), ("vessel",)) for name, mask in zip(READINGS, masks, strict=True)},
            },
            licence=record.licence,
        )
        for place in fullest
    ]


def _grid(shape: tuple[int, ...], side: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, shape[0] - side + 1, side):
        for left in range(0, shape[1] - side + 1, side):
            yield slice(top, top + side), slice(left, left + side)


def _reduced(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Means of squares; a rest at the border is left out."""
    height, width = (length // REDUCTION for length in values.shape[:2])
    cut = values[: height * REDUCTION, : width * REDUCTION].astype(np.float64)
    means: NDArray[np.float64] = cut.reshape(height, REDUCTION, width, REDUCTION, *values.shape[2:]).mean(axis=(1, 3))
    return means
