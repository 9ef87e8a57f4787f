import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist

from vesalius.metrics import _nearest, surface
from vesalius.metrics._nearest import Distances


def border_points(mask, spacing):
    return np.argwhere(mask & ~ndimage.binary_erosion(mask)) * spacing


def directed(prediction, truth, spacing):
    """Each border voxel's distance to the other border, both ways, by all pairs."""
    apart = cdist(border_points(prediction, spacing), border_points(truth, spacing))
    return apart.min(axis=1), apart.min(axis=0)


def random_masks(seed, shape):
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(2):
        field = ndimage.gaussian_filter(rng.random(shape), rng.uniform(0, 2))
        mask = field > np.quantile(field, rng.uniform(0.2, 0.95))
        mask[tuple(rng.integers(0, length) for length in shape)] = True
        masks.append(mask)
    return masks


@given(st.integers(0, 100_000), st.sampled_from([(40,), (20, 25), (3, 60), (9, 11, 10), (1, 7, 12), (4, 3, 5, 4)]))
@settings(max_examples=150)
def test_all_equal_a_search_over_all_pairs(seed, shape):
    prediction, truth = random_masks(seed, shape)
    spacing = np.random.default_rng(seed).choice([0.2, 1.0, 2.5, 7.0], len(shape))
    there, back = directed(prediction, truth, spacing)
    both = np.concatenate([there, back])
    assert surface.hd(prediction, truth, spacing=spacing) == pytest.approx(both.max())
    assert surface.hd95(prediction, truth, spacing=spacing) == pytest.approx(
        max(np.percentile(there, 95), np.percentile(back, 95))
    )
    assert surface.asd(prediction, truth, spacing=spacing) == pytest.approx(there.mean())
    assert surface.assd(prediction, truth, spacing=spacing) == pytest.approx(both.mean())
    for tolerance in (0.0, 1.0, 2.5):
        within = (both <= tolerance + 1e-6).mean()
        assert surface.nsd(prediction, truth, spacing=spacing, tolerance=tolerance) == pytest.approx(within)


def test_two_threads_give_what_one_gives(monkeypatch):
    prediction, truth = random_masks(3, (30, 30, 30))
    alone = surface.assd(prediction, truth), surface.hd95(prediction, truth)
    monkeypatch.setattr(_nearest, "LARGE", 1)
    monkeypatch.setattr(_nearest, "POINTS", 50)
    monkeypatch.setattr(_nearest, "PIECE", 100)
    monkeypatch.setattr(_nearest, "CACHE", 100)
    assert (surface.assd(prediction, truth), surface.hd95(prediction, truth)) == alone


def test_balls_of_the_published_disagreement():
    """MONAI and MedPy give 3.464 for equal balls moved by (3, 2, 1), surface-distance 3.162."""
    grid = np.ogrid[:70, :70, :70]
    balls = [sum((axis - 33 - each) ** 2 for axis, each in zip(grid, shift)) <= 900 for shift in ((0, 0, 0), (3, 2, 1))]
    assert surface.hd95(*balls) == pytest.approx(np.sqrt(12))
    assert surface.hd(*balls) == pytest.approx(np.sqrt(14))


def test_objects_far_apart_are_found_as_well():
    mask = np.zeros((2, 40, 40), bool)
    mask[0, :3, :3], mask[1, 30:33, 30:33] = True, True
    assert surface.hd(*mask, spacing=(2.0, 1.0)) == pytest.approx(np.hypot(60, 30))


def test_frame_edge_is_border():
    assert surface.asd(np.ones((5, 5), int), np.pad(np.ones((3, 3), int), 1)) == pytest.approx((12 * 1 + 4 * np.sqrt(2)) / 16)


def test_touching_labels_have_a_border_between_them():
    truth = np.repeat([[1, 1, 1, 2, 2, 2]], 6, axis=0)
    prediction = np.repeat([[1, 1, 2, 2, 2, 2]], 6, axis=0)
    alone = np.mean([surface.assd(prediction == label, truth == label) for label in (1, 2)])
    assert surface.assd(prediction, truth) == pytest.approx(alone)


def test_missed_label_lies_at_the_diagonal():
    truth, prediction = np.zeros((2, 30, 40), int)
    truth[2, 2], truth[5, 5], prediction[2, 2] = 1, 2, 1
    for metric in (surface.hd, surface.hd95, surface.asd, surface.assd):
        assert metric(prediction, truth) == pytest.approx((0 + 50) / 2)
    assert surface.nsd(prediction, truth) == 0.5


def test_tolerance_of_each_label():
    truth, prediction = np.zeros((2, 9, 9), int)
    truth[1, 1], prediction[1, 3], truth[6, 6], prediction[6, 8] = 1, 1, 2, 2
    assert surface.nsd(prediction, truth, tolerance={1: 2.0, 2: 1.0}) == 0.5
    with pytest.raises(ValueError, match="no distance for every label"):
        surface.nsd(prediction, truth, tolerance={1: 2.0})


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf])
def test_bad_tolerance_is_refused(tolerance):
    for mask in (np.zeros((2, 2), int), np.ones((2, 2), int)):
        with pytest.raises(ValueError, match="give mm, 0 or more"):
            surface.nsd(mask, mask, tolerance=tolerance)


@pytest.mark.parametrize("percentile", [-1, 101, np.nan])
def test_bad_percentile_is_refused(percentile):
    with pytest.raises(ValueError, match="within 0 and 100"):
        surface.hd(np.ones((2, 2), int), np.ones((2, 2), int), percentile=percentile)


def test_distance_equal_to_the_tolerance_but_for_rounding_counts():
    assert surface.nsd(np.array([1, 0, 0, 0]), np.array([0, 0, 0, 1]), spacing=(0.1,), tolerance=0.3) == 1.0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=1, unique_by=lambda pair: pair[0]), st.floats(0, 100))
@settings(max_examples=100)
def test_percentile_is_that_of_numpy(pairs, percent):
    values, counts = np.array(sorted(pairs)).T
    ours = Distances(values.astype(float), counts).percentile(percent)
    assert ours == pytest.approx(np.percentile(np.repeat(values, counts), percent))
