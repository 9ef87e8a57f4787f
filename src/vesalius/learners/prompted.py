"""A language model that is asked rather than trained."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import GENERATED, Protocol, answer
from vesalius.language.prompts import templates
from vesalius.language.questions import Question, from_rows, permuted, question_of, to_row
from vesalius.language.shots import Choice, Chooser, chooser, drawn
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.records import Record
from vesalius.tasks import Prediction

FILE = "shots.json"


class Prompted(AsksModel):
    """Answers multiple-choice records by a language model, with or without solved examples.

    What ``fit`` keeps are the examples: those drawn by the seed or, where they are chosen for each question, all of the training
    records. Records carry the fields ``question`` and ``options``, and ``context`` and ``explanation`` where there are any.

    Args:
        backend: makes the model; it is called when first needed, so that a learner is cheap to build and to send.
        protocol: how an answer is had.
        shots: examples before each question.
        choose: which.
        permute: show the options of each question in an order of its own, by the seed; answers are told in the records' order.
        chat: ask as a conversation.
        sampling: for the protocols that generate; its seed is the learner's.
        target: field of the right letter in training records.
        seed: of examples, orders and sampling.

    >>> from vesalius.language.mocks import oracle
    >>> from vesalius.records import Choices, Text
    >>> fields = {"question": Text("Which thins blood?"), "options": Choices(("aloe", "heparin"))}
    >>> learner = Prompted(lambda: oracle({"Which thins blood?": "heparin"}))
    >>> learner.predict([Record(id="1", subject_id="1", fields=fields)])[0].value
    'B'
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        *,
        protocol: Protocol = "letter",
        shots: int = 0,
        choose: Choice = "random",
        permute: bool = False,
        chat: bool = False,
        sampling: Sampling | None = None,
        target: str = "answer",
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._protocol: Protocol = protocol
        self._count = shots
        self._choose: Choice = choose
        self._permute = permute
        self._chat = chat
        self._sampling = sampling
        self._target = target
        self._seed = seed
        self._pool: list[Question] = []
        self._chooser: Chooser | None = None

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Keep the examples.

        Raises:
            UserError: if there are fewer training records than examples, or one lacks its answer.
        """
        if len(train) < self._count:
            raise UserError(f"shots {self._count}: there are {len(train)} training records; ask for fewer examples.")
        if not self._count:
            return
        questions = [question_of(record, self._target) for record in train]
        if any(question.answer is None for question in questions):
            raise UserError(f"training records: one lacks the field {self._target!r}; examples need their answers.")
        self._pool = drawn(questions, self._count, self._seed) if self._choose == "random" else questions
        self._chooser = None

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model.

        Raises:
            UserError: if there are to be examples, and ``fit`` or ``load`` gave none.
        """
        if len(self._pool) < self._count:
            raise UserError(f"shots {self._count}: no examples yet; fit the learner or load it first.")
        # the target, should a record still have it, is not looked at
        questions = [question_of(record, target="") for record in records]
        if self._permute:
            questions = [permuted(question, self._seed) for question in questions]
        if self._chooser is None:
            self._chooser = chooser(self._choose, self._pool, self._count, self.backend)
        shots = self._chooser.choose(questions)
        answers = answer(self.backend, questions, self._protocol, shots=shots, sampling=self._seeded(), chat=self._chat)
        return [
            Prediction(
                record_id=record.id, value=one.letter, outcome=one.outcome, raw=one.raw, tokens=one.tokens, calls=one.calls
            )
            for record, one in zip(records, answers, strict=True)
        ]

    def _seeded(self) -> Sampling | None:
        return None if self._sampling is None else replace(self._sampling, seed=self._seed)

    def save(self, folder: Path) -> None:
        """Write the examples, and for a reader which prompt and model they go with; the model itself is not kept."""
        used = self._protocol if self._protocol in (*GENERATED, "letter") else "text"
        content = {
            "model": self.backend.identity,
            "protocol": self._protocol,
            "prompt": templates()[used].label,
            "shots": [to_row(question) for question in self._pool],
        }
        (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self._pool = from_rows(content["shots"])
        self._chooser = None
