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

THICKNESS, GUARD = 12, 2
"""Voxels of a block from left to right, and those dropped after each."""
STRUCTURES = 4
"""The largest of each volume are kept."""
PATTERN = ("train", "test", "train", "validation", "train", "test")
"""Use of the blocks, from left to right, again and again."""

NOTE = (
    "One person: train and test are blocks of the same body, so the subject gate fails, rightly; the interval speaks of blocks "
    "of this body and of nothing else. The truth is what TotalSegmentator found."
)


@dataclass(frozen=True, slots=True)
class SagittalBlocks:
    """Blocks of 36 mm from left to right (field ``image``) with the four largest structures (field ``mask``); one subject."""

    modality: Literal["ct", "mr"]
    tier: Tier = "public"

    @property
    def name(self) -> str:
        """Such as ``body-ct``."""
        return f"body-{self.modality}"

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            f"Blocks of one body {self.modality.upper()} with its {STRUCTURES} largest structures (TotalSegmentator test case)."
        )

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
    voxels, labels, names = turn.apply(stored.voxels), *_largest(turn.apply(mask.labels), mask.names)
    geometry = turn.geometry(stored.geometry, stored.voxels.shape)
    starts = range(0, voxels.shape[0] - THICKNESS + 1, THICKNESS + GUARD)
    return tuple(
        Record(
            id=f"{modality}_{number:02d}",
            subject_id=whole.subject_id,
            fields={
                "image": Volume(voxels[start : start + THICKNESS], _moved(geometry, start)),
                "mask": Mask(labels[start : start + THICKNESS], names),
            },
            licence=whole.licence,
            tags={"block": f"{number:02d}"},
        )
        for number, start in enumerate(starts)
    )


def _largest(labels: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The labels of the largest structures, numbered anew by their size, and their names."""
    sizes = np.bincount(labels.ravel(), minlength=len(names) + 1)[1:]
    kept = np.argsort(-sizes, kind="stable")[:STRUCTURES]
    numbers = np.zeros(len(names) + 1, np.uint8)
    numbers[kept + 1] = np.arange(1, len(kept) + 1)
    return numbers[labels], tuple(names[place] for place in kept)


def _moved(geometry: Geometry, start: int) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] += affine[:3, 0] * start
    return Geometry(affine)
