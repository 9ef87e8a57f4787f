"""Segmentation metrics beside MONAI, surface-distance, MedPy, scikit-image and scikit-learn."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.conformance.segmentation_inputs import Mask, Pair, ct_organs, nuclei, random_pairs, spheres, vessels
from vesalius.metrics.instances import panoptic_quality
from vesalius.metrics.segmentation import dice, iou, precision, relative_volume_error, sensitivity
from vesalius.metrics.segmentation_table import segmentation_table
from vesalius.metrics.surface import asd, assd, hd, hd95, nsd
from vesalius.metrics.topology import betti_numbers, cl_dice

Metric = Callable[..., float]

TOLERANCE = 2.0
"""Of the normalised surface Dice, in mm."""

SINGLE = "MONAI computes in single precision."
POOLED = (
    "MedPy takes one percentile of both directions' distances together; here, as in MONAI and Metrics Reloaded, each direction "
    "has its own and the larger counts, so that a small surface that is far off is not outvoted by a large one. Both readings of "
    "HD95 are in print; the values are equal where the two surfaces have equal distances."
)
SURFELS = (
    "surface-distance measures between the corners of voxels, weighted by the area of the mesh there; here, as in MONAI and "
    "MedPy, between the centres of border voxels, each counting once. Equal balls of 30 voxels moved by (3, 2, 1) give 3.464 "
    "here, in MONAI and in MedPy and 3.162 there; for ideal balls it is 0.95·√14 = 3.555, since |cos| of the angle to the shift "
    "is spread evenly. Each is right by its own definition; don't compare one with the other."
)
THINNING = (
    "scikit-image up to 0.26 checks a candidate's connectivity again before it takes it away, but not its Euler condition nor "
    "whether it ends a line, as Lee 1994 does, and peels the directions in another order; with these two changed here, the "
    "skeletons are the same. Of 100 random volumes 3 lose or gain a component, tunnel or cavity there, none here."
)
ZHANG = (
    "For images scikit-image, and so the authors' code, thins by Zhang and Suen 1984; here images and volumes are thinned alike, "
    "by Lee 1994. Neither is wrong: the centre line of a digital object is not unique."
)
SMOOTHED = "MONAI adds 1e-6 to the denominator."


def agreements() -> Iterator[Agreement]:
    """Every segmentation metric that an installed peer has."""
    pairs = [*random_pairs(25, dimensions=3, labels=1), *random_pairs(25, dimensions=2, labels=1, seed=1)]
    if find_spec("monai"):
        yield from _with_monai(pairs)
    if find_spec("medpy"):
        yield from _with_medpy(pairs)
    if find_spec("surface_distance"):
        yield from _with_surface_distance(pairs)
    if find_spec("skimage"):
        yield from _with_skimage(pairs)
    if find_spec("sklearn"):
        yield from _with_sklearn()


def monai_surface(pair: Pair, label: int = 1, *, tolerance: float = TOLERANCE) -> tuple[float, float, float]:
    """HD95, ASSD and NSD of one label by MONAI's three functions."""
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

    masks = [torch.from_numpy((mask == label)[None, None].astype(np.float32)) for mask in pair[:2]]
    options: dict[str, Any] = {"include_background": True, "spacing": pair.spacing}
    return (
        float(compute_hausdorff_distance(*masks, percentile=95, **options)),
        float(compute_average_surface_distance(*masks, symmetric=True, **options)),
        float(compute_surface_dice(*masks, [tolerance], **options)),
    )


def _ours(metric: Metric, pairs: Sequence[Pair], **options: object) -> list[float]:
    return [metric(pair.prediction, pair.truth, spacing=pair.spacing, **options) for pair in pairs]


def _with_monai(pairs: Sequence[Pair]) -> Iterator[Agreement]:
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

    said = "50 random masks, 2D and 3D, anisotropic"
    surfaces = np.array([monai_surface(pair) for pair in pairs])
    ours_by_name: dict[str, Metric] = {"hd95@1": hd95, "assd@1": assd, "nsd@1": partial(nsd, tolerance=TOLERANCE)}
    for place, (name, metric) in enumerate(ours_by_name.items()):
        yield agreement(name, "monai", said, _ours(metric, pairs), surfaces[:, place].tolist(), note=SINGLE)
    for name, ours, function in (("hd@1", hd, compute_hausdorff_distance), ("asd@1", asd, compute_average_surface_distance)):
        values = [_monai_value(function, pair) for pair in pairs]
        yield agreement(name, "monai", said, _ours(ours, pairs), values, note=SINGLE)
    organs = ct_organs()
    if organs is not None:
        yield from _monai_organs(organs)
    yield from _monai_overlaps()


def _monai_organs(organs: Pair) -> Iterator[Agreement]:
    table = segmentation_table(*organs[:2], spacing=organs.spacing, tolerances=(TOLERANCE,))
    surfaces = np.array([monai_surface(organs, label) for label in table.labels_L.tolist()])
    shared = np.isfinite(surfaces).all(axis=1)
    columns = {"hd95@1": table.hd_percentiles_LP[:, 0], "assd@1": table.assd_L, "nsd@1": table.nsd_LT[:, 0]}
    for place, (name, column) in enumerate(columns.items()):
        said = f"{shared.sum()} organs of a CT, all labels at once"
        yield agreement(name, "monai", said, column[shared].tolist(), surfaces[shared, place].tolist(), note=SINGLE)


def _monai_value(function: Callable[..., Any], pair: Pair) -> float:
    import torch

    masks = [torch.from_numpy(mask[None, None].astype(np.float32)) for mask in pair[:2]]
    return float(function(*masks, include_background=True, spacing=pair.spacing))


def _monai_overlaps() -> Iterator[Agreement]:
    import torch
    from monai.metrics import compute_dice, compute_iou
    from monai.metrics.panoptic_quality import compute_panoptic_quality

    pairs = list(random_pairs(25, labels=5, seed=2))
    hot = [[torch.from_numpy(np.eye(6, dtype=np.float32)[mask]).movedim(-1, 0)[None] for mask in pair[:2]] for pair in pairs]
    for name, ours, function in (("dice@1", dice, compute_dice), ("iou@1", iou, compute_iou)):
        theirs = [float(function(*masks, include_background=False).mean()) for masks in hot]
        yield agreement(name, "monai", "25 random masks of 5 labels", [ours(*pair[:2]) for pair in pairs], theirs, note=SINGLE)
    cells = list(nuclei(40))
    if cells:
        theirs = [
            float(compute_panoptic_quality(*(torch.from_numpy(mask.astype(np.int32)) for mask in pair[:2]))) for pair in cells
        ]
        ours_of_cells = [panoptic_quality(*pair[:2]) for pair in cells]
        yield agreement("panoptic_quality@1", "monai", f"{len(cells)} images of nuclei", ours_of_cells, theirs, note=SMOOTHED)


def _with_medpy(pairs: Sequence[Pair]) -> Iterator[Agreement]:
    from medpy.metric import binary

    said = "50 random masks, 2D and 3D, anisotropic"
    for name, ours, theirs in (("hd@1", hd, binary.hd), ("asd@1", asd, binary.asd), ("assd@1", assd, binary.assd)):
        values = [theirs(*pair[:2], voxelspacing=pair.spacing) for pair in pairs]
        yield agreement(name, "medpy", said, _ours(ours, pairs), values)
    values = [binary.hd95(*pair[:2], voxelspacing=pair.spacing) for pair in pairs]
    yield agreement("hd95@1", "medpy", said, _ours(hd95, pairs), values, note=POOLED)
    balls = spheres(100, 30)
    yield agreement("hd95@1", "medpy", "two balls of 30 voxels", _ours(hd95, [balls]), [binary.hd95(*balls[:2])])
    overlaps: tuple[tuple[str, Metric, Metric], ...] = (
        ("dice@1", dice, binary.dc),
        ("iou@1", iou, binary.jc),
        ("sensitivity@1", sensitivity, binary.recall),
        ("precision@1", precision, binary.precision),
        ("relative_volume_error@1", relative_volume_error, lambda *masks: abs(binary.ravd(*masks))),
    )
    for name, ours, theirs in overlaps:
        yield agreement(name, "medpy", said, [ours(*pair[:2]) for pair in pairs], [float(theirs(*pair[:2])) for pair in pairs])


def surfel_distances(pair: Pair) -> Any:
    """The distances that surface-distance takes its metrics from; numpy 2 has lost a name that it uses for empty masks only."""
    from surface_distance import compute_surface_distances

    return compute_surface_distances(pair.truth > 0, pair.prediction > 0, pair.spacing)


def _with_surface_distance(pairs: Sequence[Pair]) -> Iterator[Agreement]:
    from surface_distance import compute_robust_hausdorff, compute_surface_dice_at_tolerance

    measured = [surfel_distances(pair) for pair in pairs]
    values = [compute_robust_hausdorff(each, 95) for each in measured]
    said = "50 random masks, 2D and 3D, anisotropic"
    yield agreement("hd95@1", "surface-distance", said, _ours(hd95, pairs), values, note=SURFELS)
    values = [compute_surface_dice_at_tolerance(each, TOLERANCE) for each in measured]
    yield agreement("nsd@1", "surface-distance", said, _ours(nsd, pairs, tolerance=TOLERANCE), values, note=SURFELS)
    balls = spheres(100, 30)
    value = compute_robust_hausdorff(surfel_distances(balls), 95)
    yield agreement("hd95@1", "surface-distance", "two balls of 30 voxels", _ours(hd95, [balls]), [value], note=SURFELS)


def skimage_cl_dice(pair: Pair, method: str | None) -> float:
    """Centre-line Dice with the skeletons of scikit-image."""
    from skimage.morphology import skeletonize

    ours, theirs = (mask > 0 for mask in pair[:2])
    shares = [float(other[skeletonize(mask, method=method)].mean()) for mask, other in ((ours, theirs), (theirs, ours))]
    return 2 * shares[0] * shares[1] / sum(shares)


def _with_skimage(pairs: Sequence[Pair]) -> Iterator[Agreement]:
    volumes, eyes = [pair for pair in pairs if pair.truth.ndim == 3], list(vessels())
    said = "25 random volumes"
    theirs = [skimage_cl_dice(pair, "lee") for pair in volumes]
    yield agreement("cl_dice@1", "scikit-image", said, [cl_dice(*pair[:2]) for pair in volumes], theirs, note=THINNING)
    if eyes:
        ours = [cl_dice(*pair[:2]) for pair in eyes]
        said = f"second observer of {len(eyes)} fundus images"
        yield agreement(
            "cl_dice@1", "scikit-image", f"{said}, lee", ours, [skimage_cl_dice(pair, "lee") for pair in eyes], note=THINNING
        )
        yield agreement("cl_dice@1", "scikit-image", said, ours, [skimage_cl_dice(pair, None) for pair in eyes], note=ZHANG)
    masks = [pair.truth for pair in [*pairs, *eyes]]
    said = f"components and Euler number of {len(masks)} masks"
    yield agreement("betti_error@1", "scikit-image", said, _our_betti(masks), _skimage_betti(masks))


def _our_betti(masks: Sequence[Mask]) -> list[float]:
    counted = [betti_numbers(mask) for mask in masks]
    return [float(value) for betti in counted for value in (betti[0], betti[0] - betti[1] + betti[2])]


def _skimage_betti(masks: Sequence[Mask]) -> list[float]:
    from skimage.measure import euler_number, label

    return [float(value) for mask in masks for value in (label(mask > 0).max(), euler_number(mask > 0))]


def _with_sklearn() -> Iterator[Agreement]:
    from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

    organs = ct_organs()
    pairs = [*random_pairs(25, labels=5, seed=2), *([organs] if organs is not None else [])]
    for name, ours, theirs in (
        ("dice@1", dice, f1_score),
        ("iou@1", iou, jaccard_score),
        ("sensitivity@1", sensitivity, recall_score),
        ("precision@1", precision, precision_score),
    ):
        values = []
        for pair in pairs:
            present = np.union1d(pair.prediction, pair.truth)
            options: dict[str, Any] = {"labels": present[present > 0], "average": "macro", "zero_division": 0}
            values.append(float(theirs(pair.truth.ravel(), pair.prediction.ravel(), **options)))
        said = f"{len(pairs)} masks of 5 or 40 labels"
        yield agreement(name, "scikit-learn", said, [ours(*pair[:2]) for pair in pairs], values)
