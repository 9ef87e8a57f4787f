import numpy as np

from vesalius.sources.public.mosaics import tile_groups


def field(seed, height=256, width=256):
    """A smooth picture, as an optical system gives it."""
    from scipy.ndimage import gaussian_filter

    return 100 * gaussian_filter(np.random.default_rng(seed).normal(size=(height, width)), 3)


def tiles(picture, rows=2, columns=2):
    return [tile for band in np.split(picture, rows) for tile in np.split(band, columns, axis=1)]


def test_tiles_of_one_field_are_found_and_fields_kept_apart():
    pictures = [tile for seed in range(6) for tile in tiles(field(seed))]
    order = np.random.default_rng(0).permutation(len(pictures))
    groups = tile_groups([pictures[index] for index in order])
    truth = order // 4
    assert len(set(groups)) == 6
    assert all((groups[a] == groups[b]) == (truth[a] == truth[b]) for a in range(24) for b in range(24))


def test_tiles_without_structure_are_not_put_together():
    assert tile_groups([np.zeros((8, 8)), np.zeros((8, 8)), np.full((8, 8), 3.0)]) == [0, 1, 2]


def test_like_borders_at_another_brightness_are_not_one_field():
    left, right = np.split(field(0), 2, axis=1)
    assert tile_groups([left, right]) == [0, 0]
    assert tile_groups([left, right + 500]) == [0, 1]


def test_pictures_of_other_sizes_are_not_compared():
    left, right = np.split(field(0), 2, axis=1)
    assert tile_groups([left, right[:, :40]]) == [0, 1]
