"""How to train on a set of images, chosen from its fingerprint and written where a person can read and edit it.

The rules follow nnU-Net (Isensee et al. 2021, https://doi.org/10.1038/s41592-020-01008-z): the median spacing, or along a much
coarser axis a fine one; the largest patch that the memory allows, as near to a cube as the images are; as many levels as that
patch can be halved; one third of patches around labelled pixels. Where the slices of a volume lie three times as far apart as
their pixels, planes are segmented one by one, where nnU-Net has kernels of unequal sides.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from vesalius.errors import UserError
from vesalius.learners.fingerprint import Fingerprint
from vesalius.learners.intensity import Standard

ANISOTROPIC = 3.0
_SMALLEST = 4
_LEVELS = {2: 7, 3: 6}


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Plan:
    """Everything that a segmenter is configured by.

    Attributes:
        dimensions: of the network; 2 on volumes labels them plane by plane.
        spacing: millimetres that images are resampled to; None leaves them.
        patch: pixels along each side, as many as dimensions.
        batch: patches a step.
        widths: channels of each level of the U-Net; each level but the first halves the sides.
        standardise: how intensities are.
        foreground: share of patches around labelled pixels.
        flips: whether predictions are means over all flips.
        steps, learning_rate: of the training.
        channels, labels: of the images and masks that the plan is for.
    """

    dimensions: Literal[2, 3]
    spacing: tuple[float, ...] | None
    patch: tuple[int, ...]
    batch: int = Field(ge=1)
    widths: tuple[int, ...]
    standardise: Standard
    foreground: float = Field(ge=0, le=1)
    flips: bool
    steps: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    channels: int = Field(ge=1)
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.patch) != self.dimensions:
            raise ValueError(f"patch: {len(self.patch)} sides where dimensions says {self.dimensions}")
        multiple = 2 ** (len(self.widths) - 1)
        if any(side < 1 or side % multiple for side in self.patch):
            raise ValueError(f"patch: {len(self.widths)} widths need sides that are multiples of {multiple}")
        if self.spacing is not None and min(self.spacing) <= 0:
            raise ValueError("spacing: millimetres are above 0")


def make_plan(found: Fingerprint, *, steps: int, voxels: int = 2**17, width: int = 16, learning_rate: float = 3e-3) -> Plan:
    """The plan for images of that fingerprint.

    Args:
        found: of the training records.
        steps: optimiser updates.
        voxels: of a batch of patches; what the memory, and on a CPU the patience, allows.
        width: channels at full resolution; each level doubles them, to at most twenty times as many.
        learning_rate: at the start.

    >>> found = Fingerprint(records=9, channels=1, labels=("liver",), size=(200, 200, 100), spacing=(0.8, 0.8, 2.0),
    ...     fine_spacing=(0.7, 0.7, 1.5), lowest=-1024, highest=1800, labelled=0.02)
    >>> plan = make_plan(found, steps=1000)
    >>> plan.dimensions, plan.spacing, plan.patch, plan.widths, plan.standardise
    (3, (0.8, 0.8, 2.0), (40, 40, 40), (16, 32, 64, 128), 'ct')
    """
    spacing = _spacing(found)
    dimensions: Literal[2, 3] = 3 if len(found.size) == 3 and not _far_apart(spacing) else 2
    size = _size_at(found, spacing)[:dimensions]
    least = 2 if dimensions == 3 else 4
    patch, levels = _patch(size, voxels // least, _LEVELS[dimensions])
    return Plan(
        dimensions=dimensions,
        spacing=spacing,
        patch=patch,
        batch=max(least, min(16, voxels // prod(patch))),
        widths=tuple(min(width * 2**level, 20 * width) for level in range(levels)),
        standardise="ct" if found.hounsfield else "image",
        foreground=1 / 3,
        flips=True,
        steps=steps,
        learning_rate=learning_rate,
        channels=found.channels,
        labels=found.labels,
    )


def write_plan(plan: Plan, file: Path) -> None:
    """As indented JSON."""
    file.write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")


def read_plan(file: Path) -> Plan:
    """A plan that ``write_plan`` wrote and a person may have edited.

    Raises:
        UserError: if the file is missing or not JSON, or naming the first field that is not valid.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return TypeAdapter(Plan).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "plan"
        raise UserError(f"{file}, field {field}: {first['msg']}; correct it, or have a new plan made.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not a readable plan ({error}); have a new one made.") from error


def _spacing(found: Fingerprint) -> tuple[float, ...] | None:
    """The median, and along an axis much coarser than the others a fine one, so that thin slices are not thrown away."""
    if found.spacing is None or found.fine_spacing is None:
        return None
    return tuple(
        fine if median >= ANISOTROPIC * min(found.spacing) else median for median, fine in zip(found.spacing, found.fine_spacing)
    )


def _size_at(found: Fingerprint, spacing: Sequence[float] | None) -> tuple[int, ...]:
    """The median size after resampling."""
    if found.spacing is None or spacing is None:
        return found.size
    return tuple(max(1, round(side * own / new)) for side, own, new in zip(found.size, found.spacing, spacing))


def _far_apart(spacing: Sequence[float] | None) -> bool:
    """Whether the planes across the last axis are too far apart for convolutions through them."""
    return spacing is not None and spacing[-1] >= ANISOTROPIC * max(spacing[:-1])


def _patch(size: Sequence[int], voxels: int, most_levels: int) -> tuple[tuple[int, ...], int]:
    """Sides within the image and so many voxels, the longest cut first, and how many levels halve them down to 4 or more."""
    sides = [float(side) for side in size]
    while prod(sides) > voxels:
        largest = max(range(len(sides)), key=sides.__getitem__)
        sides[largest] *= 0.95
    levels = 1
    while levels < most_levels and min(sides) / 2**levels >= _SMALLEST:
        levels += 1
    multiple = 2 ** (levels - 1)
    return tuple(max(multiple, round(side / multiple) * multiple) for side in sides), levels
