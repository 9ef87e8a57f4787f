"""Medical Segmentation Decathlon: ten tasks of CT and MR on which one unchanged method has to segment whatever comes.

What the paper gives is the data: volumes of ten organs in one layout (``dataset.json``, ``imagesTr``, ``labelsTr``), with the
names of labels and the spacing of voxels, for judging methods that are not tuned to an organ. The challenge on them judges each
of 17 regions by Dice and by normalised surface Dice at a tolerance in millimetres that clinicians set for each task, and ranks
methods by how many others each beats significantly, region by region. Here are the reader and writer of the layout
(``vesalius.sources.public.decathlon``), those measures and that ranking (``ranking``), and methods that run on every task as they
are: a segmenter that plans itself and a Swin UNETR, against a U-Net and Otsu's threshold. The paper claims nothing of methods.

The release is read from ``VESALIUS_DATA/msd``. Without it, a CT and an MR of one body each, cut into blocks, or simulated CT with
two targets, are written in the layout and read back. The trial's own normalised surface Dice is at one voxel; ``ranking`` has
millimetres.

Simpson et al.: A large annotated medical image dataset for the development and evaluation of segmentation algorithms. 2019,
arXiv 1902.09063. Antonelli et al.: The Medical Segmentation Decathlon. Nature Communications 13:4128, 2022.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from vesalius.errors import UserError
from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Mask, Record, Volume
from vesalius.sources.only_labels import OnlyLabels
from vesalius.sources.public import decathlon, root, sagittal_blocks
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.splits import hold_out, split_by_hash, thinned
from vesalius.statistics import Ranking
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.trials.config import load_config
from vesalius.trials.region_ranking import TOLERANCE, rank_regions
from vesalius.trials.store import Store

if TYPE_CHECKING:
    from torch import nn

Architecture = Literal["u-net", "swin-unetr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each method is given, the same for all.

    Attributes:
        widths: channels of each level of the U-Net.
        swin: settings of the Swin UNETR.
        steps: optimiser updates.
        batch: patches a step.
        patch: voxels along each side of one; the planned method shapes its own patches of as many voxels in all.
        learning_rate: at the start.
        records: most records of each part of the split; None for all.
        volumes, voxels: of the simulator.
        spacing: millimetres that released volumes are resampled to; None leaves them.
    """

    widths: tuple[int, ...]
    swin: Mapping[str, int | tuple[int, ...] | None]
    steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int | None
    volumes: int
    voxels: int
    spacing: tuple[float, ...] | None


SMALL_SWIN: Mapping[str, int | tuple[int, ...] | None] = {
    "width": 12,
    "blocks": (1, 1, 1, 1),
    "heads": (2, 4, 4, 8),
    "window": 4,
    "groups": 4,
}

BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        widths=(4, 8),
        swin=SMALL_SWIN,
        steps=2,
        batch=1,
        patch=32,
        learning_rate=3e-3,
        records=2,
        volumes=8,
        voxels=24,
        spacing=(6.0, 6.0, 6.0),
    ),
    "default": Budget(
        widths=(8, 16, 32, 64),
        swin=SMALL_SWIN,
        steps=60,
        batch=2,
        patch=32,
        learning_rate=3e-3,
        records=16,
        volumes=20,
        voxels=32,
        spacing=(3.0, 3.0, 3.0),
    ),
    # The Swin UNETR as published; the U-Net with the widths and the patch of nnU-Net in the challenge.
    "paper": Budget(
        widths=(32, 64, 128, 256, 320),
        swin={"width": 48},
        steps=50_000,
        batch=2,
        patch=128,
        learning_rate=1e-3,
        records=None,
        volumes=200,
        voxels=128,
        spacing=None,
    ),
}

MEASURES = (
    Measure(METRICS["dice"], margin=0.01),
    Measure(METRICS["nsd"], margin=0.01),
    Measure(METRICS["hd95"], margin=1.0),
)
"""The tolerance of the normalised surface Dice is one voxel, the default of the metric; distances are in voxels."""

QUESTION = "One method unchanged on every task"
LESION_SIZE = 0.14
"""Of the width of the body: some five voxels at the default size."""
SIMULATED = "Simulated anatomy with known truth, not patients."
TARGETS: Mapping[str, tuple[str, ...]] = {
    "simulated-liver": ("liver", "lesion"),
    "simulated-spine": ("spine",),
}


def _task(source: Source, split: Callable[[Sequence[Record]], Split], size: Size, *, tolerance: float, note: str) -> Task:
    return Task(
        name=source.name,
        family="segmentation",
        source=source,
        inputs=("image",),
        target="mask",
        split=lambda records: thinned(split(records), BUDGETS[size].records),
        measures=MEASURES,
        note=note,
        question=QUESTION,
        tags={TOLERANCE: str(tolerance)},
    )


def _held_out(records: Sequence[Record]) -> Split:
    """A quarter of the volumes to test, a twelfth to validate, by the hash of their ids; each is of another person."""
    rest, test = hold_out(records, len(records) // 4)
    train, validation = hold_out(rest, max(1, len(records) // 12))
    return Split(train, validation, test)


def _released(size: Size) -> list[Task]:
    """Those of the ten tasks that are at hand."""
    at_hand = [task for task in decathlon.TASKS if root.present(decathlon.FOLDER, task.folder)]
    if not at_hand:
        root.path(decathlon.FOLDER, decathlon.TASKS[0].folder)
    sources = [decathlon.Decathlon(task) for task in at_hand]
    return [
        _task(
            source,
            partial(split_by_hash, validation=0.15, test=0.25, salt=source.name),
            size,
            tolerance=source.task.tolerance,
            note="The challenge's test labels are not public: the test part is of the released training volumes.",
        )
        for source in sources
    ]


def _bodies(size: Size) -> list[Task]:
    root.path("totalsegmentator")
    return [
        _task(
            decathlon.AsDecathlon(sagittal_blocks.SagittalBlocks(modality), (modality.upper(),)),
            sagittal_blocks.split,
            size,
            tolerance=3.0,
            note=sagittal_blocks.NOTE,
        )
        for modality in ("ct", "mr")
    ]


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    # settings were chosen on the simulator's first seed
    phantom = CtPhantom(count=budget.volumes, size=budget.voxels, lesion_size=LESION_SIZE, seed=1)
    return [
        _task(
            decathlon.AsDecathlon(OnlyLabels(phantom, names, name), ("CT",)),
            _held_out,
            size,
            tolerance=7.0,
            note=SIMULATED,
        )
        for name, names in TARGETS.items()
    ]


def _segmenter(architecture: Architecture, task: Task, size: Size, seed: int) -> Learner:
    """A segmenter of the task's channels and classes; only the network differs between architectures."""
    from vesalius.learners.scans import scan_of
    from vesalius.learners.segmenter import Segmenter

    record, budget = task.source.records()[0], BUDGETS[size]
    classes = len(record.get(task.target, Mask).names) + 1
    image_CS = scan_of(record, "image").image_CS
    if image_CS.ndim != 4:
        raise UserError(f"{architecture}: made for volumes; the task {task.name!r} has images, choose the arm planned.")
    released = isinstance(task.source, decathlon.Decathlon)
    return Segmenter(
        lambda: _network(architecture, len(image_CS), classes, budget),
        steps=budget.steps,
        seed=seed,
        target=task.target,
        patch=_patch(record, budget),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        standardise="ct" if len(image_CS) == 1 and float(image_CS.min()) < -500 else "image",
        foreground=1 / 3,
        spacing=budget.spacing if released else None,
    )


def _patch(record: Record, budget: Budget) -> tuple[int, ...]:
    """As long along each side as the budget has it, and no longer than the volume."""
    return tuple(min(budget.patch, side) for side in record.get("image", Volume).voxels.shape[:3])


def _network(architecture: Architecture, channels: int, classes: int, budget: Budget) -> "nn.Module":
    from vesalius.nets.swin_unetr import swin_unetr
    from vesalius.nets.unet import UNet

    if architecture == "u-net":
        return UNet(channels, classes, budget.widths, 3)
    return swin_unetr(channels, classes, **budget.swin)  # type: ignore[arg-type]


def _planned(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.planned import PlannedSegmenter

    record, budget = task.source.records()[0], BUDGETS[size]
    cube = _patch(record, budget) if isinstance(record.fields["image"], Volume) else (budget.patch,) * 3
    voxels = budget.batch * prod(cube)
    return PlannedSegmenter(steps=budget.steps, seed=seed, voxels=voxels, width=budget.widths[0], target=task.target)


def _otsu(task: Task, seed: int) -> Learner:
    from vesalius.learners.otsu import Otsu

    return Otsu(target=task.target)


def _learners(task: Task, size: Size) -> Arms:
    return {"planned": partial(_planned, task, size), "swin-unetr": partial(_segmenter, "swin-unetr", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"u-net": partial(_segmenter, "u-net", task, size), "otsu": partial(_otsu, task)}


def ranking(run: Path) -> Ranking:
    """The arms of a finished run of this system ranked as the challenge does, over all its tasks, regions and both metrics.

    Args:
        run: the folder of the run.

    Raises:
        UserError: if it is not the folder of such a run, or its data are no longer at hand.
    """
    settings = load_config(Store(run)).settings
    if settings.get("size") not in BUDGETS or not set(settings.get("data", "").split(",")) <= set(SYSTEM.tasks):
        raise UserError(f"{run}: not a run of {SYSTEM.id}; name the folder of one.")
    tasks = [task for name in settings["data"].split(",") for task in SYSTEM.tasks[name](cast(Size, settings["size"]))]
    return rank_regions(run, tasks)


SYSTEM = System(
    id="msd",
    number=277,
    area="segmentation",
    kind="dataset",
    claim=Claim(
        "Ten labelled sets of CT and MR, openly licensed, for the comprehensive benchmarking of general-purpose methods."
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"released": _released, "bodies": _bodies, "simulated": _simulated},
)
