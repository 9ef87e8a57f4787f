"""A CT and an MR of two people with their organs: the test cases of TotalSegmentator (Wasserthal et al. 2023)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.errors import UserError
from vesalius.records import Mask, Record
from vesalius.records.files import read_volume
from vesalius.sources.public import root
from vesalius.tasks import Tier

FILES = {"ct": ("example_ct_sm.nii.gz", "example_seg.nii.gz"), "mr": ("example_mr_sm.nii.gz", "example_seg_mr.nii.gz")}


@dataclass(frozen=True, slots=True)
class TotalSegmentator:
    """Volumes at 3 mm (field ``image``) with the structures that TotalSegmentator found (field ``mask``); one CT and one MR.

    A structure is named by its modality and number in the release, such as ``ct 5``, for the two modalities number theirs
    differently. The tag ``modality`` is ``ct`` or ``mr``.
    """

    name: str = "totalsegmentator"
    tier: Tier = "public"
    description: str = "One CT with 41 and one MR with 24 structures, of two people (test cases of TotalSegmentator)."

    def records(self) -> Sequence[Record]:
        """The CT, then the MR.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read()


@cache
def _read() -> tuple[Record, ...]:
    return tuple(_record(modality) for modality in FILES)


def _record(modality: str) -> Record:
    image, drawn = (read_volume(root.path("totalsegmentator", name)) for name in FILES[modality])
    if image.voxels.shape != drawn.voxels.shape:
        raise UserError(
            f"{root.path('totalsegmentator')}: {' and '.join(FILES[modality])} differ in size; unpack the release again."
        )
    numbers, labels = np.unique(drawn.voxels.astype(np.int64), return_inverse=True)
    names = tuple(f"{modality} {number}" for number in numbers[1:])
    return Record(
        id=modality,
        subject_id=f"totalsegmentator-{modality}",
        fields={"image": image, "mask": Mask(labels.reshape(drawn.voxels.shape).astype(np.uint8), names)},
        licence="Apache-2.0",
        tags={"modality": modality},
    )
