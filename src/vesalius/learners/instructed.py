"""Language models that follow instructions by writing, and that answer questions with options beside."""

from collections.abc import Callable, Sequence
from pathlib import Path

from vesalius.language.backend import Backend, Completion, Sampling
from vesalius.language.choices import NEXT_QUESTION, Protocol
from vesalius.language.prompts import templates
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.prompted import Prompted
from vesalius.records import Record, Text
from vesalius.tasks import Outcome, Prediction

MAX_TOKENS = 48
"""Of an answer: instructions of the clinic in miniature ask for a few words."""


def instruction_prompt(record: Record) -> str:
    r"""How an instruction is put to a model: as a question without options, so that a base knows the words around it.

    >>> record = Record(id="1", subject_id="1", fields={"instruction": Text("Name a sign of gout.")})
    >>> instruction_prompt(record)
    'Question: Name a sign of gout.\nAnswer:'
    """
    return templates()["text"].fill(question=record.get("instruction", Text).value)


class Instructed(AsksModel):
    """Follows the instruction of each record, greedily; nothing is trained.

    Args:
        backend: makes the model; it is called when first needed.
        max_tokens: of an answer.

    >>> from vesalius.language.scripted import Scripted
    >>> learner = Instructed(lambda: Scripted(lambda prompt, sampling, sample: "tophi"))
    >>> record = Record(id="1", subject_id="1", fields={"instruction": Text("Name a sign of gout.")})
    >>> learner.predict([record])[0].value
    'tophi'
    """

    def __init__(self, backend: Callable[[], Backend], *, max_tokens: int = MAX_TOKENS) -> None:
        super().__init__(backend)
        self._sampling = Sampling(max_tokens=max_tokens, stop=(NEXT_QUESTION,))

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """There is nothing to fit."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What the model writes; an answer without words is empty."""
        replies = self.backend.generate([instruction_prompt(record) for record in records], self._sampling)
        return [
            _prediction(record, reply.completions[0], reply.usage.tokens, reply.usage.calls)
            for record, reply in zip(records, replies, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """There is nothing to keep."""

    def load(self, folder: Path) -> None:
        """There is nothing to take back."""


class QuestionsAndInstructions(AsksModel):
    """Answers records that have options by a protocol, and follows the instruction of the others.

    Args:
        backend: makes the model; it is called when first needed.
        protocol: how questions with options are answered.
    """

    def __init__(self, backend: Callable[[], Backend], *, protocol: Protocol = "letter") -> None:
        super().__init__(backend)
        self._questions = Prompted(lambda: self.backend, protocol=protocol)
        self._instructions = Instructed(lambda: self.backend)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """There is nothing to fit."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """One a record, in their order."""
        chosen = self._questions.predict([record for record in records if has_options(record)])
        written = self._instructions.predict([record for record in records if not has_options(record)])
        found = {prediction.record_id: prediction for prediction in (*chosen, *written)}
        return [found[record.id] for record in records]

    def save(self, folder: Path) -> None:
        """Write which prompt and model answer, for a reader."""
        self._questions.save(folder)

    def load(self, folder: Path) -> None:
        """Take back what there is."""
        self._questions.load(folder)


def has_options(record: Record) -> bool:
    """Whether a record is a question with options rather than an instruction."""
    return "options" in record.fields


def _prediction(record: Record, said: Completion, tokens: int, calls: int) -> Prediction:
    text = said.text.strip()
    outcome: Outcome = "failed" if said.finish == "failed" else "answered" if text else "empty"
    value = text if outcome == "answered" else None
    return Prediction(record_id=record.id, value=value, outcome=outcome, raw=said.text, tokens=tokens, calls=calls)
