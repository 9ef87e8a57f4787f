"""MCANet: an MSCAN encoder with a light decoder of multi-scale cross-axis attention.

Mechanism: the encoder's attention is made of depthwise convolutions, 5 × 5 and pairs of strips of lengths 7, 11 and 21, whose
output gates its input. The decoder squeezes the encoder's coarser stages together and sums strips of the three lengths along each
axis to features of the x-axis and of the y-axis; attention over rows and attention over columns run side by side, each asked by
the features of the other axis (dual cross attention). 4 million parameters at the paper's tiny size.

Compared, at equal parameters and trained alike, with a U-Net; with a transformer of windows in a U-shaped skeleton, of the kind
of the heavy backbones that the paper names; and with the same network whose axial attentions follow each other, which is what
the paper sets its own against. Nuclei are one of the paper's four tasks; planes of a simulated CT stand for its abdominal
organs, and its skin lesions and polyps are not at hand. The paper's encoder starts from weights that were pretrained on ImageNet
and has stochastic depth; every arm here starts from random weights without it.

Shao, Zeng, Hou, Yang: MCANet: Medical Image Segmentation with Multi-Scale Cross-Axis Attention. 2023, arXiv 2312.08866.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Mask
from vesalius.systems.segmentation import planar_tasks
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

if TYPE_CHECKING:
    from torch import nn

Architecture = Literal["mcanet", "u-net", "swin-u-net", "sequential-axial"]
U_NET_WIDTHS = (8, 16, 32, 64, 128)
"""The proportions of the U-Net, whose widths follow from the number of parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        widths, depths: channels and blocks of each stage of the encoder.
        steps: optimiser updates.
        batch: patches a step.
        patch: pixels along each side of one.
        learning_rate: at the start.
        records: most records of each part of the split; None for all.
        volumes, voxels: of the simulator.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int | None
    volumes: int
    voxels: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        widths=(24, 48, 120, 192),
        depths=(1, 1, 1, 1),
        steps=2,
        batch=2,
        patch=32,
        learning_rate=1e-3,
        records=2,
        volumes=6,
        voxels=16,
    ),
    "default": Budget(
        widths=(24, 48, 120, 192),
        depths=(1, 1, 2, 1),
        steps=200,
        batch=4,
        patch=64,
        learning_rate=1e-3,
        records=24,
        volumes=24,
        voxels=48,
    ),
    # Widths, depths, patch, batch and steps of the tiny size; its learning rate of 0.00006 is for pretrained weights.
    "paper": Budget(
        widths=(32, 64, 160, 256),
        depths=(3, 3, 5, 2),
        steps=80_000,
        batch=6,
        patch=512,
        learning_rate=1e-3,
        records=None,
        volumes=200,
        voxels=256,
    ),
}


def _dsb2018(size: Size) -> list[Task]:
    return planar_tasks.nuclei(BUDGETS[size].records)


def _simulated_ct(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    return planar_tasks.simulated_ct(budget.volumes, budget.voxels, budget.records)


def _learner(architecture: Architecture, task: Task, size: Size, seed: int) -> Learner:
    """A segmenter of the task's channels and classes; only the network differs between architectures."""
    from vesalius.learners.losses import cross_entropy
    from vesalius.learners.scans import scan_of
    from vesalius.learners.segmenter import Segmenter

    record, budget = task.source.records()[0], BUDGETS[size]
    image_CS, classes = scan_of(record, "image").image_CS, len(record.get(task.target, Mask).names) + 1
    return Segmenter(
        lambda: _network(architecture, len(image_CS), classes, budget),
        steps=budget.steps,
        seed=seed,
        target=task.target,
        patch=(budget.patch, budget.patch),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        loss=cross_entropy,
        # Photographs differ in exposure and are standardised each by itself; what is measured on one scale keeps it.
        standardise="image" if image_CS.dtype == "uint8" else "training",
    )


def _network(architecture: Architecture, channels: int, classes: int, budget: Budget) -> "nn.Module":
    from vesalius.nets.mcanet import MCANet, SequentialAxialAttention
    from vesalius.nets.unet import UNet, count_parameters, wide_widths
    from vesalius.nets.window_attention import swin_unet

    network = MCANet(channels, classes, budget.widths, budget.depths)
    parameters = count_parameters(network)
    match architecture:
        case "mcanet":
            return network
        case "sequential-axial":
            return MCANet(channels, classes, budget.widths, budget.depths, attention=SequentialAxialAttention)
        case "u-net":
            return UNet(channels, classes, wide_widths(parameters, channels, classes, U_NET_WIDTHS))
        case "swin-u-net":
            return swin_unet(channels, classes, parameters=parameters)


def _learners(task: Task, size: Size) -> Arms:
    return {"mcanet": partial(_learner, "mcanet", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    names: tuple[Architecture, ...] = ("u-net", "swin-u-net", "sequential-axial")
    return {name: partial(_learner, name, task, size) for name in names}


SYSTEM = System(
    id="mcanet",
    number=218,
    area="segmentation",
    kind="model",
    claim=Claim(
        "MCANet with only 4M+ parameters performs even better than most previous works with heavy backbones (e.g., Swin "
        "Transformer) on skin lesion, nuclei, abdominal multi-organ and polyp segmentation.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"dsb2018": _dsb2018, "simulated-ct": _simulated_ct},
)
