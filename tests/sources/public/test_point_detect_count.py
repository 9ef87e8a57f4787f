import json

import pytest

from vesalius.errors import UserError
from vesalius.records import Boxes, Points, Vector
from vesalius.sources.public import point_detect_count, root
from vesalius.sources.public.point_detect_count import BASE_FILE, TUNED, TUNED_FILE, PointDetectCount, recorded_answers, wording

LABELS = (
    '```json\n[{"point_2d": [9.0, 4.0], "label": "polyp"}]\n```',
    '```json\n{"counts": 2, "bbox_2d": [[1.0, 2.0, 30.0, 40.0], [5.0, 6.0, 7.0, 8.0]], "label": "polyp"}\n```',
    '```json\n{"counts": 3, "label": "polyp"}\n```',
)


def line(place, **changes):
    row = {
        "response": f"answer {place}",
        "labels": LABELS[place],
        "messages": [{"role": "user", "content": "<image> Find it."}],
        "images": [{"bytes": None, "path": f"{place}.png"}],
    }
    return json.dumps(row | changes)


@pytest.fixture
def release(tmp_path, monkeypatch):
    folder = tmp_path.joinpath(*point_detect_count.FOLDER)
    folder.mkdir(parents=True)
    monkeypatch.setenv(root.VARIABLE, str(tmp_path))

    def write(tuned, base):
        (folder / TUNED_FILE).write_text("\n".join(tuned))
        (folder / BASE_FILE).write_text("\n".join(base))

    write([line(place) for place in range(3)], [line(place, response=f"base {place}") for _ in range(5) for place in range(3)])
    yield write
    point_detect_count._records.cache_clear()
    point_detect_count._answers.cache_clear()


def test_a_request_has_the_fields_that_its_label_names(release):
    count, points, boxes = (PointDetectCount(kind).records() for kind in ("count", "points", "boxes"))
    assert [record.id for record in count] == ["request 1", "request 2"]
    assert [record.get("count", Vector).values.tolist() for record in count] == [[2], [3]]
    assert points[0].get("points", Points).positions.tolist() == [[4, 9]]
    assert boxes[0].get("boxes", Boxes).corners.tolist() == [[2, 1, 40, 30], [6, 5, 8, 7]]
    assert recorded_answers()[TUNED]["request 2"].text == "answer 2"
    assert set(recorded_answers()) == {TUNED, *(wording(number) for number in range(1, 6))}


@pytest.mark.parametrize(
    ("tuned", "base", "words"),
    [
        ({"labels": "[{"}, {}, "line 1, field 'labels'"),
        ({"labels": '{"counts": "many"}'}, {}, "line 1, field 'labels'"),
        ({"labels": '[{"bbox_2d": [1, 2, 3]}]'}, {}, "line 1, field 'labels'"),
        ({"images": []}, {}, "line 1, field 'images'"),
        ({"messages": []}, {}, "line 1, field 'messages'"),
    ],
)
def test_what_is_spoilt_is_named(release, tuned, base, words):
    release([line(0, **tuned)], [line(0)] * 5)
    with pytest.raises(UserError, match=words):
        PointDetectCount("count").records()


def test_answers_must_belong_to_the_same_images(release):
    release([line(0)], [line(0)] * 4)
    with pytest.raises(UserError, match="4 lines"):
        recorded_answers()
    release([line(0)], [line(0)] * 4 + [line(0, images=[{"path": "other.png"}])])
    with pytest.raises(UserError, match="another image"):
        recorded_answers()


def test_the_release_at_hand(public_data):
    public_data("llm-outputs")
    counts = {kind: len(PointDetectCount(kind).records()) for kind in ("count", "points", "boxes")}
    assert counts == {"count": 302, "points": 189, "boxes": 206}
    assert all(len(answers) == 500 for answers in recorded_answers().values())
