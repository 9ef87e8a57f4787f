"""Chest radiographs with findings that are known to the pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vesalius.records import Field, Image, Label, Mask, Record
from vesalius.sources.simulators import acquisition
from vesalius.sources.simulators.acquisition import LinkedScanner, Scanner, balanced, require
from vesalius.sources.simulators.chest_anatomy import Chest, chest
from vesalius.sources.simulators.chest_findings import FINDINGS, Finding, finding
from vesalius.sources.simulators.shapes import blur
from vesalius.tasks import Tier

CLASSES = ("no finding", *FINDINGS)
SCANNER = Scanner(noise=0.02, blur=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChestXray:
    """Frontal radiographs H×W (field ``image``, about 0 to 1 and not clipped), the patient's right on the left.

    ``label`` is the finding, each class as often as the others. ``mask`` is where it is: label 1 opacity, 2 nodule, 3 effusion,
    nothing where there is no finding. ``anatomy`` is right lung, left lung and heart. Nothing but a linked scanner depends on
    sex or site.

    Attributes:
        count: radiographs.
        size: pixels a side.
        seed: of everything drawn.
        classes: the findings that occur, with ``no finding`` or without.
        lesion_size: diameter of a nodule as a share of the side; an opacity is twice as wide, an effusion as deep.
        lesion_contrast: mean brightness that a finding adds inside its mask, before the scanner blurs it.
        scanner: noise, blur and shift, in the unit of the image.
        linked: a second scanner for a share of one group.

    Raises:
        ValueError: if an option is out of its range.

    >>> record = ChestXray(count=4, size=64).records()[0]
    >>> record.get("image", Image).pixels.shape, record.get("label", Label).classes
    ((64, 64), ('no finding', 'opacity', 'nodule', 'effusion'))
    """

    count: int = 200
    size: int = 128
    seed: int = 0
    classes: tuple[str, ...] = CLASSES
    lesion_size: float = 0.1
    lesion_contrast: float = 0.16
    scanner: Scanner = SCANNER
    linked: LinkedScanner | None = None
    name: str = "simulated-chest-xray"
    tier: Tier = "simulator"

    def __post_init__(self) -> None:
        acquisition.require_options(count=self.count, size=self.size, lesion_size=self.lesion_size)
        known = len(self.classes) >= 2 and len(set(self.classes)) == len(self.classes) and set(self.classes) <= set(CLASSES)
        require(known, f"classes are two or more of {', '.join(CLASSES)}; got {self.classes}.")
        require(np.isfinite(self.lesion_contrast), f"lesion_contrast is a number; got {self.lesion_contrast}.")

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.count} simulated chest radiographs of {self.size} pixels a side: {', '.join(self.classes)}."

    def records(self) -> Sequence[Record]:
        """One record a radiograph, the same in every call."""
        return _records(self)


@lru_cache(maxsize=4)
def _records(source: ChestXray) -> tuple[Record, ...]:
    shown = balanced(np.random.default_rng((source.seed, 3)), source.classes, source.count)
    tags = acquisition.tags(source.count, source.seed, source.linked)
    return tuple(
        acquisition.record(
            "chest", number, seed=source.seed, fields=_radiograph(source, number, shown[number], tags[number]), tags=tags[number]
        )
        for number in range(source.count)
    )


def _radiograph(source: ChestXray, number: int, shown: str, tags: Mapping[str, str]) -> dict[str, Field]:
    anatomy, planted, noise = acquisition.streams(source.seed, number, 3)
    made: Chest = chest(anatomy, source.size)
    labels, ideal = np.zeros((source.size, source.size), dtype=np.uint8), made.image
    if shown in FINDINGS:
        found: Finding = finding(planted, made, shown, source.lesion_size)
        labels[found.inside] = 1 + FINDINGS.index(shown)
        ideal = ideal + np.float32(source.lesion_contrast) * found.profile
    scanner = acquisition.scanner_of(tags, source.scanner, source.linked)
    taken = blur(ideal, scanner.blur) + np.float32(scanner.shift)
    taken += noise.standard_normal(taken.shape, dtype=np.float32) * np.float32(scanner.noise)
    return {
        "image": Image(taken),
        "mask": Mask(labels, FINDINGS),
        "anatomy": Mask(made.labels, ("right lung", "left lung", "heart")),
        "label": Label(shown, source.classes),
    }
