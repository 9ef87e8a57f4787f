"""A language model that is asked for the one error of a note."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Begun, Message, Prompt, Reply, Sampling, Usage
from vesalius.language.note_review import CORRECT, parse_review, review_prompt
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.metrics import NO_ERROR, Correction, read_correction
from vesalius.records import Record, Text
from vesalius.sources.notes import sentences_of
from vesalius.tasks import Prediction

Asking = Literal["generation", "likelihood"]
"""How a review is had.

- ``generation``: the model writes it, and it is parsed.
- ``likelihood``: the likeliest of CORRECT and the sentences' numbers; the model then writes the correction behind the number.
"""

FILE = "shots.json"
_LINE = Sampling(max_tokens=96, stop=("\n\n",))


class PromptedReviewer(AsksModel):
    r"""Asks any backend for the wrong sentence and its correction, with or without reviewed notes as examples.

    Args:
        backend: makes the model; it is called when first needed.
        asking: how a review is had.
        shots: examples before each note, half of them with an error, drawn by the seed.
        chat: ask as a conversation.
        sampling: of what is written; greedy, up to a blank line, where not given.
        seed: of examples and sampling.

    >>> from vesalius.language.scripted import Scripted
    >>> model = Scripted(lambda prompt, sampling, sample: "1 Given heparin.")
    >>> note = Record(id="n", subject_id="n", fields={"sentences": Text("0 Thrombosis.\n1 Given insulin.")})
    >>> PromptedReviewer(lambda: model).predict([note])[0].value
    '1 1 "Given heparin."'
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        *,
        asking: Asking = "generation",
        shots: int = 0,
        chat: bool = False,
        sampling: Sampling = _LINE,
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._asking: Asking = asking
        self._count = shots
        self._chat = chat
        self._sampling = replace(sampling, seed=seed)
        self._seed = seed
        self._shots: list[tuple[str, Correction]] = []

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Draw the examples: notes with an error and without in turn, no two of one subject.

        Raises:
            UserError: if there are too few notes of either kind.
        """
        self._shots = []
        used: set[str] = set()
        order = np.random.default_rng(self._seed).permutation(len(train))
        for number in range(self._count):
            flag = "1" if number % 2 == 0 else "0"
            one = next((train[at] for at in order if train[at].subject_id not in used and _review(train[at]).flag == flag), None)
            if one is None:
                raise UserError(f"shots {self._count}: too few training notes with and without an error; ask for fewer examples.")
            used.add(one.subject_id)
            self._shots.append((one.get("sentences", Text).value, _review(one)))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model.

        Raises:
            UserError: if there are to be examples, and ``fit`` or ``load`` gave none.
        """
        if len(self._shots) < self._count:
            raise UserError(f"shots {self._count}: no examples yet; fit the learner or load it first.")
        prompts = [review_prompt(record.get("sentences", Text).value, self._shots, chat=self._chat) for record in records]
        if self._asking == "likelihood":
            return self._by_likelihood(records, prompts)
        replies = self.backend.generate(prompts, self._sampling)
        return [_parsed(record, reply) for record, reply in zip(records, replies, strict=True)]

    def _by_likelihood(self, records: Sequence[Record], prompts: Sequence[Prompt]) -> list[Prediction]:
        begin = "" if self._chat else " "
        choices = [_answers(record.get("sentences", Text).value) for record in records]
        scored = self.backend.score(prompts, [[begin + one for one in own.values()] for own in choices])
        found: dict[str, Prediction] = {}
        behind: list[tuple[Record, Prompt, str, Usage]] = []
        for record, prompt, own, one in zip(records, prompts, choices, scored, strict=True):
            values = [likelihood.log_probability for likelihood in one.likelihoods]
            likeliest = list(own)[values.index(max(values))]
            if any(np.isnan(values)):
                found[record.id] = Prediction(record_id=record.id, value=None, outcome="failed")
            elif likeliest == CORRECT:
                found[record.id] = _prediction(record, NO_ERROR, CORRECT, one.usage)
            else:
                behind.append((record, _begun(prompt, begin + likeliest), likeliest, one.usage))
        replies = self.backend.generate([prompt for _, prompt, _, _ in behind], self._sampling)
        for (record, _, number, spent), reply in zip(behind, replies, strict=True):
            found[record.id] = _parsed(record, reply, number, spent)
        return [found[record.id] for record in records]

    def save(self, folder: Path) -> None:
        """Write the examples; the model itself is not kept."""
        rows = [{"sentences": sentences, "review": said.line} for sentences, said in self._shots]
        (folder / FILE).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as rows:
            self._shots = [(str(row["sentences"]), read_correction(row["review"]) or NO_ERROR) for row in rows]


def _answers(numbered: str) -> dict[str, str]:
    """What is scored for each number, and for a note without error.

    The first word of the sentence stands behind its number: else 1 would begin 10, and could never be the less likely of the two.
    """
    sentences = sentences_of(numbered)
    return {CORRECT: CORRECT, **{number: " ".join([number, *sentence.split()[:1]]) for number, sentence in sentences.items()}}


def _begun(prompt: Prompt, answer: str) -> Prompt:
    """The prompt with the beginning of its answer."""
    return Begun(prompt, answer) if isinstance(prompt, str) else (*prompt, Message("assistant", answer))


def _parsed(record: Record, reply: Reply, number: str = "", spent: Usage | None = None) -> Prediction:
    """A review from what was written, behind the number where that was chosen before."""
    first, usage = reply.completions[0], reply.usage + (spent or Usage())
    if first.finish == "failed":
        return Prediction(
            record_id=record.id, value=None, outcome="failed", raw=first.text, tokens=usage.tokens, calls=usage.calls
        )
    said = f"{number} {first.text.strip()}" if number else first.text
    review, outcome = parse_review(said, sentences_of(record.get("sentences", Text).value))
    if review is None:
        return Prediction(record_id=record.id, value=None, outcome=outcome, raw=said, tokens=usage.tokens, calls=usage.calls)
    return _prediction(record, review, said, usage)


def _prediction(record: Record, review: Correction, raw: str, usage: Usage) -> Prediction:
    return Prediction(record_id=record.id, value=review.line, raw=raw, tokens=usage.tokens, calls=usage.calls)


def _review(record: Record) -> Correction:
    said = read_correction(record.get("review", Text).value)
    if said is None:
        raise UserError(f"record {record.id}, field 'review': not a flag, a sentence number and a correction; correct it.")
    return said
