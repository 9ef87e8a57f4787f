"""Medical MAE: a vision transformer pretrained on radiographs by masked autoencoding, with a recipe of its own.

Mechanism: nine in ten patches of a radiograph are hidden (photographs: three in four) after a moderate random resized crop of
half to all of the image (photographs: a fifth to all); the encoder sees the rest only, and a light decoder reconstructs the
hidden patches, each normalised by itself. Fine-tuning has learning rates that fall from layer to layer, random augmentation of
moderate magnitude, and dropped paths.

Baselines: a DenseNet pretrained by MoCo v2 on the same images, the same transformer pretrained with the recipe for
photographs, and both networks from scratch. All training images are seen without their label, and one in ten with it; every
arm is fine-tuned for the same steps with the same augmentation, and the pretrained arms are pretrained for the same number of
steps and images. Dropped paths are of the transformers only, and layer-wise rates of those that are pretrained, as in the
paper.

The paper pretrains on 266,340 radiographs and tells fourteen findings that may occur together; here are some hundred
radiographs of classes that exclude each other, each against the rest.

Xiao, Bai, Yuille, Zhou: Delving into Masked Autoencoders for Multi-Label Thorax Disease Classification. WACV 2023, arXiv
2210.12843; settings from the authors' published commands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Label, Record
from vesalius.sources.few_labels import FewLabels
from vesalius.sources.public import covid_xray, root
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from torch import nn

    from vesalius.learners.pretrained import Pretext

Network = Literal["vit", "densenet"]
Pretraining = Literal["mae", "photograph-mae", "moco", "none"]

MAE_RECIPES: Mapping[str, tuple[float, tuple[float, float]]] = {"mae": (0.9, (0.5, 1.0)), "photograph-mae": (0.75, (0.2, 1.0))}
"""Share of the patches that is hidden, and the range of the random resized crop."""
MAGNITUDE, WEIGHT_DECAY = 0.6, 0.05
SHARE = 0.1
"""Of the records that keep their label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given.

    Attributes:
        side: pixels along each side of an image.
        patch, width, depth, heads: of the transformer.
        decoder: width, depth and heads.
        layer_decay: from the learning rate of each layer to that of the one before; fewer layers have less between them.
        drop_path: rate at which the last block is skipped.
        densenet: features of the first layer, growth, and layers of each block.
        pretraining, steps: optimiser updates of the two phases.
        batch, small_batch: images a step in each.
        queue, momentum: of MoCo.
        pretraining_rate, learning_rate: at their highest.
        records: most of each part of a public set; simulated, how many there are.
    """

    side: int
    patch: int
    width: int
    depth: int
    heads: int
    decoder: tuple[int, int, int]
    layer_decay: float
    drop_path: float
    densenet: tuple[int, int, tuple[int, ...]]
    pretraining: int
    steps: int
    batch: int
    small_batch: int
    queue: int
    momentum: float
    pretraining_rate: float
    learning_rate: float
    records: int | None


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        side=32,
        patch=8,
        width=16,
        depth=2,
        heads=2,
        decoder=(16, 1, 2),
        layer_decay=0.75,
        drop_path=0.1,
        densenet=(8, 4, (2, 2)),
        pretraining=3,
        steps=4,
        batch=8,
        small_batch=4,
        queue=16,
        momentum=0.99,
        pretraining_rate=1e-3,
        learning_rate=1e-3,
        records=40,
    ),
    "default": Budget(
        side=64,
        patch=8,
        width=64,
        depth=4,
        heads=4,
        decoder=(64, 1, 4),
        layer_decay=0.75,
        drop_path=0.1,
        densenet=(16, 8, (2, 3, 3)),
        pretraining=300,
        steps=80,
        batch=16,
        small_batch=16,
        queue=512,
        momentum=0.99,
        pretraining_rate=2e-3,
        learning_rate=2e-3,
        records=None,
    ),
    # ViT-S/16 and DenseNet-121 of the paper; 800 epochs of 266,340 images in batches of 2,048, then 75 of 75,312 in 1,024.
    "paper": Budget(
        side=224,
        patch=16,
        width=384,
        depth=12,
        heads=6,
        decoder=(512, 2, 16),
        layer_decay=0.55,
        drop_path=0.2,
        densenet=(64, 32, (6, 12, 24, 16)),
        pretraining=104_000,
        steps=5_500,
        batch=2_048,
        small_batch=1_024,
        queue=65_536,
        momentum=0.999,
        pretraining_rate=1.2e-3,
        learning_rate=1e-3,
        records=None,
    ),
}

ARMS: Mapping[str, tuple[Network, Pretraining]] = {
    "medical-mae": ("vit", "mae"),
    "photograph-mae": ("vit", "photograph-mae"),
    "vit-from-scratch": ("vit", "none"),
    "densenet-moco-v2": ("densenet", "moco"),
    "densenet-from-scratch": ("densenet", "none"),
}


def _tasks(source: Source, split: partial[Split], note: str) -> list[Task]:
    return [
        Task(
            name=source.name,
            family="classification",
            source=source,
            inputs=("image",),
            target="label",
            split=split,
            measures=(Measure(METRICS["macro_auroc"], margin=0.01), Measure(METRICS["macro_auprc"], margin=0.01)),
            builder=FewLabels(share=SHARE, target="label"),
            note=f"{note} One in ten training and validation records keeps its label, others every seed.".strip(),
        )
    ]


def _covid_split(records: Sequence[Record], limit: int | None) -> Split:
    return thinned(covid_xray.split(records), limit)


def _covid_xray(size: Size) -> list[Task]:
    root.path("covid-xray")
    budget = BUDGETS[size]
    return _tasks(covid_xray.CovidXray(side=budget.side), partial(_covid_split, limit=budget.records), covid_xray.NOTE)


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    split = partial(split_by_hash, validation=0.15, test=0.25, salt="medical-mae")
    return _tasks(ChestXray(count=budget.records or 800, size=budget.side), split, "")


def _network(network: Network, channels: int, classes: int, budget: Budget) -> "nn.Module":
    if network == "vit":
        from vesalius.nets.vit import ViT

        shape = {"patch": budget.patch, "width": budget.width, "depth": budget.depth, "heads": budget.heads}
        return ViT(channels, classes, size=budget.side, **shape)
    from monai.networks.nets.densenet import DenseNet

    first, growth, blocks = budget.densenet
    densenet: nn.Module = DenseNet(2, channels, classes, init_features=first, growth_rate=growth, block_config=blocks)
    return densenet


def _pretext(pretraining: Pretraining, budget: Budget) -> "Pretext | None":
    from vesalius.learners.contrastive import MomentumContrastImages
    from vesalius.learners.masked import MaskedImages
    from vesalius.learners.training import Regime

    regime = Regime(
        steps=budget.pretraining,
        learning_rate=budget.pretraining_rate,
        warmup=budget.pretraining // 20,
        weight_decay=WEIGHT_DECAY,
    )
    match pretraining:
        case "none":
            return None
        case "moco":
            return MomentumContrastImages(
                encoder=_densenet_features,
                size=budget.side,
                batch=budget.batch,
                regime=regime,
                queue=budget.queue,
                momentum=budget.momentum,
            )
        case _:
            ratio, area = MAE_RECIPES[pretraining]
            width, depth, heads = budget.decoder
            return MaskedImages(batch=budget.batch, regime=regime, width=width, depth=depth, heads=heads, ratio=ratio, area=area)


def _densenet_features(network: "nn.Module") -> "nn.Module":
    return network.get_submodule("features")


def _learner(arm: str, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.classifier import Classifier
    from vesalius.learners.fine_tuning import Recipe, layer_wise_groups
    from vesalius.learners.pretrained import Pretrained
    from vesalius.learners.training import Regime

    record, budget = task.source.records()[0], BUDGETS[size]
    channels, label = record.get("image", Image).channels, record.get(task.target, Label)
    network, pretraining = ARMS[arm]
    transformer = network == "vit"

    def groups(network: "nn.Module") -> list[dict[str, object]]:
        layers = [network.get_submodule("to_tokens"), *network.get_submodule("blocks").children()]
        return layer_wise_groups(
            network, layers, learning_rate=budget.learning_rate, decay=budget.layer_decay, weight_decay=WEIGHT_DECAY
        )

    regime = Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 15, weight_decay=WEIGHT_DECAY)
    return Pretrained(
        lambda: _network(network, channels, len(label.classes), budget),
        pretext=_pretext(pretraining, budget),
        downstream=lambda make: Classifier(
            make,
            regime=regime,
            seed=seed,
            batch=budget.small_batch,
            target=task.target,
            augment=Recipe(magnitude=MAGNITUDE, drop_path=budget.drop_path if transformer else 0.0),
            groups=groups if transformer and pretraining != "none" else None,
        ),
        seed=seed,
        target=task.target,
    )


def _learners(task: Task, size: Size) -> Arms:
    return {"medical-mae": partial(_learner, "medical-mae", task, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, task, size) for name in ARMS if name != "medical-mae"}


SYSTEM = System(
    id="medical-mae",
    number=50,
    area="vision",
    kind="method",
    claim=Claim(
        "A ViT pretrained on X-rays by masked autoencoding performs comparably to, sometimes better than, a DenseNet-121; 10 % "
        "of an image and crops of 0.5 to 1.0 serve it better than the 25 % and 0.2 to 1.0 of photographs.",
        metric="macro_auroc",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"covid-xray": _covid_xray, "simulated-chest-xray": _simulated},
)
