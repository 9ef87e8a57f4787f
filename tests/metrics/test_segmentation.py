import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics import segmentation, surface
from vesalius.metrics._overlap import overlap
from vesalius.metrics.boundary import boundary_iou
from vesalius.metrics.instances import lesion_f1, panoptic_quality
from vesalius.metrics.segmentation_table import segmentation_table
from vesalius.metrics.topology import betti_error, cl_dice

NAMED = ("dice", "iou", "sensitivity", "precision", "relative_volume_error", "absolute_volume_error", "hd", "asd", "assd")
WORK = [segmentation_table, cl_dice, boundary_iou, lesion_f1, betti_error, panoptic_quality]
NEED_SPACING = {"absolute_volume_error", "hd", "asd", "assd"}


def blobs(shape, labels, seed):
    """Boxes of random labels, most of the frame background."""
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, np.uint8)
    for _ in range(4 * labels):
        corner = [rng.integers(0, length) for length in shape]
        mask[tuple(slice(low, low + rng.integers(2, 12)) for low in corner)] = rng.integers(1, labels + 1)
    return mask


def counted_one_by_one(prediction, truth):
    labels = np.union1d(prediction, truth)
    labels = labels[labels > 0]
    masks = [(prediction == label, truth == label) for label in labels]
    return labels, [(a & b).sum() for a, b in masks], [a.sum() for a, _ in masks], [b.sum() for _, b in masks]


@pytest.mark.parametrize("size", [50, (1 << 18) + 7])
@pytest.mark.parametrize("largest", [1, 14, 15, 16, 255, 256, 70_000, 2**40])
def test_one_pass_counts_as_label_by_label(size, largest):
    rng = np.random.default_rng(largest % 1000)
    names = np.append(rng.integers(0, largest + 1, 5), largest)
    prediction, truth = rng.choice(names, (2, size))
    counts = overlap(prediction, truth)
    for ours, plain in zip(
        (counts.labels_L, counts.both_L, counts.predicted_L, counts.true_L), counted_one_by_one(prediction, truth)
    ):
        assert ours.tolist() == list(plain)


@given(st.integers(0, 10_000), st.sampled_from([(15, 12), (9, 12, 10)]), st.integers(1, 5))
@settings(max_examples=30)
def test_means_of_the_table_are_the_single_metrics(seed, shape, labels):
    prediction, truth = blobs(shape, labels, seed), blobs(shape, labels, seed + 1)
    spacing = tuple(np.random.default_rng(seed).uniform(0.3, 3, len(shape)))
    table = segmentation_table(prediction, truth, spacing=spacing, percentiles=(50.0, 95.0), tolerances=(0.5, 2.0))
    for name in NAMED:
        options = {"spacing": spacing} if name in NEED_SPACING else {}
        function = getattr(surface if hasattr(surface, name) else segmentation, name)
        assert getattr(table, f"{name}_L").mean() == pytest.approx(function(prediction, truth, **options))
    assert table.hd_percentiles_LP.mean(axis=0) == pytest.approx(
        [surface.hd(prediction, truth, spacing=spacing, percentile=50), surface.hd95(prediction, truth, spacing=spacing)]
    )
    assert table.nsd_LT.mean(axis=0) == pytest.approx(
        [surface.nsd(prediction, truth, spacing=spacing, tolerance=tolerance) for tolerance in (0.5, 2.0)]
    )


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_a_row_of_the_table_is_its_label_alone(seed):
    prediction, truth = blobs((9, 12, 10), 4, seed), blobs((9, 12, 10), 4, seed + 1)
    table = segmentation_table(prediction, truth, spacing=(2.0, 1.0, 0.5))
    for row, label in enumerate(table.labels_L):
        alone = segmentation_table(prediction == label, truth == label, spacing=(2.0, 1.0, 0.5))
        for name in (*(f"{one}_L" for one in NAMED), "hd_percentiles_LP", "nsd_LT"):
            assert getattr(table, name)[row] == pytest.approx(getattr(alone, name)[0])


def test_empty_masks_give_a_table_without_rows():
    empty = np.zeros((4, 4), int)
    table = segmentation_table(empty, empty, tolerances=(1.0, 2.0))
    assert table.labels_L.shape == (0,) and table.hd_percentiles_LP.shape == (0, 1) and table.nsd_LT.shape == (0, 2)


def test_percentiles_out_of_range_are_refused():
    with pytest.raises(ValueError, match="within 0 and 100"):
        segmentation_table(np.ones((2, 2), int), np.ones((2, 2), int), percentiles=(101.0,))


def test_volume_errors_by_hand():
    truth, prediction = np.zeros((4, 4, 4), int), np.zeros((4, 4, 4), int)
    truth[:2, :2, :2], prediction[:3, :2, :2] = 1, 1
    assert segmentation.relative_volume_error(prediction, truth) == 0.5
    assert segmentation.absolute_volume_error(prediction, truth, spacing=(1.0, 0.5, 2.0)) == 4.0


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
@pytest.mark.parametrize("content", ["blobs", "noise"])
@pytest.mark.parametrize(
    "work", [segmentation_table, cl_dice, boundary_iou, lesion_f1, betti_error, panoptic_quality], ids=lambda work: work.__name__
)
def test_memory_stays_below_three_times_the_input(work, content, kind):
    size = 44 if work is cl_dice else 140
    if content == "noise" and work in (cl_dice, lesion_f1, betti_error):
        pytest.skip("the components of noise take four bytes a voxel, and its skeleton takes minutes")
    masks = [blobs((size,) * 3, 6, seed) for seed in (0, 1)]
    if content == "noise":
        masks = [(np.random.default_rng(seed).random((size,) * 3) > 0.2).astype(np.uint8) for seed in (0, 1)]
    masks = [mask.astype(kind) for mask in masks]
    work(masks[0][:4, :4, :4], masks[1][:4, :4, :4])
    tracemalloc.start()
    work(*masks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * sum(mask.nbytes for mask in masks) + 4e6
