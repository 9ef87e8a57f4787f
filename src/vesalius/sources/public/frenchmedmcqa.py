"""FrenchMedMCQA: exam questions of the French diploma in pharmacy, with one or several right answers (Labrak et al. 2022)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.sources.public.multiple_choice import Question, lettered, placed, places_of
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import json_list

FILES = {"train": "train.json", "validation": "dev.json", "test": "test.json"}
LICENCE = "Apache-2.0"
REMEDY = "obtain the FrenchMedMCQA release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """A JSON list a split; options by small letter, the right ones as a list of letters."""
    for split, file in split_files(folder, FILES, REMEDY):
        for row in json_list(file, REMEDY):
            options = lettered(row.row("answers"), "ABCDE", upper=False)
            right = places_of(row, "correct_answers", row.texts("correct_answers"), len(options))
            asked = Question(
                name=row.text("id"),
                text=row.text("question"),
                options=options,
                right=right,
                # The test file does not say so itself.
                tags={"subject": row.text_or_blank("subject_name"), "type": "simple" if len(right) == 1 else "multiple"},
            )
            yield placed(row, asked, split=split, language="fr", licence=LICENCE)


FRENCHMEDMCQA = PublicSet(
    name="frenchmedmcqa",
    description="French pharmacy exam questions, one or several options right (FrenchMedMCQA, Labrak et al. 2022).",
    folders=("frenchmedmcqa",),
    layout=_layout,
)
