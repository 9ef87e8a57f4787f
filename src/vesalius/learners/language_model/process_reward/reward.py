"""A reward model: a verifier with what it reads beside the question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vesalius.errors import UserError
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.learners.language_model.process_reward.evidence import Evidence
from vesalius.learners.language_model.process_reward.judges import Labels
from vesalius.learners.language_model.process_reward.solutions import asked, with_evidence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from vesalius.learners.language_model.process_reward.verifier import Verifier

Chain = tuple[str, ...]
Opened = Callable[[], tuple[Any, "PreTrainedTokenizerBase"]]
"""Opens the network that a verifier begins as, an adapter of peft on it or not."""


def begun_as(folder: Callable[[], Path], rank: int = 0, seed: int = 0) -> Opened:
    """What opens a model of transformers for a verifier.

    Args:
        folder: gives the model's folder; it is called when first needed.
        rank: of an adapter, which alone is then trained; 0 trains all of the model.
        seed: of the adapter.
    """

    def opened() -> tuple[Any, "PreTrainedTokenizerBase"]:
        from vesalius.learners.language_model.networks import opened_network
        from vesalius.learners.language_model.supervised import with_lora

        network, tokenizer = opened_network(folder())
        return (with_lora(network, rank, seed=seed) if rank else network), tokenizer

    return opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How long and how fast a verifier is trained.

    Attributes:
        steps: updates.
        batch: questions an update, each with all of its solutions.
        learning_rate: the highest.
    """

    steps: int
    batch: int = 4
    learning_rate: float = 1e-3


@dataclass(frozen=True, slots=True)
class Labelling:
    """The chains of one training question, with a label a step."""

    question: Question
    chains: tuple[Chain, ...]
    labels: tuple[Labels, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What is said of the solutions of one question.

    Attributes:
        scores: of each solution, a score a step, 0 to 1.
        tokens, calls: spent on it.
    """

    scores: list[list[float]]
    tokens: int
    calls: int


class Reward:
    """Scores the steps of solutions, with retrieved evidence before the question or without.

    Args:
        opened: the network that the verifier begins as, of its own; what of it requires gradients is trained.
        training: how.
        evidence: finds what is read; None reads nothing.
        seed: of the order of training.
    """

    def __init__(self, opened: Opened, training: Training, *, evidence: Evidence | None = None, seed: int = 0) -> None:
        self._opened, self._training, self._evidence, self._seed = opened, training, evidence, seed
        self._verifier: Verifier | None = None

    @property
    def trained_parameters(self) -> int:
        """Of the verifier; 0 before it is made."""
        return 0 if self._verifier is None else self._verifier.trained_parameters

    def evidence(self, questions: Sequence[Question]) -> list[tuple[Document, ...]]:
        """What is read with each question."""
        return [()] * len(questions) if self._evidence is None else self._evidence.of(questions)

    def fit(self, examples: Sequence[Labelling]) -> None:
        """Train a new verifier.

        Raises:
            UserError: if no step is labelled, or a text is too long without any evidence.
        """
        from vesalius.learners.language_model.process_reward.verifier import Judged, Verifier

        self._verifier = Verifier(*self._opened())
        found = self.evidence([one.question for one in examples])
        judged = [
            Judged(prompt=self._prompt(one.question, one.chains, documents), chains=one.chains, labels=one.labels)
            for one, documents in zip(examples, found, strict=True)
            if any(one.chains)
        ]
        training = self._training
        self._verifier.train(
            judged, steps=training.steps, batch=training.batch, learning_rate=training.learning_rate, seed=self._seed
        )

    def scores(self, questions: Sequence[Question], chains: Sequence[Sequence[Chain]]) -> list[Scored]:
        """Of each question, what its chains are worth step by step.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        verifier = self._known()
        found = self.evidence(questions)
        return [
            _scored(verifier, self._prompt(question, own, documents), own)
            for question, own, documents in zip(questions, chains, found, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the verifier."""
        self._known().save(folder)

    def load(self, folder: Path) -> None:
        """Take it back.

        Raises:
            UserError: if it is missing, damaged, or of another network.
        """
        from vesalius.learners.language_model.process_reward.verifier import Verifier

        self._verifier = Verifier(*self._opened())
        self._verifier.load(folder)

    def _prompt(self, question: Question, chains: Sequence[Chain], documents: Sequence[Document]) -> str:
        """As much of the evidence as the network has room for, and the question."""
        verifier = self._known()
        longest = max((verifier.length("".join(chain)) for chain in chains), default=0)
        for count in range(len(documents), 0, -1):
            prompt = asked(with_evidence(question, documents[:count]))
            # what is cut together may be a token longer than its parts
            if verifier.length(prompt) + longest + 1 <= verifier.longest:
                return prompt
        return asked(question)

    def _known(self) -> "Verifier":
        if self._verifier is None:
            raise UserError("Reward: no verifier yet; fit it or load it first.")
        return self._verifier


def _scored(verifier: "Verifier", prompt: str, chains: Sequence[Chain]) -> Scored:
    before = verifier.read
    scores = verifier.scores(prompt, chains)
    tokens = verifier.read - before
    return Scored(scores, tokens, calls=int(tokens > 0))
