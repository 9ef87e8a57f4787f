"""Supervised trainings on questions and instructions, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from vesalius.errors import UserError
from vesalius.learners.instructed import has_options, instruction_prompt
from vesalius.learners.language_model.examples import Example, choice_examples
from vesalius.learners.language_model.supervised import fine_tune
from vesalius.records import Record, Text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from vesalius.learners.checkpoints import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One training.

    Attributes:
        name: what progress and curves call it.
        steps: optimiser updates.
        batch: examples a step.
        learning_rate: at its highest.
        takes: which of the records it sees; all where it is None.
    """

    name: str
    steps: int
    batch: int
    learning_rate: float
    takes: Callable[[Record], bool] | None = None

    def run(self, network: nn.Module, tokenizer: "PreTrainedTokenizerBase", records: Sequence[Record], seed: int) -> "History":
        """Learn the answers of its records, in place.

        Raises:
            UserError: if it takes none of the records.
        """
        taken = [record for record in records if self.takes is None or self.takes(record)]
        if not taken:
            raise UserError(f"{self.name}: none of {len(records)} training records is for it; give some.")
        return fine_tune(
            network,
            tokenizer,
            examples_of(taken),
            steps=self.steps,
            batch=self.batch,
            learning_rate=self.learning_rate,
            seed=seed,
            weight_decay=0.0,
            name=self.name,
        )


def in_turn(
    trainings: Sequence[Training],
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    records: Sequence[Record],
    seed: int,
) -> dict[str, "History"]:
    """Run trainings one after the other on what a network has trainable; the curve of each by its name."""
    return {training.name: training.run(network, tokenizer, records, seed) for training in trainings}


def examples_of(records: Sequence[Record]) -> list[Example]:
    """Records as ``QuestionsAndInstructions`` asks them: a letter for a question with options, a text for an instruction.

    Raises:
        UserError: if a record lacks its answer.

    >>> fields = {"instruction": Text("Name a sign of gout."), "answer": Text("tophi")}
    >>> examples_of([Record(id="1", subject_id="1", fields=fields)])[0].answer
    'tophi'
    """
    chosen = iter(choice_examples([record for record in records if has_options(record)], "letter"))
    return [
        next(chosen) if has_options(record) else Example(instruction_prompt(record), record.get("answer", Text).value)
        for record in records
    ]
