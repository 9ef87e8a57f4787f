"""The MNI152 T1 template with its tissue maps, as nilearn ships them (Fonov et al. 2011)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.records import Image, Mask, Record
from vesalius.tasks import Split, Tier

MILLIMETRES = 2
SLAB, GUARD = 2, 1
"""Slices in a slab, and slices dropped after each."""
LEAST_BRAIN = 500
"""Pixels of grey or white matter below which a slice is left out."""
PATTERN = ("train", "test", "train", "validation", "train", "test")
"""Use of successive slabs, from foot to head, again and again."""

NOTE = (
    "One head, and that an averaged template: train and test are slabs of the same brain, so the subject gate fails, rightly; "
    "the interval speaks of slabs of this template and of nothing else."
)


@dataclass(frozen=True, slots=True)
class Mni152:
    """Axial slices H×W (field ``image``, anterior up, 2 mm) with grey and white matter (field ``mask``).

    A pixel is what is most probable: grey matter, white matter, or the rest (one minus both), which wins ties. Slices lie in
    slabs of two (tag ``slab``), and one slice between slabs is dropped: the nearest slices of two slabs are 4 mm apart. All are
    of the subject ``mni152``.

    >>> records = Mni152().records()
    >>> records[0].id, records[0].get("image", Image).pixels.shape
    ('z007', (117, 99))
    """

    name: str = "mni152"
    tier: Tier = "packaged"
    description: str = "Axial slices of the MNI152 T1 template with grey and white matter (nilearn)."

    def records(self) -> Sequence[Record]:
        """One record a slice, from foot to head."""
        return _read()


def split(records: Sequence[Record]) -> Split:
    """Whole slabs, taken in turn: half for training, a third for test, a sixth for validation."""
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    for record in records:
        parts[PATTERN[int(record.tags["slab"]) % len(PATTERN)]].append(record)
    return Split(parts["train"], parts["validation"], parts["test"])


@cache
def _read() -> tuple[Record, ...]:
    from nilearn import datasets

    image, grey, white = (
        np.asarray(load(resolution=MILLIMETRES).dataobj, dtype=np.float32)
        for load in (datasets.load_mni152_template, datasets.load_mni152_gm_template, datasets.load_mni152_wm_template)
    )
    labels = np.stack([1 - grey - white, grey, white]).argmax(axis=0).astype(np.uint8)
    slices = np.flatnonzero((labels > 0).sum(axis=(0, 1)) >= LEAST_BRAIN)
    return tuple(
        Record(
            id=f"z{z:03d}",
            subject_id="mni152",
            fields={
                "image": Image(np.rot90(image[:, :, z]).copy(), spacing=(MILLIMETRES, MILLIMETRES)),
                "mask": Mask(np.rot90(labels[:, :, z]).copy(), ("grey matter", "white matter")),
            },
            licence="free use with copyright notice (ICBM 152, McConnell Brain Imaging Centre)",
            tags={"slab": f"{(z - slices[0]) // (SLAB + GUARD):02d}"},
        )
        for z in slices
        if (z - slices[0]) % (SLAB + GUARD) < SLAB
    )
