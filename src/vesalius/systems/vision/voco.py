"""VoCo: a 3D encoder pretrained to tell where in its volume a crop is.

Mechanism: a volume is tiled by base crops, each of which stands for a place. A random crop overlaps some of them; its
similarity to each base (cosine of projected features, negative ones as 0) is to be the share of it that lies there. The bases'
features come from a slow copy of the encoder, without gradient, and another loss keeps the bases of a volume unlike each
other, so that places can be told apart. The encoder of a segmentation network that was pretrained so is then fine-tuned with
few labels.

Baselines: the same network from scratch, pretrained by masked autoencoding (blocks of the input are hidden and reconstructed),
and by VoCo without the loss between bases. Pretexts have the same steps and about the same voxels a step.

The network is a 3D U-Net, and Swin UNETR at the paper's size. The losses are equations 3 and 5 of the paper; the authors'
later code weighs overlapping and other bases apart.

Wu, Zhuang, Chen: VoCo: A Simple-yet-Effective Volume Contrastive Learning Framework for 3D Medical Image Analysis. CVPR 2024,
arXiv 2402.17300.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.systems.system import Arms, Claim, System
from vesalius.systems.vision.few_label_volumes import FineTuning, channels_of, classes_of, segmenter, simulated, slabs
from vesalius.tasks import Task

if TYPE_CHECKING:
    from torch import nn

    from vesalius.learners.pretrained import Pretext

Network = Literal["u-net", "swin-unetr"]
Pretraining = Literal["voco", "voco-without-discrepancy", "masked-volumes", "from-scratch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given.

    Attributes:
        tuning: all that is the same.
        network: which.
        widths: channels of each level of the U-Net; of Swin UNETR, of its first.
        pretraining: optimiser updates by a pretext.
        size: voxels that a volume is resampled to for VoCo.
        grid: base crops along each axis.
        crops: random crops of a volume.
        volumes: a step.
        embedding: numbers that describe a crop.
        masked: sub-volumes, of the size of a patch, a step of masked autoencoding.
        pretraining_rate: learning rate at its highest.
    """

    tuning: FineTuning
    network: Network
    widths: tuple[int, ...]
    pretraining: int
    size: tuple[int, int, int]
    grid: tuple[int, int, int]
    crops: int
    volumes: int
    embedding: int
    masked: int
    pretraining_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        tuning=FineTuning(subjects=10, side=32, steps=2, batch=2, patch=32, learning_rate=1e-2),
        network="u-net",
        widths=(4, 8, 16),
        pretraining=2,
        size=(32, 32, 32),
        grid=(2, 2, 1),
        crops=2,
        volumes=1,
        embedding=16,
        masked=1,
        pretraining_rate=1e-3,
    ),
    "default": Budget(
        tuning=FineTuning(subjects=40, side=32, steps=100, batch=2, patch=32, learning_rate=1e-2),
        network="u-net",
        widths=(8, 16, 32, 64),
        pretraining=80,
        size=(32, 32, 32),
        grid=(4, 4, 1),
        crops=4,
        volumes=2,
        embedding=128,
        masked=2,
        pretraining_rate=1e-3,
    ),
    # The authors resample crops of 96 voxels to 64, which is a volume of 256 x 256 x 64 in a grid of 4 x 4 x 1.
    "paper": Budget(
        tuning=FineTuning(subjects=200, side=128, steps=30_000, batch=4, patch=96, learning_rate=3e-4),
        network="swin-unetr",
        widths=(48,),
        pretraining=100_000,
        size=(256, 256, 64),
        grid=(4, 4, 1),
        crops=4,
        volumes=4,
        embedding=2048,
        masked=6,
        pretraining_rate=3e-4,
    ),
}


def _simulated(size: Size) -> list[Task]:
    return simulated(BUDGETS[size].tuning)


def _slabs(size: Size) -> list[Task]:
    return slabs()


def _network(channels: int, classes: int, budget: Budget) -> "nn.Module":
    if budget.network == "u-net":
        from vesalius.nets.unet import UNet

        return UNet(channels, classes, budget.widths, dimensions=3)
    from monai.networks.nets.swin_unetr import SwinUNETR

    network: nn.Module = SwinUNETR(in_channels=channels, out_channels=classes, feature_size=budget.widths[0])
    return network


def _pretext(pretraining: Pretraining, budget: Budget) -> "Pretext | None":
    from vesalius.learners.masked import MaskedVolumes
    from vesalius.learners.training import Regime
    from vesalius.learners.volume_position import VolumePosition
    from vesalius.nets.encoders import SwinSkipEncoder, UNetEncoder

    encoder = UNetEncoder if budget.network == "u-net" else SwinSkipEncoder
    regime = Regime(steps=budget.pretraining, learning_rate=budget.pretraining_rate, warmup=budget.pretraining // 20)
    match pretraining:
        case "from-scratch":
            return None
        case "masked-volumes":
            stride = 2 ** (len(budget.widths) - 1) if budget.network == "u-net" else 32
            return MaskedVolumes(
                encoder=encoder, size=(budget.tuning.patch,) * 3, stride=stride, batch=budget.masked, regime=regime
            )
        case _:
            return VolumePosition(
                encoder=encoder,
                size=budget.size,
                grid=budget.grid,
                crops=budget.crops,
                volumes=budget.volumes,
                embedding=budget.embedding,
                regime=regime,
                discrepancy=0.0 if pretraining == "voco-without-discrepancy" else 1.0,
            )


def _learner(pretraining: Pretraining, task: Task, size: Size, seed: int) -> Learner:
    record, budget = task.source.records()[0], BUDGETS[size]
    channels, classes = channels_of(record), classes_of(record, task.target)
    return segmenter(
        lambda: _network(channels, classes, budget),
        _pretext(pretraining, budget),
        budget.tuning,
        steps=budget.tuning.steps,
        target=task.target,
        seed=seed,
    )


def _learners(task: Task, size: Size) -> Arms:
    return {"voco": partial(_learner, "voco", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    names: tuple[Pretraining, ...] = ("from-scratch", "masked-volumes", "voco-without-discrepancy")
    return {name: partial(_learner, name, task, size) for name in names}


SYSTEM = System(
    id="voco",
    number=217,
    area="vision",
    kind="method",
    claim=Claim(
        "Predicting the contextual position of sub-volumes by contrast with base crops is superior on six downstream tasks.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"simulated-ct": _simulated, "totalsegmentator": _slabs},
)
