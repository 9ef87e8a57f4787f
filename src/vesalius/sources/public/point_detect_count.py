"""Recorded answers of a vision-language model before and after it was tuned to point, detect and count in medical images.

The release has no images, but what a model was asked, the right answer, and what Qwen2.5-VL wrote: as it is, under five wordings
of every request, and after LoRA fine-tuning, under the last of them.

Gautam, Riegler, Halvorsen: Point, Detect, Count: Multi-Task Medical Image Understanding with Instruction-Tuned Vision-Language
Models. 2025, arXiv 2505.16647.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Boxes, Field, Points, Record, Text, Vector
from vesalius.sources.public import root
from vesalius.sources.public.rows import Row, json_lines
from vesalius.sources.recorded import RecordedAnswer

FOLDER = ("llm-outputs", "pointdetectcount")
TUNED_FILE = "qwen-finetuned-6task-test500-result.jsonl"
BASE_FILE = "qwen-public-6task-test2500-result.jsonl"
REMEDY = "obtain the recorded answers of PointDetectCount again"

TUNED = "fine-tuned"
_LISTED = ("bbox_2d", "point_2d")
WORDINGS = 5
"""Of a request, to the model as it is."""


def wording(number: int) -> str:
    """What answers under a wording are called, from 1.

    >>> wording(1)
    'wording 1'
    """
    return f"wording {number}"


@dataclass(frozen=True, slots=True)
class PointDetectCount:
    """What is asked of medical images: how many there are, where they lie, or which boxes hold them.

    Attributes:
        kind: which of them; a request for points or boxes with their count belongs to both.
    """

    kind: str

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return f"point-detect-count, {self.kind}"

    @property
    def tier(self) -> Tier:
        """A public release."""
        return "public"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Requests for {self.kind} in endoscopy and microscopy, as PointDetectCount asked them of Qwen2.5-VL."

    def records(self) -> Sequence[Record]:
        """One record a request: ``request``, and the right ``boxes``, ``points`` or ``count``; an image is one subject.

        Raises:
            UserError: if the file is missing or a line lacks a field.
        """
        return tuple(record for record in _records(root.path(*FOLDER)) if self.kind in record.fields)


def recorded_answers() -> Mapping[str, Mapping[str, RecordedAnswer]]:
    """What the tuned model and the model as it is wrote, by ``TUNED`` or ``wording``, and by record.

    Raises:
        UserError: if a file is missing, or its lines are not those of the release.
    """
    return _answers(root.path(*FOLDER))


@cache
def _records(folder: Path) -> tuple[Record, ...]:
    return tuple(_record(number, row) for number, row in enumerate(json_lines(folder / TUNED_FILE, REMEDY)))


def _record(number: int, row: Row) -> Record:
    image = _image(row)
    request = _first(row, "messages").text("content").replace("<image>", f"<image {image}>")
    return Record(
        id=f"request {number}",
        subject_id=image,
        fields={"request": Text(request), **_right(row)},
        licence="research use",
    )


def _image(row: Row) -> str:
    return _first(row, "images").text("path")


def _first(row: Row, field: str) -> Row:
    found = row.rows(field)
    if not found:
        raise row.wrong(field, "empty")
    return found[0]


def _right(row: Row) -> dict[str, Field]:
    """What the label names, as fields; x stands before y in it."""
    fields: dict[str, Field] = {}
    try:
        label = json.loads(row.text("labels").strip().removeprefix("```json").removesuffix("```"))
        if isinstance(label, dict):
            fields["count"] = Vector(np.array([float(label["counts"])]), ("count",))
            listed = {name: label.get(name, []) for name in _LISTED}
        else:
            listed = {name: [each[name] for each in label if name in each] for name in _LISTED}
        if listed["bbox_2d"]:
            corners = np.array(listed["bbox_2d"], dtype=np.float64).reshape(-1, 4)[:, [1, 0, 3, 2]]
            fields["boxes"] = Boxes(corners, ("object",) * len(corners))
        if listed["point_2d"]:
            positions = np.array(listed["point_2d"], dtype=np.float64).reshape(-1, 2)[:, ::-1]
            fields["points"] = Points(positions, ("object",) * len(positions))
    except (ValueError, TypeError, KeyError):
        raise row.wrong("labels", "not the boxes, points or count of a request") from None
    return fields


@cache
def _answers(folder: Path) -> Mapping[str, Mapping[str, RecordedAnswer]]:
    tuned = list(json_lines(folder / TUNED_FILE, REMEDY))
    base = list(json_lines(folder / BASE_FILE, REMEDY))
    if len(base) != WORDINGS * len(tuned):
        raise UserError(f"{folder / BASE_FILE}: {len(base)} lines, where {WORDINGS} wordings of {len(tuned)} are; {REMEDY}.")
    found = {TUNED: tuned}
    for number in range(WORDINGS):
        found[wording(number + 1)] = base[number * len(tuned) : (number + 1) * len(tuned)]
    for rows in found.values():
        for row, first in zip(rows, tuned, strict=True):
            if _image(row) != _image(first):
                raise row.wrong("images", f"another image than in line {tuned.index(first) + 1} of {TUNED_FILE}")
    return {
        name: {f"request {number}": RecordedAnswer(text=row.text("response"), calls=1) for number, row in enumerate(rows)}
        for name, rows in found.items()
    }
