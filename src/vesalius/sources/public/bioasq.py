"""BioASQ, task B: biomedical questions with documents, snippets, exact and ideal answers (Krithara et al. 2023)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from vesalius.errors import UserError
from vesalius.records import Record, Text
from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import Row, json_object

KINDS = ("yesno", "factoid", "list", "summary")
VERDICTS = ("yes", "no")
LICENCE = "CC BY 2.5"
REMEDY = "obtain the BioASQ release again"


def _layout(ideal: bool, folder: Path) -> Iterator[Placed]:
    """A JSON object a batch, in the folder of its year; nothing is for training."""
    files = sorted(folder.glob("Task*BGoldenEnriched/*B*_golden.json"))
    if not files:
        raise UserError(f"{folder}: no Task*BGoldenEnriched/*_golden.json; {REMEDY}.")
    for file in files:
        for number, row in enumerate(json_object(file, REMEDY).rows("questions"), start=1):
            at = Row(f"{file}, question {number}", row.values, REMEDY)
            kind = KINDS[at.among("type", KINDS)]
            if ideal:
                yield _ideal(at, kind, file.stem.removesuffix("_golden"))
            elif kind == "yesno":
                yield _yes_or_no(at, file.stem.removesuffix("_golden"))


def _snippets(row: Row) -> str:
    return "\n".join(snippet.text("text") for snippet in row.rows("snippets"))


def _documents(row: Row) -> Text:
    return Text("\n".join(row.texts("documents")))


def _yes_or_no(row: Row, batch: str) -> Placed:
    question = Question(
        name=row.text("id"),
        text=row.text("body"),
        options=VERDICTS,
        right=(row.among("exact_answer", VERDICTS),),
        context=_snippets(row),
        explanation=row.texts("ideal_answer")[0] if row.get("ideal_answer", list) else "",
        tags={"batch": batch},
        more={"documents": _documents(row)},
    )
    return placed(row, question, split="test", language="en", licence=LICENCE)


def _ideal(row: Row, kind: str, batch: str) -> Placed:
    """The first of the ideal answers, of which four in ten questions have more."""
    answers = row.texts("ideal_answer")
    if not answers:
        raise row.wrong("ideal_answer", "none")
    fields = {"question": row.text("body"), "context": _snippets(row), "answer": answers[0]}
    record = Record(
        id=row.text("id"),
        subject_id=row.text("id"),
        fields={name: Text(value) for name, value in fields.items()} | {"documents": _documents(row)},
        licence=LICENCE,
        tags={"split": "test", "language": "en", "type": kind, "batch": batch},
    )
    return row.place, record


BIOASQ = PublicSet(
    name="bioasq",
    description="Biomedical questions to be answered by yes or no, with gold snippets (BioASQ, Krithara et al. 2023).",
    folders=("bioasq", "mirage/bioasq"),
    layout=partial(_layout, False),
)
BIOASQ_IDEAL = PublicSet(
    name="bioasq-ideal",
    description="Biomedical questions with a written answer and gold snippets (BioASQ, Krithara et al. 2023).",
    folders=("bioasq", "mirage/bioasq"),
    layout=partial(_layout, True),
)
