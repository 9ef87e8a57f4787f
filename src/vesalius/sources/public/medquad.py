"""MedQuAD: consumer health questions with answers from sites of the NIH (Ben Abacha and Demner-Fushman 2019)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.records import Record, Text
from vesalius.records.places import place
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import json_lines

VALIDATION, TEST = 0.05, 0.1
LICENCE = "CC BY 4.0"
REMEDY = "obtain the MedQuAD release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """One JSON object a line, gzipped; the id is the line, from 0.

    The release has no split: all questions on one disease go to one, by the hash of its name, for several sites ask and answer
    the same of it. The disease, or the page where none is named, is the subject.
    """
    for number, row in enumerate(json_lines(folder / "medquad.jsonl.gz", REMEDY)):
        subject = row.text_or_blank("focus").strip().lower() or row.text("url")
        at = place(f"medquad {subject}")
        split = "train" if at < 1 - VALIDATION - TEST else "validation" if at < 1 - TEST else "test"
        tags = {"source": row.text("source"), "type": row.text("type"), "page": row.text("url")}
        record = Record(
            id=f"medquad-{number:05d}",
            subject_id=subject,
            fields={"question": Text(row.text("question")), "answer": Text(row.text("answer"))},
            licence=LICENCE,
            tags={"split": split, "language": "en"} | tags,
        )
        yield row.place, record


MEDQUAD = PublicSet(
    name="medquad",
    description="Consumer health questions and answers from sites of the NIH (MedQuAD, Ben Abacha and Demner-Fushman 2019).",
    folders=("medquad",),
    layout=_layout,
)
