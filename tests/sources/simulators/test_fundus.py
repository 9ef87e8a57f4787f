import numpy as np
import pytest
from scipy.ndimage import binary_dilation, distance_transform_edt, label

from vesalius.records import Image, Mask
from vesalius.sources.simulators import vessels
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.vessels import THINNEST, Branch, drawn, tree

CLEAN = Scanner(noise=0.0, blur=0.0)


def green(record):
    return record.get("image", Image).pixels[..., 1].astype(float)


@pytest.fixture(scope="module")
def photographs():
    return Fundus(count=8, size=128, scanner=CLEAN).records()


def test_vessels_absorb_the_planted_share_of_green_light(photographs):
    without = Fundus(count=8, size=128, vessel_contrast=0.0, scanner=CLEAN).records()
    for with_vessels, bare in zip(photographs, without):
        inside = with_vessels.get("mask", Mask).labels == 1
        absorbed = 1 - green(with_vessels)[inside] / np.maximum(green(bare)[inside], 1)
        assert np.quantile(absorbed, 0.99) == pytest.approx(0.45, abs=0.02)
        beside = ~binary_dilation(inside, iterations=2) & (distance_transform_edt(bare.get("field_of_view", Mask).labels) > 4)
        assert np.array_equal(green(with_vessels)[beside], green(bare)[beside])


def test_microaneurysms_absorb_the_planted_share_off_the_vessels():
    plain = Fundus(count=4, size=128, scanner=CLEAN).records()
    spotted = Fundus(count=4, size=128, lesions=9, lesion_contrast=0.3, scanner=CLEAN).records()
    for before, after in zip(plain, spotted):
        labels = after.get("mask", Mask).labels
        spots = labels == 2
        assert label(spots)[1] == 9
        assert np.array_equal(labels == 1, before.get("mask", Mask).labels == 1)
        np.testing.assert_allclose(green(after)[spots], 0.7 * green(before)[spots], atol=1.1)


def test_every_vessel_is_joined_to_the_disc(photographs):
    for record in photographs:
        _, parts = label(record.get("mask", Mask).labels, structure=np.ones((3, 3)))
        assert parts == 1


def test_vessels_taper_from_the_disc_outwards():
    width = 0.03
    for seed in range(5):
        branches = tree(np.random.default_rng(seed), np.array([64.0, 32.0]), 128, width)
        for branch in branches:
            assert np.all(np.diff(branch.radii) <= 1e-9)
        assert max(branch.radii[0] for branch in branches) == pytest.approx(width * 128 / 2)
        assert min(branch.radii[-1] for branch in branches) == THINNEST


def test_branches_follow_the_law_of_murray(monkeypatch):
    assert sum(radius**3 for radius in vessels.parted(2.0, 0.3)) == pytest.approx(8.0)
    usual = thickness()
    monkeypatch.setattr(vessels, "parted", lambda radius, share: (radius, radius))
    assert thickness() > 1.2 * usual, "without the law a tree does not get thinner where it branches"


def thickness():
    branches = tree(np.random.default_rng(1), np.array([64.0, 32.0]), 256, 0.03)
    return np.mean(np.concatenate([branch.radii for branch in branches]))


@pytest.mark.parametrize("radius", [THINNEST, 1.5, 4.0])
def test_what_counts_as_vessel_is_what_it_covers(radius):
    branch = Branch(np.stack([np.linspace(5, 55, 90), np.linspace(8, 40, 90)], axis=1), np.full(90, radius))
    covered, inside = drawn([branch], 64)
    assert covered.sum() == pytest.approx(inside.sum(), rel=0.3)
    assert covered[~inside].max() <= 0.55 and label(inside, structure=np.ones((3, 3)))[1] == 1


def test_the_disc_is_bright_and_the_macula_dark_on_the_side_of_the_eye(photographs):
    for record in photographs:
        values = green(record)
        smooth = np.array([[values[r : r + 16, c : c + 16].mean() for c in range(0, 128, 16)] for r in range(0, 128, 16)])
        column = np.unravel_index(smooth.argmax(), smooth.shape)[1]
        assert (column < 4) == (record.tags["eye"] == "left")


def test_outside_the_aperture_all_is_black_and_background(photographs):
    for record in photographs:
        outside = record.get("field_of_view", Mask).labels == 0
        far = distance_transform_edt(outside) > 2
        assert record.get("image", Image).pixels[far].max() == 0
        assert not record.get("mask", Mask).labels[outside].any()
