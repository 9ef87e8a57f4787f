"""Coronal slabs of one CT of the trunk, and the rest of that CT without labels (test cases of TotalSegmentator)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from vesalius.errors import UserError
from vesalius.records import Field, Geometry, Mask, Record, Volume
from vesalius.records.files import read_volume
from vesalius.sources.public import root
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.tasks import Split, Tier

SLAB, GUARD = 15, 2
"""Coronal planes in a slab, and planes dropped after each; a plane is 3 mm."""
PATTERN = ("validation", "train", "test", "train", "test", "validation")
"""Use of the slabs from back to front; the outer ones, which have few structures, are for validation."""

NOTE = (
    "One body: train and test are slabs of the same CT, 6 mm apart, so the subject gate fails, rightly; the interval speaks of "
    "slabs of this body. Many structures are in few slabs, and some that are tested were never trained."
)


@dataclass(frozen=True, slots=True)
class TotalSegmentatorSlabs:
    """Six slabs X×15×Z at 3 mm with 41 structures (fields ``image`` and ``mask``), and the part below without ``mask``.

    The tag ``slab`` numbers them from back to front; it is ``below`` for the part of the CT that nobody labelled.
    """

    name: str = "totalsegmentator-slabs"
    tier: Tier = "public"
    description: str = "Coronal slabs of one CT with 41 structures, and the rest of that CT without (TotalSegmentator)."

    def records(self) -> Sequence[Record]:
        """The slabs from back to front, then what is below.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read()


def split(records: Sequence[Record]) -> Split:
    """Slabs by the ``PATTERN``; what has no labels is for training."""
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    for record in records:
        slab = record.tags["slab"]
        parts["train" if slab == "below" else PATTERN[int(slab)]].append(record)
    return Split(parts["train"], parts["validation"], parts["test"])


@cache
def _read() -> tuple[Record, ...]:
    whole = read_volume(root.path("totalsegmentator", "example_ct.nii.gz"))
    cut = TotalSegmentator().records()[0]
    volume, mask = cut.get("image", Volume), cut.get("mask", Mask)
    below = whole.voxels.shape[2] - volume.voxels.shape[2]
    if not np.array_equal(whole.voxels[:, :, below:], volume.voxels):
        raise UserError(f"{root.path('totalsegmentator')}: example_ct_sm is not the top of example_ct; unpack the release again.")
    slabs = [
        _part(cut, volume, mask, start, number) for number, start in enumerate(range(0, volume.voxels.shape[1], SLAB + GUARD))
    ]
    rest = Volume(whole.voxels[:, :, :below].copy(), whole.geometry)
    return (*slabs, replace(cut, id="ct-below", fields={"image": rest}, tags={**cut.tags, "slab": "below"}))


def _part(record: Record, volume: Volume, mask: Mask, start: int, number: int) -> Record:
    planes = slice(start, start + SLAB)
    affine = volume.geometry.affine.copy()
    affine[:3, 3] += affine[:3, 1] * start
    fields: dict[str, Field] = {
        "image": Volume(volume.voxels[:, planes].copy(), Geometry(affine)),
        "mask": Mask(mask.labels[:, planes].copy(), mask.names),
    }
    return replace(record, id=f"ct-slab{number}", fields=fields, tags={**record.tags, "slab": str(number)})
