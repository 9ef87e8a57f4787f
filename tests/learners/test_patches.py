import numpy as np
import pytest

from vesalius.learners.intensity import Intensity
from vesalius.learners.patches import PatchSampler

AS_THEY_ARE = Intensity(np.zeros(1), np.ones(1))


def sampler(images, masks, **options):
    return PatchSampler(images, masks, [AS_THEY_ARE] * len(images), **options)


@pytest.mark.parametrize(
    ("size", "patch"), [((20, 12), (16, 16)), ((20, 12, 9), (8, 8, 8)), ((20, 12, 9), (8, 8)), ((9, 8, 4), (8, 4, 8))]
)
def test_image_and_mask_of_a_patch_stay_together(size, patch):
    mask = np.random.default_rng(0).integers(0, 5, size=size)
    image_BCS, mask_BS = sampler([mask[None].astype(np.float32)], [mask], patch=patch, batch=32).draw(np.random.default_rng(0))
    assert mask_BS.shape == (32, *patch)
    for image_S, mask_S in zip(image_BCS[:, 0], mask_BS):
        # Contrast and brightness are one line through all pixels of a patch.
        assert np.corrcoef(image_S.ravel(), mask_S.ravel())[0, 1] == pytest.approx(1)
    assert len({patch.tobytes() for patch in mask_BS}) > 8


def test_foreground_is_found_that_chance_would_miss():
    mask = np.zeros((60, 60, 60), dtype=np.uint8)
    mask[50, 3, 30], mask[2, 2, 2] = 1, 2
    options = {"patch": (8, 8, 8), "batch": 64}
    image = mask[None].astype(np.float32)
    by_chance = sampler([image], [mask], **options).draw(np.random.default_rng(0))[1]
    sought = sampler([image], [mask], foreground=1.0, **options).draw(np.random.default_rng(0))[1]
    assert (by_chance.max(axis=(1, 2, 3)) > 0).mean() < 0.1
    assert (sought.max(axis=(1, 2, 3)) > 0).all()
    # The rare label is as frequent as the other.
    assert 0.3 < (sought == 2).any(axis=(1, 2, 3)).mean() < 0.7


def test_patches_from_files_are_those_from_memory(tmp_path):
    zarr = pytest.importorskip("zarr")
    random = np.random.default_rng(0)
    image, mask = random.integers(-1000, 1000, size=(1, 30, 31, 32)).astype(np.int16), random.integers(0, 3, size=(30, 31, 32))
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "mask.npy", mask)
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("image", "mask")]
    stored = [
        zarr.create_array(tmp_path / f"{name}.zarr", data=array, chunks=tuple(min(16, side) for side in array.shape))
        for name, array in (("image", image), ("mask", mask))
    ]
    drawn = [
        sampler([pixels], [labels], patch=(16, 16, 16), batch=4, foreground=0.5).draw(np.random.default_rng(7))
        for pixels, labels in ([image, mask], mapped, stored)
    ]
    for other in drawn[1:]:
        assert (other[0] == drawn[0][0]).all()
        assert (other[1] == drawn[0][1]).all()
