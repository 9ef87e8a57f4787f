import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.records import Boxes, Mask, Points, Record
from vesalius.tasks.prompts import JITTER, Prompting, prompt_maps, prompted

ALL = Prompting(kinds=("box", "clicks", "scribbles"), positive=3, negative=2)


def _object(rows=(10, 18), columns=(20, 40), size=(64, 64)):
    inside = np.zeros(size, dtype=bool)
    inside[slice(*rows), slice(*columns)] = True
    return inside


def _record(labels, names=("liver",), id="1"):
    return Record(id=id, subject_id=id, fields={"mask": Mask(labels.astype(np.uint8), names)})


@given(st.integers(0, 2**31), st.integers(0, 55), st.integers(0, 50))
def test_box_holds_the_object_and_is_moved_outwards_by_no_more_than_the_jitter(seed, row, column):
    inside = _object((row, row + 9), (column, column + 14))
    box = Prompting(kinds=("box",)).simulate(inside, np.random.default_rng(seed))["box"]
    low, high = np.split(box.corners[0], 2)
    assert (low <= [row, column]).all() and (high >= [row + 9, column + 14]).all()
    assert (low >= np.maximum(np.array([row, column]) - JITTER * 64, 0)).all()
    assert (high <= np.minimum(np.array([row + 9, column + 14]) + JITTER * 64, 64)).all()


def test_without_jitter_the_box_is_tight():
    box = Prompting(kinds=("box",), jitter=0.0).simulate(_object(), np.random.default_rng(0))["box"]
    assert box.corners.tolist() == [[10, 20, 18, 40]]


@given(st.integers(0, 2**31))
def test_positive_clicks_and_scribbles_are_on_the_object_negative_ones_beside_it(seed):
    inside = _object()
    fields = ALL.simulate(inside, np.random.default_rng(seed))
    clicks, scribbles = fields["clicks"], fields["scribbles"].labels
    on = [inside[tuple(place)] for place in clicks.positions.astype(int)]
    assert on == [name == "positive" for name in clicks.names] == [True] * 3 + [False] * 2
    assert inside[scribbles == 1].all() and (scribbles == 1).any()
    assert not inside[scribbles == 2].any() and (scribbles == 2).any()


def test_every_slice_with_some_of_the_object_is_prompted_and_no_other():
    inside = np.zeros((5, 32, 32), dtype=bool)
    inside[1:4, 8:20, 8:20] = True
    fields = ALL.simulate(inside, np.random.default_rng(0))
    assert fields["box"].corners[:, 0].tolist() == [1, 2, 3]
    assert set(fields["clicks"].positions[:, 0]) == {1, 2, 3}
    assert np.flatnonzero(fields["scribbles"].labels.any(axis=(1, 2))).tolist() == [1, 2, 3]


def test_prompts_follow_from_the_seed_and_the_id_not_from_the_order():
    records = [_record(_object(), id=name) for name in "abc"]
    box = {made.id: made.get("box", Boxes).corners for made in prompted(records, ALL, seed=1)}
    again = {made.id: made.get("box", Boxes).corners for made in prompted(records[::-1], ALL, seed=1)}
    assert all(np.array_equal(box[id], again[id]) for id in box)
    other = prompted(records, ALL, seed=2)[0]
    assert not np.array_equal(box[other.id], other.get("box", Boxes).corners)
    assert not np.array_equal(box["a/liver"], box["b/liver"])


def test_each_part_of_a_label_is_an_object_of_its_own_and_small_ones_are_left_out():
    labels = _object().astype(int)
    labels[40:50, 40:50], labels[0, 0] = 1, 1
    whole, parts = (prompted([_record(labels)], ALL, seed=0, parts=kind) for kind in ("labels", "components"))
    assert [made.get("mask", Mask).labels.sum() for made in whole] == [261]
    assert sorted(made.get("mask", Mask).labels.sum() for made in parts) == [100, 160]


def test_an_object_keeps_only_its_own_label():
    labels = _object().astype(int)
    labels[40:50, 40:50] = 2
    made = prompted([_record(labels, ("liver", "spleen"))], ALL, seed=0)
    assert [record.get("mask", Mask).names for record in made] == [("liver",), ("spleen",)]
    assert made[1].get("mask", Mask).labels.sum() == 100 and made[1].tags["object"] == "spleen"


def test_maps_show_box_positive_and_negative_prompts():
    fields = {
        "box": Boxes(np.array([[1.0, 2.0, 3.0, 5.0]]), ("object",)),
        "clicks": Points(np.array([[0.0, 1.0], [7.0, 7.0]]), ("positive", "negative")),
        "scribbles": Mask(np.eye(8, dtype=int) * 2, ("positive", "negative")),
    }
    maps = prompt_maps(Record(id="1", subject_id="1", fields=fields), (8, 8))
    assert maps[0].sum() == 6 and maps[0, 1:3, 2:5].all()
    assert maps[1].sum() == 1 and maps[1, 0, 1] == 1
    assert maps[2].sum() == 8 and np.trace(maps[2]) == 8


@pytest.mark.parametrize("kind", ["box", "clicks", "scribbles"])
def test_only_the_kinds_that_are_asked_for_are_given(kind):
    assert list(Prompting(kinds=(kind,)).simulate(_object(), np.random.default_rng(0))) == [kind]
