import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from vesalius.metrics import boundary
from vesalius.metrics._thinning import _is_removable, _removable, skeleton
from vesalius.metrics.boundary import boundary_iou
from vesalius.metrics.topology import betti_error, betti_numbers, cl_dice


def random_mask(seed, dimensions):
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.random((14,) * dimensions), rng.choice([0, 0.8, 1.5]))
    return field > np.quantile(field, rng.uniform(0.3, 0.9))


@given(st.integers(0, 100_000), st.sampled_from([2, 3]))
@settings(max_examples=60)
def test_skeleton_is_part_of_the_mask_with_its_topology(seed, dimensions):
    mask = random_mask(seed, dimensions)
    line = skeleton(mask)
    assert not (line & ~mask).any()
    assert betti_numbers(line) == betti_numbers(mask)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_skeleton_is_thin(dimensions):
    """No square or cube of voxels survives but where taking one away would split or join something."""
    rod = np.zeros((11, 11, 40)[3 - dimensions :], bool)
    rod[(slice(3, 8),) * (dimensions - 1) + (slice(2, 38),)] = True
    line = skeleton(rod)
    assert line.sum(axis=tuple(range(dimensions - 1))).max() == 1
    assert line.sum() >= 30


def test_ends_of_lines_stay():
    line = np.zeros((5, 20), bool)
    line[2, 3:17] = True
    assert (skeleton(line) == line).all()


def test_one_neighbourhood_is_judged_as_many_are():
    codes = np.random.default_rng(0).integers(0, 1 << 27, 3000) | 1 << 13
    assert [_is_removable(code) for code in codes.tolist()] == _removable(codes).tolist()


def torus():
    z, y, x = np.ogrid[-4:5, -11:12, -11:12]
    return (np.hypot(y, x) - 7) ** 2 + z**2 <= 9


@pytest.mark.parametrize(
    ("mask", "numbers"),
    [
        (np.ones((3, 3)), (1, 0, 0)),
        (np.eye(3), (1, 0, 0)),  # corners connect
        (1 - np.eye(3), (1, 1, 0)),
        (np.pad([[1, 1, 1], [1, 0, 1], [1, 1, 1]], 1), (1, 1, 0)),
        ([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], (1, 2, 0)),  # corners don't connect the background
        (torus(), (1, 1, 0)),
        (np.pad(np.zeros((2, 2, 2)), 1, constant_values=1), (1, 0, 1)),
        (np.zeros((3, 3, 3)), (0, 0, 0)),
    ],
)
def test_betti_numbers_of_known_shapes(mask, numbers):
    assert betti_numbers(np.asarray(mask).astype(int)) == numbers


def test_betti_error_of_a_broken_ring():
    ring = np.pad([[1, 1, 1], [1, 0, 1], [1, 1, 1]], 1)
    broken = ring.copy()
    broken[1, 2] = broken[3, 2] = 0
    assert betti_error(broken, ring) == 2.0  # two pieces and no hole for one piece and a hole


def test_cl_dice_sees_a_gap_that_dice_hardly_sees():
    vessel = np.zeros((20, 100), int)
    vessel[8:13, 5:95] = 1
    cut = vessel.copy()
    cut[:, 45:55] = 0
    assert 0.9 < cl_dice(cut, vessel) < 0.96
    assert cl_dice(np.roll(vessel, 1, axis=0), vessel) == 1.0  # a shift by less than the radius costs nothing


def test_cl_dice_of_masks_that_do_not_meet():
    mask = np.zeros((2, 10, 10), int)
    mask[0, 2, 2:8], mask[1, 7, 2:8] = 1, 1
    assert cl_dice(*mask) == 0.0


@pytest.mark.parametrize("metric", [cl_dice, betti_error])
@pytest.mark.parametrize("dimensions", [1, 4])
def test_topology_is_of_images_and_volumes(metric, dimensions):
    mask = np.ones((2,) * dimensions, int)
    with pytest.raises(ValueError, match="image of 2 or a volume of 3"):
        metric(mask, mask)


def rim_by_transform(mask, spacing, width):
    distance = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[(slice(1, -1),) * mask.ndim]
    return mask & (distance <= width * (1 + 1e-9))


@given(st.integers(0, 100_000), st.sampled_from([2, 3]), st.floats(1, 3))
@settings(max_examples=40)
def test_rim_is_that_of_a_distance_transform(seed, dimensions, factor):
    masks = [ndimage.binary_dilation(random_mask(seed + place, dimensions)) for place in (0, 1)]
    spacing = np.random.default_rng(seed).choice([0.5, 1.0, 2.0], dimensions)
    width = float(spacing.max() * factor)
    rims = [rim_by_transform(mask, spacing, width) for mask in masks]
    expected = (rims[0] & rims[1]).sum() / (rims[0] | rims[1]).sum()
    assert boundary_iou(*masks, spacing=spacing, width=width) == pytest.approx(expected)


def test_rim_in_slabs_is_the_rim_at_once(monkeypatch):
    masks = [ndimage.binary_dilation(random_mask(seed, 3)) for seed in (0, 1)]
    once = boundary_iou(*masks, width=2.0)
    monkeypatch.setattr(boundary, "SLAB", 1)
    assert boundary_iou(*masks, width=2.0) == once


def test_rim_of_two_percent_of_the_diagonal_by_default():
    masks = [np.pad(np.ones((200 - 2 * margin, 200 - 2 * margin), int), margin) for margin in (20, 22)]
    assert boundary_iou(*masks) == boundary_iou(*masks, width=0.02 * np.hypot(200, 200))


@pytest.mark.parametrize("width", [0.5, 0.0, -1.0, np.nan])
def test_rim_of_less_than_a_voxel_is_refused(width):
    with pytest.raises(ValueError, match="rim of one voxel or more"):
        boundary_iou(np.ones((3, 3), int), np.ones((3, 3), int), width=width)


def test_rim_of_everything_is_iou():
    masks = [random_mask(seed, 2) for seed in (0, 1)]
    assert boundary_iou(*masks, width=1e3) == pytest.approx((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())
