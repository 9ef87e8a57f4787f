"""Detection metrics beside pycocotools and MONAI."""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from vesalius import records
from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics.detection import coco_summary
from vesalius.metrics.froc import froc_sensitivity
from vesalius.sources.public import root
from vesalius.sources.public.point_detect_count import FOLDER, TUNED, PointDetectCount, recorded_answers

Boxes = list[NDArray[np.float64]]

TIES = (
    "pycocotools ranks detections of equal score by the order of the images and reads precision between them, so that its "
    "value changes when images change places; here they stand or fall together, which no order changes. Equal to all digits "
    "where scores differ."
)
LAST_POINT = (
    "MONAI leaves out the lowest score as a threshold; where no object is missed that is a real one, and the curve never reaches "
    "1. By definition it does, as here. Equal where an object is missed, for which MONAI adds a score of 0."
)


def agreements() -> Iterator[Agreement]:
    """Every detection metric that an installed peer has."""
    if find_spec("pycocotools"):
        yield from _with_pycocotools()
    if find_spec("monai"):
        yield from _with_monai()


def scenes(
    images: int, classes: int, *, objects: int = 20, detections: int = 60, decimals: int | None = None, seed: int = 0
) -> tuple[Boxes, Boxes]:
    """Random objects of 8 to 140 pixels, and detections near them; scores rounded where asked for."""
    rng = np.random.default_rng(seed)
    predictions, truths = [], []
    for _ in range(images):
        count = int(rng.integers(1, objects + 1))
        corner = rng.uniform(0, 420, (count, 2))
        truth = np.column_stack([corner, corner + rng.uniform(8, 140, (count, 2)), rng.integers(0, classes, count)])
        predictions.append(jittered(truth, int(rng.integers(0, detections + 1)), classes, rng, decimals=decimals))
        truths.append(truth if rng.random() > 0.05 else truth[:0])
    return predictions, truths


def jittered(
    truth: NDArray[np.float64], count: int, classes: int, rng: np.random.Generator, *, decimals: int | None = None
) -> NDArray[np.float64]:
    """Detections: boxes of the truth moved by some pixels, a tenth of them with a random class, with random scores."""
    source = truth[rng.integers(0, len(truth), count)]
    boxes = source[:, :4] + rng.normal(0, 6, (count, 4))
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    label = np.where(rng.random(count) < 0.9, source[:, 4], rng.integers(0, classes, count))
    scores = rng.random(count)
    return np.column_stack([boxes, scores if decimals is None else scores.round(decimals), label])


def blood_smears(*, seed: int = 0) -> tuple[Boxes, Boxes]:
    """Detections near the real boxes of BCCD's three kinds of cells, and those boxes."""
    rng = np.random.default_rng(seed)
    names = {"RBC": 0, "WBC": 1, "Platelets": 2}
    truths = []
    for file in sorted(root.path("bccd", "Annotations").glob("*.xml")):
        rows = []
        for item in ElementTree.parse(file).getroot().iter("object"):
            left, top, right, bottom = (float(item.findtext(f"bndbox/{side}", "0")) for side in ("xmin", "ymin", "xmax", "ymax"))
            rows.append([top, left, max(bottom, top), max(right, left), names[item.findtext("name", "")]])
        truths.append(np.array(rows).reshape(-1, 5))
    return [jittered(truth, 2 * len(truth), 3, rng) if len(truth) else np.empty((0, 6)) for truth in truths], truths


def recorded_boxes() -> tuple[Boxes, Boxes]:
    """Boxes that a fine-tuned vision-language model named, and the right ones; it gives no scores, so that all are 1."""
    answers, predictions, truths = recorded_answers()[TUNED], [], []
    for record in PointDetectCount("boxes").records():
        # requests for boxes alone, where every box has its own entry
        if "count" not in record.fields:
            said = _named(answers[record.id].text or "")
            predictions.append(np.insert(said, 4, 1.0, axis=1) if len(said) else np.empty((0, 5)))
            truths.append(record.get("boxes", records.Boxes).corners)
    return predictions, truths


def _named(text: str) -> NDArray[np.float64]:
    """Boxes of a list of ``bbox_2d`` (left, top, right, bottom) as row, column, row, column; none in other answers."""
    found = re.findall(r'"bbox_2d": \[([\d., ]+)\], "label"', text)
    boxes = np.array([[float(number) for number in each.split(",")] for each in found if each.count(",") == 3]).reshape(-1, 4)
    ordered = np.column_stack([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])])
    return ordered[:, [1, 0, 3, 2]]


def _with_pycocotools() -> Iterator[Agreement]:
    inputs = {
        "300 random scenes, 3 classes": scenes(300, 3),
        "100 random scenes, 20 classes": scenes(100, 20, seed=1),
        "100 random scenes, scores of 2 decimals": scenes(100, 3, decimals=2, seed=2),
    }
    if root.present("bccd"):
        inputs["BCCD's boxes and detections near them"] = blood_smears()
    if root.present(*FOLDER):
        predictions, truths = recorded_boxes()
        inputs["recorded boxes of a vision-language model, all scores 1"] = predictions, truths
        inputs["the same, scores falling from answer to answer"] = _falling(predictions), truths
    for name, (predictions, truths) in inputs.items():
        # pycocotools has -1 where there is no object
        ours = np.nan_to_num(np.array(coco_summary(predictions, truths)), nan=-1.0)
        theirs = coco_figures(*coco_objects(predictions, truths))
        tied = "2 decimals" in name or "all scores 1" in name
        for metric, part in (("box_mean_average_precision@1", slice(0, 6)), ("box_average_recall@1", slice(6, 12))):
            note = TIES if tied and part.start == 0 else ""
            yield agreement(metric, "pycocotools", name, ours[part].tolist(), theirs[part].tolist(), note=note)


def _falling(predictions: Boxes) -> Boxes:
    total = sum(len(boxes) for boxes in predictions)
    scores = np.split(np.linspace(1, 0.5, total), np.cumsum([len(boxes) for boxes in predictions])[:-1])
    return [np.column_stack([boxes[:, :4], score]) if len(boxes) else boxes for boxes, score in zip(predictions, scores)]


def coco_objects(predictions: Sequence[NDArray[np.float64]], truths: Sequence[NDArray[np.float64]]) -> tuple[Any, Any]:
    """Truth and results as pycocotools holds them."""
    from pycocotools.coco import COCO

    objects: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image, (predicted, true) in enumerate(zip(predictions, truths), start=1):
        for row in true:
            box = _coco_box(row)
            category = int(row[4]) if len(row) > 4 else 0
            identity = {"id": len(objects) + 1, "image_id": image, "category_id": category + 1}
            objects.append({**identity, "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
        for row in predicted:
            category = int(row[5]) if len(row) > 5 else 0
            results.append({"image_id": image, "category_id": category + 1, "bbox": _coco_box(row), "score": float(row[4])})
    truth = COCO()
    categories = sorted({each["category_id"] for each in (*objects, *results)})
    truth.dataset = {
        "info": {},
        "images": [{"id": image} for image in range(1, len(truths) + 1)],
        "annotations": objects,
        "categories": [{"id": category} for category in categories],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        return truth, truth.loadRes(results)


def _coco_box(row: NDArray[np.float64]) -> list[float]:
    top, left, bottom, right = row[:4].tolist()
    return [left, top, right - left, bottom - top]


def coco_figures(truth: Any, results: Any, *, only_map: bool = False) -> NDArray[np.float64]:
    """The twelve figures of pycocotools, or the mean average precision alone, which spares it the sizes."""
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, results, "bbox")
        if only_map:
            evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
            evaluation.params.maxDets = [100]
        evaluation.evaluate()
        evaluation.accumulate()
        if only_map:
            precision = evaluation.eval["precision"]
            return np.array([precision[precision > -1].mean()])
        evaluation.summarize()
    return np.asarray(evaluation.stats, dtype=float)


def _with_monai() -> Iterator[Agreement]:
    rates = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
    for name, complete, note in (
        ("5 random sets of 10 images", False, ""),
        ("the same with every square found", True, LAST_POINT),
    ):
        inputs = [_points_on_squares(seed, complete=complete) for seed in range(5)]
        ours = [froc_sensitivity(*each, rates=rates) for each in inputs]
        theirs = [_monai_froc(*each, rates) for each in inputs]
        yield agreement("froc_sensitivity@1", "monai", f"points on squares, {name}", ours, theirs, note=note)


def _points_on_squares(seed: int, *, complete: bool) -> tuple[Boxes, Boxes]:
    """Nine squares an image and points at random places, or one on each square."""
    rng = np.random.default_rng(seed)
    corners = np.array([[row, column] for row in (8, 40, 72) for column in (8, 40, 72)], dtype=float)
    predictions = []
    for _ in range(10):
        centres = corners + 8 if complete else rng.integers(0, 96, (16, 2)).astype(float)
        predictions.append(np.column_stack([centres, centres, rng.random(len(centres), dtype=np.float32)]))
    return predictions, [np.column_stack([corners, corners + 16])] * 10


def _monai_froc(predictions: Boxes, truths: Boxes, rates: Sequence[float]) -> float:
    from monai.metrics.froc import compute_fp_tp_probs_nd, compute_froc_curve_data, compute_froc_score

    false, true, targets = [], [], 0
    for predicted, squares in zip(predictions, truths):
        mask = np.zeros((96, 96), dtype=int)
        for label, (top, left, bottom, right) in enumerate(squares.astype(int), start=1):
            mask[top:bottom, left:right] = label
        found = compute_fp_tp_probs_nd(predicted[:, 4].astype(np.float32), predicted[:, :2].astype(int), mask)
        false.append(found[0])
        true.append(found[1])
        targets += found[2]
    curve = compute_froc_curve_data(np.concatenate(false), np.concatenate(true), targets, len(truths))
    return float(compute_froc_score(*curve, eval_thresholds=tuple(rates)))
