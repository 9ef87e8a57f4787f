"""Metrics: one definition each, with a name, a version and a declaration."""

from vesalius.metrics.classification import accuracy, auroc
from vesalius.metrics.metric import Metric
from vesalius.metrics.segmentation import dice, iou
from vesalius.metrics.survival import c_index

NEVER = "never"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(name="accuracy", version=1, unit="record", range=(0, 1), unanswered=0.0, undefined=NEVER, function=accuracy),
        Metric(name="dice", version=1, unit="record", range=(0, 1), unanswered=0.0, undefined=NEVER, function=dice),
        Metric(name="iou", version=1, unit="record", range=(0, 1), unanswered=0.0, undefined=NEVER, function=iou),
        Metric(
            name="auroc",
            version=1,
            unit="set",
            range=(0, 1),
            undefined="only one class is there, or a record has no score",
            function=auroc,
        ),
        Metric(
            name="c_index",
            version=1,
            unit="set",
            range=(0, 1),
            undefined="no pair is comparable, or a record has no risk",
            function=c_index,
        ),
    )
}

__all__ = ["METRICS", "Metric", "accuracy", "auroc", "c_index", "dice", "iou"]
