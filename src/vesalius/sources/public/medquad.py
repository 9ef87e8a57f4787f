"""MedQuAD: consumer health questions with answers from sites of the NIH (Ben Abacha and Demner-Fushman 2019)."""

import re
from collections.abc import Iterator
from pathlib import Path

from vesalius.records import Record, Text
from vesalius.records.places import place
from vesalius.sources.joined import joined, sharing
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import Row, json_lines

VALIDATION, TEST = 0.05, 0.1
LICENCE = "CC BY 4.0"
REMEDY = "obtain the MedQuAD release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """One JSON object a line, gzipped; the id is the line, from 0.

    The release has no split: all questions on one disease go to one, by the hash of its name, for several sites ask and answer
    the same of it. Diseases are one where their names differ by spelling alone, or a page is of both, such as of the types of a
    syndrome. The disease, or the page where none is named, is the subject.
    """
    rows = list(json_lines(folder / "medquad.jsonl.gz", REMEDY))
    first = joined(len(rows), sharing([_belongs(row) for row in rows]))
    for number, row in enumerate(rows):
        subject = _subject(rows[first[number]])
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


def _subject(row: Row) -> str:
    return row.text_or_blank("focus").strip().lower() or row.text("url")


def _belongs(row: Row) -> list[tuple[str, str]]:
    """What a row has in common with others of its disease; answers are not, for those on inheritance fit hundreds of diseases."""
    return [("disease", bare(_subject(row))), ("page", row.text("url"))]


def bare(name: str) -> str:
    """A name without what spellings differ in: brackets, hyphens, possessives and plurals.

    >>> bare("Alzheimer's Disease"), bare("alzheimer disease"), bare("Chronic fatigue syndrome (CFS)"), bare("gastric tumors")
    ('alzheimer disease', 'alzheimer disease', 'chronic fatigue syndrome', 'gastric tumor')
    """
    words = re.sub(r"[^\w]+", " ", re.sub(r"'s\b|\([^)]*\)", " ", name.lower())).split()
    return " ".join(word.removesuffix("s") if len(word) > 4 and not word.endswith("ss") else word for word in words) or name


MEDQUAD = PublicSet(
    name="medquad",
    description="Consumer health questions and answers from sites of the NIH (MedQuAD, Ben Abacha and Demner-Fushman 2019).",
    folders=("medquad",),
    layout=_layout,
)
