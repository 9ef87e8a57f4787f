"""A language model that is asked by the prompt that suits it best, as validation questions show."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import NEXT_QUESTION, Protocol
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.learners.prompted import Prompted
from vesalius.records import Record, Text, digest_of
from vesalius.remembered import Remembered
from vesalius.tasks import Prediction

FILE = "prompt.json"
_PROMPT = "asked"
_rights: Remembered[int] = Remembered(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A way to ask.

    Attributes:
        protocol: how an answer is had.
        shots: solved examples before each question.
        draw: seed of which examples, beside the learner's own.
        max_tokens: of an answer that is written; None for the protocol's own number.
    """

    protocol: Protocol
    shots: int = 0
    draw: int = 0
    max_tokens: int | None = None


class PromptChosen(AsksModel):
    """Asks by the candidate with the most right answers on the validation records, the first of equal ones.

    Args:
        backend: makes the model.
        candidates: in the order in which equal ones are preferred.
        judge: makes the model whose validation answers choose the prompt, where it is another: what a comparison does that
            chooses prompts for one model and asks all by them.
        target: field of the right letter.
        seed: of examples.

    >>> from vesalius.language.mocks import oracle
    >>> from vesalius.records import Choices
    >>> fields = {"question": Text("Which thins blood?"), "options": Choices(("aloe", "heparin")), "answer": Text("B")}
    >>> record = Record(id="1", subject_id="1", fields=fields)
    >>> learner = PromptChosen(lambda: oracle({"Which thins blood?": "heparin"}), [Candidate(protocol="letter")])
    >>> learner.fit([], [record])
    >>> learner.predict([record])[0].value
    'B'
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        candidates: Sequence[Candidate],
        *,
        judge: Callable[[], Backend] | None = None,
        target: str = "answer",
        seed: int = 0,
    ) -> None:
        if not candidates:
            raise ValueError("candidates: at least one.")
        super().__init__(backend)
        self._judge, self._candidates = judge, list(candidates)
        self._target, self._seed = target, seed
        self._asked: Prompted | None = None
        self.chosen: Candidate | None = None

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Try all candidates; examples come from the training records.

        Raises:
            UserError: if there are several candidates and no validation records.
        """
        if len(self._candidates) > 1 and not validation:
            raise UserError("validation records: none; the prompt is chosen by their answers, so give some.")
        judge = self.backend if self._judge is None else self._judge()
        self.chosen = self._candidates[0] if len(self._candidates) == 1 else self._best(judge, train, validation)
        self._asked = self._prompted(self.chosen, self.backend)
        self._asked.fit(train, validation)

    def _best(self, judge: Backend, train: Sequence[Record], validation: Sequence[Record]) -> Candidate:
        """The candidate with the most right answers, each tried once for all who ask the same of the same model."""
        asked = (judge.identity, self._target, digest_of(train), digest_of(validation))
        rights = [
            _rights.get((asked, candidate, self._seed_of(candidate)), partial(self._right, candidate, judge, train, validation))
            for candidate in self._candidates
        ]
        return self._candidates[rights.index(max(rights))]

    def _right(self, candidate: Candidate, judge: Backend, train: Sequence[Record], validation: Sequence[Record]) -> int:
        learner = self._prompted(candidate, judge)
        learner.fit(train, validation)
        said = learner.predict(validation)
        return sum(one.value == record.get(self._target, Text).value for one, record in zip(said, validation, strict=True))

    def _prompted(self, candidate: Candidate, backend: Backend) -> Prompted:
        tokens = candidate.max_tokens
        return Prompted(
            lambda: backend,
            protocol=candidate.protocol,
            shots=candidate.shots,
            sampling=None if tokens is None else Sampling(max_tokens=tokens, stop=(NEXT_QUESTION,)),
            target=self._target,
            seed=self._seed_of(candidate),
        )

    def _seed_of(self, candidate: Candidate) -> int:
        """The draws of two seeds are apart, whatever the candidates."""
        return self._seed * len(self._candidates) + candidate.draw

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask by the chosen prompt.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        if self._asked is None:
            raise UserError("PromptChosen: no prompt yet; fit the learner or load it first.")
        return self._asked.predict(records)

    def save(self, folder: Path) -> None:
        """Write which prompt was chosen, and its examples; the model itself is not kept."""
        assert self._asked is not None and self.chosen is not None
        (folder / FILE).write_text(json.dumps(asdict(self.chosen), indent=1) + "\n", encoding="utf-8")
        (folder / _PROMPT).mkdir()
        self._asked.save(folder / _PROMPT)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self.chosen = Candidate(**content)
        self._asked = self._prompted(self.chosen, self.backend)
        self._asked.load(folder / _PROMPT)
