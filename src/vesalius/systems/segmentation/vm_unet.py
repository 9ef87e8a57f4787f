"""VM-UNet: a U-shaped network of visual state-space blocks.

Mechanism: patches of 4 × 4 pixels become tokens; a block sends them through a depthwise convolution and a selective scan along
rows and columns in both directions (SS2D), whose cost grows linearly with their number, and gates what comes out. Four encoder
stages, merging patches, and a decoder with fewer blocks, expanding them; skip connections are added. Trained by binary
cross-entropy and Dice, or with several classes by cross-entropy and Dice weighted 0.4 and 0.6.

Compared with a U-Net of as many parameters and with a transformer of as many parameters, which is the same skeleton with
attention in shifted windows in place of the scan; all trained alike. The paper's skin lesions (ISIC 2017, 2018) and abdominal CT
(Synapse) are not at hand: nuclei, retinal vessels, and planes of a simulated CT stand for them. The paper starts from weights
that were pretrained on ImageNet and has stochastic depth; every arm here starts from random weights without it.

Ruan, Li, Xiang: VM-UNet: Vision Mamba UNet for Medical Image Segmentation. 2024, arXiv 2402.02491.
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

Architecture = Literal["vm-unet", "u-net", "swin-u-net"]
U_NET_WIDTHS = (8, 16, 32, 64, 128)
"""The proportions of the U-Net, whose widths follow from the number of parameters."""

CHECKS = 2
"""How often validation records are looked at; on a processor a scan of a whole image costs as much as a step of training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        width: channels of the first stage of VM-UNet.
        steps: optimiser updates.
        batch: patches a step.
        patch: pixels along each side of one.
        learning_rate: at the start.
        records: most records of each part of the split; None for all.
        volumes, voxels: of the simulator.
    """

    width: int
    steps: int
    batch: int
    patch: int
    learning_rate: float
    records: int | None
    volumes: int
    voxels: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(width=8, steps=2, batch=1, patch=32, learning_rate=1e-3, records=2, volumes=6, voxels=16),
    "default": Budget(width=16, steps=160, batch=4, patch=64, learning_rate=1e-3, records=24, volumes=24, voxels=48),
    # Width, batch, patch and learning rate of the paper; its 300 epochs of ISIC 2018 are about 17,000 steps.
    "paper": Budget(width=96, steps=17_000, batch=32, patch=256, learning_rate=1e-3, records=None, volumes=200, voxels=256),
}


def _dsb2018(size: Size) -> list[Task]:
    return planar_tasks.nuclei(BUDGETS[size].records)


def _drive(size: Size) -> list[Task]:
    return planar_tasks.vessels(BUDGETS[size].records)


def _simulated_ct(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    return planar_tasks.simulated_ct(budget.volumes, budget.voxels, budget.records)


def _learner(architecture: Architecture, task: Task, size: Size, seed: int) -> Learner:
    """A segmenter of the task's channels and classes; only the network differs between architectures."""
    from vesalius.learners.losses import cross_entropy, soft_dice, summed
    from vesalius.learners.scans import scan_of
    from vesalius.learners.segmenter import Segmenter

    record, budget = task.source.records()[0], BUDGETS[size]
    image_CS, labels = scan_of(record, "image").image_CS, len(record.get(task.target, Mask).names)
    return Segmenter(
        lambda: _network(architecture, len(image_CS), labels + 1, budget.width),
        steps=budget.steps,
        seed=seed,
        target=task.target,
        patch=(budget.patch, budget.patch),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        checks=CHECKS,
        loss=summed(cross_entropy, soft_dice, weights=(1.0, 1.0) if labels == 1 else (0.4, 0.6)),
        # Photographs differ in exposure and are standardised each by itself; what is measured on one scale keeps it.
        standardise="image" if image_CS.dtype == "uint8" else "training",
    )


def _network(architecture: Architecture, channels: int, classes: int, width: int) -> "nn.Module":
    from vesalius.nets.unet import UNet, count_parameters, wide_widths
    from vesalius.nets.vm_unet import VMUNet
    from vesalius.nets.window_attention import swin_unet

    scanned = VMUNet(channels, classes, width=width)
    parameters = count_parameters(scanned)
    match architecture:
        case "vm-unet":
            return scanned
        case "u-net":
            return UNet(channels, classes, wide_widths(parameters, channels, classes, U_NET_WIDTHS))
        case "swin-u-net":
            return swin_unet(channels, classes, parameters=parameters, widths=(width,))


def _learners(task: Task, size: Size) -> Arms:
    return {"vm-unet": partial(_learner, "vm-unet", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"u-net": partial(_learner, "u-net", task, size), "swin-u-net": partial(_learner, "swin-u-net", task, size)}


SYSTEM = System(
    id="vm-unet",
    number=134,
    area="segmentation",
    kind="method",
    claim=Claim(
        "VM-UNet, based purely on state-space models, performs competitively in medical image segmentation, with long-range "
        "interactions at a linear cost, where CNNs are limited in modelling them and transformers have a quadratic cost.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"dsb2018": _dsb2018, "drive": _drive, "simulated-ct": _simulated_ct},
)
