"""UniverSeg: a network that segments any structure from a few examples, without being trained on that task.

Mechanism: query and support set go side by side through a U-Net of CrossBlocks. In each, the query is put beside every example
through one shared convolution; the mean of these interactions is the new query, and each interaction is the new example, so
that the answer does not depend on the order of the examples, of which there may be any number. The network is trained over many
tasks of many sets, with changes of whole tasks (mirrored, inverted, borders as the structure), of each example, and with
synthetic tasks of random label maps. It is tested on sets that it never saw, as the mean over several random support sets.

Compared with a network of the same convolutions that pools the support set first and shows the query its mean (as few-shot
networks of two branches do), trained on the same episodes, and with a U-Net that is trained on each query's examples alone.

Butoi, Gonzalez Ortiz, Ma, Sabuncu, Guttag, Dalca: UniverSeg: Universal Medical Image Segmentation. ICCV 2023, arXiv 2304.06131.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.sources.public import root
from vesalius.sources.structures import HELD_OUT, Structures
from vesalius.sources.supported import NOTE, SUPPORT, Supported
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task

Block = Literal["cross", "pooled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all that are trained over tasks.

    Attributes:
        steps, batch, learning_rate: of training.
        size: pixels of a side.
        widths: channels of the network's levels.
        support: examples that a query is shown.
        ensemble: support sets of a query at prediction.
        pool: examples that come with a query.
        queries: of each held-out task at most.
        simulated: images that each simulator makes.
        own_steps, own_widths: of the U-Net that is trained on one support set.
    """

    steps: int
    batch: int
    learning_rate: float
    size: int
    widths: tuple[int, ...]
    support: int
    ensemble: int
    pool: int
    queries: int
    simulated: int
    own_steps: int
    own_widths: tuple[int, ...]


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        steps=2, batch=1, learning_rate=1e-3, size=16, widths=(4, 4), support=2, ensemble=2, pool=3, queries=2, simulated=5,
        own_steps=2, own_widths=(2, 4),
    ),
    "default": Budget(
        steps=160, batch=4, learning_rate=3e-3, size=64, widths=(12, 12, 12, 12), support=8, ensemble=4, pool=16, queries=6,
        simulated=20, own_steps=25, own_widths=(8, 16, 32),
    ),
    # The paper's frame, widths and support; it trains until nothing improves, on 53 sets.
    "paper": Budget(
        steps=400_000, batch=4, learning_rate=1e-4, size=128, widths=(64, 64, 64, 64), support=64, ensemble=10, pool=640,
        queries=1000, simulated=500, own_steps=5000, own_widths=(32, 64, 128, 256, 512),
    ),
}  # fmt: skip

MEASURES = (Measure(METRICS["dice"], margin=0.02), Measure(METRICS["hd95"], margin=1.0))
"""Dice is the paper's; distances are in pixels of the frame."""

SYNTHETIC = 0.3
"""Share of synthetic tasks."""

PUBLIC = ("medscribble", "nuclei", "retina", "ct", "mr")
SIMULATED = ("chest-xray", "fundus", "ultrasound", "brain-mr", "ct-phantom")
HELD_PUBLIC = (*HELD_OUT, "nuclei", "retina")
HELD_SIMULATED = ("ultrasound", "brain-mr")


def _task(structures: Structures, held_out: tuple[str, ...], size: Size, note: str) -> list[Task]:
    budget = BUDGETS[size]
    source = Supported(structures, held_out, budget.size, budget.pool, budget.queries)
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image", *SUPPORT),
            target="mask",
            split=source.split,
            measures=MEASURES,
            unit="set",
            note=note,
        )
    ]


def _public(size: Size) -> list[Task]:
    for release in ("medscribble", "dsb2018", "drive", "totalsegmentator"):
        root.path(release)
    budget = BUDGETS[size]
    structures = Structures(PUBLIC + SIMULATED, budget.simulated, max(32, budget.size), "unseen-sets", "public")
    return _task(structures, HELD_PUBLIC, size, NOTE)


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    structures = Structures(SIMULATED, budget.simulated, max(32, budget.size), "simulated-tasks", "simulator")
    return _task(structures, HELD_SIMULATED, size, "Queries of simulated images of two kinds that are not trained on.")


def _in_context(block: Block, size: Size, seed: int) -> Learner:
    """The same episodes; only how the query meets its examples differs."""
    from vesalius.learners.in_context import Episodes, InContext
    from vesalius.learners.training import Regime
    from vesalius.nets.universeg import CrossBlock, PooledBlock, UniverSeg

    budget = BUDGETS[size]
    return InContext(
        lambda: UniverSeg(budget.widths, CrossBlock if block == "cross" else PooledBlock),
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, clip=1.0),
        seed=seed,
        episodes=Episodes(support=budget.support, synthetic=SYNTHETIC, ensemble=budget.ensemble),
        size=budget.size,
        batch=budget.batch,
    )


def _support_only(size: Size, seed: int) -> Learner:
    from vesalius.learners.support_only import SupportOnly
    from vesalius.learners.training import Regime
    from vesalius.nets.unet import UNet

    budget = BUDGETS[size]
    regime = Regime(steps=budget.own_steps, learning_rate=1e-2)
    return SupportOnly(lambda: UNet(1, 2, budget.own_widths), regime=regime, seed=seed, batch=4)


def _learners(task: Task, size: Size) -> Arms:
    return {"universeg": partial(_in_context, "cross", size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"pooled-support": partial(_in_context, "pooled", size), "support-only-u-net": partial(_support_only, size)}


SYSTEM = System(
    id="universeg",
    number=65,
    area="segmentation",
    kind="method",
    claim=Claim(
        "UniverSeg substantially outperforms several related few-shot methods on unseen tasks, without additional training.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"unseen-sets": _public, "simulated-tasks": _simulated},
)
