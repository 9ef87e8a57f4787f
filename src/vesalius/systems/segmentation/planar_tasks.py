"""The tasks of systems whose networks label images, and volumes plane by plane."""

from collections.abc import Callable, Sequence
from functools import partial

from vesalius.metrics import METRICS
from vesalius.records import Record
from vesalius.sources.public import drive, dsb2018, root
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.tasks import Measure, Source, Split, Task

MEASURES = (
    Measure(METRICS["dice"], margin=0.01),
    Measure(METRICS["iou"], margin=0.01),
    Measure(METRICS["sensitivity"], margin=0.01),
    Measure(METRICS["boundary_iou"], margin=0.01),
)
MEASURES_OF_VOLUMES = (*MEASURES[:3], Measure(METRICS["hd95"], margin=1.0))
"""Distances are in voxels."""


def nuclei(limit: int | None) -> list[Task]:
    """The nuclei of microscopy images; at most ``limit`` records of each part.

    Raises:
        UserError: if the release is not at hand.
    """
    root.path("dsb2018")
    return [_task(dsb2018.Dsb2018(), dsb2018.split, limit, MEASURES, dsb2018.NOTE)]


def vessels(limit: int | None) -> list[Task]:
    """The vessels of fundus photographs; at most ``limit`` records of each part.

    Raises:
        UserError: if the release is not at hand.
    """
    root.path("drive")
    return [_task(drive.Drive(), drive.split, limit, MEASURES, drive.NOTE)]


def simulated_ct(count: int, voxels: int, limit: int | None) -> list[Task]:
    """So many simulated trunks of so many voxels a side; at most ``limit`` of each part."""
    source = CtPhantom(count=count, size=voxels)
    split = partial(split_by_hash, validation=0.2, test=0.3, salt=source.name)
    note = "Simulated anatomy with known truth, not patients; volumes are labelled plane by plane."
    return [_task(source, split, limit, MEASURES_OF_VOLUMES, note)]


def _task(
    source: Source,
    split: Callable[[Sequence[Record]], Split],
    limit: int | None,
    measures: tuple[Measure, ...],
    note: str,
) -> Task:
    return Task(
        name=source.name,
        family="segmentation",
        source=source,
        inputs=("image",),
        target="mask",
        split=lambda records: thinned(split(records), limit),
        measures=measures,
        note=note,
    )
