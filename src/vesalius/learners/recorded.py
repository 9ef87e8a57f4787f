"""Answers that were given before: a learner that looks them up and reads them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.language.answers import parse_choice
from vesalius.records import Choices, Record
from vesalius.sources.recorded import RecordedAnswer
from vesalius.tasks import Prediction

FILE = "answers.jsonl"


class Recorded:
    """Answers multiple-choice records with the raw texts that were recorded for them.

    Args:
        answers: by record id.
        options: name of the field that holds the options.

    >>> from vesalius.records import Choices, Record
    >>> record = Record(id="q1", subject_id="q1", fields={"options": Choices(("aspirin", "heparin"))})
    >>> Recorded({"q1": RecordedAnswer(text="The answer is B.", tokens=7)}).predict([record])[0].value
    'B'
    """

    def __init__(self, answers: Mapping[str, RecordedAnswer], *, options: str = "options") -> None:
        self._answers = dict(answers)
        self._options = options

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
        answer = parse_choice(recorded.text, record.get(self._options, Choices).options)
        return Prediction(
            record_id=record.id,
            value=answer.letter,
            outcome=answer.outcome,
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
                name, answer = _read(line, f"{file}, line {number}")
                self._answers[name] = answer


_KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str, type(None)),
    "tokens": (int, type(None)),
    "calls": (int, type(None)),
    "seconds": (int, float, type(None)),
}


def _read(line: str, place: str) -> tuple[str, RecordedAnswer]:
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
