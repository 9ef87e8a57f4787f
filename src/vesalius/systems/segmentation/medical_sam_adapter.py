"""Med-SA: a frozen Segment Anything Model that learns medical volumes by adapters.

Mechanism: SAM stays frozen, and only adapters are trained, about 2 % of the parameters at the sizes of ViT-B. In each block of
the image encoder one bottleneck adapter follows the attention and another, scaled, lies beside the perceptron. Space-Depth
Transpose (SD-Trans) adapts it to volumes: the frozen attention of a block is used twice, among the places of a slice and, with
tokens transposed, among the slices of a place; what the depth branch finds passes an adapter and is added. In the mask decoder
the Hyper-Prompting Adapter (HyP-Adpt) multiplies its features with a matrix that is made from the embedded prompt, so that it
adapts to what is asked for. Every slice of a slab is prompted.

Compared, on the same pretrained weights, slabs, prompts and budget, with fine-tuning all of SAM, with low-rank updates of SAM
(LoRA), and with SAM as it is. These read slices one by one. At the smoke and default sizes SAM is a small one that was trained on
simulated scenes; the paper size reads SAM from the folder that ``VESALIUS_SAM`` names. Deviation: the projection up of each
adapter starts at zero, so that training starts from the frozen network; the paper does not say how it starts.

Wu, Wang, Hong, Ji, Fu, Xu, Jin, Arbel: Medical SAM Adapter: Adapting Segment Anything Model for Medical Image Segmentation.
Medical Image Analysis 2025, arXiv 2304.12620.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.medical_objects import SLAB_NOTE, ObjectSlabs, simulated, split_modalities, split_subjects
from vesalius.sources.public import root
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.prompts import Prompting

if TYPE_CHECKING:
    from torch import nn

Architecture = Literal["med-sa", "fine-tuned", "lora", "sam"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        steps: of adaptation.
        batch: slabs a step.
        depth: slices of a slab.
        fine_tuning_rate: learning rate of fine-tuning, at its highest.
        added_rate: that of adapters and low-rank updates, which start at zero.
        hidden: width of the adapters.
        rank: of LoRA's updates.
    """

    steps: int
    batch: int
    depth: int
    fine_tuning_rate: float
    added_rate: float
    hidden: int
    rank: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(steps=2, batch=1, depth=2, fine_tuning_rate=1e-3, added_rate=1e-2, hidden=4, rank=2),
    # Rates: of 0.001, 0.003 and 0.01, for each arm the best on the validation organs of the simulated CT with seed 0.
    "default": Budget(steps=150, batch=2, depth=6, fine_tuning_rate=1e-3, added_rate=1e-2, hidden=12, rank=4),
    # The paper's learning rate; its steps, batch and slab are not given. The width makes about 2 % of the parameters of ViT-B.
    "paper": Budget(steps=20_000, batch=2, depth=16, fine_tuning_rate=1e-4, added_rate=1e-4, hidden=24, rank=8),
}

MEASURES = (Measure(METRICS["dice"], margin=0.01), Measure(METRICS["nsd"], margin=0.02), Measure(METRICS["hd95"], margin=1.0))
"""Distances are in voxels."""

VOLUMES: Mapping[Size, tuple[int, int]] = {"smoke": (6, 24), "default": (18, 64), "paper": (60, 256)}
"""How many CT volumes are simulated, and voxels of a side."""


def prompting() -> Prompting:
    """One box in each slice of an object."""
    return Prompting(kinds=("box",))


def _task(source: Source, split: Callable[[Sequence[Record]], Split], *, unit: str, note: str) -> list[Task]:
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image", "box"),
            target="mask",
            split=split,
            measures=MEASURES,
            unit=unit,
            note=note,
        )
    ]


def _totalsegmentator(size: Size) -> list[Task]:
    root.path("totalsegmentator")
    return _task(
        ObjectSlabs(TotalSegmentator(), BUDGETS[size].depth, prompting()), split_modalities, unit="object", note=SLAB_NOTE
    )


def _simulated_ct(size: Size) -> list[Task]:
    volumes, voxels = VOLUMES[size]
    return _task(
        simulated(prompting(), volumes=volumes, size=voxels, thickness=BUDGETS[size].depth),
        split_subjects,
        unit="subject_id",
        note="",
    )


def _learner(architecture: Architecture, size: Size, seed: int) -> Learner:
    """The same SAM, slabs, prompts and budget; only what is trained of it differs."""
    from vesalius.learners.promptable import Promptable
    from vesalius.learners.sam_pretraining import base_of, image_size, start_of
    from vesalius.learners.training import Regime

    budget = BUDGETS[size]
    rate = budget.fine_tuning_rate if architecture == "fine-tuned" else budget.added_rate
    make, start = start_of(base_of(size))
    return Promptable(
        make,
        regime=Regime(steps=budget.steps, learning_rate=rate),
        seed=seed,
        prompting=prompting(),
        size=image_size(size),
        batch=budget.batch,
        depth=budget.depth,
        start=start,
        adapt=partial(adapted, architecture=architecture, budget=budget),
    )


def adapted(sam: "nn.Module", *, architecture: Architecture, budget: Budget) -> "nn.Module":
    """SAM with what an arm trains of it."""
    from vesalius.nets import peft
    from vesalius.nets.sam import PromptedSam, freeze
    from vesalius.nets.sam_adapters import add_adapters

    assert isinstance(sam, PromptedSam)
    match architecture:
        case "med-sa":
            return add_adapters(sam, budget.hidden, budget.depth)
        case "lora":
            return peft.adapt(sam, "lora", rank=budget.rank)
        case "sam":
            return freeze(sam)
        case "fine-tuned":
            return sam


def _learners(task: Task, size: Size) -> Arms:
    return {"med-sa": partial(_learner, "med-sa", size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, size) for name in BASELINES}


BASELINES: tuple[Architecture, ...] = ("fine-tuned", "lora", "sam")

SYSTEM = System(
    id="medical-sam-adapter",
    number=102,
    area="segmentation",
    kind="method",
    claim=Claim(
        "Med-SA outperforms state-of-the-art medical segmentation methods while updating only 2 % of SAM's parameters.", "dice"
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"totalsegmentator": _totalsegmentator, "simulated-ct": _simulated_ct},
)
