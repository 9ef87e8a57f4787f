"""MedSAM: the Segment Anything Model adapted to medical images of many modalities, prompted by a box.

Mechanism: the image encoder and the mask decoder of SAM are trained further on medical images of all modalities mixed, each with
a box around one object whose sides are moved outwards at random, by up to 20 of 1024 pixels; the prompt encoder stays frozen, for
it knows boxes already. The loss is the sum of the Dice loss and the cross-entropy. A grey image is repeated in three channels,
its values are clipped at the 0.5 and 99.5 percentiles.

Compared with the SAM that it starts from, the same weights without adaptation. The paper starts from SAM with ViT-B; at the
smoke and default sizes, both arms start from one small SAM (encoder, prompt encoder and mask decoder of the same form) that
was trained on simulated scenes of coloured things, which show nothing medical (see ``vesalius.sources.simulators.scenes``). The
paper size reads SAM from the folder that ``VESALIUS_SAM`` names.

Ma, He, Li, Han, You, Wang: Segment Anything in Medical Images. Nature Communications 2024, arXiv 2304.12306.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.medical_objects import MIX_NOTE, MedicalObjects, simulated, split_mix, split_subjects
from vesalius.sources.public import root
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.prompts import Prompting

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        steps: of adaptation.
        batch: objects a step.
        learning_rate: of adaptation, at its highest.
    """

    steps: int
    batch: int
    learning_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(steps=3, batch=2, learning_rate=1e-3),
    "default": Budget(steps=400, batch=8, learning_rate=1e-3),
    # ViT-B, the paper's batch and learning rate; its 150 epochs are about these steps for 1.5 million pairs of image and mask.
    "paper": Budget(steps=1_400_000, batch=160, learning_rate=1e-4),
}

MEASURES = (Measure(METRICS["dice"], margin=0.01), Measure(METRICS["nsd"], margin=0.02))
"""The paper's two; the tolerance of NSD is one pixel."""

VOLUMES: Mapping[Size, tuple[int, int]] = {"smoke": (6, 24), "default": (18, 64), "paper": (60, 256)}
"""How many CT volumes are simulated, and voxels of a side."""


def prompting() -> Prompting:
    """One box an object, as the paper has it."""
    return Prompting(kinds=("box",))


def _task(source: Source, split: Callable[[Sequence[Record]], Split], note: str) -> list[Task]:
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image", "box"),
            target="mask",
            split=split,
            measures=MEASURES,
            note=note,
        )
    ]


def _medical_objects(size: Size) -> list[Task]:
    for release in ("medscribble", "dsb2018", "totalsegmentator"):
        root.path(release)
    return _task(MedicalObjects(prompting()), split_mix, MIX_NOTE)


def _simulated_ct(size: Size) -> list[Task]:
    volumes, voxels = VOLUMES[size]
    return _task(simulated(prompting(), volumes=volumes, size=voxels, thickness=3, every=2), split_subjects, "")


def _learner(adapted: bool, size: Size, seed: int) -> Learner:
    from vesalius.learners.promptable import Promptable
    from vesalius.learners.sam_pretraining import base_of, image_size, start_of
    from vesalius.learners.training import Regime
    from vesalius.nets.sam import freeze

    budget = BUDGETS[size]
    make, start = start_of(base_of(size))
    return Promptable(
        make,
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate),
        seed=seed,
        prompting=prompting(),
        size=image_size(size),
        batch=budget.batch,
        start=start,
        adapt=adapt if adapted else freeze,
    )


def adapt(sam: "nn.Module") -> "nn.Module":
    """SAM with the image encoder and the mask decoder trainable, the prompt encoder frozen."""
    from vesalius.nets.sam import freeze

    return freeze(sam, "vision_encoder", "mask_decoder")


def _learners(task: Task, size: Size) -> Arms:
    return {"medsam": partial(_learner, True, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"sam": partial(_learner, False, size)}


SYSTEM = System(
    id="medsam",
    number=190,
    area="segmentation",
    kind="model",
    claim=Claim(
        "MedSAM outperforms the default SAM by an average Dice of 22.5 points on 3D and 17.6 points on 2D segmentation tasks.",
        metric="dice",
        gains={"sam": 0.176},
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"medical-objects": _medical_objects, "simulated-ct": _simulated_ct},
)
