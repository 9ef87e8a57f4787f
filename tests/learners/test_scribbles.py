import numpy as np
import pytest
from scipy import ndimage

from vesalius.learners import scribbles
from vesalius.learners.scribbles import CLICKS, SCRIBBLES, bent, box, broken, click, contour_scribble, line_scribble, scribble
from vesalius.learners.thinning import thin

EVERYWHERE = np.ones((3, 3), dtype=bool)


def regions():
    rows, columns = np.mgrid[:64, :64]
    disc = (rows - 30) ** 2 + (columns - 28) ** 2 < 18**2
    ring = disc & ((rows - 30) ** 2 + (columns - 28) ** 2 > 10**2)
    two = ((rows - 15) ** 2 + (columns - 15) ** 2 < 50) | ((rows - 45) ** 2 + (columns - 50) ** 2 < 90)
    line = np.zeros((64, 64), dtype=bool)
    line[20, 5:60] = True
    dot = np.zeros((64, 64), dtype=bool)
    dot[0, 63] = True
    return {"disc": disc, "ring": ring, "two": two, "line": line, "dot": dot, "background": ~disc}


@pytest.mark.parametrize("name", regions())
@pytest.mark.parametrize("kind", SCRIBBLES)
def test_a_scribble_of_every_kind_lies_inside_its_region(name, kind):
    region = regions()[name]
    for seed in range(20):
        drawn = scribble(region, np.random.default_rng(seed), (kind,))
        assert drawn.any() and not (drawn & ~region).any()


def test_all_kinds_of_scribbles_and_clicks_are_drawn(monkeypatch):
    drawn = set()
    for kind in SCRIBBLES:
        monkeypatch.setattr(
            scribbles,
            f"{kind}_scribble",
            lambda region, generator, kind=kind: (drawn.add(kind), line_scribble(region, generator))[1],
        )
    for seed in range(30):
        scribble(regions()["disc"], np.random.default_rng(seed))
    assert drawn == set(SCRIBBLES)


def test_same_generator_same_scribble_and_another_another():
    disc = regions()["disc"]
    first, again, other = (scribble(disc, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def test_a_scribble_covers_a_small_part_of_its_region():
    disc = regions()["disc"]
    shares = [scribble(disc, np.random.default_rng(seed)).sum() / disc.sum() for seed in range(60)]
    assert 0.005 < np.mean(shares) < 0.15


def test_lines_cross_the_region_and_contours_follow_its_border():
    disc = regions()["disc"]
    depth = ndimage.distance_transform_edt(disc)
    for seed in range(20):
        contour = contour_scribble(disc, np.random.default_rng(seed))
        assert np.ptp(depth[contour]) < 4, "a contour of a disc is all at one depth"
    lines = [line_scribble(disc, np.random.default_rng(seed)) for seed in range(20)]
    assert max(np.ptp(depth[line]) for line in lines) > 8


def test_bending_moves_a_line_and_keeps_it_whole():
    line = regions()["line"]
    moved = [bent(line, np.random.default_rng(seed)) for seed in range(30)]
    assert max(np.abs(np.nonzero(each)[0] - 20).max() for each in moved) >= 2
    assert np.mean([ndimage.label(each, EVERYWHERE)[1] for each in moved]) < 2


def test_breaking_takes_away_a_part_and_makes_pieces():
    line = regions()["line"]
    left = [broken(line, np.random.default_rng(seed)) for seed in range(60)]
    assert all((each & line).sum() == each.sum() > 0 for each in left)
    assert max(ndimage.label(each)[1] for each in left) > 2
    assert min(each.sum() for each in left) >= 0.25 * line.sum()


@pytest.mark.parametrize("name", regions())
@pytest.mark.parametrize("kind", CLICKS)
def test_a_click_is_one_pixel_of_the_region(name, kind):
    region = regions()[name]
    for seed in range(10):
        drawn = click(region, np.random.default_rng(seed), (kind,))
        assert drawn.sum() == 1 and region[drawn].all()


def test_centre_clicks_are_deep_border_clicks_shallow():
    disc = regions()["disc"]
    depth = ndimage.distance_transform_edt(disc)
    for seed in range(20):
        generator = np.random.default_rng(seed)
        assert depth[click(disc, generator, ("centre",))] == depth.max()
        assert depth[click(disc, generator, ("border",))] <= np.median(depth[disc])


def test_nothing_is_drawn_of_an_empty_region():
    empty = np.zeros((8, 8), dtype=bool)
    for draw in (scribble, click, box):
        assert not draw(empty, np.random.default_rng(0)).any()


def test_boxes_hold_the_region_and_jitter():
    disc = regions()["disc"]
    boxes = [box(disc, np.random.default_rng(seed)) for seed in range(10)]
    assert all(each[disc].all() for each in boxes)
    assert len({int(each.sum()) for each in boxes}) > 5


@pytest.mark.parametrize("name", regions())
def test_a_skeleton_is_thin_within_the_region_and_in_as_many_parts(name):
    region = regions()[name]
    skeleton = thin(region)
    assert not (skeleton & ~region).any()
    assert ndimage.label(skeleton, EVERYWHERE)[1] == ndimage.label(region, EVERYWHERE)[1]
    assert ndimage.label(~np.pad(skeleton, 1))[1] == ndimage.label(~np.pad(region, 1))[1], "holes stay holes"
    assert not ndimage.binary_erosion(skeleton, EVERYWHERE).any()


def test_a_skeleton_that_is_thin_is_left_as_it_is():
    assert (thin(regions()["line"])[20, 5:60]).sum() >= 53
