"""Arms that systems of learning from rewards share: a tuned model that writes steps, one that learnt the answers, and neither."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.language.backend import Sampling
from vesalius.language.choices import NEXT_QUESTION, Protocol
from vesalius.language.models import folder_of, opened
from vesalius.learners.learner import Learner

if TYPE_CHECKING:
    from vesalius.learners.language_model.adapted import Tune
    from vesalius.learners.language_model.policy.optimisation import Practice
    from vesalius.learners.language_model.policy.tuning import Choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all arms are given.

    Attributes:
        train: questions to choose from.
        test: questions of each task.
        steps, prompts, samples, updates_a_step, max_tokens: of practice.
        learning_rate, penalty: of practice.
        supervised_rate: learning rate of supervised fine-tuning, at its highest.
    """

    train: int
    test: int
    steps: int
    prompts: int
    samples: int
    updates_a_step: int
    max_tokens: int
    learning_rate: float
    penalty: float
    supervised_rate: float

    @property
    def practice(self) -> "Practice":
        """As the policy is optimised."""
        from vesalius.learners.language_model.policy.optimisation import Practice

        return Practice(
            steps=self.steps,
            prompts=self.prompts,
            samples=self.samples,
            max_tokens=self.max_tokens,
            learning_rate=self.learning_rate,
            penalty=self.penalty,
            updates_a_step=self.updates_a_step,
        )


def tuned(model: str, tune: "Tune", budget: Budget, seed: int, *, protocol: Protocol = "chain of thought") -> Learner:
    """The model, tuned once for all that is tested, and asked greedily by the protocol."""
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.language_model.once import Once
    from vesalius.learners.prompted import Prompted

    return Adapted(
        partial(folder_of, model), Once(tune), seed=seed, ask=partial(Prompted, protocol=protocol, sampling=_greedy(budget))
    )


def supervised(
    model: str, budget: Budget, seed: int, *, protocol: Protocol = "generation", choose: "Choose | None" = None
) -> Learner:
    """The model, fine-tuned on what the protocol says, with as many updates of as many texts as practice has, and asked by it."""
    from vesalius.learners.language_model.policy.tuning import Supervised, all_records

    tune = Supervised(
        steps=budget.practice.updates,
        batch=budget.prompts * budget.samples,
        learning_rate=budget.supervised_rate,
        choose=choose or all_records,
        protocol=protocol,
    )
    return tuned(model, tune, budget, seed, protocol=protocol)


def untrained(model: str, budget: Budget, seed: int) -> Learner:
    """The model as it is, asked for steps."""
    from vesalius.learners.prompted import Prompted

    return Prompted(partial(opened, model), protocol="chain of thought", sampling=_greedy(budget), seed=seed)


def _greedy(budget: Budget) -> Sampling:
    return Sampling(max_tokens=budget.max_tokens, stop=(NEXT_QUESTION,))
