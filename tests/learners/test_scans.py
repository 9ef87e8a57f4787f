import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.learners.intensity import Intensity
from vesalius.learners.scans import Scan, Shelf, resample_image, resample_labels, size_at


def test_resampling_keeps_a_ramp_where_it_was():
    ramp = np.arange(32, dtype=np.float32).reshape(1, 1, 32).repeat(3, axis=1)
    finer = resample_image(ramp, (3, 64))
    # Centres of the finer pixels lie at (index + 0.5) / 2 - 0.5 of the coarser.
    np.testing.assert_allclose(finer[0, 0, 2:-2], (np.arange(64)[2:-2] + 0.5) / 2 - 0.5, rtol=1e-5)


def test_labels_come_back_from_a_finer_grid_as_they_were():
    labels = np.random.default_rng(0).integers(0, 200, size=(6, 7, 8)).astype(np.uint8)
    assert (resample_labels(resample_labels(labels, (18, 21, 24)), (6, 7, 8)) == labels).all()


def test_volume_of_a_ball_survives_anisotropic_resampling():
    x, y, z = np.mgrid[:40, :40, :10]
    ball = ((x - 20) ** 2 + (y - 20) ** 2 + (4 * (z - 5)) ** 2 < 15**2).astype(np.uint8)
    coarser = resample_labels(ball, (20, 20, 20))
    assert coarser.sum() * 2 == pytest.approx(ball.sum(), rel=0.05)


def test_scan_without_known_spacing_is_left_as_it_is():
    scan = Scan(np.zeros((1, 10, 12)), None)
    assert size_at(scan, (2.0, 2.0)) == scan.size


def test_spacing_of_other_axes_is_told():
    with pytest.raises(UserError, match="3 axes where the image has 2"):
        size_at(Scan(np.zeros((1, 10, 12)), (1.0, 1.0)), (2.0, 2.0, 2.0))


def test_large_arrays_go_to_disk_and_stay_equal():
    shelf, array = Shelf(memory_mib=0.001), np.arange(1000.0)
    kept = shelf.keep(array)
    assert isinstance(kept, np.memmap)
    assert (kept == array).all()
    assert shelf.keep(np.ones(10)).__class__ is np.ndarray


def test_ct_intensities_come_from_the_labelled_voxels_alone():
    image, mask = np.full((1, 10, 10), -1000.0), np.zeros((10, 10), dtype=np.uint8)
    image[0, :5], mask[:5] = np.linspace(0, 100, 50).reshape(5, 10), 1
    intensity = Intensity.of_labelled([(image, mask)])
    assert 0 <= intensity.low_C[0] < 1 and 99 < intensity.high_C[0] <= 100
    standard = intensity.standardise(image)
    assert standard[0, :5].mean() == pytest.approx(0, abs=0.01)
    assert (standard[0, 5:] == standard.min()).all()


def test_intensity_comes_back_from_json():
    intensity = Intensity.of_labelled([(np.arange(100.0).reshape(1, 10, 10), np.ones((10, 10), dtype=int))])
    assert Intensity.from_json(intensity.to_json()).to_json() == intensity.to_json()
