import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vesalius.metrics.images import image_mae, image_mse, nmse, psnr
from vesalius.metrics.information import mutual_information, normalised_mutual_information
from vesalius.metrics.metric import METRICS
from vesalius.metrics.structural_similarity import ssim

PIXELS = arrays.arrays(
    st.sampled_from([np.uint8, np.int16, np.float32, np.float64, np.bool_]),
    st.sampled_from([(1,), (3, 4), (12, 13), (11, 12, 12)]),
    elements=None,
)
ERRORS = ("image_mae", "image_mse", "nmse", "psnr", "ssim", "mutual_information", "normalised_mutual_information")
SHAPE = (16, 18)


def noisy(seed=0, shape=SHAPE):
    rng = np.random.default_rng(seed)
    return rng.random(shape), rng.random(shape)


@settings(max_examples=150)
@given(PIXELS, PIXELS, st.sampled_from(ERRORS))
def test_whatever_comes_in_gives_a_value_in_range_or_one_sentence(first, second, name):
    metric = METRICS[name]
    for pair in ((first, second), (first, first)):
        try:
            with np.errstate(over="ignore"):
                value = metric.function(*(each.clip(-1e6, 1e6) if each.dtype.kind == "f" else each for each in pair))
        except ValueError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
        else:
            assert math.isnan(value) or metric.range[0] <= value <= metric.range[1] + 1e-12


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize(
    ("prediction", "truth", "sentence"),
    [
        (np.zeros((12, 12)), np.zeros((12, 13)), "differ in shape"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "is empty"),
        (np.full((12, 12), np.nan), np.zeros((12, 12)), "prediction holds NaN"),
        (np.zeros((12, 12)), np.full((12, 12), np.inf), "truth holds NaN or infinite"),
        (np.zeros((12, 12), complex), np.zeros((12, 12)), "magnitude"),
        (np.full((12, 12), "x"), np.zeros((12, 12)), "real numbers"),
    ],
)
def test_bad_images_are_refused_with_one_sentence(name, prediction, truth, sentence):
    with pytest.raises(ValueError, match=sentence):
        METRICS[name].function(prediction, truth)


@pytest.mark.parametrize("metric", [psnr, ssim])
@pytest.mark.parametrize(("data_range", "sentence"), [(0, "positive"), (math.nan, "positive"), (0.5, "spreads over")])
def test_the_data_range_is_told_and_never_guessed(metric, data_range, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(*noisy(), data_range=data_range)


@pytest.mark.parametrize("name", ERRORS)
def test_the_claimed_properties_hold(name):
    metric, (first, second) = METRICS[name], noisy()
    value = metric.function(first, second)
    if "symmetric" in metric.properties:
        assert metric.function(second, first) == pytest.approx(value)
    if "translation" in metric.properties:
        moved = [np.roll(each, (3, 5), axis=(0, 1)) for each in (first, second)]
        assert metric.function(*moved) == pytest.approx(value)
    if "identity" in metric.properties:
        best = metric.range[metric.higher_is_better]
        assert metric.function(first, first) == best


def test_values_by_hand():
    prediction, truth = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    assert image_mse(prediction, truth) == 14 / 4
    assert image_mae(prediction, truth) == 6 / 4
    assert nmse(prediction, truth) == 14 / 4
    assert psnr(prediction, truth, data_range=10) == pytest.approx(10 * math.log10(100 / 3.5))


def test_eight_bits_do_not_wrap_around():
    low, high = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert image_mse(low, high) == 255**2
    assert image_mae(low, high) == 255
    assert psnr(low, high, data_range=255) == 0


def test_constant_images_have_their_documented_values():
    flat, other = np.full(SHAPE, 3.0), noisy()[0]
    assert math.isnan(nmse(other, np.zeros(SHAPE)))
    assert nmse(np.zeros(SHAPE), other) == 1
    assert psnr(flat, flat) == math.inf
    assert ssim(flat, flat) == 1
    assert mutual_information(flat, other) == 0
    assert normalised_mutual_information(flat, other) == 1
    assert math.isnan(normalised_mutual_information(flat, flat + 1))


def test_a_large_image_is_the_sum_of_its_parts():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 300_000))
    assert image_mse(first, second) == pytest.approx(((first - second) ** 2).mean(), rel=1e-12)
    assert image_mae(first, second) == pytest.approx(np.abs(first - second).mean(), rel=1e-12)


def plain_information(first, second, bins):
    table = np.histogram2d(first.ravel(), second.ravel(), bins)[0]
    joint = table / table.sum()
    expected = joint.sum(axis=1)[:, None] * joint.sum(axis=0)
    there = joint > 0
    return float((joint[there] * np.log(joint[there] / expected[there])).sum())


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(2, 40), st.booleans())
def test_mutual_information_is_that_of_numpys_histogram(seed, bins, whole_numbers):
    first, second = noisy(seed)
    if whole_numbers:
        first, second = (first * 10).astype(np.int16), (second * 7).astype(np.uint8)
    assert mutual_information(first, second, bins=bins) == pytest.approx(plain_information(first, second, bins), abs=1e-12)


def test_mutual_information_sees_through_other_grey_values():
    labels = np.random.default_rng(0).integers(0, 5, (40, 40))
    other = np.array([3, 0, 4, 1, 2])[labels]
    assert normalised_mutual_information(other, labels) == 2
    assert mutual_information(other, labels) == pytest.approx(mutual_information(labels, labels))


@pytest.mark.parametrize("bins", [1, 0, 2.5])
def test_bins_are_whole_and_two_at_least(bins):
    with pytest.raises(ValueError, match="bins"):
        mutual_information(*noisy(), bins=bins)
