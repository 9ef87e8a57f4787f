import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.json_fields import json_field_f1, json_field_precision, json_field_recall

ALL = (json_field_f1, json_field_precision, json_field_recall)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=True) | st.sampled_from(["", "a", "A ", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: not isinstance(value, str))


def test_fields_by_hand():
    truth = {"name": "Aspirin", "doses": [{"mg": 100, "when": "morning"}, {"mg": 50, "when": "night"}], "allergy": None}
    said = {"name": " aspirin", "doses": [{"mg": 50, "when": "night"}, {"mg": 75, "when": "morning"}], "route": "oral"}
    assert json_field_precision(said, truth) == pytest.approx(4 / 6)
    assert json_field_recall(said, truth) == pytest.approx(4 / 5)
    assert json_field_f1(said, truth) == pytest.approx(8 / 11)


def test_fields_of_two_items_are_not_mixed():
    truth = [{"drug": "a", "mg": 1}, {"drug": "b", "mg": 2}]
    assert json_field_f1([{"drug": "a", "mg": 2}, {"drug": "b", "mg": 1}], truth) == 0.5


@pytest.mark.parametrize("pair", [(1, "1"), (True, 1), (0, False), (1, [1]), ({"a": 1}, 1), ("a", ["a"])])
def test_kinds_are_not_confused(pair):
    assert json_field_f1({"x": pair[0]}, {"x": pair[1]}) == 0


@pytest.mark.parametrize(
    "unreadable", ["", "not json", '{"a": 1', "[" * 100_000, "[" * 70 + "]" * 70 + " ", "[" * 70 + "1" + "]" * 70]
)
def test_a_prediction_that_can_not_be_read_earns_nothing(unreadable):
    assert [score(unreadable, {"a": 1}) for score in ALL] == [0, 0, 0]


def test_a_truth_that_can_not_be_read_is_refused():
    for score in ALL:
        with pytest.raises(ValueError, match="truth"):
            score({}, "not json")
        with pytest.raises(ValueError, match="no value of JSON"):
            score({"a": object()}, {"a": 1})


def test_empty_fields_are_none():
    assert math.isnan(json_field_f1({"a": None, "b": ""}, {"c": []}))
    assert math.isnan(json_field_precision({}, {"a": 1}))
    assert math.isnan(json_field_recall({"a": 1}, {}))
    assert json_field_f1({}, {"a": 1}) == 0


@given(JSON, JSON)
def test_scores_are_in_range_symmetric_and_best_for_the_truth(a, b):
    for score in ALL:
        value = score(a, b)
        assert math.isnan(value) or 0 <= value <= 1
        assert math.isnan(score(a, a)) or score(a, a) == 1
    assert json_field_f1(a, b) == pytest.approx(json_field_f1(b, a), nan_ok=True)
    assert json_field_precision(a, b) == pytest.approx(json_field_recall(b, a), nan_ok=True)


@given(JSON)
def test_text_and_structure_score_alike(a):
    assert json_field_f1(json.dumps(a), a) == pytest.approx(json_field_f1(a, a), nan_ok=True)
