"""EHRmonize: a language model is asked what each different medication string means, several times, and people see its doubts."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Reply, Sampling
from vesalius.language.medications.asking import medication_prompt, parse_label, template_of
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.learners.medications.strings import string_of
from vesalius.records import Record, Text
from vesalius.sources.medication_labels import Target
from vesalius.tasks import Outcome, Prediction

SHOTS_FILE, REVIEW_FILE = "shots.json", "review.csv"
REVIEW_COLUMNS = ("medication", "records", "answer", "agreement", "said")
_MOST_TOKENS = 48
_NEXT = "\nMedication:"
"""Where a text model goes on with a string of its own, its answer has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstracted:
    """What the samples for one string come to.

    Attributes:
        label: that most samples give, the first said of equal ones; None where no sample gives one.
        outcome: ``answered``; or that of the first sample.
        agreement: share of all samples, unparsed ones too, that give the label.
        said: the samples.
        tokens, calls: spent.
    """

    label: str | None
    outcome: Outcome
    agreement: float
    said: tuple[str, ...]
    tokens: int
    calls: int


def abstracted(target: Target, reply: Reply) -> Abstracted:
    """Vote over the samples of a reply.

    >>> from vesalius.language.scripted import Scripted
    >>> model = Scripted(lambda prompt, sampling, sample: ("po", "oral", "iv", "well")[sample])
    >>> one = abstracted("route", model.generate(["Route:"], Sampling(samples=4))[0])
    >>> one.label, one.agreement
    ('oral', 0.5)
    """
    said = tuple(one.text for one in reply.completions)
    read = [(None, "failed") if one.finish == "failed" else parse_label(target, one.text) for one in reply.completions]
    votes = Counter(label for label, _ in read if label is not None)
    label, count = votes.most_common(1)[0] if votes else (None, 0)
    outcome: Outcome = "answered" if votes else read[0][1]
    return Abstracted(
        label=label,
        outcome=outcome,
        agreement=count / len(read),
        said=said,
        tokens=reply.usage.tokens,
        calls=reply.usage.calls,
    )


class MedicationAbstraction(AsksModel):
    r"""Asks any backend for the generic name, route or a class of medication strings.

    A string that stands in several records, or that was asked before, is asked once; the first record bears its cost. Each is
    answered several times, and the most frequent answer is given after normalisation. Strings on which the samples agree less
    than ``review_below`` are written by ``save`` into ``review.csv`` for a person to look at, the most frequent first.

    Args:
        backend: makes the model; it is called when first needed.
        target: what is asked.
        shots: examples before each string, drawn by the seed with as many different answers as there are.
        samples: answers to each string; one is greedy.
        temperature: of several samples.
        review_below: agreement under which a person is to look.
        chat: ask as a conversation.
        seed: of examples and sampling.

    >>> from vesalius.language.scripted import Scripted
    >>> records = [Record(id=name, subject_id=name, fields={"medication": Text("asa 81 po")}) for name in "ab"]
    >>> learner = MedicationAbstraction(lambda: Scripted(lambda prompt, sampling, sample: "PO"), "route")
    >>> [(one.value, one.calls) for one in learner.predict(records)]
    [('oral', 1), ('oral', 0)]
    """

    def __init__(
        self,
        backend: Callable[[], Backend],
        target: Target,
        *,
        shots: int = 0,
        samples: int = 5,
        temperature: float = 0.7,
        review_below: float = 0.8,
        chat: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(backend)
        self._target: Target = target
        self._count = shots
        self._samples = samples
        self._temperature = temperature if samples > 1 else 0.0
        self._review_below = review_below
        self._chat = chat
        self._seed = seed
        self._shots: list[tuple[str, str]] = []
        self._known: dict[str, Abstracted] = {}
        self._seen: dict[str, set[str]] = {}

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Draw the examples.

        Raises:
            UserError: if there are fewer different training strings than examples, or one lacks its answer.
        """
        pairs = {string_of(record): record.get(self._target, Text).value for record in train}
        if len(pairs) < self._count:
            raise UserError(f"shots {self._count}: there are {len(pairs)} different training strings; ask for fewer examples.")
        self._shots = in_turn(list(pairs.items()), np.random.default_rng(self._seed))[: self._count]
        self._forget()

    def _forget(self) -> None:
        self._known, self._seen = {}, {}

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask for the strings that are new.

        Raises:
            UserError: if there are to be examples, and ``fit`` or ``load`` gave none.
        """
        if len(self._shots) < self._count:
            raise UserError(f"shots {self._count}: no examples yet; fit the learner or load it first.")
        strings = [string_of(record) for record in records]
        new = self._ask(string for string in strings if string not in self._known)
        # what failed is asked again the next time
        self._known |= {string: one for string, one in new.items() if one.outcome != "failed"}
        unpaid = set(new)
        told = []
        for record, string in zip(records, strings, strict=True):
            self._seen.setdefault(string, set()).add(record.id)
            told.append(_prediction(record, new.get(string) or self._known[string], paid=string in unpaid))
            unpaid.discard(string)
        return told

    def _ask(self, strings: Iterable[str]) -> dict[str, Abstracted]:
        new = list(dict.fromkeys(strings))
        sampling = Sampling(
            max_tokens=_MOST_TOKENS, temperature=self._temperature, stop=(_NEXT,), samples=self._samples, seed=self._seed
        )
        prompts = [medication_prompt(self._target, string, self._shots, chat=self._chat) for string in new]
        replies = self.backend.generate(prompts, sampling)
        return {string: abstracted(self._target, reply) for string, reply in zip(new, replies, strict=True)}

    def review(self) -> list[tuple[str, int, Abstracted]]:
        """Strings for a person to look at, with the number of records that have them, the most frequent first."""
        doubtful = [
            (string, len(self._seen.get(string, ())), one)
            for string, one in self._known.items()
            if one.agreement < self._review_below
        ]
        return sorted(doubtful, key=lambda row: (-row[1], row[0]))

    def save(self, folder: Path) -> None:
        """Write the examples and the file for review; the model itself is not kept."""
        content = {
            "model": self.backend.identity,
            "prompt": template_of(self._target).label,
            "seed": self._seed,
            "shots": self._shots,
        }
        (folder / SHOTS_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        with (folder / REVIEW_FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(REVIEW_COLUMNS)
            for string, count, one in self.review():
                writer.writerow([string, count, one.label or one.outcome, f"{one.agreement:.2f}", json.dumps(one.said)])

    def load(self, folder: Path) -> None:
        """Take back the examples and the seed; what was answered is asked anew.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / SHOTS_FILE) as content:
            self._seed = int(content["seed"])
            self._shots = [(str(string), str(answer)) for string, answer in content["shots"]]
        self._forget()


def in_turn(pairs: Sequence[tuple[str, str]], random: np.random.Generator) -> list[tuple[str, str]]:
    """Strings and answers in an order by chance in which the different answers take turns.

    >>> pairs = [("a", "no"), ("b", "no"), ("c", "no"), ("d", "yes")]
    >>> sorted(answer for _, answer in in_turn(pairs, np.random.default_rng(0))[:2])
    ['no', 'yes']
    """
    turns: Counter[str] = Counter()
    placed: list[tuple[int, int, tuple[str, str]]] = []
    for at in random.permutation(len(pairs)):
        answer = pairs[at][1]
        placed.append((turns[answer], len(placed), pairs[at]))
        turns[answer] += 1
    return [pair for _, _, pair in sorted(placed)]


def _prediction(record: Record, one: Abstracted, *, paid: bool) -> Prediction:
    return Prediction(
        record_id=record.id,
        value=one.label,
        outcome=one.outcome,
        raw=json.dumps({"said": one.said, "agreement": one.agreement}),
        tokens=one.tokens if paid else 0,
        calls=one.calls if paid else 0,
    )
