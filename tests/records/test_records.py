from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.records import (
    Boxes,
    Choices,
    Events,
    Geometry,
    Image,
    Label,
    Mask,
    Points,
    Record,
    Signal,
    Survival,
    Text,
    Vector,
    Volume,
    digest_of,
)

NOW = datetime(2024, 1, 1)
EYE = Geometry(np.eye(4))

# One line a kind of field: two that differ a little.
FIELDS = {
    "text": (Text("no fever"), Text("no fever.")),
    "choices": (Choices(("yes", "no")), Choices(("no", "yes"))),
    "image": (Image(np.zeros((2, 3), np.uint8)), Image(np.zeros((2, 3), np.uint16))),
    "spacing": (Image(np.zeros((2, 3))), Image(np.zeros((2, 3)), (1.0, 1.0))),
    "volume": (Volume(np.zeros((2, 3, 4)), EYE), Volume(np.zeros((2, 3, 4)), Geometry(np.diag([2.0, 1, 1, 1])))),
    "mask": (Mask(np.zeros((2, 2), int), ("a",)), Mask(np.zeros((2, 2), int), ("b",))),
    "boxes": (Boxes(np.zeros((1, 4)), ("a",)), Boxes(np.ones((1, 4)), ("a",))),
    "points": (Points(np.zeros((1, 2)), ("a",)), Points(np.zeros((1, 3)), ("a",))),
    "events": (Events((NOW,), ("HR",), np.array([70.0])), Events((NOW,), ("HR",), np.array([71.0]))),
    "signal": (Signal(np.zeros((1, 9)), 100.0, ("I",)), Signal(np.zeros((1, 9)), 200.0, ("I",))),
    "vector": (Vector(np.array([1.0]), ("age",)), Vector(np.array([np.nan]), ("age",))),
    "label": (Label("ill", ("well", "ill")), Label("well", ("well", "ill"))),
    "survival": (Survival(5.0, True), Survival(5.0, False)),
}

BAD = {
    "one option": lambda: Choices(("yes",)),
    "image of one axis": lambda: Image(np.zeros(3)),
    "volume of two axes": lambda: Volume(np.zeros((2, 2)), EYE),
    "mask of fractions": lambda: Mask(np.zeros((2, 2)), ("a",)),
    "label without a name": lambda: Mask(np.full((2, 2), 2), ("a",)),
    "negative label": lambda: Mask(np.full((2, 2), -1), ("a",)),
    "box of five numbers": lambda: Boxes(np.zeros((1, 5)), ("a",)),
    "point without a name": lambda: Points(np.zeros((1, 2)), ()),
    "events out of order": lambda: Events((NOW, datetime(2023, 1, 1)), ("a", "b"), np.zeros(2)),
    "signal without a rate": lambda: Signal(np.zeros((1, 9)), 0.0, ("I",)),
    "vector without a name": lambda: Vector(np.zeros(2), ("age",)),
    "class of another set": lambda: Label("dead", ("well", "ill")),
    "negative time": lambda: Survival(-1.0, True),
    "singular affine": lambda: Geometry(np.zeros((4, 4))),
}


def record(field, **more):
    return Record(id="1", subject_id="p", fields={"field": field}, **more)


@pytest.mark.parametrize("name", FIELDS)
def test_equal_records_have_equal_digests_and_others_have_others(name):
    one, other = FIELDS[name]
    assert record(one).digest() == record(one).digest()
    assert record(one).digest() != record(other).digest()
    assert digest_of([record(one), record(other)]) != digest_of([record(other), record(one)])


@pytest.mark.parametrize(
    "change", [{"id": "2"}, {"subject_id": "q"}, {"time": NOW}, {"licence": "CC0-1.0"}, {"tags": {"site": "A"}}]
)
def test_the_digest_covers_all_of_a_record(change):
    whole = record(Text("x"))
    assert replace(whole, **change).digest() != whole.digest()


@given(st.text(), st.text())
def test_the_digest_tells_texts_apart(one, other):
    assert (record(Text(one)).digest() == record(Text(other)).digest()) == (one == other)


@pytest.mark.parametrize("name", BAD)
def test_a_field_that_cannot_be_is_refused_in_a_sentence(name):
    with pytest.raises(ValueError, match=r"\.$"):
        BAD[name]()


def test_a_field_is_asked_for_by_name_and_kind():
    found = record(Text("x"))
    assert found.get("field", Text).value == "x"
    with pytest.raises(KeyError, match="no field 'note'; it has field"):
        found.get("note", Text)
    with pytest.raises(TypeError, match="Text where Image is needed"):
        found.get("field", Image)


def test_the_unit_of_analysis_is_the_subject_or_a_tag():
    found = record(Text("x"), tags={"site": "A"})
    assert (found.group("subject_id"), found.group("site")) == ("p", "A")


def test_spacing_is_of_the_array_axes_whatever_the_orientation():
    turned = np.array([[0, 2.0, 0, 0], [-1, 0, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]])
    assert Geometry(turned).spacing == (1.0, 2.0, 3.0)
