import numpy as np
import pytest

from vesalius.records import Mask, Volume
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.ct_phantom import EXTENT, LABELS, CtPhantom

CLEAN = Scanner(noise=0.0, blur=0.0)
EXPECTED = {"lungs": (-900, -600), "liver": (95, 125), "spleen": (100, 130), "kidneys": (140, 180), "spine": (150, 420)}


def opened(record):
    volume = record.get("image", Volume)
    return volume.voxels.astype(float), record.get("mask", Mask).labels, volume.geometry


def world(mask, geometry):
    """Mean position of a region in millimetres to the right, front and head."""
    return geometry.affine[:3, :3] @ np.argwhere(mask).mean(axis=0) + geometry.affine[:3, 3]


@pytest.fixture(scope="module")
def volumes():
    return CtPhantom(count=3, size=48, scanner=CLEAN).records()


def test_organs_have_the_hounsfield_units_of_their_tissue(volumes):
    for record in volumes:
        hounsfield, labels, _ = opened(record)
        for organ, (low, high) in EXPECTED.items():
            assert low < np.median(hounsfield[labels == 1 + LABELS.index(organ)]) < high, organ
        assert np.median(hounsfield[0]) == -1000


def test_lesions_change_the_liver_by_their_contrast_on_average():
    before, after = (CtPhantom(count=2, size=48, lesion_contrast=contrast, scanner=CLEAN).records() for contrast in (0.0, -80.0))
    for plain, planted in zip(before, after):
        lesion = planted.get("mask", Mask).labels == len(LABELS)
        assert (opened(planted)[0] - opened(plain)[0])[lesion].mean() == pytest.approx(-80.0, abs=0.01)
        assert np.median(opened(plain)[0][lesion]) == pytest.approx(110, abs=10), "a lesion lies in the liver"


def test_a_volume_has_no_lesion_where_none_is_planted():
    labels = CtPhantom(count=1, size=32, lesions=0).records()[0].get("mask", Mask).labels
    assert len(LABELS) not in labels and 2 in labels


def test_the_affine_has_the_spacing_of_the_extent_and_the_origin_in_the_middle(volumes):
    for record in volumes:
        _, labels, geometry = opened(record)
        assert geometry.spacing == pytest.approx([length / 48 for length in EXTENT])
        middle = geometry.affine @ np.array([*(np.array(labels.shape) - 1) / 2, 1.0])
        np.testing.assert_allclose(middle[:3], 0, atol=1e-9)


def test_organs_are_where_the_affine_says(volumes):
    """The liver to the patient's right, the spleen to the left and back, the spine behind, the lungs towards the head."""
    for record in volumes:
        _, labels, geometry = opened(record)
        place = {organ: world(labels == 1 + LABELS.index(organ), geometry) for organ in EXPECTED}
        assert place["liver"][0] > 30 and place["spleen"][0] < -60
        assert place["spine"][1] < -45 and abs(place["spine"][0]) < 10
        assert place["lungs"][2] > place["liver"][2] > place["kidneys"][2]


def test_quantum_noise_has_its_deviation_and_no_slow_waves():
    clean, noisy = (CtPhantom(count=1, size=48, scanner=Scanner(noise=noise, blur=0.0)).records()[0] for noise in (0.0, 20.0))
    noise = opened(noisy)[0] - opened(clean)[0]
    assert noise.std() == pytest.approx(20, rel=0.01)
    coarse = noise.reshape(6, 8, 6, 8, 48).mean(axis=(1, 3))
    assert coarse.std() < 0.75 * 20 / 8, "the means over squares of 8 voxels vary less than those of white noise"
