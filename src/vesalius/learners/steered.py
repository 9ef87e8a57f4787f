"""A language model that is steered: asked by a strategy, with examples that it may have worked out itself."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.questions import Question, from_rows, question_of, to_row
from vesalius.language.shots import Choice, Chooser, chooser, drawn
from vesalius.language.steering import SelfTaught, Strategy, self_taught
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.learners.shared_out import shared_out
from vesalius.records import Record
from vesalius.tasks import Prediction

FILE = "steered.json"


class Steered(AsksModel):
    """Answers multiple-choice records by a strategy over a language model that is not changed.

    ``fit`` keeps the training records as the pool of examples, where there are to be any; with ``own_steps`` the model first
    answers them with written steps, and those that it gets right are the pool, which may then be small or empty. What that took
    is added to the records of the next ``predict`` in equal shares, so that the tokens and calls of a trial hold it.

    Args:
        backend: makes the model; it is called when first needed.
        strategy: how questions are asked and answers are told.
        shots: examples before each question, or as many as the pool has.
        choose: which.
        own_steps: how the model writes its steps for the pool; None shows the records' own explanations.
        target: field of the right letter in training records.
        seed: of examples, orders and samples.

    >>> from vesalius.language.mocks import oracle
    >>> from vesalius.language.steering import Ask
    >>> from vesalius.records import Choices, Text
    >>> fields = {"question": Text("Which thins blood?"), "options": Choices(("aloe", "heparin"))}
    >>> learner = Steered(lambda: oracle({"Which thins blood?": "heparin"}), Ask(votes=5, shuffle=True))
    >>> said = learner.predict([Record(id="1", subject_id="1", fields=fields)])[0]
    >>> said.value, said.calls
    ('B', 5)
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        strategy: Strategy,
        *,
        shots: int = 0,
        choose: Choice = "random",
        own_steps: Sampling | None = None,
        target: str = "answer",
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._strategy = strategy
        self._count = shots
        self._choose: Choice = choose
        self._own_steps = own_steps
        self._target = target
        self._seed = seed
        self._pool: list[Question] | None = None if shots else []
        self._chooser: Chooser | None = None
        self._owed = (0, 0)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Keep the examples, and work out their steps if the model is to write them.

        Raises:
            UserError: if there are fewer training records than examples, or one lacks its answer.
        """
        self._chooser, self._owed = None, (0, 0)
        if not self._count:
            return
        if len(train) < self._count:
            raise UserError(f"shots {self._count}: there are {len(train)} training records; ask for fewer examples.")
        questions = [question_of(record, self._target) for record in train]
        if any(question.answer is None for question in questions):
            raise UserError(f"training records: one lacks the field {self._target!r}; examples need their answers.")
        if self._own_steps is not None:
            taught = self._taught(questions, self._own_steps)
            questions, self._owed = list(taught.questions), (taught.tokens, taught.calls)
        self._pool = drawn(questions, self._count, self._seed) if self._choose == "random" else questions

    def _taught(self, questions: Sequence[Question], sampling: Sampling) -> SelfTaught:
        return self_taught(self.backend, questions, replace(sampling, seed=self._seed))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model.

        Raises:
            UserError: if there are to be examples, and neither ``fit`` nor ``load`` was called.
        """
        if self._pool is None:
            raise UserError(f"shots {self._count}: no examples yet; fit the learner or load it first.")
        # the target, should a record still have it, is not looked at
        questions = [question_of(record, target="") for record in records]
        if self._chooser is None:
            self._chooser = chooser(self._choose, self._pool, self._count, self.backend)
        answers = self._strategy(self.backend, questions, self._chooser.choose(questions), self._seed)
        owed, self._owed = self._owed, (0, 0)
        said = [
            Prediction(
                record_id=record.id, value=one.letter, outcome=one.outcome, raw=one.raw, tokens=one.tokens, calls=one.calls
            )
            for record, one in zip(records, answers, strict=True)
        ]
        return shared_out(said, *owed)

    def save(self, folder: Path) -> None:
        """Write examples and seed, and for a reader which prompts and model they go with; the model itself is not kept."""
        content = {
            "model": self.backend.identity,
            "prompts": self._strategy.prompts,
            "strategy": repr(self._strategy),
            "seed": self._seed,
            "shots": [to_row(question) for question in self._pool or ()],
        }
        (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples and the seed.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self._pool, self._seed = from_rows(content["shots"]), int(content["seed"])
        self._chooser, self._owed = None, (0, 0)
