"""Smaller questions first: what they say is read before the question itself."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from vesalius.language.backend import Backend
from vesalius.language.medrgb.integrating import sub_questions_of, with_sub_answers
from vesalius.language.questions import behind, context_of, question_of
from vesalius.language.steering import Strategy
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.records import Record
from vesalius.tasks import Prediction

FILE = "seed.json"


class Integrated(AsksModel):
    """Answers the smaller questions of a record behind its documents, then the record's own behind documents and answers.

    Nothing is kept by ``fit``. A record without smaller questions is asked as it is.

    Args:
        backend: makes the model; it is called when first needed.
        strategy: how every question is asked.
        seed: of sampling.
    """

    def __init__(self, backend: Callable[[], Backend], strategy: Strategy, *, seed: int = 0) -> None:
        super().__init__(backend)
        self._strategy, self._seed = strategy, seed

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing is learned."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask all smaller questions, then all records; the cost of both is told."""
        questions = [question_of(record, target="") for record in records]
        contexts, small = [context_of(record) for record in records], [sub_questions_of(record) for record in records]
        asked = [behind(context, one) for context, own in zip(contexts, small, strict=True) for one in own]
        said = iter(self._strategy(self.backend, asked, [()] * len(asked), self._seed))
        parts = [[(one, next(said)) for one in own] for own in small]
        whole = [
            with_sub_answers(question, context, [(one, answer.letter) for one, answer in own])
            for question, context, own in zip(questions, contexts, parts, strict=True)
        ]
        answers = self._strategy(self.backend, whole, [()] * len(whole), self._seed)
        return [
            Prediction(
                record_id=record.id,
                value=answer.letter,
                outcome=answer.outcome,
                raw=answer.raw,
                tokens=answer.tokens + sum(one.tokens for _, one in own),
                calls=answer.calls + sum(one.calls for _, one in own),
            )
            for record, answer, own in zip(records, answers, parts, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the seed."""
        (folder / FILE).write_text(json.dumps({"seed": self._seed}) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the seed.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self._seed = int(content["seed"])
