import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.language.objects import named_objects

whole = st.integers(0, 999).map(float)


@given(st.lists(st.tuples(whole, whole), max_size=5))
def test_points_are_read_in_array_order_however_they_are_written(points):
    listed = json.dumps([{"point_2d": list(point), "label": "polyp"} for point in points])
    together = json.dumps({"counts": len(points), "point_2d": [list(point) for point in points], "label": "polyp"})
    named = json.dumps([{"x": x, "y": y} for x, y in points])
    for text in (listed, f"```json\n{together}\n```", named):
        found = named_objects(text, "points")
        assert found.shape == (len(points), 2)
        assert found[:, ::-1].tolist() == [list(point) for point in points]


def test_a_box_may_be_turned_round_and_lack_its_bracket():
    found = named_objects('{"counts": 1, "bbox_2d": [[408.0, 306.0, 205.0, 131.5], "label": "polyp"}', "boxes")
    assert found.tolist() == [[131.5, 205.0, 306.0, 408.0]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{"counts": 39, "label": "sperm"}', 39),
        ('{"total_pinhead_sperm": 10}', 10),
        ('{"polyps": 2}', 2),
        ('[{"bbox_2d": [1, 2, 3, 4]}, {"bbox_2d": [5, 6, 7, 8]}]', 2),
        ('[{"x": 3, "y": 4}, {"x": 5, "y": 9}]', 2),
        ("There are none.", 0),
        ('{"count": 0, "label": "This isn\'t in the image."}', 0),
        ('{"polyps": [{"location": "upper right"}]}', None),
        ("", None),
    ],
)
def test_a_count_is_what_is_named_or_else_what_is_listed(text, count):
    found = named_objects(text, "count")
    assert (None if found is None else found.tolist()) == (None if count is None else [count])


@given(st.text(), st.sampled_from(["boxes", "points", "count"]))
def test_no_text_is_too_strange(text, kind):
    found = named_objects(text, kind)
    assert found is None or np.isfinite(found).all()
