"""A skeletonization algorithm for gradient-based optimization.

Mechanism: the first skeleton in three dimensions that both keeps the topology of an object and lets gradients through. A binary
image is drawn from probabilities by a reparametrised, straight-through Boolean; simple points that are no ends of lines are
deleted subfield by subfield until none is left (`nets/skeletonize.py`).

Judged in two ways, as in the paper. *Topology*: the skeletons themselves, of the vessels of fundus photographs and of simulated
tubes, against the soft morphological skeleton of clDice with few and with many erosions; the Betti numbers of object and skeleton
should agree. *Vessels*: as part of a clDice loss of the same U-Net, against the same loss with the morphological skeleton, and
against cross-entropy and Dice alone. The paper's registration of the mandible is not done here.

Menten, Paetzold, Zimmer, Shit, Ezhov, Holland, Probst, Schnabel, Rueckert: A skeletonization algorithm for gradient-based
optimization. ICCV 2023, arXiv 2309.02527.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Image, Mask, Record
from vesalius.sources.public import drive, root
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.tubes import Tubes
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        widths: channels of the U-Net.
        steps: optimiser updates.
        batch: patches a step.
        patch: pixels along each side of one.
        learning_rate: at the start.
        records: simulated photographs.
        volumes: simulated, of that many voxels a side.
        square: pixels along each side of what is cut from a real photograph; topology is slow to measure.
    """

    widths: tuple[int, ...]
    steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int
    volumes: tuple[int, int]
    square: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(widths=(4, 8), steps=4, batch=2, patch=32, learning_rate=3e-3, records=16, volumes=(4, 20), square=48),
    "default": Budget(
        widths=(8, 16, 32), steps=150, batch=4, patch=64, learning_rate=3e-3, records=60, volumes=(12, 40), square=192
    ),
    "paper": Budget(
        widths=(32, 64, 128, 256, 512),
        steps=20_000,
        batch=8,
        patch=256,
        learning_rate=1e-3,
        records=500,
        volumes=(100, 96),
        square=512,
    ),
}

EROSIONS = {"morphological-5": 5, "morphological-20": 20}
LOSS_EROSIONS = 5
TOPOLOGY = (Measure(METRICS["betti_error"], margin=0.5), Measure(METRICS["precision"], margin=0.01))
VESSELS = (
    Measure(METRICS["cl_dice"], margin=0.01),
    Measure(METRICS["dice"], margin=0.01),
    Measure(METRICS["betti_error"], margin=2.0),
)


@dataclass(frozen=True, slots=True)
class VesselSquares:
    """The middle of DRIVE's photographs (field ``image``) and the first annotator's vessels (``mask``, and its equal ``object``).

    Attributes:
        side: pixels of a square.
    """

    side: int
    name: str = "drive-squares"
    tier: Tier = "public"
    description: str = "Squares from the middle of fundus photographs with their vessels by one annotator (DRIVE)."

    def records(self) -> Sequence[Record]:
        """One record a photograph.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return [self._square(record) for record in drive.Drive().records()]

    def _square(self, record: Record) -> Record:
        pixels, labels = record.get("image", Image).pixels, record.get("mask", Mask).labels
        inside = tuple(slice((length - self.side) // 2, (length + self.side) // 2) for length in labels.shape)
        mask = Mask(np.ascontiguousarray(labels[inside]), ("vessel",))
        return replace(record, fields={"image": Image(np.ascontiguousarray(pixels[inside])), "object": mask, "mask": mask})


def _all_for_test(records: Sequence[Record]) -> Split:
    """Nothing is trained."""
    return Split([], [], records)


def _topology(source: Source) -> Task:
    return Task(
        name=f"{source.name}-topology",
        family="segmentation",
        source=source,
        inputs=("object",),
        target="mask",
        split=_all_for_test,
        measures=TOPOLOGY,
        question="Topology of skeletons",
        note="The object is given and is the truth: a skeleton has its Betti numbers, and lies inside (precision 1).",
    )


def _vessels(source: Source, split: Callable[[Sequence[Record]], Split], note: str) -> Task:
    return Task(
        name=source.name,
        family="segmentation",
        source=source,
        inputs=("image",),
        target="mask",
        split=split,
        measures=VESSELS,
        question="Skeletons in the loss of a vessel segmentation",
        note=note,
    )


def _drive(size: Size) -> list[Task]:
    root.path("drive")
    source = VesselSquares(BUDGETS[size].square)
    return [_topology(source), _vessels(source, drive.split, drive.NOTE)]


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    count, side = budget.volumes
    split = partial(split_by_hash, validation=0.15, test=0.35, salt="skeleton")
    return [_topology(Tubes(count=count, size=side)), _vessels(Fundus(count=budget.records, size=96), split, "")]


def _skeletoniser(rounds: int | None, seed: int) -> Learner:
    """The topological skeleton, or the morphological one of so many erosions."""
    from vesalius.learners.skeletoniser import Skeletoniser
    from vesalius.nets.skeletonize import soft_skeleton, topological_skeleton

    # No noise: the object is certain.
    skeleton = partial(topological_skeleton, noise=0.0) if rounds is None else partial(soft_skeleton, rounds=rounds)
    return Skeletoniser(skeleton, seed=seed, field="object")


def _segmenter(loss: str, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.losses import cross_entropy_and_dice
    from vesalius.learners.segmenter import Segmenter
    from vesalius.learners.skeleton_losses import cl_dice_loss
    from vesalius.nets.skeletonize import soft_skeleton, topological_skeleton
    from vesalius.nets.unet import UNet

    record, budget = task.source.records()[0], BUDGETS[size]
    channels, mask = record.get("image", Image).channels, record.get(task.target, Mask)
    losses = {
        "cldice-topological": cl_dice_loss(topological_skeleton),
        "cldice-morphological": cl_dice_loss(partial(soft_skeleton, rounds=LOSS_EROSIONS)),
        "dice": cross_entropy_and_dice,
    }
    return Segmenter(
        lambda: UNet(channels, len(mask.names) + 1, budget.widths),
        steps=budget.steps,
        seed=seed,
        target=task.target,
        patch=(budget.patch, budget.patch),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        standardise="image",
        loss=losses[loss],
    )


def _learners(task: Task, size: Size) -> Arms:
    if "object" in task.inputs:
        return {"topological": partial(_skeletoniser, None)}
    return {"cldice-topological": partial(_segmenter, "cldice-topological", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    if "object" in task.inputs:
        return {name: partial(_skeletoniser, rounds) for name, rounds in EROSIONS.items()}
    return {name: partial(_segmenter, name, task, size) for name in ("cldice-morphological", "dice")}


SYSTEM = System(
    id="gradient-skeletonization",
    number=164,
    area="segmentation",
    kind="method",
    claim=Claim(
        "The first three-dimensional skeletonization that is compatible with gradient-based optimization and preserves topology; "
        "it has advantages over morphological and neural-network-based ones, and serves vessel segmentation."
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"drive": _drive, "simulated": _simulated},
)
