"""Segmentation metrics beside their peers, on the same input, in one process.

    python benchmarks/metrics.py segmentation

Peers are given the form that they take (one-hot or binary tensors for MONAI), ready made; making it is not timed.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np

from clock import milliseconds
from vesalius.conformance.segmentation import TOLERANCE, surfel_distances
from vesalius.conformance.segmentation_inputs import Pair, ct_organs, spheres
from vesalius.metrics.segmentation import dice, iou
from vesalius.metrics.segmentation_table import segmentation_table
from vesalius.metrics.surface import surfaces

SIDE = 250
LABELS = 14
BALL = "HD95, ASSD and NSD, two balls in 250³"
ORGANS = "HD95, ASSD and NSD, organs of a CT at once"


def labelled() -> Pair:
    """Fourteen balls in a cube of 250 voxels a side, and the same moved by some voxels."""
    grid = np.ogrid[:SIDE, :SIDE, :SIDE]
    truth = np.zeros((SIDE, SIDE, SIDE), np.uint8)
    for label, middle in enumerate(list(np.ndindex(3, 3, 2))[:LABELS], start=1):
        apart = sum((axis - 45 - 80 * place) ** 2 for axis, place in zip(grid, middle))
        truth[apart <= (20 + label) ** 2] = label
    return Pair(np.roll(truth, (3, 2, 1), (0, 1, 2)), truth, (1.0, 1.0, 1.0))


def our_surface(pair: Pair) -> list[np.ndarray]:
    """HD95, ASSD and NSD of every label, from one pass."""
    found = surfaces(pair.prediction, pair.truth, spacing=pair.spacing)
    return [found.hausdorff(95), found.average_symmetric(), found.within(TOLERANCE)]


def rows() -> Iterator[tuple[str, float, float]]:
    """What was measured, milliseconds of the peer, milliseconds of ours."""
    yield from _overlap_rows()
    yield from _ball_rows()
    yield from _organ_rows()


def _overlap_rows() -> Iterator[tuple[str, float, float]]:
    pair = labelled()
    masks = pair[:2]
    if find_spec("monai"):
        import torch
        from monai.metrics import compute_dice, compute_iou

        hot = [torch.stack([torch.from_numpy(mask == label) for label in range(LABELS + 1)])[None].float() for mask in masks]
        theirs = milliseconds(lambda: (compute_dice(*hot), compute_iou(*hot)), repeats=2)
        yield f"Dice and IoU, {LABELS} labels, 250³: MONAI, one-hot", theirs, milliseconds(lambda: (dice(*masks), iou(*masks)))
        theirs = milliseconds(partial(compute_dice, *hot), repeats=2)
        yield f"Dice alone, {LABELS} labels, 250³: MONAI, one-hot", theirs, milliseconds(partial(dice, *masks))
        del hot
        theirs = milliseconds(lambda: _monai_dice_of_label_maps(pair), repeats=2)
        yield f"Dice alone, {LABELS} labels, 250³: MONAI, label maps", theirs, milliseconds(partial(dice, *masks))
        ours = milliseconds(partial(segmentation_table, *masks))
        yield f"ten metrics of {LABELS} labels, 250³, one table: MONAI, Dice of label maps alone", theirs, ours


def _monai_dice_of_label_maps(pair: Pair) -> object:
    import torch
    from monai.metrics import DiceHelper

    maps = [torch.from_numpy(mask)[None, None] for mask in pair[:2]]
    return DiceHelper(include_background=False, num_classes=LABELS + 1, softmax=False, reduction="none")(*maps)


def _ball_rows() -> Iterator[tuple[str, float, float]]:
    for radius in (50, 100):
        balls = spheres(SIDE, radius)
        ours = milliseconds(partial(our_surface, balls))
        said = f"{BALL}, radius {radius}"
        if find_spec("monai"):
            yield f"{said}: MONAI, three calls", milliseconds(monai_three(balls, [1]), repeats=2), ours
        if find_spec("surface_distance"):
            yield f"{said}: surface-distance", milliseconds(partial(surfel_distances, balls), repeats=1), ours
        if find_spec("medpy"):
            from medpy.metric import binary

            theirs = milliseconds(lambda balls=balls: (binary.hd95(*balls[:2]), binary.assd(*balls[:2])), repeats=1)
            yield f"{said}: MedPy, without NSD", theirs, ours


def _organ_rows() -> Iterator[tuple[str, float, float]]:
    organs = ct_organs()
    if organs is None or not find_spec("monai"):
        print("totalsegmentator/, nibabel or MONAI is absent: its rows are too.")
        return
    moved = organs._replace(prediction=np.roll(organs.truth, (1, 2, 1), (0, 1, 2)))
    for said, pair in (("moved by some voxels", moved), ("two models", organs)):
        labels = np.intersect1d(pair.prediction, pair.truth)[1:].tolist()
        theirs = milliseconds(monai_three(pair, labels), repeats=2)
        yield f"{ORGANS}, {said}, {len(labels)} labels: MONAI", theirs, milliseconds(partial(our_surface, pair))


def monai_three(pair: Pair, labels: list[int]) -> Callable[[], object]:
    """MONAI's three functions on the labels one by one, tensors ready made."""
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

    tensors = [[torch.from_numpy((mask == label)[None, None].astype(np.float32)) for mask in pair[:2]] for label in labels]
    options = {"include_background": True, "spacing": pair.spacing}

    def work() -> None:
        for masks in tensors:
            compute_hausdorff_distance(*masks, percentile=95, **options)
            compute_average_surface_distance(*masks, symmetric=True, **options)
            compute_surface_dice(*masks, [TOLERANCE], **options)

    return work
