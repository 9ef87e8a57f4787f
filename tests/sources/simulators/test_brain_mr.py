import numpy as np
import pytest

from vesalius.records import Mask, Volume
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.brain_mr import TISSUES, BrainMr
from vesalius.sources.simulators.head_anatomy import WHITE_SIGNAL

CLEAN = Scanner(noise=0.0, blur=0.0)


def opened(record):
    return record.get("image", Volume).voxels.astype(float), record.get("mask", Mask).labels


@pytest.fixture(scope="module")
def brain():
    return opened(BrainMr(count=1, size=64, bias=0.0, scanner=CLEAN).records()[0])


def test_white_matter_is_brighter_than_grey_matter_and_fluid_darkest(brain):
    signal, labels = brain
    grey, white, fluid = (np.median(signal[labels == label]) for label in (1, 2, 3))
    assert white > grey + 0.1 > fluid + 0.2


def test_tissues_have_the_proportions_of_a_brain(brain):
    grey, white, fluid, tumour = np.bincount(brain[1].ravel(), minlength=5)[1:]
    assert 0.5 < grey / white < 1.8 and fluid < grey + white and 0 < tumour < 0.2 * white


def test_a_tumour_has_its_contrast_to_white_matter_on_average():
    records = BrainMr(count=3, size=48, lesion_contrast=-0.3, bias=0.0, scanner=CLEAN).records()
    for record in records:
        signal, labels = opened(record)
        assert signal[labels == len(TISSUES)].mean() == pytest.approx(WHITE_SIGNAL - 0.3, abs=1e-3)


def test_the_bias_field_is_smooth_and_has_its_deviation():
    plain, biased = (BrainMr(count=12, size=32, bias=bias, scanner=CLEAN).records() for bias in (0.0, 0.2))
    logs = []
    for before, after in zip(plain, biased):
        signal, labels = opened(before)
        assert np.array_equal(labels, opened(after)[1])
        field = np.where(signal > 0.05, np.log(np.maximum(opened(after)[0], 1e-9) / np.maximum(signal, 1e-9)), np.nan)
        assert np.nanmax(np.abs(np.diff(field, axis=0))) < 0.1
        logs.append(field[np.isfinite(field)])
    assert np.concatenate(logs).std() == pytest.approx(0.2, rel=0.3)


def test_noise_is_rician():
    """In air both parts are noise: the magnitude is Rayleigh, with a mean of sqrt(pi / 2) deviations (Gudbjartsson 1995)."""
    signal, labels = opened(BrainMr(count=1, size=48, scanner=Scanner(noise=0.05, blur=0.0)).records()[0])
    air = signal[:, :4, -8:]
    assert not labels[:, :4, -8:].any()
    assert air.mean() == pytest.approx(0.05 * np.sqrt(np.pi / 2), rel=0.05)
    assert signal.min() >= 0


def test_the_brain_is_upright_and_faces_the_front(brain):
    """The cerebellum, below the middle, lies behind; the affine has its axes to the right, front and head."""
    _, labels = brain
    below = np.argwhere((labels == 1)[:, :, :18]).mean(axis=0)
    assert below[1] < 32
    geometry = BrainMr(count=1, size=64).records()[0].get("image", Volume).geometry
    assert geometry.spacing == pytest.approx((2.75, 3.25, 2.75)) and np.all(np.diag(geometry.affine) > 0)
