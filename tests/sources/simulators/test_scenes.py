import numpy as np

from vesalius.checks import check_source
from vesalius.records import Image, Mask
from vesalius.sources.simulators.scenes import MOST, Scenes


def test_scenes_keep_the_contract_of_a_source():
    check_source(Scenes(4, 32))


def test_another_seed_gives_other_scenes_and_a_scene_does_not_depend_on_how_many_there_are():
    few, many, other = Scenes(2, 32).records(), Scenes(5, 32).records(), Scenes(2, 32, seed=1).records()
    pixels = [records[1].get("image", Image).pixels for records in (few, many, other)]
    assert np.array_equal(pixels[0], pixels[1]) and not np.array_equal(pixels[0], pixels[2])


def test_things_are_told_from_the_background_by_their_values():
    contrasts = []
    for record in Scenes(30, 48).records():
        labels, pixels = record.get("mask", Mask).labels, record.get("image", Image).pixels.astype(float)
        assert len(record.get("mask", Mask).names) <= MOST
        if (labels > 0).any() and (labels == 0).any():
            contrasts.append(np.abs(pixels[labels > 0].mean(axis=0) - pixels[labels == 0].mean(axis=0)).max())
    assert np.median(contrasts) > 30
