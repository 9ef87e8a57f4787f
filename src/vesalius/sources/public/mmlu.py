"""The six medical subjects of MMLU (Hendrycks et al. 2021)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import table

SUBJECTS = (
    "anatomy",
    "clinical_knowledge",
    "college_biology",
    "college_medicine",
    "medical_genetics",
    "professional_medicine",
)
COLUMNS = ("question", "A", "B", "C", "D", "answer")
# Five questions a subject are meant as examples to show; the release has nothing else to learn from.
FOLDERS = {"train": "dev", "validation": "val", "test": "test"}
LICENCE = "MIT"
REMEDY = "obtain the MMLU release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """A table a subject and split, without header; the id is the subject, the split and the row, from 0."""
    present = [
        (split, subject, folder / "data" / name / f"{subject}_{name}.csv")
        for split, name in FOLDERS.items()
        for subject in SUBJECTS
        if (folder / "data" / name).exists()
    ]
    if not present:
        raise UserError(f"{folder}: none of data/dev, data/val and data/test is there; {REMEDY}.")
    for split, subject, file in present:
        for number, row in enumerate(table(file, COLUMNS, REMEDY, header=False)):
            asked = Question(
                name=f"{subject}-{split}-{number:04d}",
                text=row.text("question"),
                options=tuple(row.text(letter) for letter in "ABCD"),
                right=(row.among("answer", "ABCD"),),
                tags={"subject": subject},
            )
            yield placed(row, asked, split=split, language="en", licence=LICENCE)


MMLU_MEDICAL = PublicSet(
    name="mmlu-medical",
    description="Anatomy, clinical knowledge, biology, medicine and genetics of MMLU (Hendrycks et al. 2021).",
    folders=("mmlu", "mirage/mmlu"),
    layout=_layout,
)
