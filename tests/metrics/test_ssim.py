import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.structural_similarity import ms_ssim, ssim


def pair(shape, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(shape)
    return np.clip(truth + 0.2 * rng.standard_normal(shape), 0, 1), truth


def plain_similarity(prediction, truth, data_range=1.0):
    """Wang's formula, window by window."""
    one = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights = one / one.sum()
    window = weights
    for _ in range(truth.ndim - 1):
        window = window[..., None] * weights
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similarity, contrast = [], []
    for corner in np.ndindex(*(side - 10 for side in truth.shape)):
        part = tuple(slice(start, start + 11) for start in corner)
        p, t = prediction[part], truth[part]
        mp, mt = (window * p).sum(), (window * t).sum()
        vp, vt, both = (window * (p - mp) ** 2).sum(), (window * (t - mt) ** 2).sum(), (window * (p - mp) * (t - mt)).sum()
        contrast.append((2 * both + c2) / (vp + vt + c2))
        similarity.append(contrast[-1] * (2 * mp * mt + c1) / (mp**2 + mt**2 + c1))
    return np.mean(similarity), np.mean(contrast)


@pytest.mark.parametrize("shape", [(11, 11), (12, 150), (90, 15), (11, 12, 13)])
def test_the_value_is_wangs_formula_window_by_window(shape):
    images = pair(shape)
    assert ssim(*images) == pytest.approx(plain_similarity(*images)[0], abs=1e-12)


@settings(max_examples=20)
@given(st.integers(11, 160), st.integers(11, 300), st.integers(0, 99))
def test_it_is_symmetric_in_range_and_one_only_for_equal_images(height, width, seed):
    prediction, truth = pair((height, width), seed)
    value = ssim(prediction, truth)
    assert -1 <= value < 1
    assert ssim(truth, prediction) == value
    assert ssim(truth, truth) == 1


def test_tiles_of_any_size_give_one_value(monkeypatch):
    images = pair((90, 200))
    whole = ssim(*images)
    monkeypatch.setattr("vesalius.metrics.structural_similarity._TILE", {2: (7, 31)})
    assert ssim(*images) == pytest.approx(whole, abs=1e-13)


def test_constant_images_differ_in_brightness_alone():
    low, high, c1 = 0.2, 0.6, 1e-4
    expected = (2 * low * high + c1) / (low**2 + high**2 + c1)
    assert ssim(np.full((12, 12), low), np.full((12, 12), high)) == pytest.approx(expected)


def test_scaling_image_and_range_together_changes_nothing():
    prediction, truth = pair((20, 20))
    eight_bits = [(image * 255).round().astype(np.uint8) for image in (prediction, truth)]
    scaled = [image / 255 for image in eight_bits]
    assert ssim(*eight_bits, data_range=255) == pytest.approx(ssim(*scaled, data_range=1.0), abs=1e-12)


def test_channels_are_averaged():
    prediction, truth = pair((16, 17, 3))
    each = [ssim(prediction[..., channel], truth[..., channel]) for channel in range(3)]
    assert ssim(prediction, truth, channel_axis=-1) == pytest.approx(np.mean(each))


def plain_multiscale(prediction, truth):
    value = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333), start=1):
        similarity, contrast = plain_similarity(prediction, truth)
        value *= (similarity if scale == 5 else contrast) ** weight
        prediction, truth = (halved(image) for image in (prediction, truth))
    return value


def halved(image):
    padded = np.pad(image, [(0, side % 2) for side in image.shape], mode="edge")
    return (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4


@pytest.mark.parametrize("shape", [(161, 163)])
def test_the_multiscale_value_is_that_of_its_formula(shape):
    images = pair(shape)
    assert ms_ssim(*images) == pytest.approx(plain_multiscale(*images), abs=1e-12)


def test_a_negative_contrast_counts_as_zero():
    truth = np.indices((176, 176)).sum(axis=0) % 2 * 1.0
    assert ms_ssim(1 - truth, truth) == 0
    assert ms_ssim(truth, truth) == 1


@pytest.mark.parametrize(
    ("shape", "options", "sentence"),
    [
        ((10, 40), {}, "smaller than the window"),
        ((40,), {}, "two or three axes"),
        ((12, 12, 12, 12), {}, "two or three axes"),
        ((40, 40, 3), {}, "smaller than the window"),
        ((12, 12), {"channel_axis": 2}, "channel_axis"),
    ],
)
def test_bad_shapes_are_refused(shape, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ssim(*pair(shape), **options)


def test_small_images_have_no_five_scales():
    with pytest.raises(ValueError, match="161 or more"):
        ms_ssim(*pair((160, 300)))
