"""MedQA: questions of the United States Medical Licensing Examination (Jin et al. 2021), with five options and with four."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from vesalius.sources.public.multiple_choice import LETTERS, Question, lettered, placed
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, json_lines

LICENCE = "MIT"
REMEDY = "obtain the MedQA release again"

QUESTIONS = "data_clean/questions/US"
FILES = {
    4: {
        split: f"{QUESTIONS}/4_options/phrases_no_exclude_{name}.jsonl"
        for split, name in {"train": "train", "validation": "dev", "test": "test"}.items()
    },
    5: {split: f"{QUESTIONS}/{name}.jsonl" for split, name in {"train": "train", "validation": "dev", "test": "test"}.items()},
}


def question(row: Row, name: str, options: int) -> Question:
    """A line of the release, which gives questions no id; ``answer_idx`` is the right letter."""
    letters = LETTERS[:options]
    return Question(
        name=name,
        text=row.text("question"),
        options=lettered(row.row("options"), letters),
        right=(row.among("answer_idx", letters),),
        tags={"exam": row.text_or_blank("meta_info")},
    )


def _layout(options: Literal[4, 5], folder: Path) -> Iterator[Placed]:
    """One JSON object a line; the id is the split and the line, from 0."""
    for split, file in split_files(folder, FILES[options], REMEDY):
        for number, row in enumerate(json_lines(file, REMEDY)):
            asked = question(row, f"{split}_{number:04d}", options)
            yield placed(row, asked, split=split, language="en", licence=LICENCE)


MEDQA_4 = PublicSet(
    name="medqa-4",
    description="USMLE questions with four options (MedQA, Jin et al. 2021).",
    folders=("medqa", "mirage/medqa"),
    layout=partial(_layout, 4),
)
MEDQA_5 = PublicSet(
    name="medqa-5",
    description="USMLE questions with five options (MedQA, Jin et al. 2021).",
    folders=("medqa",),
    layout=partial(_layout, 5),
)
