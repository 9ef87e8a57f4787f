"""The greedy matching of detections to objects by COCO's rules, for all images, classes and thresholds at once.

Only pairs that overlap enough at the lowest threshold can ever match. They fall into small connected components; within one,
detections are served in order of score, so that step k serves the k-th detection of every component together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics.boxes import BoxTable, Floats, Indices, overlap, pairs

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Detections in order of service, objects, and their overlaps in the order of the steps.

    Attributes:
        scores, sizes, classes, ranks: of each detection; the rank counts from 0 within an image and class.
        true_sizes, true_classes: of each object.
        found, true, overlaps: one entry a pair.
        steps: where each step begins among the pairs, and their number at the end.
    """

    scores: Floats
    sizes: Floats
    classes: Indices
    ranks: Indices
    true_sizes: Floats
    true_classes: Indices
    found: Indices
    true: Indices
    overlaps: Floats
    steps: Indices


def scene(found: BoxTable, true: BoxTable, *, lowest: float, most: int) -> Scene:
    """Sorts detections, drops those ranked beyond ``most`` in their image and class, and pairs the others with objects."""
    labels, classes = np.unique(np.concatenate([true.classes, found.classes]), return_inverse=True)
    true_classes, found_classes = classes[: len(true.classes)], classes[len(true.classes) :]
    groups = found.images * len(labels) + found_classes
    first, second, overlaps = pairs(found, true, groups, true.images * len(labels) + true_classes, overlap, lowest)
    order = np.lexsort((-found.scores, groups))
    ranks = _places(groups[order])
    order, ranks = order[ranks < most], ranks[ranks < most]
    position = np.full(len(groups), -1)
    position[order] = np.arange(len(order))
    served = position[first] >= 0
    first, second, overlaps = position[first[served]], second[served], overlaps[served]
    sequence, steps = _service(first, second, len(order), len(true_classes))
    return Scene(
        scores=found.scores[order],
        sizes=found.sizes[order],
        classes=found_classes[order],
        ranks=ranks,
        true_sizes=true.sizes,
        true_classes=true_classes,
        found=first[sequence],
        true=second[sequence],
        overlaps=overlaps[sequence],
        steps=steps,
    )


def _places(groups: Indices) -> Indices:
    """Place of each element within its run of equal values."""
    begins = np.flatnonzero(np.diff(groups, prepend=-1))
    return np.arange(len(groups)) - np.repeat(begins, np.diff(begins, append=len(groups)))


def _service(found: Indices, true: Indices, detections: int, objects: int) -> tuple[Indices, Indices]:
    """Order of the pairs by the turn of their detection in its component, and where each turn begins."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = detections + objects
    graph = coo_array((np.ones(len(found), dtype=np.int8), (found, true + detections)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    busy = np.unique(found)
    by_component = busy[np.argsort(component[busy], kind="stable")]
    turn = np.zeros(detections, dtype=np.intp)
    turn[by_component] = _places(component[by_component])
    sequence = np.lexsort((true, found, turn[found]))
    turns = int(turn.max(initial=-1)) + 1 if len(found) else 0
    return sequence, np.searchsorted(turn[found][sequence], np.arange(turns + 1))


def match(scene: Scene, thresholds: Floats, ignored: Flags) -> tuple[Flags, Flags]:
    """Which detections take an object, and which take one that is ignored, each detections × thresholds.

    A detection takes the free object it overlaps most, at least by the threshold, a later one among equals; an ignored object
    only where no other is left.
    """
    least = np.minimum(thresholds, 1 - 1e-10)
    taken = np.zeros((len(ignored), len(least)), dtype=bool)
    hits = np.zeros((len(scene.scores), len(least)), dtype=bool)
    spared = np.zeros_like(hits)
    for begin, end in zip(scene.steps, scene.steps[1:]):
        found, true, overlaps = scene.found[begin:end], scene.true[begin:end], scene.overlaps[begin:end]
        starts = np.flatnonzero(np.diff(found, prepend=-1))
        member = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(found)))
        free = ~taken[true] & (overlaps[:, None] >= least)
        if ignored[true].any():
            regular = free & ~ignored[true][:, None]
            free = np.where(np.logical_or.reduceat(regular, starts)[member], regular, free)
        best = np.maximum.reduceat(np.where(free, overlaps[:, None], -1.0), starts)
        best_pairs = np.where(free & (overlaps[:, None] == best[member]), np.arange(len(found))[:, None], -1)
        chosen = np.maximum.reduceat(best_pairs, starts)
        detection, threshold = np.nonzero(chosen >= 0)
        object_ = true[chosen[detection, threshold]]
        taken[object_, threshold] = True
        hits[found[starts][detection], threshold] = True
        spared[found[starts][detection], threshold] = ignored[object_]
    return hits, spared
