"""A language model that is asked for a medical calculation and does it itself (MedCalc-Bench, Khandekar et al. 2024)."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Reply, Sampling
from vesalius.language.calculations import NEXT_NOTE, calculation_templates, read_calculation
from vesalius.language.prompts import few_shot
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.records import Record, Text
from vesalius.tasks import Prediction

Asking = Literal["direct", "steps", "one example"]
"""How an answer is had.

- ``direct``: the answer alone.
- ``steps``: after written steps, with the values that were taken (zero-shot chain of thought).
- ``one example``: the same, behind the note and the steps of another patient for the same calculator, which the benchmark so
  gives away.
"""

ASKINGS: tuple[Asking, ...] = get_args(Asking)
FILE = "examples.json"
_SAMPLING = Sampling(max_tokens=1024, stop=(NEXT_NOTE,))


class PromptedCalculation(AsksModel):
    """Asks any backend, and reads the number, date or time that its text settles on.

    Args:
        backend: makes the model; it is called when first needed.
        asking: how an answer is had.
        seed: of the examples that are drawn.

    >>> from vesalius.language.scripted import Scripted
    >>> model = Scripted(lambda prompt, sampling, sample: "The answer is 22.9 kg/m2.")
    >>> fields = {"note": Text("70 kg, 175 cm."), "question": Text("What is the body mass index?")}
    >>> PromptedCalculation(lambda: model).predict([Record(id="n", subject_id="n", fields=fields)])[0].value
    '{"calculator": null, "values": {}, "answer": "22.9"}'
    """

    def __init__(self, backend: Callable[[], Backend], *, asking: Asking = "direct", seed: int = 0) -> None:
        super().__init__(backend)
        self._asking: Asking = asking
        self._seed = seed
        self._examples: dict[str, tuple[str, str]] = {}

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Keep one example of each calculator, drawn by the seed; without examples, nothing.

        Raises:
            UserError: if an example is wanted and there are no training records.
        """
        if self._asking != "one example":
            return
        if not train:
            raise UserError("one example: there are no training records; ask for steps instead.")
        self._examples = {}
        for place in np.random.default_rng(self._seed).permutation(len(train)):
            record = train[place]
            self._examples.setdefault(record.tags["calculator"], (_asked(record, "steps"), record.get("explanation", Text).value))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model.

        Raises:
            UserError: if a record's calculator has no example that was to be shown.
        """
        replies = self.backend.generate([self._prompt(record) for record in records], _SAMPLING)
        return [_parsed(record, reply) for record, reply in zip(records, replies, strict=True)]

    def _prompt(self, record: Record) -> str:
        if self._asking != "one example":
            return _asked(record, self._asking)
        calculator = record.tags["calculator"]
        if calculator not in self._examples:
            raise UserError(f"calculator {calculator}: no example of it was learned; fit on records that have one.")
        return few_shot([self._examples[calculator]], _asked(record, "steps"))

    def save(self, folder: Path) -> None:
        """Write the examples; the model itself is not kept."""
        (folder / FILE).write_text(json.dumps(self._examples, indent=1) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the examples.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as rows:
            self._examples = {str(name): (str(asked), str(said)) for name, (asked, said) in rows.items()}


def _asked(record: Record, name: Literal["direct", "steps"]) -> str:
    note, question = (record.get(field, Text).value for field in ("note", "question"))
    return calculation_templates()[name].fill(note=note, question=question)


def _parsed(record: Record, reply: Reply) -> Prediction:
    said, spent = reply.completions[0], reply.usage
    work, outcome = (None, "failed") if said.finish == "failed" else read_calculation(said.text)
    return Prediction(
        record_id=record.id,
        value=None if work is None else work.line,
        outcome=outcome,
        raw=said.text,
        tokens=spent.tokens,
        calls=spent.calls,
    )
