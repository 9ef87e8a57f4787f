from itertools import pairwise

import numpy as np
import pytest

from vesalius.records import Image, Mask, digest_of
from vesalius.sources.packaged import mni152
from vesalius.tasks import Source


@pytest.fixture(scope="module")
def records():
    return mni152.Mni152().records()


@pytest.fixture(scope="module")
def split(records):
    return mni152.split(records)


def height(record):
    return int(record.id[1:])


def test_it_is_a_source_whose_records_are_the_same_in_every_call(records):
    source: Source = mni152.Mni152()
    assert source.tier == "packaged"
    assert digest_of(source.records()) == digest_of(records)


def test_every_slice_says_that_it_is_of_the_one_head(records):
    assert {record.subject_id for record in records} == {"mni152"}
    assert all(record.licence for record in records)
    assert "averaged template" in mni152.NOTE and "same brain" in mni152.NOTE


def test_slabs_lie_apart_by_more_than_their_own_slices(records):
    gaps = {True: set(), False: set()}
    for below, above in pairwise(records):
        gaps[below.tags["slab"] == above.tags["slab"]].add(height(above) - height(below))
    assert gaps == {True: {1}, False: {2}}


def test_slabs_are_whole_interleaved_and_enough_to_speak_of(split):
    slabs = [{record.tags["slab"] for record in part} for part in (split.train, split.validation, split.test)]
    assert not slabs[0] & slabs[1] and not slabs[0] & slabs[2] and not slabs[1] & slabs[2]
    assert len(slabs[2]) >= 5
    heights = [[height(record) for record in part] for part in (split.train, split.test)]
    assert min(heights[0]) <= min(heights[1]) and np.ptp(heights[1]) > 0.7 * np.ptp(heights[0])


def test_white_matter_is_brighter_than_grey_and_grey_than_the_rest(records):
    pixels = np.concatenate([record.get("image", Image).pixels.ravel() for record in records])
    labels = np.concatenate([record.get("mask", Mask).labels.ravel() for record in records])
    rest, grey, white = (pixels[labels == label].mean() for label in (0, 1, 2))
    assert rest < grey < white
    assert records[0].get("mask", Mask).names == ("grey matter", "white matter")


def test_a_slice_has_the_front_of_the_head_above_and_both_halves_alike(records):
    from nilearn.datasets import load_mni152_template

    template = load_mni152_template(resolution=2)
    record = records[len(records) // 2]
    pixels = record.get("image", Image).pixels
    row, column = 30, 40
    x, y, z = column, pixels.shape[0] - 1 - row, height(record)
    assert pixels[row, column] == np.float32(template.dataobj[x, y, z])
    assert (template.affine @ [x, y, z, 1])[1] > 0
