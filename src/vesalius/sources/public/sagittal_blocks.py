"""The CT and the MR of TotalSegmentator's test cases, cut into blocks from left to right, to train and test on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from vesalius.records import Geometry, Mask, Record, Volume
from vesalius.records.orientation import Turn
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.tasks import Split, Tier

THICKNESS, GUARD = 8, 1
"""Voxels of a block from left to right, and those dropped after each."""
LEAST = 100
"""Voxels of the structure in a block; others are left out, for each case of the Decathlon has its target."""
PATTERN = ("train", "test", "train", "validation", "train", "test")
"""Use of the blocks, from left to right, again and again."""

NOTE = (
    "One person: train and test are blocks of the same body, so the subject gate fails, rightly; the interval speaks of blocks "
    "of this body, a handful, and of nothing else. The truth is what TotalSegmentator found."
)


@dataclass(frozen=True, slots=True)
class SagittalBlocks:
    """Blocks of 24 mm from left to right (``image``) with the largest structure of the body (``mask``); one subject."""

    modality: Literal["ct", "mr"]
    tier: Tier = "public"

    @property
    def name(self) -> str:
        """Such as ``body-ct``."""
        return f"body-{self.modality}"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Blocks of one body {self.modality.upper()} with its largest structure (TotalSegmentator test case)."

    def records(self) -> Sequence[Record]:
        """One record a block, from left to right.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _blocks(self.modality)


def split(records: Sequence[Record]) -> Split:
    """Half of the blocks to train on, a sixth to validate, a third to test, taken in turn."""
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    for place, record in enumerate(sorted(records, key=lambda record: record.id)):
        parts[PATTERN[place % len(PATTERN)]].append(record)
    return Split(parts["train"], parts["validation"], parts["test"])


@cache
def _blocks(modality: str) -> tuple[Record, ...]:
    whole = next(record for record in TotalSegmentator().records() if record.tags["modality"] == modality)
    stored, mask = whole.get("image", Volume), whole.get("mask", Mask)
    turn = Turn.of(stored.geometry)
    voxels, geometry = turn.apply(stored.voxels), turn.geometry(stored.geometry, stored.voxels.shape)
    largest = 1 + int(np.bincount(mask.labels.ravel(), minlength=2)[1:].argmax())
    labels = (turn.apply(mask.labels) == largest).astype(np.uint8)
    starts = range(0, voxels.shape[0] - THICKNESS + 1, THICKNESS + GUARD)
    return tuple(
        Record(
            id=f"{modality}_{number:02d}",
            subject_id=whole.subject_id,
            fields={
                "image": Volume(voxels[start : start + THICKNESS], _moved(geometry, start)),
                "mask": Mask(labels[start : start + THICKNESS], (mask.names[largest - 1],)),
            },
            licence=whole.licence,
            tags={"block": f"{number:02d}"},
        )
        for number, start in enumerate(starts)
        if labels[start : start + THICKNESS].sum() >= LEAST
    )


def _moved(geometry: Geometry, start: int) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] += affine[:3, 0] * start
    return Geometry(affine)
