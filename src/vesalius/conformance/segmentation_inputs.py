"""Mask pairs that segmentation metrics and their peers are given: random ones, and real ones where the releases are there."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.public import root

Mask = NDArray[np.uint8]


class Pair(NamedTuple):
    """Two label masks and the mm between their voxels."""

    prediction: Mask
    truth: Mask
    spacing: tuple[float, ...]


def spheres(size: int, radius: int, shift: tuple[int, int, int] = (3, 2, 1)) -> Pair:
    """Two balls of one radius, the second moved by some voxels, in a cube."""
    grid = np.ogrid[:size, :size, :size]
    middle = size // 2
    first = sum((axis - middle) ** 2 for axis in grid) <= radius**2
    second = sum((axis - middle - each) ** 2 for axis, each in zip(grid, shift)) <= radius**2
    return Pair(np.asarray(first, np.uint8), np.asarray(second, np.uint8), (1.0, 1.0, 1.0))


def random_pairs(count: int, *, dimensions: int = 3, labels: int = 1, seed: int = 0) -> Iterator[Pair]:
    """Smooth blobs of some labels with noise between the two, on an anisotropic grid; every label is in both."""
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    made = 0
    while made < count:
        shape = tuple(rng.integers(12, 40, dimensions).tolist())
        field = ndimage.gaussian_filter(rng.normal(size=shape), 2.5)
        noise = ndimage.gaussian_filter(rng.normal(size=shape), 1.5)
        masks = [_levels(field, labels, 0.6), _levels(field + 0.3 * noise, labels, 0.55)]
        if all(len(np.unique(mask)) == labels + 1 for mask in masks):
            made += 1
            yield Pair(masks[1], masks[0], tuple(rng.uniform(0.5, 3.0, dimensions).round(2).tolist()))


def _levels(field: NDArray[np.float64], labels: int, background: float) -> Mask:
    edges = np.quantile(field, np.linspace(background, 1.0, labels + 1)[:-1])
    return np.digitize(field, edges).astype(np.uint8)


def ct_organs() -> Pair | None:
    """TotalSegmentator's fast and full model on one CT, 40 organs; None where the release or nibabel is absent."""
    names = ("example_seg_fast.nii.gz", "example_seg.nii.gz")
    if not find_spec("nibabel") or not all(root.present("totalsegmentator", name) for name in names):
        return None
    import nibabel

    images: list[Any] = [nibabel.load(root.path("totalsegmentator", name)) for name in names]
    fast, full = images
    spacing = tuple(float(size) for size in full.header.get_zooms())
    return Pair(_bytes(fast), _bytes(full), spacing)


def _bytes(image: Any) -> Mask:
    return np.asarray(image.dataobj).astype(np.uint8)


def vessels() -> Iterator[Pair]:
    """The second observer of DRIVE beside the first; nothing where the release is absent."""
    from PIL import Image

    if not root.present("drive", "test", "1st_manual"):
        return
    for first in sorted(root.path("drive", "test", "1st_manual").glob("*.gif")):
        second = first.parents[1] / "2nd_manual" / first.name.replace("manual1", "manual2")
        if second.exists():
            masks = [(np.asarray(Image.open(file)) > 0).astype(np.uint8) for file in (second, first)]
            yield Pair(masks[0], masks[1], (1.0, 1.0))


def nuclei(count: int) -> Iterator[Pair]:
    """Instance masks of DSB 2018, the prediction made of the truth by an opening that loses some; nothing where it is absent."""
    from PIL import Image
    from scipy import ndimage

    if not root.present("dsb2018", "labels"):
        return
    for file in sorted(root.path("dsb2018", "labels").glob("*.png"))[:count]:
        truth = np.asarray(Image.open(file))
        opened = ndimage.binary_opening(truth > 0, iterations=3)
        yield Pair(ndimage.label(opened)[0], truth, (1.0, 1.0))
