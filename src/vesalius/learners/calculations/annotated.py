"""Calculators on the values that people annotated: what is left to a benchmark once nothing is misread."""

import json
from collections.abc import Sequence
from pathlib import Path

from vesalius.calculators import calculate
from vesalius.errors import UserError
from vesalius.metrics.calculations import Work, told
from vesalius.records import Record, Text
from vesalius.tasks import Prediction


class AnnotatedValues:
    """Runs the record's calculator on its field ``entities``; a record without a calculator or with too few values is ``failed``.

    It is no competitor of models, which read the note: where it is wrong, calculators and benchmark disagree.

    >>> fields = {"entities": Text('{"weight": "70 kg", "height": "175 cm"}')}
    >>> record = Record(id="n", subject_id="n", fields=fields, tags={"calculator": "bmi"})
    >>> json.loads(AnnotatedValues().predict([record])[0].value)["answer"]
    '22.8571'
    """

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing: formulas are given."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Calculate."""
        return [_calculated(record) for record in records]

    def save(self, folder: Path) -> None:
        """Nothing is kept."""

    def load(self, folder: Path) -> None:
        """Nothing was kept."""


def _calculated(record: Record) -> Prediction:
    calculator, values = record.tags["calculator"], json.loads(record.get("entities", Text).value)
    try:
        work = Work(answer=told(calculate(calculator, values)), calculator=calculator, values=values)
    except UserError:
        return Prediction(record_id=record.id, value=None, outcome="failed")
    return Prediction(record_id=record.id, value=work.line)
