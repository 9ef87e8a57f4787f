"""Answering questions that suggest a wrong option, with and without the mitigations of BiasMedQA (Schmidgall et al. 2024)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import Answered, Protocol, answer, prompt_of, right_answer
from vesalius.language.cognitive_bias import (
    KEY,
    TAG,
    Bias,
    demonstrated,
    demonstration,
    education,
    suggested_place,
    unbiased,
)
from vesalius.language.prefaced import Prefaced
from vesalius.language.questions import Question, from_rows, question_of, to_row
from vesalius.language.shots import drawn
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.records import Record, Text
from vesalius.tasks import Prediction

Mitigation = Literal["plain", "bias removed", "education", "one-shot", "few-shot"]
"""What is done against the bias.

- ``plain``: nothing; the question with its remark.
- ``bias removed``: the remark is left out, which nobody could do at the bedside: what is lost by it.
- ``education``: the bias is named and warned of.
- ``one-shot``: an example of an answer that the same bias led astray.
- ``few-shot``: such an example, and one of an answer that the bias did not lead astray.
"""

SHOTS: Mapping[Mitigation, int] = {"one-shot": 1, "few-shot": 2}
FILE = "demonstrations.json"

Shown = Mapping[str, Sequence[tuple[Question, int]]]
"""By bias, example questions with the place of the option that each suggests."""


class Mitigated(AsksModel):
    """Asks a language model questions of ``CognitiveBias``, each with what is said against its own bias.

    Args:
        backend: makes the model; it is called when first needed.
        mitigation: what is said.
        protocol: how an answer is had.
        chat: ask as a conversation, the mitigation as what the system says.
        sampling: for the protocols that generate; greedy where not given.
        seed: of the examples.

    >>> from vesalius.language.cognitive_bias import CognitiveBias
    >>> from vesalius.language.swayed import swayed
    >>> from vesalius.records import Choices
    >>> fields = {"question": Text("Toe?"), "options": Choices(("gout", "flu")), "answer": Text("A")}
    >>> asked = CognitiveBias().build([Record(id="1", subject_id="1", fields=fields)], 0)
    >>> model = swayed({"Toe?": "gout"}, unless=("Beware",))
    >>> [Mitigated(lambda: model, one).predict(asked)[0].value for one in ("plain", "bias removed", "education")]
    ['B', 'A', 'A']
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        mitigation: Mitigation = "plain",
        *,
        protocol: Protocol = "letter",
        chat: bool = False,
        sampling: Sampling | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._mitigation: Mitigation = mitigation
        self._protocol: Protocol = protocol
        self._chat = chat
        self._sampling = sampling
        self._seed = seed
        self._shown: dict[str, list[tuple[Question, int]]] = {}

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Draw the examples of each bias by the seed.

        Raises:
            UserError: if a bias has too few training records.
        """
        count = SHOTS.get(self._mitigation, 0)
        self._shown = {}
        for kind in sorted({record.tags[TAG] for record in train}) if count else ():
            own = {record.id: record for record in train if record.tags[TAG] == kind}
            if len(own) < count:
                raise UserError(f"training records, bias {kind!r}: {len(own)} where {count} are shown; give more of them.")
            questions = drawn([question_of(record) for record in own.values()], count, self._seed)
            keys = [own[question.id].get(KEY, Text).value for question in questions]
            self._shown[kind] = [(one, suggested_place(one, key)) for one, key in zip(questions, keys, strict=True)]

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model, bias by bias.

        Raises:
            UserError: if there is no example of a record's bias.
        """
        answers: dict[str, Answered] = {}
        for kind in sorted({record.tags[TAG] for record in records}):
            own = [record for record in records if record.tags[TAG] == kind]
            asked = [unbiased(record) for record in own] if self._mitigation == "bias removed" else own
            questions = [question_of(record, target="") for record in asked]
            found = answer(self._backend_for(kind), questions, self._protocol, sampling=self._sampling, chat=self._chat)
            answers |= {record.id: one for record, one in zip(own, found, strict=True)}
        return [_prediction(record.id, answers[record.id]) for record in records]

    def _backend_for(self, kind: str) -> Backend:
        preface = self._preface(kind)
        return Prefaced(self.backend, preface) if preface else self.backend

    def _preface(self, kind: Any) -> str:
        """What is said before the questions of a bias."""
        if self._mitigation == "education":
            bias: Bias = kind
            return education(bias)
        if self._mitigation not in SHOTS:
            return ""
        if kind not in self._shown:
            raise UserError(f"bias {kind!r}: no example; fit the learner on training records of this bias, or load it.")
        return demonstrated([self._told(*shown, misled=not place) for place, shown in enumerate(self._shown[kind])])

    def _told(self, question: Question, suggested: int, *, misled: bool) -> str:
        """The first example is misled, the second is not."""
        asked = prompt_of(question, self._protocol, (), chat=False)
        answered = replace(question, answer=suggested, explanation="") if misled else question
        return demonstration(str(asked), right_answer(answered, self._protocol), misled=misled)

    def save(self, folder: Path) -> None:
        """Write the examples; the model itself is not kept."""
        rows = {kind: [{**to_row(one), "suggested": place} for one, place in shown] for kind, shown in self._shown.items()}
        (folder / FILE).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as content:
            self._shown = {kind: [_shown_of(row) for row in rows] for kind, rows in content.items()}


def _shown_of(row: dict[str, Any]) -> tuple[Question, int]:
    suggested = int(row.pop("suggested"))
    return from_rows([row])[0], suggested


def _prediction(name: str, one: Answered) -> Prediction:
    return Prediction(record_id=name, value=one.letter, outcome=one.outcome, raw=one.raw, tokens=one.tokens, calls=one.calls)
