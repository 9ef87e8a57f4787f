"""MedMCQA: questions of Indian medical entrance exams with four options (Pal et al. 2022)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, json_lines

LICENCE = "MIT"
REMEDY = "obtain the MedMCQA release again"

# The answers of the release's test set are not published: what it is compared on is the development set.
FILES = {"train": "data/train.json", "test": "data/dev.json"}


def question(row: Row) -> Question:
    """A line of the release; ``cop`` counts the right option from 1, ``choice_type`` is no count of right ones."""
    return Question(
        name=row.text("id"),
        text=row.text("question"),
        options=tuple(row.text(f"op{letter}") for letter in "abcd"),
        right=(row.among("cop", (1, 2, 3, 4)),),
        explanation=row.text_or_blank("exp"),
        tags={"subject": row.text_or_blank("subject_name"), "topic": row.text_or_blank("topic_name")},
    )


def _layout(folder: Path) -> Iterator[Placed]:
    """One JSON object a line, although the files are named otherwise."""
    for split, file in split_files(folder, FILES, REMEDY):
        for row in json_lines(file, REMEDY):
            yield placed(row, question(row), split=split, language="en", licence=LICENCE)


MEDMCQA = PublicSet(
    name="medmcqa",
    description="Questions of Indian medical entrance exams (MedMCQA, Pal et al. 2022); its development set is the test split.",
    folders=("medmcqa", "mirage/medmcqa"),
    layout=_layout,
)
