"""UNet++: a U-Net with nested dense skip pathways and deep supervision.

Mechanism: the skip connection of each level becomes a chain of convolution blocks; each block receives all earlier ones of its
level and the up-sampled block below, so that what the decoder joins is semantically closer. A head on each full-resolution block
is supervised; prediction averages the heads (accurate mode) or cuts the network at one of them (fast mode, see
`benchmarks/pruning.py`).

Compared with a U-Net of the same widths and with a wide U-Net that has as many parameters as UNet++, trained alike.

Zhou, Rahman Siddiquee, Tajbakhsh, Liang: UNet++: A Nested U-Net Architecture for Medical Image Segmentation. DLMIA 2018,
arXiv 1807.10165.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Mask, Record
from vesalius.sources.packaged import mni152
from vesalius.sources.public import drive, dsb2018, root
from vesalius.sources.splits import thinned
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from torch import nn

Architecture = Literal["unet++", "u-net", "wide-u-net"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        widths: channels of each level of UNet++ and U-Net.
        steps: optimiser updates on a packaged set, which is small.
        public_steps: on a public release.
        batch: patches a step.
        patch: pixels along each side of one.
        learning_rate: at the start.
        records: most records of each part of the split; None for all.
    """

    widths: tuple[int, ...]
    steps: int
    public_steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int | None = None


MEASURES = (
    Measure(METRICS["iou"], margin=0.01),
    Measure(METRICS["dice"], margin=0.01),
    Measure(METRICS["boundary_iou"], margin=0.01),
    Measure(METRICS["hd95"], margin=1.0),
)
"""Distances are in pixels, for a photograph's or a micrograph's millimetres are not known."""

BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        widths=(8, 16, 32),
        steps=8,
        public_steps=8,
        batch=2,
        patch=32,
        learning_rate=3e-3,
        records=4,
    ),
    "default": Budget(
        widths=(8, 16, 32, 64, 128),
        steps=250,
        public_steps=500,
        batch=4,
        patch=64,
        learning_rate=3e-3,
    ),
    # Widths, patch (of its nuclei) and learning rate of the paper, which stopped early and does not give its batch.
    "paper": Budget(
        widths=(32, 64, 128, 256, 512),
        steps=20_000,
        public_steps=20_000,
        batch=16,
        patch=96,
        learning_rate=3e-4,
    ),
}


def _task(source: Source, split: Callable[[Sequence[Record]], Split], size: Size, *, unit: str, note: str) -> list[Task]:
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image",),
            target="mask",
            split=lambda records: thinned(split(records), BUDGETS[size].records),
            measures=MEASURES,
            unit=unit,
            note=note,
        )
    ]


def _mni152(size: Size) -> list[Task]:
    return _task(mni152.Mni152(), mni152.split, size, unit="slab", note=mni152.NOTE)


def _dsb2018(size: Size) -> list[Task]:
    root.path("dsb2018")
    return _task(dsb2018.Dsb2018(), dsb2018.split, size, unit="subject_id", note=dsb2018.NOTE)


def _drive(size: Size) -> list[Task]:
    root.path("drive")
    return _task(drive.Drive(), drive.split, size, unit="subject_id", note=drive.NOTE)


def _learner(architecture: Architecture, task: Task, size: Size, seed: int) -> Learner:
    """A segmenter of the task's channels and classes; only the network differs between architectures."""
    from vesalius.learners.segmenter import Segmenter

    record, budget = task.source.records()[0], BUDGETS[size]
    image, mask = record.get("image", Image), record.get(task.target, Mask)
    return Segmenter(
        lambda: _network(architecture, image.channels, len(mask.names) + 1, budget.widths),
        steps=budget.steps if task.source.tier == "packaged" else budget.public_steps,
        seed=seed,
        target=task.target,
        patch=(budget.patch, budget.patch),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        # Photographs differ in exposure and are standardised each by itself; what is measured on one scale keeps it.
        standardise="image" if image.pixels.dtype == "uint8" else "training",
    )


def _network(architecture: Architecture, channels: int, classes: int, widths: Sequence[int]) -> "nn.Module":
    from vesalius.nets.unet import UNet, count_parameters, wide_widths
    from vesalius.nets.unet_plus_plus import UNetPlusPlus

    if architecture == "u-net":
        return UNet(channels, classes, widths)
    nested = UNetPlusPlus(channels, classes, widths)
    if architecture == "unet++":
        return nested
    return UNet(channels, classes, wide_widths(count_parameters(nested), channels, classes, widths))


def _learners(task: Task, size: Size) -> Arms:
    return {"unet++": partial(_learner, "unet++", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"u-net": partial(_learner, "u-net", task, size), "wide-u-net": partial(_learner, "wide-u-net", task, size)}


SYSTEM = System(
    id="unet-plus-plus",
    number=124,
    area="segmentation",
    kind="method",
    claim=Claim(
        "UNet++ with deep supervision achieves an average IoU gain of 3.9 and 3.4 points over U-Net and wide U-Net.",
        metric="iou",
        gains={"u-net": 0.039, "wide-u-net": 0.034},
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"mni152": _mni152, "dsb2018": _dsb2018, "drive": _drive},
)
