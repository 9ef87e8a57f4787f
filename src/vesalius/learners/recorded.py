"""Answers that were given before: a learner that looks them up and reads them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.language.answers import parse_choice
from vesalius.records import Choices, Record
from vesalius.sources.recorded import RecordedAnswer
from vesalius.tasks import Outcome, Prediction, Value

FILE = "answers.jsonl"


Read = Callable[[str | None, Record], tuple[Value | None, Outcome]]
"""From what was said of a record, None where nothing was, the answer and how it came out."""


def option_named(text: str | None, record: Record) -> tuple[Value | None, Outcome]:
    """The letter of the option of a multiple-choice record that a text settles on."""
    answer = parse_choice(text, record.get("options", Choices).options)
    return answer.letter, answer.outcome


class Recorded:
    """Answers records with the raw texts that were recorded for them.

    Args:
        answers: by record id.
        read: finds the answer in a text; by default the option of a multiple-choice record.

    >>> from vesalius.records import Choices, Record
    >>> record = Record(id="q1", subject_id="q1", fields={"options": Choices(("aspirin", "heparin"))})
    >>> Recorded({"q1": RecordedAnswer(text="The answer is B.", tokens=7)}).predict([record])[0].value
    'B'
    """

    def __init__(self, answers: Mapping[str, RecordedAnswer], *, read: Read = option_named) -> None:
        self._answers = dict(answers)
        self._read = read

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing: the answers are given already."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What was recorded of each record, parsed; ``failed`` where nothing was recorded."""
        return [self._answer(record) for record in records]

    def _answer(self, record: Record) -> Prediction:
        recorded = self._answers.get(record.id)
        if recorded is None:
            return Prediction(record_id=record.id, value=None, outcome="failed")
        value, outcome = self._read(recorded.text, record)
        return Prediction(
            record_id=record.id,
            value=value,
            outcome=outcome,
            raw=recorded.text,
            tokens=recorded.tokens,
            calls=recorded.calls,
            seconds=recorded.seconds,
        )

    def save(self, folder: Path) -> None:
        """Write the answers as JSON lines, one a record."""
        with (folder / FILE).open("w", encoding="utf-8") as file:
            for name, answer in self._answers.items():
                file.write(json.dumps({"id": name, **asdict(answer)}) + "\n")

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if the file is missing or a line of it is not such an answer.
        """
        file = folder / FILE
        if not file.is_file():
            raise UserError(f"{file}: missing; name the folder of a saved run.")
        self._answers = {}
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                name, answer = _row(line, f"{file}, line {number}")
                self._answers[name] = answer


class BestRecorded(Recorded):
    """Of several recordings of one model, such as one a wording, the one that does best on the validation records.

    Args:
        recordings: answers by record id; the first of equal ones is preferred.
        score: of answers to validation records, higher is better.
        read: finds the answer in a text.
    """

    def __init__(
        self,
        recordings: Sequence[Mapping[str, RecordedAnswer]],
        score: Callable[[Sequence[Prediction], Sequence[Record]], float],
        *,
        read: Read = option_named,
    ) -> None:
        super().__init__({}, read=read)
        self._recordings, self._score = list(recordings), score

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Choose.

        Raises:
            UserError: if there are no validation records.
        """
        if not validation:
            raise UserError("validation records: none; the recording is chosen by their answers, so give some.")
        scores = [self._score(Recorded(each, read=self._read).predict(validation), validation) for each in self._recordings]
        self._answers = dict(self._recordings[scores.index(max(scores))])


_KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str, type(None)),
    "tokens": (int, type(None)),
    "calls": (int, type(None)),
    "seconds": (int, float, type(None)),
}


def _row(line: str, place: str) -> tuple[str, RecordedAnswer]:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON; save the answers again.") from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise UserError(f"{place}, field 'id': missing or not a string; save the answers again.")
    for name, kinds in _KINDS.items():
        if not isinstance(row.get(name), kinds):
            raise UserError(f"{place}, field {name!r}: {type(row[name]).__name__} is not allowed; save the answers again.")
    return row["id"], RecordedAnswer(**{name: row.get(name) for name in _KINDS})
