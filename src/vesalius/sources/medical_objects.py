"""Single objects of medical images, each pointed out by a prompt: what promptable segmentation is trained and tested on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

import numpy as np

from vesalius.records import Record, Volume
from vesalius.records.places import place
from vesalius.sources.public import dsb2018, medscribble
from vesalius.sources.public.dsb2018 import Dsb2018
from vesalius.sources.public.medscribble import Medscribble
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.slabs import axial, object_slabs, sections
from vesalius.tasks import Source, Split, Tier
from vesalius.tasks.prompts import Prompting, prompted

SEED = 0
"""Of the prompts that records carry."""
LEAST_SECTION = 0.005
"""Share of a slice below which the section of a structure is not asked for."""
LEAST_NUCLEUS = 1500
"""Pixels of the smallest nucleus that is asked for, about 2 % of an image."""
SOFT_TISSUE = (-160.0, 240.0)
"""Hounsfield units that are told apart in CT, as MedSAM has it; what is below or above is clipped."""
DRAWN_NUCLEI = {"stained": 1.0, "fluorescence": 0.3}
"""Share of the images of each modality, so that nuclei do not outnumber all else."""

MIX_NOTE = (
    "MedScribble: one slice of each of twelve sets is tested, others of the same sets are trained on. Nuclei: fields of view are "
    "kept apart. The CT's structures are trained on, the MR's are tested, each of one person."
)
SLAB_NOTE = (
    "Trained on the CT of one person, tested on the MR of another: intervals are over the structures of that MR and speak of no "
    "other person."
)


@dataclass(frozen=True, slots=True)
class MedicalObjects:
    """Objects of sections of several modalities: MedScribble, nuclei of the 2018 Data Science Bowl, organs in CT and MR.

    Fields ``image``, ``mask`` and those of the prompts. The tag ``set`` says where a record is from.
    """

    prompting: Prompting
    name: str = "medical-objects"
    tier: Tier = "public"
    description: str = "Objects of medical images of many modalities (MedScribble, nuclei, CT and MR organs), each with a prompt."

    def records(self) -> Sequence[Record]:
        """One record an object.

        Raises:
            UserError: if a release is not at hand.
        """
        return _mixed(self.prompting)


def split_mix(records: Sequence[Record]) -> Split:
    """Whole subjects: MedScribble by set, nuclei by field of view; the CT trains, the MR tests."""
    by_set = {name: [record for record in records if record.tags["set"] == name] for name in ("nuclei", "ct", "mr")}
    slices = medscribble.split([record for record in records if record.tags["set"] not in by_set])
    nuclei = dsb2018.split(by_set["nuclei"])
    return Split(
        [*slices.train, *nuclei.train, *by_set["ct"]],
        [*slices.validation, *nuclei.validation],
        [*slices.test, *nuclei.test, *by_set["mr"]],
    )


@dataclass(frozen=True, slots=True)
class ObjectSlabs:
    """One record a structure of each volume: neighbouring slices around its largest section, a mask and prompts in each slice.

    Attributes:
        source: of volumes with label masks; CT, but for those with the tag ``modality`` of ``mr``.
        thickness: slices of a slab.
        prompting: how a structure is pointed out.
        every: None for slabs; otherwise each so many slices of one are records of their own, images H×W.
    """

    source: Source
    thickness: int
    prompting: Prompting
    every: int | None = None

    @property
    def name(self) -> str:
        """That of the source of volumes."""
        return self.source.name

    @property
    def tier(self) -> Tier:
        """That of the source of volumes."""
        return self.source.tier

    @property
    def description(self) -> str:
        """What the records are."""
        kind = "Slabs" if self.every is None else "Sections"
        return f"{kind} of single structures, each with a prompt, of: {self.source.description}"

    def records(self) -> Sequence[Record]:
        """One record a structure, or a section of one.

        Raises:
            UserError: if a release is not at hand.
        """
        return _slabs(self)


def simulated(prompting: Prompting, *, volumes: int, size: int, thickness: int, every: int | None = None) -> ObjectSlabs:
    """Organs of simulated CT volumes, see ``ObjectSlabs``.

    >>> records = simulated(Prompting(kinds=("box",)), volumes=1, size=32, thickness=1, every=1).records()
    >>> sorted(records[0].fields)
    ['box', 'image', 'mask']
    """
    return ObjectSlabs(CtPhantom(count=volumes, size=size), thickness, prompting, every)


def split_subjects(records: Sequence[Record]) -> Split:
    """Of the subjects, in the order of their hashes, a third to test, a sixth to validate and half to train; at least one each.

    >>> subjects = [Record(id=str(number), subject_id=str(number), fields={}) for number in range(6)]
    >>> [len(part) for part in (split_subjects(subjects).train, split_subjects(subjects).test)]
    [3, 2]
    """
    subjects = sorted({record.subject_id for record in records}, key=place)
    test = max(1, len(subjects) // 3)
    validation = test + max(1, len(subjects) // 6)
    parts: tuple[list[Record], list[Record], list[Record]] = ([], [], [])
    for record in records:
        rank = subjects.index(record.subject_id)
        parts[2 if rank < test else 1 if rank < validation else 0].append(record)
    return Split(*parts)


def split_modalities(records: Sequence[Record]) -> Split:
    """The CT of TotalSegmentator to train, but for a sixth of its structures to validate; the MR to test."""
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "mr": []}
    for record in records:
        held = "validation" if place(record.id) < 1 / 6 else "train"
        parts["mr" if record.tags["modality"] == "mr" else held].append(record)
    return Split(parts["train"], parts["validation"], parts["mr"])


@cache
def _mixed(prompting: Prompting) -> tuple[Record, ...]:
    return tuple(
        _tagged(prompted(Medscribble().records(), prompting, seed=SEED), "set")
        + _tagged(_nuclei(prompting), "nuclei")
        + _tagged(ObjectSlabs(TotalSegmentator(), 6, prompting, every=2).records(), "modality")
    )


@cache
def _slabs(source: ObjectSlabs) -> tuple[Record, ...]:
    volumes = [axial(_windowed(record)) for record in source.source.records()]
    slabs = [
        slab
        for volume in volumes
        for slab in object_slabs([volume], source.thickness, least=_least_section(volume.get("image", Volume)))
    ]
    chosen = slabs if source.every is None else list(sections(slabs, source.every))
    return tuple(prompted(chosen, source.prompting, seed=SEED))


def _least_section(volume: Volume) -> int:
    return ceil(LEAST_SECTION * int(volume.voxels[0].size))


def _windowed(record: Record) -> Record:
    """The record with its CT clipped to soft tissue; an MR, which the tag ``modality`` says it is, as it was."""
    if record.tags.get("modality") == "mr":
        return record
    volume = record.get("image", Volume)
    clipped = np.clip(volume.voxels.astype(np.float32), *SOFT_TISSUE)
    return replace(record, fields={**record.fields, "image": Volume(clipped, volume.geometry)})


def _nuclei(prompting: Prompting) -> list[Record]:
    """The first large nucleus of a share of the images."""
    images = [record for record in Dsb2018().records() if place(record.id) < DRAWN_NUCLEI[record.tags["modality"]]]
    nuclei = prompted(images, prompting, seed=SEED, parts="components", least=LEAST_NUCLEUS)
    return list({record.id.split("/")[0]: record for record in reversed(nuclei)}.values())[::-1]


def _tagged(records: Sequence[Record], name: str) -> list[Record]:
    """With the tag ``set``: the value of the tag of that name, or the name itself."""
    return [replace(record, tags={**record.tags, "set": record.tags.get(name, name)}) for record in records]
