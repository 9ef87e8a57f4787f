"""CMExam: questions of the Chinese medical licensing examination, a few with several right answers (Liu et al. 2023)."""

import re
from collections.abc import Iterator
from pathlib import Path

from vesalius.sources.public.multiple_choice import LETTERS, Question, placed, places_of
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, table

FILES = {"train": "data/train.csv", "validation": "data/val.csv", "test": "data/test_with_annotations.csv"}
COLUMNS = ("Question", "Options", "Answer", "Explanation")
# Only the test file has them.
ANNOTATIONS = {
    "disease": "Disease Group",
    "department": "Clinical Department",
    "subject": "Medical Discipline",
    "skill": "Area of Competency",
    "difficulty": "Difficulty level",
}
LICENCE = "Apache-2.0"
REMEDY = "obtain the CMExam release again"

_OPTION = re.compile(r"([A-Z])[\s.、．]+(.*)")


def _layout(folder: Path) -> Iterator[Placed]:
    """A table a split; the id is the split and the row, from 0. Rows without an answer are left out, as by the authors."""
    for split, file in split_files(folder, FILES, REMEDY):
        for number, row in enumerate(table(file, COLUMNS, REMEDY)):
            if row.text_or_blank("Answer").strip():
                asked = _question(row, f"{split}-{number:05d}")
                yield placed(row, asked, split=split, language="zh", licence=LICENCE)


def _question(row: Row, name: str) -> Question:
    options = _options(row)
    right = places_of(row, "Answer", list(row.text("Answer").strip()), len(options))
    tags = {tag: row.text_or_blank(column).strip() for tag, column in ANNOTATIONS.items()}
    return Question(
        name=name,
        text=row.text("Question"),
        options=options,
        right=right,
        explanation=row.text_or_blank("Explanation"),
        tags=tags | {"type": "single" if len(right) == 1 else "multiple"},
    )


def _options(row: Row) -> tuple[str, ...]:
    """All options stand in one cell, one a line behind its letter; a line without the next letter goes on with the last."""
    options: list[str] = []
    for line in row.text("Options").splitlines():
        labelled = _OPTION.match(line.strip())
        if labelled and len(options) < len(LETTERS) and labelled[1] == LETTERS[len(options)]:
            options.append(labelled[2])
        elif options:
            options[-1] = f"{options[-1]}\n{line}".strip()
        elif line.strip():
            raise row.wrong("Options", "does not begin with A and a space")
    if not all(options):
        raise row.wrong("Options", "a letter without its text")
    return tuple(options)


CMEXAM = PublicSet(
    name="cmexam",
    description="Questions of the Chinese medical licensing examination (CMExam, Liu et al. 2023).",
    folders=("cmexam",),
    layout=_layout,
)
