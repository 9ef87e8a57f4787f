"""MIRAGE as released: exam questions without their context, and the raw texts of GPT-3.5 and GPT-4 with and without retrieval."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.public import root
from vesalius.sources.recorded import RecordedAnswer

Dataset = Literal["medqa", "medmcqa", "pubmedqa"]
DATASETS: tuple[Dataset, ...] = ("medqa", "medmcqa", "pubmedqa")
FILES: Mapping[Dataset, tuple[str, ...]] = {
    "medqa": ("medqa", "data_clean", "questions", "US", "4_options", "phrases_no_exclude_test.jsonl"),
    "medmcqa": ("medmcqa", "data", "dev.json"),
    "pubmedqa": ("pubmedqa", "data", "test_set.json"),
}
VERDICTS = ("yes", "no", "maybe")
LICENCE = "MIT"
REMEDY = "obtain the MIRAGE release again"


@dataclass(frozen=True, slots=True)
class Mirage:
    """The questions of one data set: the MedQA-US test set, the MedMCQA development set, or the PubMedQA test set."""

    dataset: Dataset

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return f"mirage-{self.dataset}"

    @property
    def tier(self) -> Tier:
        """A public release."""
        return "public"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Multiple-choice questions of {self.dataset}, asked without context, as MIRAGE releases them."

    def records(self) -> Sequence[Record]:
        """One record a question: ``question``, ``options``, ``answer`` (the right letter); ids as the recorded answers have them.

        Raises:
            UserError: if the file is missing or a question lacks a field.
        """
        return _questions(root.path("mirage", *FILES[self.dataset]), self.dataset)


Parts = tuple[str, str, tuple[str, ...], int]
"""Id, question, options, and the place of the right one."""


@cache
def _questions(file: Path, dataset: Dataset) -> tuple[Record, ...]:
    read: Mapping[Dataset, Callable[[Path], Iterator[Parts]]] = {"medqa": _medqa, "medmcqa": _medmcqa, "pubmedqa": _pubmedqa}
    return tuple(
        Record(
            id=name,
            subject_id=name,
            fields={"question": Text(question), "options": Choices(options), "answer": Text(chr(ord("A") + right))},
            licence=LICENCE,
            tags={"dataset": dataset, "split": "test"},
        )
        for name, question, options, right in read[dataset](file)
    )


def _medqa(file: Path) -> Iterator[Parts]:
    """The id is the line, from 0, in four digits."""
    for number, (place, row) in enumerate(_lines(file)):
        options = _field(row, "options", dict, place)
        texts = tuple(_field(options, letter, str, place) for letter in "ABCD")
        yield f"test_{number:04d}", _field(row, "question", str, place), texts, _place_of(row, "answer_idx", "ABCD", place)


def _medmcqa(file: Path) -> Iterator[Parts]:
    """One JSON object a line, although the file is named otherwise; ``cop`` counts the right option from 1."""
    for place, row in _lines(file):
        texts = tuple(_field(row, f"op{letter}", str, place) for letter in "abcd")
        right = _place_of(row, "cop", (1, 2, 3, 4), place)
        yield f"dev_{_field(row, 'id', str, place)}", _field(row, "question", str, place), texts, right


def _pubmedqa(file: Path) -> Iterator[Parts]:
    """One JSON object by PubMed id."""
    rows = _parse(file.read_text(encoding="utf-8"), f"{file}")
    for name, row in rows.items():
        place = f"{file}, question {name!r}"
        yield f"test_{name}", _field(row, "QUESTION", str, place), VERDICTS, _place_of(row, "final_decision", VERDICTS, place)


def recorded_answers(dataset: Dataset) -> Mapping[str, Mapping[str, Mapping[str, RecordedAnswer]]]:
    """The recorded raw texts by model, method (``cot`` or ``rag_32``) and record id; costs were not recorded.

    An empty list stands in the release where no text came back.

    Raises:
        UserError: if the file is missing, a line lacks a field, or it names no question of the data set.
    """
    known = frozenset(record.id for record in Mirage(dataset).records())
    return _recorded(root.path("llm-outputs", f"mirage-{dataset}.jsonl.gz"), dataset, known)


@cache
def _recorded(file: Path, dataset: Dataset, known: frozenset[str]) -> Mapping[str, Mapping[str, Mapping[str, RecordedAnswer]]]:
    found: dict[str, dict[str, dict[str, RecordedAnswer]]] = {}
    for place, row in _lines(file):
        model, method, name = (_field(row, field, str, place) for field in ("model", "method", "id"))
        text = row.get("output")
        if not isinstance(text, str) and text not in ([], None):
            raise UserError(f"{place}, field 'output': neither a text nor empty; {REMEDY}.")
        if name not in known:
            raise UserError(f"{place}, field 'id': {name!r} is no question of {dataset}; {REMEDY}.")
        found.setdefault(model, {}).setdefault(method, {})[name] = RecordedAnswer(text=text or None)
    return found


def _lines(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The JSON objects of a file, one a line, each with its place."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                place = f"{file}, line {number}"
                yield place, _parse(line, place)
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: damaged; {REMEDY}.") from error


def _parse(text: str, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON; {REMEDY}.") from error
    if not isinstance(row, dict):
        raise UserError(f"{place}: not a JSON object; {REMEDY}.")
    return row


def _field(row: Any, name: str, kind: type, place: str) -> Any:
    if not isinstance(row, dict) or not isinstance(row.get(name), kind):
        raise UserError(f"{place}, field {name!r}: missing or of the wrong type; {REMEDY}.")
    return row[name]


def _place_of(row: Any, name: str, allowed: Sequence[str | int], place: str) -> int:
    value = _field(row, name, object, place)
    if value not in tuple(allowed):
        raise UserError(f"{place}, field {name!r}: {value!r} is no option; {REMEDY}.")
    return tuple(allowed).index(value)
