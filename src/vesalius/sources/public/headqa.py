"""HEAD-QA: questions of Spanish exams for health professions, in Spanish and English (Vilares and Gómez-Rodríguez 2019)."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, json_object

Language = Literal["es", "en"]

SPOKEN: Mapping[Language, str] = {"es": "in Spanish", "en": "translated into English"}
FOLDERS = {"es": "HEAD", "en": "HEAD_EN"}
SPLITS = {"train": "train", "validation": "dev", "test": "test"}
LICENCE = "MIT"
REMEDY = "obtain the HEAD-QA release again"


def _layout(language: Language, folder: Path) -> Iterator[Placed]:
    """A JSON object a split, of exams by name; the id is the exam and the number of the question in it."""
    name = FOLDERS[language]
    files = {split: f"{name}/{part}_{name}.json" for split, part in SPLITS.items()}
    for split, file in split_files(folder, files, REMEDY):
        exams = json_object(file, REMEDY).row("exams")
        for key in exams.values:
            exam = Row(f"{file}, exam {key!a}", exams.row(key).values, REMEDY)
            for row in exam.rows("data"):
                at = Row(f"{exam.place}, question {row.values.get('qid')!a}", row.values, REMEDY)
                yield placed(at, _question(exam, at), split=split, language=language, licence=LICENCE)


def _question(exam: Row, row: Row) -> Question:
    """Numbers are texts, with spaces around some; ``ra`` is the number of the right answer, and ``image`` mostly blank."""
    answers = row.rows("answers")
    numbers = [str(answer.get("aid", object)).strip() for answer in answers]
    right = row.text("ra").strip()
    if numbers.count(right) != 1:
        raise row.wrong("ra", f"{right[:40]!a} is not one of the answers {', '.join(numbers)[:80]!a}")
    return Question(
        name=f"{exam.text('name').strip()}-{row.text('qid').strip()}",
        text=row.text("qtext").strip(),
        options=tuple(answer.text("atext").strip() for answer in answers),
        right=(numbers.index(right),),
        tags={
            "exam": exam.text("name").strip(),
            "subject": exam.text("category").strip(),
            "year": exam.text("year").strip(),
            "image": "needed" if row.text_or_blank("image").strip() else "none",
        },
    )


HEADQA_ES, HEADQA_EN = (
    PublicSet(
        name=f"headqa-{language}",
        description=f"Exams of Spanish health professions, {spoken} (HEAD-QA, Vilares and Gómez-Rodríguez 2019).",
        folders=("headqa",),
        layout=partial(_layout, language),
    )
    for language, spoken in SPOKEN.items()
)
