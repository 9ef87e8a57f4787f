"""Distillation: what a tree of thoughts finds becomes what a student learns, against single chains of the same teacher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import prompt_of
from vesalius.language.questions import Question, question_of
from vesalius.language.tree_of_thoughts import Path, TreeOfThoughts
from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.examples import Example
from vesalius.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """How long a student learns."""

    steps: int
    learning_rate: float
    batch: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTree:
    """Tunes a student on the best paths of a teacher's trees (Yang et al. 2025: QM-ToT).

    For each training question the best path that ends at the right option is kept; a question whose paths all end elsewhere
    teaches nothing. The student learns the path behind the prompt of chains of thought.

    Attributes:
        teacher: makes the model that grows trees; it is called once.
        tree: how.
        lessons: how long the student learns.
    """

    teacher: Callable[[], Backend]
    tree: TreeOfThoughts
    lessons: Lessons

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Grow trees, then train.

        Raises:
            UserError: if no path ends at a right option.
        """
        return _tuned(network, tokenizer, self.examples(train, seed), self.lessons, seed)

    def examples(self, train: Sequence[Record], seed: int) -> list[Example]:
        """What the student learns."""
        questions = [question_of(record) for record in train]
        trees = self.tree.grow(self.teacher(), questions, [()] * len(questions), seed)
        kept = []
        for tree in trees:
            right = [path for path in tree.paths if tree.failure is None and _is_right(path, tree.question)]
            if right:
                kept.append(Example(tree.prompt, max(right, key=lambda path: path.value).text))
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class FromChains:
    """Tunes a student on one chain a question, as the teacher writes it, right or wrong: distillation as it is usual.

    Attributes:
        teacher: makes the model that writes chains.
        sampling: of chains.
        lessons: how long the student learns.
    """

    teacher: Callable[[], Backend]
    sampling: Sampling
    lessons: Lessons

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Write chains, then train.

        Raises:
            UserError: if nothing was written.
        """
        return _tuned(network, tokenizer, self.examples(train, seed), self.lessons, seed)

    def examples(self, train: Sequence[Record], seed: int) -> list[Example]:
        """What the student learns."""
        prompts = [prompt_of(question_of(record), "chain of thought", (), chat=False) for record in train]
        replies = self.teacher().generate(prompts, self.sampling)
        return [Example(prompt, text) for prompt, reply in zip(prompts, replies, strict=True) if (text := reply.text.strip())]


def _is_right(path: Path, question: Question) -> bool:
    return path.letter is not None and question.letters.index(path.letter) == question.answer


def _tuned(
    network: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    examples: Sequence[Example],
    lessons: Lessons,
    seed: int,
) -> Tuned:
    from vesalius.learners.language_model.supervised import fine_tune
    from vesalius.nets.unet import count_parameters

    if not examples:
        raise UserError("distillation: the teacher gave no path to learn from; give more training questions or a wider tree.")
    history = fine_tune(
        network,
        tokenizer,
        examples,
        steps=lessons.steps,
        learning_rate=lessons.learning_rate,
        batch=lessons.batch,
        seed=seed,
        name="distillation",
    )
    return Tuned(network, count_parameters(network), {"distillation": history})
