"""MedAgentsBench as released: medical exam questions with hard subsets, and the recorded answers of models and agents."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.public import root
from vesalius.sources.recorded import RecordedAnswer

Dataset = Literal["medqa", "medmcqa", "pubmedqa", "medqa_5options"]
QuestionSplit = Literal["test", "test_hard"]

ANSWERED: tuple[Dataset, ...] = ("medqa", "medmcqa", "pubmedqa")
"""The data sets of which answers were recorded."""

LICENCE = "Apache-2.0"
REMEDY = "obtain the MedAgentsBench release again"

POSITIONAL = frozenset({"medagents"})
"""Methods whose recorded id is the place in the question file, from 0, where all others have its ``realidx``."""


@dataclass(frozen=True, slots=True)
class MedAgentsBench:
    """The questions of one data set and split.

    Attributes:
        dataset: which exam.
        split: ``test`` for all of its test questions, ``test_hard`` for the benchmark's hard subset.
    """

    dataset: Dataset
    split: QuestionSplit

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return f"medagentsbench-{self.dataset}-{self.split}"

    @property
    def tier(self) -> Tier:
        """A public release."""
        return "public"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Multiple-choice questions of {self.dataset}, {self.split}, as MedAgentsBench releases them."

    def records(self) -> Sequence[Record]:
        """One record a question: ``question``, ``options`` and ``answer``, the right letter; its id is the release's ``realidx``.

        The sets of five options have no ``realidx``; their id is taken from the question, and so the same in both splits.

        Raises:
            UserError: if the file is missing or a line lacks a field.
        """
        return _questions(root.path("medagentsbench", self.dataset, f"{self.split}.jsonl"), self.dataset, self.split)


@cache
def _questions(file: Path, dataset: str, split: str) -> tuple[Record, ...]:
    with file.open(encoding="utf-8") as lines:
        return tuple(_question(line, f"{file}, line {number}", dataset, split) for number, line in enumerate(lines, start=1))


def _question(line: str, place: str, dataset: str, split: str) -> Record:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON; {REMEDY}.") from error
    for field, kinds in {"question": (str,), "options": (dict,), "answer_idx": (str,)}.items():
        if not isinstance(row, dict) or not isinstance(row.get(field), kinds):
            raise UserError(f"{place}, field {field!r}: missing or of the wrong type; {REMEDY}.")
    name = row.get("realidx", sha256(row["question"].encode()).hexdigest()[:12] if dataset == "medqa_5options" else None)
    if not isinstance(name, str | int):
        raise UserError(f"{place}, field 'realidx': missing or of the wrong type; {REMEDY}.")
    letters = [chr(ord("A") + index) for index in range(len(row["options"]))]
    if (
        not 2 <= len(letters) <= 26
        or list(row["options"]) != letters
        or not all(isinstance(o, str) for o in row["options"].values())
    ):
        raise UserError(f"{place}, field 'options': not texts by the letters A, B, ... in order; {REMEDY}.")
    if row["answer_idx"] not in letters:
        raise UserError(f"{place}, field 'answer_idx': {row['answer_idx']!r} is no option; {REMEDY}.")
    return Record(
        id=str(name),
        subject_id=str(name),
        fields={
            "question": Text(row["question"]),
            "options": Choices(tuple(row["options"].values())),
            "answer": Text(row["answer_idx"]),
        },
        licence=LICENCE,
        tags={"dataset": dataset, "split": split},
    )


Answers = Mapping[str, Mapping[str, Mapping[str, RecordedAnswer]]]
"""By model, method and record id."""


def recorded_answers(dataset: Dataset, split: QuestionSplit) -> Answers:
    """The recorded answers to the questions of a data set and split, by model, method and record id.

    Raises:
        UserError: if a file is missing, a row lacks a field, or a row's right answer is not that of the question it names.
    """
    file = root.path("llm-outputs", "medagentsbench.csv.gz")
    questions = MedAgentsBench(dataset, split).records()
    truths = {record.id: record.get("answer", Text).value for record in questions}
    found: dict[str, dict[str, dict[str, RecordedAnswer]]] = {}
    for number, row in _rows(file).get((dataset, split), ()):
        place = f"{file}, line {number}"
        name = row["id"]
        if row["method"] in POSITIONAL and name.isdecimal() and int(name) < len(questions):
            name = questions[int(name)].id
        if name not in truths:
            raise UserError(f"{place}, field 'id': {row['id']!r} is no question of {dataset} {split}; {REMEDY}.")
        if truths[name] != row["answer"]:
            raise UserError(f"{place}, field 'answer': {row['answer']!r}, but the question's is {truths[name]!r}; {REMEDY}.")
        answers = found.setdefault(row["model"], {}).setdefault(row["method"], {})
        if name in answers:
            raise UserError(f"{place}, field 'id': {row['id']!r} was answered before by the same model and method; {REMEDY}.")
        answers[name] = _answer(row, place)
    return found


FIELDS = ("dataset", "split", "model", "method", "id", "answer", "prediction", "prompt_tokens", "completion_tokens", "seconds")


@cache
def _rows(file: Path) -> Mapping[tuple[str, str], Sequence[tuple[int, Mapping[str, str]]]]:
    """The rows by data set and split, each with its line; read once, for many tasks share the file."""
    rows: dict[tuple[str, str], list[tuple[int, Mapping[str, str]]]] = {}
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            reader = csv.DictReader(text)
            missing = [field for field in FIELDS if field not in (reader.fieldnames or ())]
            if missing:
                raise UserError(f"{file}, line 1, field {missing[0]!r}: missing; {REMEDY}.")
            for row in reader:
                if None in row.values() or None in row:
                    raise UserError(f"{file}, line {reader.line_num}: {len(FIELDS)} fields are needed; {REMEDY}.")
                rows.setdefault((row["dataset"], row["split"]), []).append((reader.line_num, row))
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: not a gzipped table; {REMEDY}.") from error
    return rows


def _answer(row: Mapping[str, str], place: str) -> RecordedAnswer:
    for field in ("prompt_tokens", "completion_tokens", "seconds"):
        plain = row[field].replace(".", "", 1) if field == "seconds" else row[field]
        if row[field] and not (plain.isascii() and plain.isdecimal()):
            raise UserError(f"{place}, field {field!r}: {row[field]!r} is not a number; {REMEDY}.")
    counted = row["prompt_tokens"] and row["completion_tokens"]
    return RecordedAnswer(
        text=row["prediction"],
        tokens=int(row["prompt_tokens"]) + int(row["completion_tokens"]) if counted else None,
        seconds=float(row["seconds"]) if row["seconds"] else None,
    )


def hard_subset(correct_IM: NDArray[np.bool_], *, below: float = 0.5) -> NDArray[np.bool_]:
    """The benchmark's filter: items that fewer than a share of a panel of models get right.

    Args:
        correct_IM: items × models, whether the model was right.
        below: share of the models, not reached by a hard item.

    Returns:
        One boolean an item, true where it is hard.

    Raises:
        ValueError: if there is no item × model matrix with a model.

    >>> hard_subset(np.array([[True, True], [True, False], [False, False]])).tolist()
    [False, False, True]
    """
    if correct_IM.ndim != 2 or correct_IM.shape[1] == 0:
        raise ValueError(f"the panel is items x models; got an array of shape {correct_IM.shape}.")
    return np.asarray(correct_IM.mean(axis=1) < below)
