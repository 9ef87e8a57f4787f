"""Talks of doctor and patient, each with the note of it: MTS-Dialog (Ben Abacha et al. 2023), ACI-Bench (Yim et al. 2023)."""

from collections.abc import Iterator
from pathlib import Path

from vesalius.records import Record, Text
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, table

LICENCE = "CC BY 4.0"

MTS_FILES = {
    "train": "MTS-Dialog-TrainingSet.csv",
    "validation": "MTS-Dialog-ValidationSet.csv",
    "test1": "MTS-Dialog-TestSet-1-MEDIQA-Chat-2023.csv",
    "test2": "MTS-Dialog-TestSet-2-MEDIQA-Sum-2023.csv",
}
MTS_COLUMNS = ("ID", "section_header", "section_text", "dialogue")
MTS_REMEDY = "obtain the MTS-Dialog release again"

ACI_FILES = {
    "train": "train.csv",
    "validation": "valid.csv",
    "test1": "clinicalnlp_taskB_test1.csv",
    "test2": "clinicalnlp_taskC_test2.csv",
    "test3": "clef_taskC_test3.csv",
}
ACI_COLUMNS = ("dataset", "encounter_id", "dialogue", "note")
METADATA = {"gender": "patient_gender", "age": "patient_age", "complaint": "cc"}
ACI_REMEDY = "obtain the ACI-Bench release again"


def _mts(folder: Path) -> Iterator[Placed]:
    """A table a part; ids count from 0 in each. A note is one section, whose header is a tag."""
    for part, file in split_files(folder, MTS_FILES, MTS_REMEDY):
        for row in table(file, MTS_COLUMNS, MTS_REMEDY):
            name = f"{part}-{row.text('ID')}"
            yield row.place, _record(row, name, part, row.text("section_text"), {"section": row.text("section_header")})


def _aci(folder: Path) -> Iterator[Placed]:
    """A table a part, and one of the encounters beside it, in which blanks and spaces behind words are many."""
    for part, file in split_files(folder, ACI_FILES, ACI_REMEDY):
        encounters = {
            row.text("encounter_id"): row
            for row in table(file.with_name(f"{file.stem}_metadata.csv"), ("encounter_id", *METADATA.values()), ACI_REMEDY)
        }
        for row in table(file, ACI_COLUMNS, ACI_REMEDY):
            name = row.text("encounter_id")
            if name not in encounters:
                raise row.wrong("encounter_id", f"{name[:40]!a} is not in {file.stem}_metadata.csv")
            tags = {tag: encounters[name].text_or_blank(column).strip().lower() for tag, column in METADATA.items()}
            tags["age"] = tags["age"].removesuffix(".0")
            yield row.place, _record(row, name, part, row.text("note"), {"recorded": row.text("dataset")} | tags)


def _record(row: Row, name: str, part: str, note: str, tags: dict[str, str]) -> Record:
    """Fields ``dialogue`` and ``note``; the tag ``part`` tells the test sets apart."""
    return Record(
        id=name,
        subject_id=name,
        fields={"dialogue": Text(row.text("dialogue")), "note": Text(note)},
        licence=LICENCE,
        tags={"split": part.rstrip("123"), "part": part, "language": "en"} | {tag: value for tag, value in tags.items() if value},
    )


MTS_DIALOG = PublicSet(
    name="mts-dialog",
    description="Short dialogues of doctor and patient, each with a section of a note (MTS-Dialog, Ben Abacha et al. 2023).",
    folders=("mts-dialog/Main-Dataset", "mts-dialog"),
    layout=_mts,
)
ACI_BENCH = PublicSet(
    name="aci-bench",
    description="Whole visits as dialogues, each with its clinical note (ACI-Bench, Yim et al. 2023).",
    folders=("aci-bench/data/challenge_data", "aci-bench"),
    layout=_aci,
)
