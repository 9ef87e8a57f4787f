"""Reviewers that do not read the note: what a benchmark of errors gives to nobody."""

from collections.abc import Sequence
from pathlib import Path

from vesalius.metrics import NO_ERROR, Correction
from vesalius.records import Record, Text
from vesalius.sources.notes import sentences_of
from vesalius.tasks import Prediction


class NoError:
    """Says of every note that it has no error."""

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing is learned."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The same of every note.

        >>> NoError().predict([Record(id="n", subject_id="n", fields={})])[0].value
        '0 -1 NA'
        """
        return [Prediction(record_id=record.id, value=NO_ERROR.line) for record in records]

    def save(self, folder: Path) -> None:
        """Nothing is kept."""

    def load(self, folder: Path) -> None:
        """Nothing is needed."""


class CopiesLast(NoError):
    """Says of every note that its last sentence is wrong, and gives it back word for word as the correction.

    In MEDEC most errors stand last, and a correction differs from the wrong sentence by few words: this shows what ROUGE gives
    for correcting nothing.
    """

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        r"""The last sentence of every note; no error where there is no sentence.

        >>> fields = {"sentences": Text("0 Fever.\n1 Given aspirin.")}
        >>> CopiesLast().predict([Record(id="n", subject_id="n", fields=fields)])[0].value
        '1 1 "Given aspirin."'
        """
        last = [list(sentences_of(record.get("sentences", Text).value).items())[-1:] for record in records]
        reviews = [Correction("1", *found[0]) if found else NO_ERROR for found in last]
        return [Prediction(record_id=record.id, value=one.line) for record, one in zip(records, reviews, strict=True)]
