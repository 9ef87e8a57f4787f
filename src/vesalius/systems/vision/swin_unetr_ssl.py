"""Self-supervised pretraining of Swin UNETR on volumes, by three proxy tasks at a time.

Mechanism: two views of a sub-volume are turned about the axis from foot to head, and pieces are cut out of them. From the
coarsest features of a Swin transformer, transposed convolutions inpaint what was cut out (L1), a linear head tells the turn
(four classes, cross-entropy), and another gives a vector by which the two views of a sub-volume are to find each other among
all views of the batch (contrastive coding). The three losses are summed. The transformer then is the encoder of a Swin UNETR
that is fine-tuned to segment.

All training volumes are seen without their mask, and few with it. Baselines start from random weights: one is trained for as
many steps as the method is fine-tuned, the other also for those that the method is pretrained for.

Below the paper's size, sub-volumes have 32 voxels a side, so that the coarsest feature is one voxel, of which instance
normalisation cannot be taken: there the convolutions have batch normalisation, in every arm.

Tang, Yang, Li, Roth, Landman, Xu, Nath, Hatamizadeh: Self-Supervised Pre-Training of Swin Transformers for 3D Medical Image
Analysis. CVPR 2022, arXiv 2111.14791.
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

STRIDE = 32
"""Voxels along each axis that a coarsest feature of Swin UNETR covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given.

    Attributes:
        tuning: all that is the same.
        features, depths, window: of the transformer.
        normalisation: of the convolutions.
        pretraining: optimiser updates by the proxy tasks.
        sub_volumes: a step of these, each in two views.
        embedding: numbers that describe a sub-volume.
        pretraining_rate: learning rate at its highest.
    """

    tuning: FineTuning
    features: int
    depths: tuple[int, int, int, int]
    window: int
    normalisation: Literal["batch", "instance"]
    pretraining: int
    sub_volumes: int
    embedding: int
    pretraining_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        tuning=FineTuning(subjects=10, side=32, steps=2, batch=2, patch=32, learning_rate=4e-3),
        features=12,
        depths=(1, 1, 1, 1),
        window=4,
        normalisation="batch",
        pretraining=2,
        sub_volumes=1,
        embedding=16,
        pretraining_rate=1e-3,
    ),
    "default": Budget(
        tuning=FineTuning(subjects=40, side=32, steps=60, batch=2, patch=32, learning_rate=4e-3),
        features=12,
        depths=(1, 1, 1, 1),
        window=4,
        normalisation="batch",
        pretraining=80,
        sub_volumes=4,
        embedding=64,
        pretraining_rate=1e-3,
    ),
    # The paper pretrains for 450,000 steps of 64 sub-volumes.
    "paper": Budget(
        tuning=FineTuning(subjects=200, side=128, steps=30_000, batch=4, patch=96, learning_rate=1e-4),
        features=48,
        depths=(2, 2, 2, 2),
        window=7,
        normalisation="instance",
        pretraining=450_000,
        sub_volumes=64,
        embedding=512,
        pretraining_rate=4e-4,
    ),
}


def _simulated(size: Size) -> list[Task]:
    return simulated(BUDGETS[size].tuning)


def _slabs(size: Size) -> list[Task]:
    return slabs()


def _network(channels: int, classes: int, budget: Budget) -> "nn.Module":
    from monai.networks.nets.swin_unetr import SwinUNETR

    network: nn.Module = SwinUNETR(
        in_channels=channels,
        out_channels=classes,
        feature_size=budget.features,
        depths=budget.depths,
        num_heads=(3, 6, 12, 24),
        window_size=budget.window,
        norm_name=budget.normalisation,
    )
    return network


def _learner(arm: str, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.proxy_tasks import SwinProxyTasks
    from vesalius.learners.training import Regime
    from vesalius.nets.encoders import SwinEncoder

    record, budget = task.source.records()[0], BUDGETS[size]
    channels, classes, tuning = channels_of(record), classes_of(record, task.target), budget.tuning
    pretext = SwinProxyTasks(
        encoder=SwinEncoder,
        size=(tuning.patch,) * 3,
        stride=STRIDE,
        batch=budget.sub_volumes,
        regime=Regime(steps=budget.pretraining, learning_rate=budget.pretraining_rate, warmup=budget.pretraining // 20),
        embedding=budget.embedding,
    )
    return segmenter(
        lambda: _network(channels, classes, budget),
        pretext if arm == "swin-unetr-ssl" else None,
        tuning,
        steps=tuning.steps + (budget.pretraining if arm == "from-scratch-longer" else 0),
        target=task.target,
        seed=seed,
    )


def _learners(task: Task, size: Size) -> Arms:
    return {"swin-unetr-ssl": partial(_learner, "swin-unetr-ssl", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, task, size) for name in ("from-scratch", "from-scratch-longer")}


SYSTEM = System(
    id="swin-unetr-ssl",
    number=128,
    area="vision",
    kind="method",
    claim=Claim(
        "Pretraining Swin UNETR by proxy tasks on unlabelled CT is validated by fine-tuning: it leads the public test "
        "leaderboards of BTCV and the Medical Segmentation Decathlon.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"simulated-ct": _simulated, "totalsegmentator": _slabs},
)
