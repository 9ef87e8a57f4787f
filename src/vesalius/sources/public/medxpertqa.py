"""MedXpertQA Text: questions of specialty boards with ten options (Zuo et al. 2025)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.sources.public.multiple_choice import LETTERS, Question, lettered, placed
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import json_lines

# Five questions are meant as examples to show.
FILES = {"train": "Text/dev.jsonl", "test": "Text/test.jsonl"}
OPTIONS = 10
REPEATED = "\nAnswer Choices:"
"""What stands in a question before its options, which have a field of their own."""

LICENCE = "MIT"
REMEDY = "obtain the MedXpertQA release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """One JSON object a line; ``label`` is the right letter."""
    letters = LETTERS[:OPTIONS]
    for split, file in split_files(folder, FILES, REMEDY):
        for row in json_lines(file, REMEDY):
            asked = Question(
                name=row.text("id"),
                text=row.text("question").split(REPEATED)[0].strip(),
                options=lettered(row.row("options"), letters),
                right=(row.among("label", letters),),
                tags={
                    "task": row.text_or_blank("medical_task"),
                    "subject": row.text_or_blank("body_system"),
                    "skill": row.text_or_blank("question_type"),
                },
            )
            yield placed(row, asked, split=split, language="en", licence=LICENCE)


MEDXPERTQA = PublicSet(
    name="medxpertqa",
    description="Questions of specialty boards with ten options (MedXpertQA Text, Zuo et al. 2025).",
    folders=("medxpertqa",),
    layout=_layout,
)
