"""Distillation: what a tree of thoughts finds becomes what a student learns, against single chains of the same teacher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling, Usage
from vesalius.language.choices import prompt_of
from vesalius.language.questions import Question, question_of
from vesalius.language.tree_of_thoughts import Path, TreeOfThoughts
from vesalius.learners.language_model.adapted import Adapted, Tuned
from vesalius.learners.language_model.examples import Example
from vesalius.learners.shared_out import shared_out
from vesalius.records import Record
from vesalius.tasks import Prediction

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """How long a student learns."""

    steps: int
    learning_rate: float
    batch: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What a student learns.

    Attributes:
        examples: of it.
        usage: what the teacher spent on all questions, whether they gave an example or not.
    """

    examples: tuple[Example, ...]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutored(Tuned):
    """A student, and what its teacher spent."""

    usage: Usage


class Distilled(Adapted):
    """A student of a teacher.

    What the teacher spent in ``fit`` is added to the records of the next ``predict`` in equal shares, so that the tokens and
    calls of a trial hold it.
    """

    _owed: Usage = Usage()

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Have the teacher write, and learn it."""
        super().fit(train, validation)
        self._owed = self._tuned.usage if isinstance(self._tuned, Tutored) else Usage()

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the student.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        said = super().predict(records)
        owed, self._owed = self._owed, Usage()
        return shared_out(said, owed.tokens, owed.calls)

    def load(self, folder: Folder) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if it is missing, damaged, or of another base.
        """
        super().load(folder)
        self._owed = Usage()


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
        return _tuned(network, tokenizer, self.taught(train, seed), self.lessons, seed)

    def taught(self, train: Sequence[Record], seed: int) -> Taught:
        """What the student learns."""
        questions = [question_of(record) for record in train]
        trees = self.tree.grow(self.teacher(), questions, [()] * len(questions), seed)
        kept = []
        for tree in trees:
            right = [path for path in tree.paths if tree.failure is None and _is_right(path, tree.question)]
            if right:
                kept.append(Example(tree.prompt, max(right, key=lambda path: path.value).text))
        return Taught(examples=tuple(kept), usage=sum((tree.usage for tree in trees), Usage()))


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
        return _tuned(network, tokenizer, self.taught(train, seed), self.lessons, seed)

    def taught(self, train: Sequence[Record], seed: int) -> Taught:
        """What the student learns."""
        prompts = [prompt_of(question_of(record), "chain of thought", (), chat=False) for record in train]
        replies = self.teacher().generate(prompts, self.sampling)
        said = [(prompt, reply.text.strip()) for prompt, reply in zip(prompts, replies, strict=True)]
        return Taught(
            examples=tuple(Example(prompt, text) for prompt, text in said if text),
            usage=sum((reply.usage for reply in replies), Usage()),
        )


def _is_right(path: Path, question: Question) -> bool:
    return path.letter is not None and question.letters.index(path.letter) == question.answer


def _tuned(
    network: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    taught: Taught,
    lessons: Lessons,
    seed: int,
) -> Tuned:
    from vesalius.learners.language_model.supervised import fine_tune
    from vesalius.nets.unet import count_parameters

    if not taught.examples:
        raise UserError("distillation: the teacher gave no path to learn from; give more training questions or a wider tree.")
    history = fine_tune(
        network,
        tokenizer,
        taught.examples,
        steps=lessons.steps,
        learning_rate=lessons.learning_rate,
        batch=lessons.batch,
        seed=seed,
        name="distillation",
    )
    return Tutored(
        network=network,
        trained_parameters=count_parameters(network),
        histories={"distillation": history},
        usage=taught.usage,
    )
