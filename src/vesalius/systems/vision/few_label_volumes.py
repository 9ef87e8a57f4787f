"""Volumes of which few are labelled: the tasks of systems that pretrain on all of them, and how every arm is fine-tuned."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.metrics import METRICS
from vesalius.records import Mask, Record, Volume
from vesalius.sources.few_labels import FewLabels
from vesalius.sources.public import root, totalsegmentator_slabs
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.splits import split_by_hash
from vesalius.tasks import Measure, Task

if TYPE_CHECKING:
    from torch import nn

    from vesalius.learners.pretrained import Pretext, Pretrained

MEASURES = (Measure(METRICS["dice"], margin=0.01), Measure(METRICS["iou"], margin=0.01))
SHARE = 1 / 12
"""Of the simulated subjects that keep their mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """What every arm is given.

    Attributes:
        subjects, side: simulated volumes, and voxels along each of their axes.
        steps: optimiser updates.
        batch: patches a step.
        patch: voxels along each axis.
        learning_rate: at the start.
    """

    subjects: int
    side: int
    steps: int
    batch: int
    patch: int
    learning_rate: float


def simulated(tuning: FineTuning) -> list[Task]:
    """Trunks with six labels, each of another subject; one in twelve of those to learn from has its mask."""
    # settings were chosen on the simulator's first seed
    source = CtPhantom(count=tuning.subjects, size=tuning.side, seed=1)
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image",),
            target="mask",
            split=partial(split_by_hash, validation=0.1, test=0.3, salt=source.name),
            measures=MEASURES,
            builder=FewLabels(share=SHARE, target="mask"),
            note="Simulated subjects. One in twelve training and validation subjects keeps its mask, others every seed.",
        )
    ]


def slabs() -> list[Task]:
    """Slabs of one real CT; half of those to learn from have their mask, and most of the CT has none.

    Raises:
        UserError: if the release is not at hand.
    """
    root.path("totalsegmentator")
    source = totalsegmentator_slabs.TotalSegmentatorSlabs()
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image",),
            target="mask",
            split=totalsegmentator_slabs.split,
            measures=MEASURES,
            unit="slab",
            builder=FewLabels(share=0.5, target="mask"),
            note=totalsegmentator_slabs.NOTE,
        )
    ]


def classes_of(record: Record, target: str) -> int:
    """How many, background included."""
    return len(record.get(target, Mask).names) + 1


def channels_of(record: Record) -> int:
    """Of the volume."""
    voxels = record.get("image", Volume).voxels
    return voxels.shape[3] if voxels.ndim == 4 else 1


def segmenter(
    network: "Callable[[], nn.Module]", pretext: "Pretext | None", tuning: FineTuning, *, steps: int, target: str, seed: int
) -> "Pretrained":
    """A network that is pretrained on all volumes, or not, and then trained to segment by the labelled ones.

    The loss is Dice and cross-entropy in which classes weigh alike: with the plain cross-entropy the small organs of a body that
    is few voxels wide are not learned in so few steps, by any arm.
    """
    from vesalius.learners.losses import balanced_cross_entropy, soft_dice, summed
    from vesalius.learners.pretrained import Pretrained
    from vesalius.learners.segmenter import Segmenter

    return Pretrained(
        network,
        pretext=pretext,
        downstream=lambda make: Segmenter(
            make,
            steps=steps,
            seed=seed,
            patch=(tuning.patch,) * 3,
            batch=tuning.batch,
            learning_rate=tuning.learning_rate,
            target=target,
            loss=summed(balanced_cross_entropy, soft_dice),
        ),
        seed=seed,
        target=target,
    )
