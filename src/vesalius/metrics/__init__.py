"""Metrics: one definition each, with a name, a version and a declaration."""

from vesalius.metrics.classification import accuracy, auroc
from vesalius.metrics.metric import METRICS, Metric, metric
from vesalius.metrics.segmentation import dice, iou
from vesalius.metrics.survival import c_index

__all__ = ["METRICS", "Metric", "accuracy", "auroc", "c_index", "dice", "iou", "metric"]
