"""MIRAGE as released: exam questions without their context, and the raw texts of GPT-3.5 and GPT-4 with and without retrieval."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.public import medmcqa, medqa, pubmedqa, root
from vesalius.sources.public.multiple_choice import Question, answer_of
from vesalius.sources.public.rows import json_lines, json_mapping
from vesalius.sources.recorded import RecordedAnswer

Dataset = Literal["medqa", "medmcqa", "pubmedqa"]
DATASETS: tuple[Dataset, ...] = ("medqa", "medmcqa", "pubmedqa")
FILES: Mapping[Dataset, tuple[str, ...]] = {
    "medqa": ("medqa", "data_clean", "questions", "US", "4_options", "phrases_no_exclude_test.jsonl"),
    "medmcqa": ("medmcqa", "data", "dev.json"),
    "pubmedqa": ("pubmedqa", "data", "test_set.json"),
}
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


@cache
def _questions(file: Path, dataset: Dataset) -> tuple[Record, ...]:
    read: Mapping[Dataset, Callable[[Path], Iterator[Question]]] = {"medqa": _medqa, "medmcqa": _medmcqa, "pubmedqa": _pubmedqa}
    return tuple(
        Record(
            id=asked.name,
            subject_id=asked.name,
            fields={
                "question": Text(asked.text),
                "options": Choices(asked.options),
                "answer": Text(answer_of(asked.right)),
            },
            licence=LICENCE,
            tags={"dataset": dataset, "split": "test"},
        )
        for asked in read[dataset](file)
    )


def _medqa(file: Path) -> Iterator[Question]:
    """The id is the line, from 0, in four digits."""
    return (medqa.question(row, f"test_{number:04d}", options=4) for number, row in enumerate(json_lines(file, REMEDY)))


def _medmcqa(file: Path) -> Iterator[Question]:
    questions = (medmcqa.question(row) for row in json_lines(file, REMEDY))
    return (replace(asked, name=f"dev_{asked.name}") for asked in questions)


def _pubmedqa(file: Path) -> Iterator[Question]:
    return (pubmedqa.question(row, f"test_{name}") for name, row in json_mapping(file, REMEDY, item="question"))


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
    for row in json_lines(file, REMEDY):
        model, method, name = (row.get(field, str) for field in ("model", "method", "id"))
        text = row.values.get("output")
        if not isinstance(text, str) and text not in ([], None):
            raise row.wrong("output", "neither a text nor empty")
        if name not in known:
            raise row.wrong("id", f"{name!r} is no question of {dataset}")
        found.setdefault(model, {}).setdefault(method, {})[name] = RecordedAnswer(text=text or None)
    return found
