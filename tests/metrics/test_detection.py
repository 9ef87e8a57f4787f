import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.boxes import overlap
from vesalius.metrics.detection import (
    COCO_THRESHOLDS,
    SMALL,
    box_average_precision,
    box_average_recall,
    box_mean_average_precision,
    coco_summary,
)

EMPTY = np.empty((0, 6))


def scene(draw, images, rng):
    predictions, truths = [], []
    for _ in range(images):
        objects, found = draw(st.integers(0, 4)), draw(st.integers(0, 7))
        truths.append(boxes(rng, objects, rng.integers(0, 2, objects)))
        predictions.append(np.insert(boxes(rng, found, rng.integers(0, 2, found)), 4, rng.integers(0, 5, found) / 4, axis=1))
    return predictions, truths


def boxes(rng, count, classes):
    corner = rng.integers(0, 4, (count, 2)) * 4
    return np.column_stack([corner, corner + rng.integers(8, 60, (count, 2)), classes]).astype(float)


@st.composite
def scenes(draw):
    return scene(draw, draw(st.integers(1, 4)), np.random.default_rng(draw(st.integers(0, 10_000))))


def plain_overlap(one, two):
    height = max(min(one[2], two[2]) - max(one[0], two[0]), 0)
    width = max(min(one[3], two[3]) - max(one[1], two[1]), 0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return height * width / (area - height * width)


def served(found, true, threshold, size):
    """COCO's rules by plain loops: score, hit, alarm of each detection of an image and class."""
    inside = [size[0] <= (box[2] - box[0]) * (box[3] - box[1]) <= size[1] for box in true]
    free, out = set(range(len(true))), []
    for row in sorted(found, key=lambda row: -row[4]):
        fits = [(inside[o], plain_overlap(row, true[o]), o) for o in free if plain_overlap(row, true[o]) >= threshold]
        if fits:
            regular, _, chosen = max(fits)
            free.remove(chosen)
            out.append((row[4], regular, False))
        else:
            out.append((row[4], False, size[0] <= (row[2] - row[0]) * (row[3] - row[1]) <= size[1]))
    return out, sum(inside)


def plain_map(predictions, truths, thresholds, size=(0, math.inf)):
    values = []
    for label in (0, 1):
        for threshold in thresholds:
            rows, objects = [], 0
            for found, true in zip(predictions, truths, strict=True):
                out, inside = served(found[found[:, 5] == label], true[true[:, 4] == label], threshold, size)
                rows, objects = rows + out, objects + inside
            if objects:
                values.append(plain_precision(rows, objects))
    return np.mean(values) if values else math.nan


def plain_precision(rows, objects):
    points = []
    for level in {score for score, _, _ in rows}:
        hits = sum(hit for score, hit, _ in rows if score >= level)
        alarms = sum(alarm for score, _, alarm in rows if score >= level)
        points.append((hits / objects, hits / max(hits + alarms, 1)))
    return np.mean([max((p for r, p in points if r >= recall), default=0) for recall in np.linspace(0, 1, 101)])


@settings(max_examples=40)
@given(scenes(), st.sampled_from([(0, math.inf), (0, 600.0), (600.0, math.inf)]))
def test_the_value_is_that_of_plain_loops_over_cocos_rules(images, size):
    ours = box_mean_average_precision(*images, thresholds=(0.3, 0.5, 0.7), size=size)
    assert ours == pytest.approx(plain_map(*images, (0.3, 0.5, 0.7), size), nan_ok=True, abs=1e-12)


@settings(max_examples=25)
@given(scenes(), st.randoms())
def test_the_order_of_the_images_changes_nothing_though_scores_are_tied(images, random):
    order = list(range(len(images[0])))
    random.shuffle(order)
    shuffled = [[side[place] for place in order] for side in images]
    assert box_mean_average_precision(*shuffled) == pytest.approx(box_mean_average_precision(*images), nan_ok=True, abs=1e-12)


@settings(max_examples=25)
@given(scenes())
def test_a_slab_of_every_box_has_the_value_of_the_boxes(images):
    predictions, truths = ([extruded(each) for each in side] for side in images)
    for metric in (box_mean_average_precision, box_average_recall):
        assert metric(predictions, truths) == pytest.approx(metric(*images), nan_ok=True, abs=1e-12)


def extruded(rows):
    return np.column_stack([np.full(len(rows), 3.0), rows[:, :2], np.full(len(rows), 7.0), rows[:, 2:]])


@settings(max_examples=25)
@given(scenes())
def test_renamed_classes_change_nothing_and_every_figure_is_a_share_or_nan(images):
    predictions, truths = ([each.copy() for each in side] for side in images)
    for each in (*predictions, *truths):
        each[:, -1] = 7 - each[:, -1] * 10
    assert coco_summary(predictions, truths) == pytest.approx(coco_summary(*images), nan_ok=True, abs=1e-12)
    assert all(math.isnan(value) or 0 <= value <= 1 for value in coco_summary(*images))


@settings(max_examples=25)
@given(scenes())
def test_the_truth_itself_scores_best(images):
    _, truths = images
    separate = [np.unique(truth, axis=0) for truth in truths]
    found = [np.insert(truth, 4, 1.0, axis=1) for truth in separate]
    value = box_mean_average_precision(found, separate)
    assert value == 1 or (math.isnan(value) and not any(map(len, truths)))


def test_the_summary_holds_the_single_metrics():
    rng = np.random.default_rng(3)
    truths = [boxes(rng, 6, rng.integers(0, 2, 6)) for _ in range(8)]
    predictions = [np.insert(truth + np.append(rng.normal(0, 3, 4), 0), 4, rng.random(6), axis=1) for truth in truths]
    summary = coco_summary(predictions, truths)
    assert summary.ap == box_mean_average_precision(predictions, truths)
    assert summary.ap50 == pytest.approx(box_average_precision(predictions, truths), abs=1e-12)
    assert summary.ap75 == pytest.approx(box_average_precision(predictions, truths, iou=0.75), abs=1e-12)
    assert summary.ap_small == box_mean_average_precision(predictions, truths, size=SMALL)
    assert summary.ar1 == box_average_recall(predictions, truths, max_detections=1)
    assert summary.ar100 == box_average_recall(predictions, truths)
    assert math.isnan(summary.ap_large)


def test_only_the_best_detections_of_an_image_and_class_count():
    truth = np.array([[0, 0, 9, 9]])
    found = np.array([[50, 50, 59, 59, 0.9], [0, 0, 9, 9, 0.8]])
    assert box_average_precision([found], [truth]) == pytest.approx(0.5)
    assert box_average_precision([found], [truth], max_detections=1) == 0


def test_a_second_detection_of_an_object_is_false():
    truth = np.array([[0, 0, 9, 9], [20, 20, 29, 29]])
    twice = np.array([[0, 0, 9, 9, 0.9], [0, 0, 9, 9, 0.8], [20, 20, 29, 29, 0.7]])
    assert box_average_precision([twice], [truth]) == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_an_image_without_answer_misses_its_objects():
    truths = [np.array([[0, 0, 9, 9]])] * 2
    found = np.array([[0, 0, 9, 9, 0.9]])
    assert box_average_recall([found, None], truths) == 0.5
    assert box_average_recall([None, None], truths) == 0
    assert box_average_recall([EMPTY, EMPTY], truths) == 0


def test_without_objects_the_value_is_nan():
    assert math.isnan(box_mean_average_precision([np.array([[0, 0, 9, 9, 0.9]])], [np.empty((0, 4))]))
    assert math.isnan(box_average_recall([EMPTY], [[]]))


def test_detections_of_a_class_without_objects_play_no_part():
    truth = np.array([[0, 0, 9, 9, 0]])
    found = np.array([[0, 0, 9, 9, 0.5, 0], [0, 0, 9, 9, 0.9, 1]])
    assert box_mean_average_precision([found], [truth]) == 1


def test_boxes_of_no_size_overlap_nothing():
    assert box_average_precision([np.array([[3, 3, 3, 3, 0.9]])], [np.array([[3, 3, 3, 3]])]) == 0
    assert overlap(np.zeros((4, 1)), np.zeros((4, 1))) == 0


def test_many_pairs_are_taken_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    truths = [boxes(rng, 30, np.zeros(30)) for _ in range(4)]
    predictions = [np.insert(boxes(rng, 50, np.zeros(50)), 4, rng.random(50), axis=1) for _ in range(4)]
    whole = coco_summary(predictions, truths)
    monkeypatch.setattr("vesalius.metrics.boxes._PAIRS", 64)
    assert coco_summary(predictions, truths) == pytest.approx(whole, nan_ok=True)


ONE, TRUE = np.array([[0, 0, 9, 9, 0.5]]), np.array([[0.0, 0, 9, 9]])


@pytest.mark.parametrize(
    ("predictions", "truths", "options", "sentence"),
    [
        ([], [], {}, "one array an image"),
        ([ONE], [TRUE, TRUE], {}, "one array an image"),
        ([ONE], [None], {}, "a truth is None"),
        ([ONE[:, :4]], [TRUE], {}, "every prediction must be"),
        ([ONE], [TRUE[:, :3]], {}, "every truth must be"),
        ([ONE, np.insert(ONE, 5, 1, axis=1)], [TRUE, TRUE], {}, "all of one width"),
        ([ONE[0]], [TRUE], {}, "every prediction must be"),
        ([ONE], [np.zeros((1, 6))], {}, "predictions have 2 axes and truths 3"),
        ([ONE * np.nan], [TRUE], {}, "NaN"),
        ([ONE], [np.array([[0, 0, np.inf, 9]])], {}, "NaN or infinite"),
        ([np.array([[9, 9, 0, 0, 0.5]])], [TRUE], {}, "ends before it starts"),
        ([ONE], [TRUE], {"thresholds": (0.0,)}, "above 0"),
        ([ONE], [TRUE], {"thresholds": ()}, "above 0"),
        ([ONE], [TRUE], {"max_detections": 0}, "positive integer"),
        ([ONE], [TRUE], {"size": (9.0, 1.0)}, "lower and an upper bound"),
    ],
)
def test_bad_input_is_refused_with_one_sentence(predictions, truths, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        box_mean_average_precision(predictions, truths, **options)


def test_the_thresholds_are_cocos():
    assert pytest.approx([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]) == COCO_THRESHOLDS
