"""How good the fitted learner is on cases that it was not trained on: a line a case, and a mean with its interval."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vesalius import statistics
from vesalius.errors import UserError
from vesalius.fitted.answers import in_batches, probabilities_of
from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS, dice, iou, segmentation_table
from vesalius.progress import track
from vesalius.records import Image, Label, Mask, Record, Volume
from vesalius.tasks import Prediction, Task

Row = dict[str, Any]
Scores = dict[str, dict[str, float | None]]
ALL = "all"


def score(learner: Learner, task: Task, records: Sequence[Record], file: Path) -> Scores:
    """Predict the records, write a line a case (for masks, one more a label), and give means with intervals.

    Distances are in millimetres where the spacing is known, else in pixels. Intervals are bootstrapped over subjects.
    """
    rows: list[Row] = []
    for record, prediction in track(in_batches(learner, task, records), "scoring", len(records)):
        if prediction.value is None:
            raise UserError(f"Record {record.id}: the learner gave no answer ({prediction.outcome}); it cannot be scored.")
        rows += _mask_rows(record, prediction) if task.target == "mask" else [_class_row(record, prediction)]
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()} for row in rows
        )
    return _mask_means(rows) if task.target == "mask" else _class_means(rows)


def lowest(file: Path, column: str) -> tuple[str, float]:
    """The case of lowest score in a file that ``score`` wrote, with it."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("label", ALL) == ALL]
    worst = min(rows, key=lambda row: float(row[column]))
    return worst["id"], float(worst[column])


def _mask_rows(record: Record, prediction: Prediction) -> list[Row]:
    mask = record.get("mask", Mask)
    said: Any = prediction.value
    truth: Any = mask.labels
    spacing = spacing_of(record)
    unit = "pixel" if spacing is None else "mm"
    table = segmentation_table(said, truth, spacing=spacing)
    hd95_L = table.hd_percentiles_LP[:, 0]
    base = {"id": record.id, "subject": record.subject_id}
    whole = {
        "dice": dice(said, truth),
        "iou": iou(said, truth),
        "hd95": float(hd95_L.mean()) if len(hd95_L) else 0.0,
        "assd": float(table.assd_L.mean()) if len(hd95_L) else 0.0,
    }
    rows: list[Row] = [{**base, "label": ALL, **whole, "unit": unit}]
    for place, label in enumerate(table.labels_L.tolist()):
        own = {"dice": table.dice_L, "iou": table.iou_L, "hd95": hd95_L, "assd": table.assd_L}
        values = {name: float(values_L[place]) for name, values_L in own.items()}
        rows.append({**base, "label": mask.names[label - 1], **values, "unit": unit})
    return rows


def _class_row(record: Record, prediction: Prediction) -> Row:
    label = record.get("label", Label)
    shares = probabilities_of(prediction, label.classes)
    said = max(shares, key=shares.__getitem__)
    base = {"id": record.id, "subject": record.subject_id, "truth": label.value, "predicted": said}
    return {**base, "accuracy": float(said == label.value), **{f"p {name}": share for name, share in shares.items()}}


def _mask_means(rows: Sequence[Row]) -> Scores:
    cases = [row for row in rows if row["label"] == ALL]
    means = {name: _mean(cases, name) for name in ("dice", "iou", "hd95", "assd")}
    for name in dict.fromkeys(row["label"] for row in rows if row["label"] != ALL):
        means[f"dice of {name}"] = _mean([row for row in rows if row["label"] == name], "dice")
    return means


def _class_means(rows: Sequence[Row]) -> Scores:
    names = [name.removeprefix("p ") for name in rows[0] if name.startswith("p ")]
    shares_NK = np.array([[row[f"p {name}"] for name in names] for row in rows])
    truths_N = np.array([names.index(row["truth"]) for row in rows])
    area = (
        METRICS["auroc"].function(shares_NK[:, 1], truths_N)
        if len(names) == 2
        else METRICS["macro_auroc"].function(shares_NK, np.eye(len(names), dtype=int)[truths_N])
    )
    known = None if np.isnan(area) else float(area)
    return {"accuracy": _mean(rows, "accuracy"), "auroc": {"value": known, "low": None, "high": None}}


def _mean(rows: Sequence[Row], name: str) -> dict[str, float | None]:
    values, subjects = [row[name] for row in rows], [row["subject"] for row in rows]
    if len(set(subjects)) < 2:
        return {"value": float(np.mean(values)), "low": None, "high": None}
    found = statistics.bootstrap_mean(values, clusters=np.array(subjects))
    return {"value": found.value, "low": found.low, "high": found.high}


def spacing_of(record: Record) -> tuple[float, ...] | None:
    """Of a record's image in millimetres, where it is known."""
    image = record.fields["image"]
    if isinstance(image, Volume):
        return image.geometry.spacing
    return image.spacing if isinstance(image, Image) else None


def told(scores: Mapping[str, Mapping[str, float | None]]) -> str:
    """The first score in words.

    >>> told({"dice": {"value": 0.8712, "low": 0.84, "high": 0.9}})
    'dice 0.871 (95% interval 0.840 to 0.900)'
    """
    name, found = next(iter(scores.items()))
    interval = "" if found["low"] is None else f" (95% interval {found['low']:.3f} to {found['high']:.3f})"
    return f"{name} {found['value']:.3f}{interval}"
