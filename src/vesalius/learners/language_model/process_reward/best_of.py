"""Several solutions are sampled, and one is believed: by a reward model, or by the majority."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.questions import Question, question_of
from vesalius.learners.kept_file import kept
from vesalius.learners.language_model.process_reward.judges import Judge
from vesalius.learners.language_model.process_reward.reward import Labelling, Reward, Scored
from vesalius.learners.language_model.process_reward.selection import Aggregate, Select, chosen, majority
from vesalius.learners.language_model.process_reward.solutions import Solved, solve
from vesalius.learners.shared_out import shared_out
from vesalius.records import Record
from vesalius.tasks import Prediction

FILE = "sampled.json"
REWARD = "reward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """How one of the sampled solutions is taken, as ``vesalius.learners.language_model.process_reward.selection`` has it."""

    aggregate: Aggregate = "min"
    select: Select = "best"


def answered(
    policy: Backend, records: Sequence[Record], sampling: Sampling, reward: Reward | None, choosing: Choosing
) -> list[Prediction]:
    """Sample solutions of each record and take one; the target, should a record still have it, is not looked at.

    Args:
        policy: the model that solves.
        records: multiple-choice questions.
        sampling: of solutions.
        reward: scores their steps; None believes the majority.
        choosing: how one is taken by its scores.
    """
    questions = [question_of(record, target="") for record in records]
    solved = solve(policy, questions, sampling)
    scored: Sequence[Scored | None] = [None] * len(records)
    if reward is not None:
        scored = reward.scores(questions, [[solution.steps for solution in one.solutions] for one in solved])
    return [decide(one, own, choosing, record) for one, own, record in zip(solved, scored, records, strict=True)]


def decide(solved: Solved, scored: Scored | None, choosing: Choosing, record: Record) -> Prediction:
    """The prediction of a record: the solution that is believed, and what all of them, and their scores, cost.

    Args:
        solved: the record's solutions.
        scored: their steps; None believes the majority.
        choosing: how, by scores.
        record: that is answered.
    """
    own, tokens, calls = solved.solutions, solved.tokens, solved.calls
    if scored is None:
        one = own[majority(own)]
    else:
        one = own[chosen(own, scored.scores, choosing.aggregate, choosing.select)]
        tokens, calls = tokens + scored.tokens, calls + scored.calls
    return Prediction(record_id=record.id, value=one.letter, outcome=one.outcome, raw=one.text, tokens=tokens, calls=calls)


class BestOf:
    """Samples solutions from a policy that is not changed, and believes one of them.

    ``fit`` samples solutions of the training questions, has their steps labelled and trains the reward model on them. What was
    asked for that, of policy and judge, is added to the records of the next ``predict`` in equal shares; training itself shows in
    its seconds alone. The same seed gives the same samples whatever is believed, so that two such learners differ in the
    selection alone.

    Args:
        policy: makes the model that solves; it is called when first needed.
        sampling: of solutions; ``samples`` of each question, the first of which is the answer where there is but one.
        reward: scores steps; None believes the majority (self-consistency), and nothing is trained.
        judge: labels steps for training; needed with a reward model.
        choosing: how one is taken by its scores.
        target: field of the right letter in training records.
        seed: of the samples.
    """

    def __init__(
        self,
        policy: Callable[[], Backend],
        sampling: Sampling,
        *,
        reward: Reward | None = None,
        judge: Judge | None = None,
        choosing: Choosing | None = None,
        target: str = "answer",
        seed: int = 0,
    ) -> None:
        if (reward is None) != (judge is None):
            raise ValueError("a reward model and its judge go together.")
        self._make, self._sampling, self._reward, self._judge = policy, sampling, reward, judge
        self._choosing, self._target, self._seed = choosing or Choosing(), target, seed
        self._owed = (0, 0)

    @cached_property
    def policy(self) -> Backend:
        """The model that solves."""
        return self._make()

    @property
    def trained_parameters(self) -> int:
        """Of the reward model."""
        return 0 if self._reward is None else self._reward.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Sample, label and train; nothing without a reward model.

        Raises:
            UserError: if there are no training records, or they lack what the judge needs.
        """
        self._owed = (0, 0)
        if self._reward is None or self._judge is None:
            return
        if not train:
            raise UserError("training records: none; a reward model needs questions with their answers.")
        questions = [question_of(record, self._target) for record in train]
        solved = solve(self.policy, questions, replace(self._sampling, seed=self._seed))
        tokens, calls = self._judge.spent
        self._reward.fit(self._labelled(questions, solved))
        judged_tokens, judged_calls = self._judge.spent
        self._owed = (
            sum(one.tokens for one in solved) + judged_tokens - tokens,
            sum(one.calls for one in solved) + judged_calls - calls,
        )

    def _labelled(self, questions: Sequence[Question], solved: Sequence[Solved]) -> list[Labelling]:
        assert self._reward is not None and self._judge is not None
        labelled = []
        for question, one, documents in zip(questions, solved, self._reward.evidence(questions), strict=True):
            different = tuple({solution.text: solution for solution in one.solutions if solution.steps}.values())
            labels = self._judge.labels(question, different, documents)
            labelled.append(Labelling(question, tuple(solution.steps for solution in different), tuple(labels)))
        return labelled

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Sample solutions of each question and take one.

        Raises:
            UserError: if there is a reward model, and neither ``fit`` nor ``load`` was called.
        """
        said = answered(self.policy, records, replace(self._sampling, seed=self._seed), self._reward, self._choosing)
        owed, self._owed = self._owed, (0, 0)
        return shared_out(said, *owed)

    def save(self, folder: Path) -> None:
        """Write the reward model, and the seed of the samples; the policy is not kept."""
        (folder / FILE).write_text(json.dumps({"policy": self.policy.identity, "seed": self._seed}) + "\n", encoding="utf-8")
        if self._reward is not None:
            (folder / REWARD).mkdir()
            self._reward.save(folder / REWARD)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        self._seed = read_seed(folder / FILE)
        self._owed = (0, 0)
        if self._reward is not None:
            self._reward.load(folder / REWARD)


def read_seed(file: Path) -> int:
    """The seed that a learner kept.

    Raises:
        UserError: if the file is missing or damaged.
    """
    with kept(file) as content:
        return int(content["seed"])
