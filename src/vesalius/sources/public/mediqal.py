"""MediQAl: questions of French medical exams: one right answer, several, or a short text (Bazoge 2025)."""

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal

from vesalius.records import Record, Text
from vesalius.sources.public.multiple_choice import Question, placed, places_of
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, json_lines

Part = Literal["mcqu", "mcqm", "oeq"]
PARTS: Mapping[Part, str] = {
    "mcqu": "one option right",
    "mcqm": "several options right",
    "oeq": "answered in a few words",
}
SPLITS = ("train", "validation", "test")
LICENCE = "CC BY 4.0"
REMEDY = "obtain the MediQAl release again, each split as JSON lines"


def _layout(part: Part, folder: Path) -> Iterator[Placed]:
    """JSON lines a split; questions of one clinical case are of one subject."""
    for split, file in split_files(folder, {split: f"{part}/{split}.jsonl" for split in SPLITS}, REMEDY):
        for row in json_lines(file, REMEDY):
            yield (row.place, _open(row, split)) if part == "oeq" else _choices(row, split, part)


def _tags(row: Row, part: Part) -> dict[str, str]:
    return {"type": part, "subject": row.text_or_blank("medical_subject"), "skill": row.text_or_blank("question_type")}


def _choices(row: Row, split: str, part: Part) -> Placed:
    """The right letters stand in one text, with commas between them."""
    right = places_of(row, "correct_answers", row.text("correct_answers").split(","), 5)
    if part == "mcqu" and len(right) > 1:
        raise row.wrong("correct_answers", "several letters where one is needed")
    asked = Question(
        name=row.text("id"),
        text=row.text("question"),
        options=tuple(row.text(f"answer_{letter}") for letter in "abcde"),
        right=right,
        context=row.text_or_blank("clinical_case"),
        subject=_case(row),
        tags=_tags(row, part),
    )
    return placed(row, asked, split=split, language="fr", licence=LICENCE)


def _open(row: Row, split: str) -> Record:
    fields = {"question": row.text("question"), "answer": row.text("answer"), "context": row.text_or_blank("clinical_case")}
    tags = {"split": split, "language": "fr"} | _tags(row, "oeq")
    return Record(
        id=row.text("id"),
        subject_id=_case(row) or row.text("id"),
        fields={name: Text(value) for name, value in fields.items() if value},
        licence=LICENCE,
        tags={name: value for name, value in tags.items() if value},
    )


def _case(row: Row) -> str:
    case = row.text_or_blank("clinical_case")
    return sha256(case.encode()).hexdigest()[:12] if case.strip() else ""


MEDIQAL_MCQU, MEDIQAL_MCQM, MEDIQAL_OEQ = (
    PublicSet(
        name=f"mediqal-{part}",
        description=f"Questions of French medical exams, {asked} (MediQAl, Bazoge 2025).",
        folders=("mediqal",),
        layout=partial(_layout, part),
    )
    for part, asked in PARTS.items()
)
