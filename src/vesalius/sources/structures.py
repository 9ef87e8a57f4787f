"""Sections of many sets, each with one structure: what a network for any structure is trained and tested on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Field, Image, Mask, Record, Volume
from vesalius.records.places import place
from vesalius.sources.medical_objects import SOFT_TISSUE
from vesalius.sources.packaged.mni152 import Mni152
from vesalius.sources.public.drive import Drive
from vesalius.sources.public.dsb2018 import Dsb2018
from vesalius.sources.public.medscribble import Medscribble
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.sources.simulators.brain_mr import BrainMr
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.ultrasound import Ultrasound
from vesalius.sources.slabs import axial
from vesalius.tasks import Source, Tier

LEAST = 0.003
"""Share of an image below which a structure is left out."""
HELD_OUT = ("ACDC", "BTCV", "HipXRay", "PanDental", "SCD", "STARE", "WBC")
"""Sets of MedScribble that nothing is trained on: heart, uterus, hip, teeth, spinal cord, vessels of the retina, and
white blood cells."""
SECTIONS = 5
"""Slices of a structure of a volume, evenly spaced over its extent."""
NUCLEI = {"stained": 0.6, "fluorescence": 0.1}
"""Share of the nuclei images of each modality, so that they do not outnumber all else."""


@dataclass(frozen=True, slots=True)
class Structures:
    """Grey images (field ``image``) with one structure each (field ``mask``), of several sources.

    The tag ``set`` names the source, the tag ``task`` the source and the structure. Photographs lose their colour, volumes become
    axial slices.

    Attributes:
        parts: the sources; their names as ``parts_at`` has them.
        count: images that a simulator makes, or a fifth of it volumes.
        size: pixels of a side of what is simulated.
        name, tier: of the whole.
    """

    parts: tuple[str, ...]
    count: int
    size: int
    name: str
    tier: Tier

    @property
    def description(self) -> str:
        """What the records are."""
        return f"One structure in a grey section of each record, of {len(self.parts)} sources: {', '.join(self.parts)}."

    def records(self) -> Sequence[Record]:
        """One record a structure of an image.

        Raises:
            UserError: if a public release is not at hand.

        >>> records = Structures(("chest-xray",), 5, 32, "chests", "simulator").records()
        >>> sorted({record.tags["task"] for record in records})[:2]
        ['chest-xray/effusion', 'chest-xray/heart']
        """
        return _records(self)


def parts_at(count: int, size: int) -> Mapping[str, Callable[[], Iterator[Record]]]:
    """The sources by name, and how each becomes records of single structures."""
    volumes = max(2, count // 5)
    return {
        "medscribble": _medscribble,
        "nuclei": lambda: _single(_nuclei(), "nuclei"),
        "retina": lambda: _single(Drive().records(), "retina"),
        "ct": lambda: _sections(TotalSegmentator().records()[:1], "ct"),
        "mr": lambda: _sections(TotalSegmentator().records()[1:], "mr"),
        "mni152": lambda: _single(Mni152().records(), "mni152"),
        "chest-xray": lambda: _single(_with_anatomy(ChestXray(count=count, size=size)), "chest-xray"),
        "fundus": lambda: _single(Fundus(count=count, size=size).records(), "fundus"),
        "ultrasound": lambda: _single(Ultrasound(count=count, size=size).records(), "ultrasound"),
        "brain-mr": lambda: _sections(BrainMr(count=volumes, size=size).records(), "brain-mr"),
        "ct-phantom": lambda: _sections(CtPhantom(count=volumes, size=size).records(), "ct-phantom"),
    }


@cache
def _records(source: Structures) -> tuple[Record, ...]:
    makers = parts_at(source.count, source.size)
    return tuple(record for part in source.parts for record in makers[part]())


def _medscribble() -> Iterator[Record]:
    for record in Medscribble().records():
        name = record.tags["set"]
        yield replace(record, tags={**record.tags, "task": name})


def _nuclei() -> list[Record]:
    return [record for record in Dsb2018().records() if place(record.id) < NUCLEI[record.tags["modality"]]]


def _with_anatomy(source: Source) -> Iterator[Record]:
    """Radiographs once with their findings and once with lungs and heart as the mask."""
    for record in source.records():
        yield record
        yield replace(record, id=f"{record.id}/anatomy", fields={**record.fields, "mask": record.fields["anatomy"]})


def _single(records: Sequence[Record] | Iterator[Record], name: str) -> Iterator[Record]:
    """One record for each label of each image that is large enough."""
    for record in records:
        pixels, mask = record.get("image", Image).pixels, record.get("mask", Mask)
        grey = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=-1).astype(np.float32)
        for label, structure in enumerate(mask.names, start=1):
            inside = mask.labels == label
            if inside.sum() >= ceil(LEAST * inside.size):
                fields = _fields(grey, inside, structure)
                yield replace(record, id=f"{record.id}/{structure}", fields=fields, tags=_tags(record, name, structure))


def _sections(records: Sequence[Record], name: str) -> Iterator[Record]:
    """Some axial slices of each structure of each volume, evenly spaced over those in which it is large enough."""
    for record in map(axial, records):
        voxels, mask = record.get("image", Volume).voxels, record.get("mask", Mask)
        if name.startswith("ct"):
            voxels = np.clip(voxels.astype(np.float32), *SOFT_TISSUE)
        for label, structure in enumerate(mask.names, start=1):
            inside = mask.labels == label
            large = np.flatnonzero(inside.sum(axis=(1, 2)) >= ceil(LEAST * inside[0].size))
            for index in sorted(set(np.rint(np.linspace(0, len(large) - 1, min(SECTIONS, len(large)))).astype(int).tolist())):
                at = int(large[index])
                fields = _fields(voxels[at], inside[at], structure)
                yield replace(record, id=f"{record.id}/{structure}/{at}", fields=fields, tags=_tags(record, name, structure))


def _fields(image: NDArray[np.generic], inside: NDArray[np.bool_], structure: str) -> dict[str, Field]:
    return {"image": Image(image), "mask": Mask(inside.astype(np.uint8), (structure,))}


def _tags(record: Record, name: str, structure: str) -> dict[str, str]:
    return {**record.tags, "set": name, "task": f"{name}/{structure}"}
