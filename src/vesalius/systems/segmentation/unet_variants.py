"""Performance analysis of U-Net and its variants: architectures, losses and preprocessing on a grid.

Mechanism: one protocol in which a U-Net is extended by a deeper level, by residual blocks (Res-UNet), by attention gates on its
skip connections (Attention U-Net) or both (Attention Res-UNet); trained by losses that meet class imbalance differently; on
images prepared in different ways. Three questions, each a line through the grid with its own baseline: architectures against the
U-Net, losses against the cross-entropy, preprocessing against intensities that are standardised only. The default size takes the
lines through one reference point, the three baselines together; the paper size takes every line.

The abstract names no loss or normalisation; those here are the usual ones of the field. The paper's brain tumours, polyps and
hearts are not at hand: nuclei, retinal vessels and a simulated CT in three dimensions stand for them.

Ehab, Li: Performance Analysis of UNet and Variants for Medical Image Segmentation. 2023, arXiv 2309.13013.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Literal, cast

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Mask, Record, Volume
from vesalius.sources.public import drive, dsb2018, root
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from vesalius.learners.intensity import Standard
    from vesalius.nets.unet import Dimensions
    from vesalius.nets.unet_variants import Architecture

Axis = Literal["architecture", "loss", "preprocessing"]

ARCHITECTURES: tuple["Architecture", ...] = ("u-net", "deeper-u-net", "res-u-net", "attention-u-net", "attention-res-u-net")
LOSS_NAMES = (
    "cross-entropy",
    "balanced-cross-entropy",
    "dice",
    "cross-entropy-and-dice",
    "focal-and-dice",
    "focal-tversky",
)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a network is given of an image, and which patches.

    Attributes:
        standard: by whose mean and deviation intensities are standardised.
        foreground: share of patches that are centred on a labelled pixel, each label equally often.
        equalised: whether contrast is equalised first.
    """

    standard: "Standard"
    foreground: float = 0.0
    equalised: bool = False


PREPARATIONS: Mapping[int, Mapping[str, Preparation]] = {
    2: {
        "image-scale": Preparation("image"),
        "training-scale": Preparation("training"),
        "clahe": Preparation("image", equalised=True),
        "foreground-patches": Preparation("image", foreground=0.5),
    },
    3: {
        "training-scale": Preparation("training"),
        "ct-window": Preparation("ct"),
        "foreground-patches": Preparation("training", foreground=0.5),
    },
}
"""By the number of dimensions; the first is the baseline, from which each other differs in one thing."""

QUESTIONS: Mapping[Axis, str] = {
    "architecture": "Variants of the architecture against the U-Net",
    "loss": "Losses against the cross-entropy",
    "preprocessing": "Preprocessing against intensities that are standardised only",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the grid."""

    architecture: "Architecture"
    loss: str
    preparation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        widths: channels of each level of the U-Net; the deeper one has a level more.
        steps: optimiser updates.
        batch: patches a step.
        patch: pixels along each side of one.
        learning_rate: at the start.
        records: most records of each part of the split; None for all.
    """

    widths: tuple[int, ...]
    steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int | None


BUDGETS: Mapping[Size, Mapping[int, Budget]] = {
    "smoke": {
        2: Budget(widths=(4, 8), steps=4, batch=2, patch=32, learning_rate=3e-3, records=2),
        3: Budget(widths=(4, 8), steps=4, batch=2, patch=16, learning_rate=1e-2, records=2),
    },
    "default": {
        2: Budget(widths=(8, 16, 32, 64), steps=150, batch=4, patch=64, learning_rate=3e-3, records=24),
        3: Budget(widths=(8, 16, 32), steps=300, batch=4, patch=16, learning_rate=1e-2, records=24),
    },
    "paper": {
        2: Budget(widths=(64, 128, 256, 512), steps=20_000, batch=16, patch=256, learning_rate=1e-3, records=None),
        3: Budget(widths=(32, 64, 128, 256), steps=20_000, batch=2, patch=96, learning_rate=1e-3, records=None),
    },
}
"""By the number of dimensions."""

VOLUMES: Mapping[Size, tuple[int, int]] = {"smoke": (8, 16), "default": (24, 32), "paper": (200, 128)}
"""How many the simulator makes, and voxels along each side."""

OVERLAP = tuple(Measure(METRICS[name], margin=0.01) for name in ("dice", "iou", "sensitivity", "precision"))
MEASURES = (*OVERLAP, Measure(METRICS["boundary_iou"], margin=0.01))
MEASURES_OF_VESSELS = (*MEASURES, Measure(METRICS["cl_dice"], margin=0.01))
MEASURES_OF_VOLUMES = (*OVERLAP, Measure(METRICS["hd95"], margin=1.0))
"""Boundary IoU and centre-line Dice judge fine detail; distances are in voxels."""


def _lines(dimensions: int, size: Size) -> Iterator[tuple[Axis, Point]]:
    """Each question with the point that its line passes through."""
    prepared = list(PREPARATIONS[dimensions])
    architecture, loss, preparation = ARCHITECTURES[0], LOSS_NAMES[0], prepared[0]
    if size != "paper":
        yield from ((axis, Point(architecture, loss, preparation)) for axis in QUESTIONS)
        return
    yield from (("architecture", Point(architecture, loss, preparation)) for loss, preparation in product(LOSS_NAMES, prepared))
    yield from (
        ("loss", Point(architecture, loss, preparation)) for architecture, preparation in product(ARCHITECTURES, prepared)
    )
    yield from (
        ("preprocessing", Point(architecture, loss, preparation)) for architecture, loss in product(ARCHITECTURES, LOSS_NAMES)
    )


def _tasks(
    source: Source,
    split: Callable[[Sequence[Record]], Split],
    size: Size,
    *,
    dimensions: int,
    measures: tuple[Measure, ...],
    note: str,
) -> list[Task]:
    tasks = []
    for axis, point in _lines(dimensions, size):
        fixed = {"architecture": point.architecture, "loss": point.loss, "preprocessing": point.preparation}
        others = ", ".join(value for name, value in fixed.items() if name != axis)
        tasks.append(
            Task(
                name=f"{source.name}/{axis} ({others})",
                family="segmentation",
                source=source,
                inputs=("image",),
                target="mask",
                split=lambda records: thinned(split(records), BUDGETS[size][dimensions].records),
                measures=measures,
                note=note,
                question=QUESTIONS[axis],
                tags={"axis": axis, "dimensions": str(dimensions), **fixed},
            )
        )
    return tasks


def _dsb2018(size: Size) -> list[Task]:
    root.path("dsb2018")
    return _tasks(dsb2018.Dsb2018(), dsb2018.split, size, dimensions=2, measures=MEASURES, note=dsb2018.NOTE)


def _drive(size: Size) -> list[Task]:
    root.path("drive")
    return _tasks(drive.Drive(), drive.split, size, dimensions=2, measures=MEASURES_OF_VESSELS, note=drive.NOTE)


def _simulated_ct(size: Size) -> list[Task]:
    count, voxels = VOLUMES[size]
    source = CtPhantom(count=count, size=voxels)
    split = partial(split_by_hash, validation=0.2, test=0.3, salt=source.name)
    note = "Simulated anatomy with known truth, not patients; lesions are few voxels of the whole."
    return _tasks(source, split, size, dimensions=3, measures=MEASURES_OF_VOLUMES, note=note)


def _learner(point: Point, task: Task, size: Size, seed: int) -> Learner:
    """A segmenter of the task's channels, classes and dimensions at a point of the grid."""
    from vesalius.learners.contrast import Equalised
    from vesalius.learners.losses import LOSSES
    from vesalius.learners.scans import scan_of
    from vesalius.learners.segmenter import Segmenter
    from vesalius.nets.unet_variants import network

    record = task.source.records()[0]
    classes = len(record.get(task.target, Mask).names) + 1
    image_CS = scan_of(record, "image").image_CS
    dimensions: Dimensions = 2 if image_CS.ndim == 3 else 3
    budget, preparation = BUDGETS[size][dimensions], PREPARATIONS[dimensions][point.preparation]
    segmenter = Segmenter(
        lambda: network(point.architecture, len(image_CS), classes, budget.widths, dimensions),
        steps=budget.steps,
        seed=seed,
        target=task.target,
        patch=(budget.patch,) * dimensions,
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        loss=LOSSES[point.loss],
        standardise=preparation.standard,
        foreground=preparation.foreground,
    )
    return Equalised(segmenter) if preparation.equalised else segmenter


def _line(task: Task) -> dict[str, Point]:
    """The points of the grid that the task's question is about, by the name of what varies; the baseline first.

    A task that is none of the grid's, such as a user's own data, asks about architectures.
    """
    tags = task.tags or _own_tags(task)
    point = Point(cast("Architecture", tags["architecture"]), tags["loss"], tags["preprocessing"])
    match cast("Axis", tags["axis"]):
        case "architecture":
            return {name: replace(point, architecture=name) for name in ARCHITECTURES}
        case "loss":
            return {name: replace(point, loss=name) for name in LOSS_NAMES}
        case "preprocessing":
            return {name: replace(point, preparation=name) for name in PREPARATIONS[int(tags["dimensions"])]}


def _own_tags(task: Task) -> Mapping[str, str]:
    dimensions = 3 if isinstance(task.source.records()[0].fields["image"], Volume) else 2
    first = {"architecture": ARCHITECTURES[0], "loss": LOSS_NAMES[0], "preprocessing": next(iter(PREPARATIONS[dimensions]))}
    return {"axis": "architecture", **first}


def _learners(task: Task, size: Size) -> Arms:
    _, *others = _line(task).items()
    return {name: partial(_learner, point, task, size) for name, point in others}


def _baselines(task: Task, size: Size) -> Arms:
    (name, point), *_ = _line(task).items()
    return {name: partial(_learner, point, task, size)}


SYSTEM = System(
    id="unet-variants",
    number=118,
    area="segmentation",
    kind="study",
    claim=Claim(
        "The standard U-Net, when extended with a deep network layer, is proficient, while Res-UNet and Attention Res-UNet "
        "demonstrate smoother convergence and superior performance, particularly on fine image details; careful preprocessing "
        "and loss functions address high class imbalance.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"dsb2018": _dsb2018, "drive": _drive, "simulated-ct": _simulated_ct},
)
