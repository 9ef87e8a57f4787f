"""A language model that is asked what becomes of a patient."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Prompt, Reply, Scored
from vesalius.language.clinical_prediction import (
    Predicted,
    Way,
    default_sampling,
    parse_prediction,
    prediction_prompt,
    prediction_templates,
)
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.learners.tabular import Answer, told
from vesalius.records import Label, Record, Text
from vesalius.tasks import Prediction

FILE = "shots.json"


class PromptedPrediction(AsksModel):
    """Asks any backend for the class of a patient, with or without solved examples.

    A class is had by generation and parsed; scores are the probabilities of the numbers of the classes behind the prompt, against
    one another.

    Args:
        backend: makes the model; it is called when first needed.
        asked: what; its question is also the field of the ``Label`` in training records.
        way: how; scores are had behind a prompt that asks for the number alone.
        shots: examples before each patient, of each class in turn, drawn by the seed.
        answer: what is told.
        chat: ask as a conversation.
        seed: of the examples.

    >>> from vesalius.language.scripted import Scripted
    >>> patient = Record(id="1", subject_id="1", fields={"patient": Text("Age: 71")})
    >>> asked = Predicted("mortality", ("no", "yes"))
    >>> learner = PromptedPrediction(lambda: Scripted(lambda *_: "1"), asked, way="direct", answer="class")
    >>> learner.predict([patient])[0].value
    'yes'
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        asked: Predicted,
        *,
        way: Way,
        answer: Answer,
        shots: int = 0,
        chat: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._asked, self._answer = asked, answer
        self._way: Way = way
        self._count, self._chat, self._seed = shots, chat, seed
        self._shots: list[tuple[str, str]] = []

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Draw the examples.

        Raises:
            UserError: if a class has too few training records.
        """
        order = [train[place] for place in np.random.default_rng(self._seed).permutation(len(train))]
        pools = [
            [record for record in order if record.get(self._asked.question, Label).value == name] for name in self._asked.classes
        ]
        self._shots = []
        for number in range(self._count):
            turn, pool = divmod(number, len(pools))
            if turn >= len(pools[pool]):
                raise UserError(f"shots {self._count}: too few training records of a class; ask for fewer examples.")
            self._shots.append((pools[pool][turn].get("patient", Text).value, self._asked.classes[pool]))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model.

        Raises:
            UserError: if there are to be examples, and ``fit`` or ``load`` gave none.
        """
        if len(self._shots) < self._count:
            raise UserError(f"shots {self._count}: no examples yet; fit the learner or load it first.")
        prompts = [
            prediction_prompt(record.get("patient", Text).value, self._asked, self._way, self._shots, chat=self._chat)
            for record in records
        ]
        if self._answer == "score":
            return self._scores(records, prompts)
        replies = self.backend.generate(prompts, default_sampling(self._way, self._seed))
        return [self._parsed(record, reply) for record, reply in zip(records, replies, strict=True)]

    def _parsed(self, record: Record, reply: Reply) -> Prediction:
        said, spent = reply.completions[0], reply.usage
        name, outcome = (None, "failed") if said.finish == "failed" else parse_prediction(said.text, self._asked)
        return Prediction(record_id=record.id, value=name, outcome=outcome, raw=said.text, tokens=spent.tokens, calls=spent.calls)

    def _scores(self, records: Sequence[Record], prompts: Sequence[Prompt]) -> list[Prediction]:
        # a conversation's answer begins without the space that a text's has
        begin = "" if self._chat else " "
        continuations = [[begin + number for number in self._asked.numbers]] * len(prompts)
        scored = self.backend.score(prompts, continuations)
        return [self._scored(record, one) for record, one in zip(records, scored, strict=True)]

    def _scored(self, record: Record, scored: Scored) -> Prediction:
        logits = np.array([one.log_probability for one in scored.likelihoods])
        spent = scored.usage
        if np.isnan(logits).any():
            return Prediction(record_id=record.id, value=None, outcome="failed", tokens=spent.tokens, calls=spent.calls)
        odds = np.exp(logits - logits.max())
        (found,) = told([record], (odds / odds.sum())[None], self._asked.classes, "score")
        return Prediction(record_id=record.id, value=found.value, tokens=spent.tokens, calls=spent.calls)

    def save(self, folder: Path) -> None:
        """Write the examples, and which prompt and model they go with; the model itself is not kept."""
        found = prediction_templates()
        content = {
            "model": self.backend.identity,
            "prompt": found[self._way].label,
            "question": found[self._asked.question].label,
            "shots": self._shots,
        }
        (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self._shots = [(str(patient), str(name)) for patient, name in content["shots"]]
