from itertools import pairwise

import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.errors import UserError
from vesalius.records import Image, Mask
from vesalius.sources.public import medscribble, root
from vesalius.sources.public.medscribble import ANNOTATORS, Medscribble, split


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(root.VARIABLE, str(tmp_path))
    folder = tmp_path / "medscribble"
    folder.mkdir()
    medscribble._read.cache_clear()
    yield folder
    medscribble._read.cache_clear()


def test_scribbles_are_read_as_positive_and_negative_labels(own_folder):
    scribbles = np.zeros((3, 2, 4, 4), dtype=bool)
    scribbles[0, 0, 1, 1], scribbles[1, 1, 2, 2] = True, True
    np.savez(own_folder / "SET_1.npz", image=np.zeros((4, 4), np.uint8), label=np.eye(4, dtype=bool), scribbles=scribbles)
    (record,) = Medscribble().records()
    assert record.get("mask", Mask).labels.sum() == 4 and record.tags["set"] == "SET"
    assert record.get("scribbles", Mask).labels[1, 1] == 1 and record.get("scribbles_second", Mask).labels[2, 2] == 2


def test_a_damaged_file_is_named(own_folder):
    (own_folder / "SET_1.npz").write_bytes(b"no")
    with pytest.raises(UserError, match="SET_1"):
        Medscribble().records()


def test_release_has_twelve_sets_each_in_every_part_but_no_subject_in_two(public_data):
    public_data("medscribble")
    check_source(Medscribble())
    records = Medscribble().records()
    assert len(records) == 42 and all(record.get("image", Image).pixels.shape == (256, 256) for record in records)
    parts = split(records)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [18, 12, 12]
    assert all(len({record.tags["set"] for record in part}) == 12 for part in (parts.train, parts.validation, parts.test))
    subjects = [{record.subject_id for record in part} for part in (parts.train, parts.validation, parts.test)]
    assert not any(one & other for one, other in pairwise([*subjects, subjects[0]]))


def test_people_scribble_on_the_structure_and_beside_it(public_data):
    public_data("medscribble")
    for record in Medscribble().records():
        inside = record.get("mask", Mask).labels == 1
        for name in ANNOTATORS:
            labels = record.get(name, Mask).labels
            assert inside[labels == 1].mean() > inside[labels == 2].mean()
