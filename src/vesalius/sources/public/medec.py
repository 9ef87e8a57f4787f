"""MEDEC: clinical texts, with one wrong sentence or none, to detect, find and correct (Ben Abacha et al. 2025)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.metrics import Correction
from vesalius.records import Label, Record, Text
from vesalius.sources.notes import by_base_note
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, table

FILES = {
    "train": "MEDEC-Full-TrainingSet-with-ErrorType.csv",
    "validation": "MEDEC-MS-ValidationSet-with-GroundTruth-and-ErrorType.csv",
    "test": "MEDEC-MS-TestSet-with-GroundTruth-and-ErrorType.csv",
}
FIELDS = {
    "text": "Text",
    "sentences": "Sentences",
    "error_sentence": "Error Sentence",
    "correction": "Corrected Sentence",
    "corrected_text": "Corrected Text",
}
COLUMNS = ("Text ID", "Error Flag", "Error Type", "Error Sentence ID", *FIELDS.values())
FLAGS = ("correct", "error")
TYPES = ("NA", "diagnosis", "management", "treatment", "pharmacotherapy", "causalOrganism")
LICENCE = "CC BY 4.0"
REMEDY = "obtain the MEDEC release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """A table a split, in the test file with hundreds of blank rows behind its end; versions of one note have one subject."""
    placed = [
        (row.place, _record(row, split))
        for split, file in split_files(folder, FILES, REMEDY)
        for row in table(file, COLUMNS, REMEDY)
    ]
    yield from zip([place for place, _ in placed], by_base_note([record for _, record in placed]), strict=True)


def _record(row: Row, split: str) -> Record:
    """A text with its numbered sentences, a line each, and what is wrong with it.

    Where nothing is, the release has NA for sentence, correction and corrected text, and -1 for the number of the sentence. A
    sentence may go on over several lines, and is then not always, letter for letter, the one that the number names. Field
    ``review`` has flag, number and corrected sentence in one text, as the benchmark wants them from those who take part.
    """
    flag, kind = FLAGS[row.among("Error Flag", ("0", "1"))], TYPES[row.among("Error Type", TYPES)]
    number = row.text("Error Sentence ID")
    known = [line.split(" ", 1)[0] for line in row.text("Sentences").splitlines()]
    if (number == "-1") != (flag == "correct") or not (number == "-1" or number in known):
        raise row.wrong("Error Sentence ID", f"{number[:40]!a} is not of a sentence, or not of an error")
    if (kind == "NA") != (flag == "correct"):
        raise row.wrong("Error Type", f"{kind} where the flag says {flag}")
    texts = {name: Text(row.text(column)) for name, column in FIELDS.items()}
    review = Correction(row.text("Error Flag"), number, texts["correction"].value).line
    return Record(
        id=row.text("Text ID"),
        subject_id=row.text("Text ID"),
        fields=texts | {"error_id": Text(number), "flag": Label(flag, FLAGS), "review": Text(review)},
        licence=LICENCE,
        tags={"split": split, "language": "en", "type": kind},
    )


MEDEC = PublicSet(
    name="medec",
    description="Clinical texts with one medical error or none, its sentence, type and correction (MEDEC-MS).",
    folders=("medec/MEDEC-MS", "medec"),
    layout=_layout,
)
