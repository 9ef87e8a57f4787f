"""MediAug: six augmentations that mix images, on a convolutional network and a vision transformer.

MixUp, YOCO, CropMix, CutMix, AugMix and SnapMix, each as published (`learners/mixing.py`), against the same network with random
shifts alone, for a residual network and a vision transformer.

The paper's brain tumour MR and eye disease fundus sets are not at hand: chest radiographs in three classes stand in, and
simulated ones. Its networks are ResNet-50 and ViT-B, pretrained; here both are small and trained from the beginning.

MediAug: Exploring Visual Augmentation in Medical Imaging. arXiv 2504.18983.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Label, Record
from vesalius.sources.public import covid_xray, root
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from torch import nn

    from vesalius.learners.classifier import Augment

NETWORKS = ("cnn", "vit")
NAMES = ("mixup", "yoco", "cropmix", "cutmix", "augmix", "snapmix")
MEASURES = (
    Measure(METRICS["macro_auroc"], margin=0.01),
    Measure(METRICS["macro_auprc"], margin=0.01),
    Measure(METRICS["multiclass_brier"], margin=0.01),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        side: pixels along each side of an image.
        records: simulated.
        steps: optimiser updates.
        batch: images a step.
        learning_rate: at its highest, after a tenth of the steps.
        widths: channels of the residual network's stages.
        blocks: in each of them.
        patch, width, depth, heads: of the transformer.
    """

    side: int
    records: int
    steps: int
    batch: int
    learning_rate: float
    widths: tuple[int, ...]
    blocks: int
    patch: int
    width: int
    depth: int
    heads: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        side=32, records=24, steps=2, batch=4, learning_rate=1e-3, widths=(4, 8), blocks=1, patch=8, width=16, depth=1, heads=2
    ),
    "default": Budget(
        side=64, records=400, steps=120, batch=16, learning_rate=1e-3, widths=(16, 32, 64), blocks=1,
        patch=8, width=64, depth=3, heads=4,
    ),
    "paper": Budget(
        side=224, records=4000, steps=20_000, batch=32, learning_rate=1e-4, widths=(64, 128, 256, 512), blocks=3,
        patch=16, width=768, depth=12, heads=12,
    ),
}  # fmt: skip


def _tasks(source: Source, split: Callable[[Sequence[Record]], Split], note: str) -> list[Task]:
    """One for each network, so that every augmentation is compared with its own network without."""
    return [
        Task(
            name=f"{source.name}-{network}",
            family="classification",
            source=source,
            inputs=("image",),
            target="label",
            split=split,
            measures=MEASURES,
            question=f"Augmentation of a {network}",
            note=note,
            tags={"network": network},
        )
        for network in NETWORKS
    ]


def _covid_xray(size: Size) -> list[Task]:
    root.path("covid-xray")
    source = covid_xray.CovidXray(side=BUDGETS[size].side)
    return _tasks(source, covid_xray.split, covid_xray.NOTE)


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    split = partial(split_by_hash, validation=0.15, test=0.35, salt="mediaug")
    return _tasks(ChestXray(count=budget.records, size=budget.side), split, "")


def _network(name: str, channels: int, classes: int, budget: Budget) -> "nn.Module":
    from vesalius.nets.resnet import ResNet
    from vesalius.nets.vit import ViT

    if name == "cnn":
        return ResNet(channels, classes, widths=budget.widths, blocks=budget.blocks)
    options = {"patch": budget.patch, "width": budget.width, "depth": budget.depth, "heads": budget.heads}
    return ViT(channels, classes, size=budget.side, **options)


def _augment(name: str) -> "Augment":
    from vesalius.learners import mixing
    from vesalius.learners.classifier import plain

    ways: dict[str, Augment] = {
        "none": plain,
        "mixup": mixing.MixUp(),
        "yoco": mixing.Yoco(),
        "cropmix": mixing.CropMix(),
        "cutmix": mixing.CutMix(),
        "augmix": mixing.AugMix(),
        "snapmix": mixing.SnapMix(),
    }
    return ways[name]


def _learner(name: str, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.classifier import Classifier
    from vesalius.learners.training import Regime

    record, budget = task.source.records()[0], BUDGETS[size]
    channels, label = record.get("image", Image).channels, record.get(task.target, Label)
    return Classifier(
        lambda: _network(task.tags.get("network", "cnn"), channels, len(label.classes), budget),
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 10, weight_decay=0.05),
        seed=seed,
        batch=budget.batch,
        target=task.target,
        augment=_augment(name),
    )


def _learners(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, task, size) for name in NAMES}


def _baselines(task: Task, size: Size) -> Arms:
    return {"none": partial(_learner, "none", task, size)}


SYSTEM = System(
    id="mediaug",
    number=69,
    area="vision",
    kind="benchmark",
    claim=Claim(
        "On brain tumours MixUp improves a ResNet-50 most and SnapMix a ViT-B; on eye diseases YOCO improves a ResNet-50 most "
        "and CutMix a ViT-B."
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"covid-xray": _covid_xray, "simulated-chest-xray": _simulated},
)
