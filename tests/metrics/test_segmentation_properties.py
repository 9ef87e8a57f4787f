"""What each segmentation metric claims of itself, on random masks and on odd ones."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vesalius.metrics import boundary, instances, segmentation, surface, topology
from vesalius.metrics.metric import METRICS

MODULES = (segmentation, surface, topology, boundary, instances)
ALL = {
    each.name: each
    for each in METRICS.values()
    if each.family == "segmentation" and each.unit == "record" and each.function.__module__ in {one.__name__ for one in MODULES}
}
WITH_SPACING = {name for name, each in ALL.items() if "spacing" in inspect.signature(each.function).parameters}
FEW = settings(max_examples=40)


def claiming(name):
    return sorted(metric for metric, each in ALL.items() if name in each.properties)


def masks(dimensions):
    shape = array_shapes(min_dims=dimensions, max_dims=dimensions, min_side=1, max_side=6)
    return shape.flatmap(lambda size: st.tuples(*[arrays(np.uint8, size, elements=st.integers(0, 3))] * 2))


PAIRS = st.one_of(masks(2), masks(3))


def test_every_metric_of_the_family_is_here():
    assert {"dice", "iou", "sensitivity", "precision", "relative_volume_error", "absolute_volume_error"} <= set(ALL)
    assert {"hd", "hd95", "asd", "assd", "nsd", "cl_dice", "betti_error", "boundary_iou", "panoptic_quality", "lesion_f1"} <= set(
        ALL
    )


@pytest.mark.parametrize("name", sorted(ALL))
@given(PAIRS)
@FEW
def test_value_lies_in_its_range(name, pair):
    low, high = ALL[name].range
    assert low <= ALL[name].function(*pair) <= high


@pytest.mark.parametrize("name", claiming("symmetric"))
@given(PAIRS)
@FEW
def test_masks_may_change_places(name, pair):
    function = ALL[name].function
    assert function(*pair) == pytest.approx(function(*pair[::-1]))


@pytest.mark.parametrize("name", claiming("identity"))
@given(PAIRS)
@FEW
def test_truth_itself_scores_best(name, pair):
    best = ALL[name].range[1] if ALL[name].higher_is_better else 0.0
    assert ALL[name].function(pair[1], pair[1]) == pytest.approx(best)


@pytest.mark.parametrize("name", claiming("label order"))
@given(PAIRS, st.permutations([1, 2, 3]), st.sampled_from([1, 100, 90_000, 2**40]))
@FEW
def test_names_of_labels_change_nothing(name, pair, order, factor):
    function = ALL[name].function
    renamed = [np.array([0, *order], np.int64)[mask] * factor for mask in pair]
    assert function(*renamed) == pytest.approx(function(*pair), rel=1e-9)


@pytest.mark.parametrize("name", claiming("translation"))
@given(PAIRS, st.data())
@FEW
def test_moving_both_changes_nothing(name, pair, data):
    function = ALL[name].function
    shift = tuple(data.draw(st.integers(-2, 2)) for _ in range(pair[0].ndim))
    still = [np.pad(mask, 3) for mask in pair]
    moved = [np.roll(mask, shift, tuple(range(mask.ndim))) for mask in still]
    assert function(*moved) == pytest.approx(function(*still))


@pytest.mark.parametrize("name", claiming("scales with spacing"))
@given(PAIRS, st.data())
@FEW
def test_twice_the_millimetres_give_twice_the_value(name, pair, data):
    spacing = np.array([data.draw(st.floats(0.2, 5)) for _ in range(pair[0].ndim)])
    function = ALL[name].function
    assert function(*pair, spacing=2 * spacing) == pytest.approx(2 * function(*pair, spacing=spacing))


@pytest.mark.parametrize("name", sorted(ALL))
@given(PAIRS, st.sampled_from(["F", "bool", "int64", "sliced"]))
@FEW
def test_memory_layout_and_type_change_nothing(name, pair, form):
    function = ALL[name].function
    if form == "bool":
        assert function(*[mask > 0 for mask in pair]) == function(*[(mask > 0).astype(int) for mask in pair])
        return
    if form == "sliced":
        others = [np.repeat(mask, 2, axis=-1)[..., ::2] for mask in pair]
    else:
        others = [np.asfortranarray(mask) if form == "F" else mask.astype(np.int64) for mask in pair]
    assert function(*others) == pytest.approx(function(*pair))


@pytest.mark.parametrize("name", sorted(ALL))
@given(st.data())
@FEW
def test_odd_input_gives_a_value_in_range_or_one_clear_sentence(name, data):
    kinds = st.sampled_from([np.bool_, np.uint8, np.int16, np.uint64, np.float32, np.float64])
    shapes = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    first = data.draw(kinds.flatmap(lambda kind: arrays(kind, shapes)))
    second = data.draw(st.one_of(kinds.flatmap(lambda kind: arrays(kind, first.shape)), arrays(np.int8, shapes)))
    options = {}
    if name in WITH_SPACING:
        sizes = st.lists(st.floats(allow_nan=True, width=32), max_size=4)
        options["spacing"] = data.draw(st.one_of(st.none(), st.just((1.0,) * first.ndim), sizes))
    low, high = ALL[name].range
    try:
        value = ALL[name].function(first, second, **options)
    except ValueError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert low <= value <= high


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("size", [(0, 3), (4, 5)])
def test_both_empty_agree(name, size):
    empty = np.zeros(size, int)
    assert ALL[name].function(empty, empty) == (1.0 if ALL[name].higher_is_better else 0.0)


ONE_EMPTY = {
    "hd": 5.0, "hd95": 5.0, "asd": 5.0, "assd": 5.0, "absolute_volume_error": 1.0, "betti_error": 1.0
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ALL))
def test_one_empty_takes_the_documented_value(name):
    empty, full = np.zeros((3, 4), int), np.zeros((3, 4), int)
    full[1, 1] = 1
    missed, invented = ALL[name].function(empty, full), ALL[name].function(full, empty)
    if name == "relative_volume_error":
        assert (missed, invented) == (1.0, np.inf)
    else:
        assert missed == invented == pytest.approx(ONE_EMPTY.get(name, 0.0))


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.zeros((2, 2), int), np.zeros((2, 3), int), "differ in shape"),
        (np.full((2, 2), -1), np.zeros((2, 2), int), "not negative"),
        (np.full((2, 2), np.nan), np.zeros((2, 2)), "whole numbers"),
        (np.array(1), np.array(1), "at least one axis"),
    ],
)
def test_bad_masks_are_refused(name, first, second, message):
    with pytest.raises(ValueError, match=message):
        ALL[name].function(first, second)


@pytest.mark.parametrize("name", sorted(WITH_SPACING))
@pytest.mark.parametrize("spacing", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, np.nan), (1.0, np.inf), (1.0, 1.0, 1.0)])
def test_bad_spacing_is_refused(name, spacing):
    with pytest.raises(ValueError, match="one positive number of mm an axis"):
        ALL[name].function(np.ones((2, 2), int), np.ones((2, 2), int), spacing=spacing)
