"""A policy and a reward model that learn from what the policy finds by itself: by tree search, or by sampling alone."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.questions import Question, question_of
from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.examples import Example
from vesalius.learners.language_model.once import is_kept
from vesalius.learners.language_model.process_reward.best_of import Choosing, answered, read_seed
from vesalius.learners.language_model.process_reward.reward import Labelling, Reward
from vesalius.learners.language_model.process_reward.solutions import asked, solve
from vesalius.learners.language_model.tree_search import Search, Tree, grow
from vesalius.learners.shared_out import shared_out
from vesalius.records import Record
from vesalius.remembered import Remembered
from vesalius.tasks import Prediction

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FILE = "evolved.json"
POLICY = "policy"
REWARD = "reward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What exploring training questions gave.

    Attributes:
        right: what a question is asked with, and a chain that ends in its right answer.
        labelled: chains of steps with their values, for the reward model.
        tokens, calls: spent.
    """

    right: tuple[Example, ...]
    labelled: tuple[Labelling, ...]
    tokens: int
    calls: int


_found: Remembered[Found] = Remembered(4)
_policies: Remembered[Tuned] = Remembered(4)


class Explore(Protocol):
    """Finds solutions of questions whose answers are known."""

    def __call__(self, policy: Backend, questions: Sequence[Question], seed: int) -> Found:
        """Explore.

        Args:
            policy: writes the solutions.
            questions: with their answers.
            seed: of what is drawn.
        """
        ...


@dataclass(frozen=True, slots=True)
class ByTree:
    """Monte Carlo tree search: right paths for the policy, and of every path its steps' values for the reward model."""

    search: Search

    def __call__(self, policy: Backend, questions: Sequence[Question], seed: int) -> Found:
        """Grow a tree a question."""
        search = replace(self.search, sampling=replace(self.search.sampling, seed=seed))
        return _found.get((policy.identity, tuple(questions), search), lambda: self._grow(policy, questions, search))

    @staticmethod
    def _grow(policy: Backend, questions: Sequence[Question], search: Search) -> Found:
        trees = grow(policy, questions, search)
        return Found(
            right=tuple(Example(asked(tree.question), text) for tree in trees for text in right_paths(tree)),
            labelled=tuple(valued_paths(tree) for tree in trees),
            tokens=sum(tree.tokens for tree in trees),
            calls=sum(tree.calls for tree in trees),
        )


@dataclass(frozen=True, slots=True)
class BySampling:
    """Whole solutions are sampled, and the right ones kept (rejection sampling, as in STaR, Zelikman et al. 2022)."""

    sampling: Sampling

    def __call__(self, policy: Backend, questions: Sequence[Question], seed: int) -> Found:
        """Sample; no step gets a value."""
        solved = solve(policy, questions, replace(self.sampling, seed=seed))
        right = []
        for question, one in zip(questions, solved, strict=True):
            letter = None if question.answer is None else question.original(question.answer)
            texts = dict.fromkeys(solution.text.strip() for solution in one.solutions if solution.letter == letter is not None)
            right += [Example(asked(question), text) for text in texts]
        return Found(
            right=tuple(right), labelled=(), tokens=sum(one.tokens for one in solved), calls=sum(one.calls for one in solved)
        )


def right_paths(tree: Tree) -> list[str]:
    """What the different paths to a right answer say."""
    return list(dict.fromkeys("".join(end.steps).strip() for end in tree.right_ends))


def valued_paths(tree: Tree) -> Labelling:
    """Every path from the root to a leaf, finished or not, with the values of its steps: the soft labels of MedS³."""
    paths = ([node for node in leaf.path if node.step] for leaf in tree.root.leaves())
    chains = {tuple(node.step for node in path): tuple(node.value for node in path) for path in paths if path}
    return Labelling(tree.question, tuple(chains), tuple(chains.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTraining:
    """How the policy is tuned on right chains.

    Attributes:
        steps: updates, in each round from the base on.
        batch: chains an update.
        learning_rate: the highest.
        rank: of an adapter of peft; 0 trains all of the model.
    """

    steps: int
    batch: int = 16
    learning_rate: float = 5e-4
    rank: int = 0


class SelfEvolved:
    """Explores the training questions, tunes the base on the right chains, trains a reward model on the steps' values; again.

    In each further round it is the tuned policy that explores; what all rounds found is learnt, from the base on. ``predict``
    samples solutions of the tuned policy and believes one: by the reward model, or by the majority. What fitting cost is added to
    the records of the next ``predict``.

    Args:
        base: gives the folder of the model that the policy begins as.
        explore: how solutions are found.
        training: of the policy.
        sampling: of solutions when it predicts.
        reward: scores steps; None believes the majority.
        choosing: how one is taken by its scores; by default the vote in which each solution weighs what its last step is worth
            (PRM-guided vote-sum).
        rounds: of exploring and learning.
        target: field of the right letter in training records.
        seed: of everything.
    """

    def __init__(
        self,
        base: Callable[[], Path],
        explore: Explore,
        training: PolicyTraining,
        sampling: Sampling,
        *,
        reward: Reward | None = None,
        choosing: Choosing | None = None,
        rounds: int = 1,
        target: str = "answer",
        seed: int = 0,
    ) -> None:
        self._base, self._explore, self._training, self._sampling = base, explore, training, sampling
        self._reward, self._choosing = reward, choosing or Choosing(aggregate="last", select="vote")
        self._rounds, self._target, self._seed = rounds, target, seed
        self._tuned: Tuned | None = None
        self._tokenizer: PreTrainedTokenizerBase | None = None
        self._owed = (0, 0)

    @property
    def trained_parameters(self) -> int:
        """Of policy and reward model together."""
        own = 0 if self._tuned is None else self._tuned.trained_parameters
        return own + (0 if self._reward is None else self._reward.trained_parameters)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Explore and learn.

        Where no right chain is found, the policy stays the base.

        Raises:
            UserError: if there are no training records, or one lacks its answer.
        """
        from vesalius.learners.language_model.networks import as_backend, opened_network

        questions = [question_of(record, self._target) for record in train]
        if not questions or any(question.answer is None for question in questions):
            raise UserError(f"training records: none, or one lacks the field {self._target!r}; the answers are the reward.")
        network, tokenizer = opened_network(self._base())
        tuned, found = Tuned(network, 0), list[Found]()
        for number in range(self._rounds):
            found.append(self._explore(as_backend(tuned.network, tokenizer), questions, self._seed * self._rounds + number))
            network, tokenizer = opened_network(self._base())
            tuned = self._tune(network, tokenizer, found)
        self._tuned, self._tokenizer = tuned, tokenizer
        if self._reward is not None:
            self._reward.fit([one for each in found for one in each.labelled])
        self._owed = (sum(one.tokens for one in found), sum(one.calls for one in found))

    def _tune(self, network: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", found: Sequence[Found]) -> Tuned:
        from vesalius.learners.language_model.networks import weights_digest

        right = list(dict.fromkeys(one for each in found for one in each.right))
        if not right:
            return Tuned(network, 0)
        if not is_kept(network):
            return self._tune_on(network, tokenizer, right)
        key = (weights_digest(network), tuple(right), self._training, self._seed)
        return _policies.get(key, lambda: self._tune_on(network, tokenizer, right))

    def _tune_on(self, network: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", right: Sequence[Example]) -> Tuned:
        from vesalius.learners.language_model.supervised import fine_tune, with_lora
        from vesalius.nets.unet import count_parameters

        own, training = self._training, network
        if own.rank:
            training = with_lora(network, own.rank, seed=self._seed)
        history = fine_tune(
            training,
            tokenizer,
            right,
            steps=own.steps,
            batch=own.batch,
            learning_rate=own.learning_rate,
            seed=self._seed,
            name="policy",
        )
        return Tuned(training, count_parameters(training), {"policy": history})

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Sample solutions of each question and take one.

        Raises:
            UserError: if neither ``fit`` nor ``load`` was called.
        """
        from vesalius.learners.language_model.networks import as_backend

        if self._tuned is None or self._tokenizer is None:
            raise UserError("SelfEvolved: no policy yet; fit the learner or load it first.")
        policy = as_backend(self._tuned.network, self._tokenizer)
        said = answered(policy, records, replace(self._sampling, seed=self._seed), self._reward, self._choosing)
        owed, self._owed = self._owed, (0, 0)
        return shared_out(said, *owed)

    def save(self, folder: Path) -> None:
        """Write the policy, as transformers or peft have it, the reward model, and the seed.

        Raises:
            UserError: if neither ``fit`` nor ``load`` was called.
        """
        from vesalius.learners.language_model.kept import save_tuned

        if self._tuned is None or self._tokenizer is None:
            raise UserError("SelfEvolved: no policy yet; fit the learner or load it first.")
        (folder / FILE).write_text(json.dumps({"seed": self._seed}) + "\n", encoding="utf-8")
        (folder / POLICY).mkdir()
        save_tuned(self._tuned, self._tokenizer, folder / POLICY, None)
        if self._reward is not None:
            (folder / REWARD).mkdir()
            self._reward.save(folder / REWARD)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        from vesalius.learners.language_model.kept import load_tuned

        self._seed = read_seed(folder / FILE)
        self._tuned, self._tokenizer = load_tuned(folder / POLICY, self._base, None)
        self._owed = (0, 0)
        if self._reward is not None:
            self._reward.load(folder / REWARD)
