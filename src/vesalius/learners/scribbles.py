"""Simulated scribbles, clicks and boxes of a person who points out a region (Wong et al. 2024, ScribblePrompt).

A scribble is a line between two places of the region, its centreline, or a contour within it. It is bent by a smooth random field
and broken by another, as hands do, and what leaves the region is cut off. A click is anywhere in the region, at its centre, or
near its border from within.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vesalius.learners.thinning import thin

Region = NDArray[np.bool_]
ScribbleKind = Literal["line", "centreline", "contour"]
SCRIBBLES: tuple[ScribbleKind, ...] = get_args(ScribbleKind)
ClickKind = Literal["anywhere", "centre", "border"]
CLICKS: tuple[ClickKind, ...] = get_args(ClickKind)

BEND, BEND_SCALE = 0.03, 0.06
"""Greatest deviation of the field that bends a scribble, and how smooth it is, as shares of the image's longer side."""
BREAK_SCALE = (0.02, 0.12)
"""How smooth the field is that breaks a scribble, as a share of the image's longer side."""
MOST_BROKEN = 0.7
"""Greatest share of a scribble that breaks away."""
MARGIN = 0.08
"""How far at most a side of a box lies outside of the region, as a share of the image's longer side."""


def scribble(region: Region, generator: np.random.Generator, kinds: tuple[ScribbleKind, ...] = SCRIBBLES) -> Region:
    """One scribble of a random kind, bent, broken, and within the region; at least one pixel of a region that has any.

    >>> region = np.pad(np.ones((10, 20), bool), 6)
    >>> drawn = scribble(region, np.random.default_rng(0))
    >>> bool(drawn.any()), bool((drawn & ~region).any())
    (True, False)
    """
    makers = {"line": line_scribble, "centreline": centreline_scribble, "contour": contour_scribble}
    drawn = makers[kinds[generator.integers(len(kinds))]](region, generator)
    drawn = broken(bent(drawn, generator) & region, generator)
    return drawn if drawn.any() else click(region, generator, ("anywhere",))


def line_scribble(region: Region, generator: np.random.Generator) -> Region:
    """Straight lines between pairs of random places, one to three, without the parts outside of the region."""
    drawn, places = np.zeros_like(region), np.argwhere(region)
    for _ in range(int(generator.integers(1, 4)) if len(places) else 0):
        start, end = places[generator.integers(len(places), size=2)]
        count = int(np.abs(end - start).max()) + 1
        drawn[tuple(np.rint(np.linspace(start, end, count)).astype(int).T)] = True
    drawn &= region
    return drawn


def centreline_scribble(region: Region, generator: np.random.Generator) -> Region:
    """The skeleton of the region."""
    return thin(region)


def contour_scribble(region: Region, generator: np.random.Generator) -> Region:
    """A level line of the blurred region, at a random height between its lowest and its highest within the region."""
    if not region.any():
        return np.zeros_like(region)
    height = ndimage.gaussian_filter(region.astype(np.float32), generator.uniform(0.02, 0.08) * max(region.shape), mode="nearest")
    within = height[region]
    above: Region = (height >= generator.uniform(within.min(), within.max())) & region
    inner: Region = ndimage.binary_erosion(above)
    rim: Region = above & ~inner
    return rim


def bent(drawn: Region, generator: np.random.Generator) -> Region:
    """Every pixel moved by a smooth random field of random strength; pixels that part are joined again."""
    side = max(drawn.shape)
    strength = generator.uniform(0, BEND) * side
    rows, columns = np.nonzero(drawn)
    moves = [strength * _smooth(drawn.shape, BEND_SCALE * side, generator)[rows, columns] for _ in drawn.shape]
    places = [
        np.clip(np.rint(axis + move), 0, size - 1).astype(int) for axis, move, size in zip((rows, columns), moves, drawn.shape)
    ]
    moved = np.zeros_like(drawn)
    moved[tuple(places)] = True
    joined: Region = ndimage.binary_closing(np.pad(moved, 1), np.ones((3, 3), dtype=bool))[1:-1, 1:-1]
    return joined | moved


def broken(drawn: Region, generator: np.random.Generator) -> Region:
    """What is left where a smooth random field is above a random percentile of its values along the scribble."""
    if not drawn.any():
        return drawn
    field = _smooth(drawn.shape, generator.uniform(*BREAK_SCALE) * max(drawn.shape), generator)
    return drawn & (field >= np.quantile(field[drawn], generator.uniform(0, MOST_BROKEN)))


def click(region: Region, generator: np.random.Generator, kinds: tuple[ClickKind, ...] = CLICKS) -> Region:
    """One pixel of a random kind within the region; none where it is empty.

    The centre is the pixel that is farthest from the border, of one of the region's parts; a border click is nearer to the border
    than half of the region is.

    >>> region = np.zeros((9, 9), dtype=bool)
    >>> region[2:7, 1:6] = True
    >>> np.argwhere(click(region, np.random.default_rng(0), ("centre",))).tolist()
    [[4, 3]]
    """
    drawn = np.zeros_like(region)
    if not region.any():
        return drawn
    kind = kinds[generator.integers(len(kinds))]
    chosen = region
    if kind != "anywhere":
        parts, count = ndimage.label(region)
        part = parts == 1 + generator.integers(count)
        depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
        chosen = depth == depth.max() if kind == "centre" else part & (depth <= np.median(depth[part]))
    places = np.argwhere(chosen)
    drawn[tuple(places[generator.integers(len(places))])] = True
    return drawn


def box(region: Region, generator: np.random.Generator) -> Region:
    """The inside of the region's bounding box, each side moved outwards at random; nothing where the region is empty.

    >>> region = np.pad(np.ones((3, 4), bool), 3)
    >>> bool(box(region, np.random.default_rng(0))[region].all())
    True
    """
    inside = np.zeros_like(region)
    if region.any():
        places = np.argwhere(region)
        moves = np.rint(generator.uniform(0, MARGIN * max(region.shape), size=(2, 2))).astype(int)
        low, high = np.maximum(places.min(axis=0) - moves[0], 0), places.max(axis=0) + 1 + moves[1]
        inside[tuple(map(slice, low, high))] = True
    return inside


def _smooth(shape: tuple[int, ...], deviation: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Blurred noise of mean 0 and deviation 1."""
    field: NDArray[np.float64] = ndimage.gaussian_filter(generator.normal(size=shape), deviation, mode="wrap")
    field = (field - field.mean()) / max(float(field.std()), 1e-9)
    return field
