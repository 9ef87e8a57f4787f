"""Reinforcement from a rule, and supervision by the answers alone, as ``Adapted`` tunes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.choices import NEXT_QUESTION, Protocol, prompt_of
from vesalius.language.questions import question_of
from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.examples import choice_examples
from vesalius.learners.language_model.policy.optimisation import Exercise, Method, Practice, Score, optimise
from vesalius.learners.language_model.policy.rewards import Rule, direct, in_form, right_option
from vesalius.learners.language_model.supervised import fine_tune
from vesalius.nets.unet import count_parameters
from vesalius.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Choose = Callable[["PreTrainedModel", "PreTrainedTokenizerBase", Sequence[Record], int], Sequence[Record]]
"""From an untrained model, the training records and a seed, those to train on."""

WATCHED: Mapping[str, Rule] = {"right": right_option, "in form": in_form, "direct": direct}
"""What is noted of every batch of samples beside reward, length and divergence."""


def all_records(
    network: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", records: Sequence[Record], seed: int
) -> Sequence[Record]:
    """Those that there are."""
    return records


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinforced:
    """A model practises multiple-choice questions, and is told by a rule how well it did; it never sees a chain of thought.

    Attributes:
        method: makes how it learns.
        rule: what it is told.
        practice: how long and how.
        choose: which questions.
        protocol: how it is asked.
    """

    method: Callable[[], Method]
    rule: Rule
    practice: Practice
    choose: Choose = all_records
    protocol: Protocol = "chain of thought"

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Tune the network in place.

        Raises:
            UserError: if a training record lacks its answer, or there is none.
        """
        questions = [question_of(record) for record in self.choose(network, tokenizer, train, seed)]
        lacking = next((question.id for question in questions if question.answer is None), None)
        if lacking is not None:
            raise UserError(f"record {lacking}: lacks the field 'answer'; a rule needs it.")

        def scored(rule: Rule) -> Score:
            return lambda place, text: rule(questions[place], text)

        exercise = Exercise(
            prompts=[prompt_of(question, self.protocol, (), chat=False) for question in questions],
            reward=scored(self.rule),
            watched={name: scored(rule) for name, rule in WATCHED.items()},
            stop=NEXT_QUESTION,
        )
        history = optimise(self.method(), network, tokenizer, exercise, self.practice, seed=seed)
        return Tuned(network, count_parameters(network), {"reinforcement": history})


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """The same model learns the answers of questions by heart, or chains and answers where the protocol writes chains.

    Attributes:
        steps: optimiser updates.
        batch: questions a step.
        learning_rate: at its highest.
        choose: which questions.
        protocol: how it is asked, and so what it learns to say.
    """

    steps: int
    batch: int
    learning_rate: float
    choose: Choose = all_records
    protocol: Protocol = "generation"

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Tune the network in place.

        Raises:
            UserError: if a training record lacks its answer, or there is none.
        """
        examples = choice_examples(self.choose(network, tokenizer, train, seed), self.protocol)
        history = fine_tune(
            network, tokenizer, examples, steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, seed=seed
        )
        return Tuned(network, count_parameters(network), {"fine-tuning": history})
