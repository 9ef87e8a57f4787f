import numpy as np
import pytest
from scipy.ndimage import label

from vesalius.records import Image, Mask
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.ultrasound import CYST, LESION, RANGE, Ultrasound, _cone, _speckle

CLEAN = Scanner(noise=0.0, blur=0.0)


def opened(record):
    return record.get("image", Image).pixels.astype(float), record.get("mask", Mask).labels


@pytest.fixture(scope="module")
def images():
    return Ultrasound(count=8, scanner=CLEAN).records()


def test_outside_the_cone_all_is_black(images):
    for record in images:
        pixels, labels = opened(record)
        outside = _cone(128).outside > 0
        assert not pixels[outside].any() and not labels[outside].any()


def test_a_lesion_adds_its_decibels_on_average(images):
    plain = Ultrasound(count=8, lesion_contrast=0.0, shadow=0.0, scanner=CLEAN).records()
    darker = Ultrasound(count=8, lesion_contrast=-8.0, shadow=0.0, scanner=CLEAN).records()
    for before, after in zip(plain, darker):
        lesion = opened(after)[1] == LESION
        unclipped = lesion & (opened(after)[0] > 0)
        assert (opened(after)[0] - opened(before)[0])[unclipped].mean() * RANGE == pytest.approx(-8.0, abs=0.7)


def test_a_shadow_darkens_what_lies_behind_a_lesion_and_nothing_before_it():
    plain, shadowed = (Ultrasound(count=8, shadow=shadow, scanner=CLEAN).records() for shadow in (0.0, 20.0))
    for before, after in zip(plain, shadowed):
        darker = opened(after)[0] < opened(before)[0] - 1e-6
        lesion = opened(after)[1] == LESION
        assert not (darker & lesion).any() and not (opened(after)[0] > opened(before)[0]).any()
        assert darker.any() and np.argwhere(darker)[:, 0].min() > np.argwhere(lesion)[:, 0].min()


def test_a_cyst_is_one_ellipse_without_echoes(images):
    for record in images:
        pixels, labels = opened(record)
        cyst = labels == CYST
        assert label(cyst)[1] == 1
        assert np.median(pixels[cyst]) < 0.05
        rows, columns = np.argwhere(cyst).T
        axes = np.sqrt(np.linalg.eigvalsh(np.cov(rows, columns)))
        # An ellipse has the area of 4 pi times the product of the deviations along its axes.
        assert cyst.sum() == pytest.approx(4 * np.pi * axes.prod(), rel=0.03)


def test_speckle_has_the_statistics_of_a_rayleigh_envelope():
    """Fully developed speckle in decibels has a deviation of 5.57 (Wagner et al. 1983)."""
    decibels = _speckle(np.random.default_rng(0), _cone(512))[_cone(512).outside < 0]
    assert decibels.std() == pytest.approx(5.57, rel=0.1)
    assert (10 ** (decibels / 10)).mean() == pytest.approx(1, rel=0.1)
