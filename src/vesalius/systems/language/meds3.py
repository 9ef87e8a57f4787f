"""MedS³: a small language model that evolves by tree search, and the process reward model that comes with it.

Mechanism: on training questions whose answers are known, the base searches written-out reasoning by Monte Carlo tree search:
the child of the highest upper confidence bound is followed to a leaf, next steps are sampled there, each is rolled out to
answers, which a rule compares with the right one, and the share of right ones goes back up the path. Paths to right answers
become examples on which the base is fine-tuned (the policy); the values of all steps become soft labels on which a process
reward model is trained. At test the policy writes n solutions, and the answer is the one whose solutions are together worth
most by their last steps (PRM-guided vote-sum), or that of the single best solution.

Baselines: the base, greedily and by a majority of n samples; the base fine-tuned on right solutions that were sampled without a
search, and on the answers alone; and the evolved policy with the majority in place of its reward model. Solutions are sampled
without a search in as many rounds as trees are grown, each by the policy that the round before tuned; a tree spends about twice
the tokens that the samples of the same question do (costs are in the finding).

Left out of the paper: its reflection step (the policy is told to go back over a step whose value fell), for which a base must
follow such an instruction, and the reward model as the search's value in later rounds.

Jiang, Liao, Chen, Zhang, Wang, Wang: MedS³: Towards Medical Small Language Models with Self-Evolved Slow Thinking. 2025, arXiv
2501.12051.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.language.backend import Sampling
from vesalius.language.models import folder_of, model_of, opened
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.sources.simulators.mini_clinic.exams import Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.systems.language.steering_tasks import medqa
from vesalius.systems.language.stepwise_tasks import SAMPLES, TEMPERATURE, Counts, few, steps_of, stepwise
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

if TYPE_CHECKING:
    from vesalius.learners.language_model.process_reward.reward import Reward
    from vesalius.learners.language_model.self_evolved import Explore

EXAMS: Mapping[Size, tuple[tuple[Level, Part, Part], ...]] = {
    "smoke": (("recall", "known", "known"),),
    "default": (("several steps", "known", "known"), ("several steps", "new form", "new form")),
    "paper": tuple(
        (level, part, part) for level in ("one step", "several steps") for part in ("known", "new form", "second dialect")
    ),
}
COUNTS: Mapping[Size, Counts] = {
    "smoke": Counts(train=4, test=3),
    "default": Counts(train=40, test=100),
    "paper": Counts(train=8000, test=1000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of all arms that are tuned.

    Attributes:
        rounds: of evolving, with a search or without.
        search_rounds, branches, roll_outs: of the search, a question.
        samples: solutions of a training question in a round, where they are sampled without a search.
        steps, learning_rate: of fine-tuning.
        reward_steps, reward_rate: of training the reward model.
        rank: of adapters, 0 to train all of a model.
    """

    rounds: int
    search_rounds: int
    branches: int
    roll_outs: int
    samples: int
    steps: int
    learning_rate: float
    reward_steps: int
    reward_rate: float
    rank: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        rounds=1, search_rounds=1, branches=2, roll_outs=1, samples=2, steps=1, learning_rate=1e-4,
        reward_steps=1, reward_rate=1e-3, rank=0,
    ),
    "default": Budget(
        rounds=1, search_rounds=6, branches=3, roll_outs=4, samples=24, steps=30, learning_rate=3e-4,
        reward_steps=30, reward_rate=1e-3, rank=0,
    ),
    "paper": Budget(
        rounds=2, search_rounds=16, branches=3, roll_outs=5, samples=64, steps=2000, learning_rate=2e-5,
        reward_steps=2000, reward_rate=2e-5, rank=64,
    ),
}  # fmt: skip


def _greedy(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.prompted import Prompted

    return Prompted(partial(opened, model_of(task)), protocol="chain of thought", sampling=steps_of(task, size), seed=seed)


def _sampled(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.language_model.process_reward.best_of import BestOf

    return BestOf(partial(opened, model_of(task)), _sampling(task, size, SAMPLES[size]), seed=seed)


def _evolved(
    task: Task, size: Size, seed: int, *, believes: Literal["vote", "best", "majority"] = "vote", searches: bool = True
) -> Learner:
    from vesalius.learners.language_model.process_reward.best_of import Choosing
    from vesalius.learners.language_model.self_evolved import PolicyTraining, SelfEvolved

    budget = BUDGETS[size]
    return SelfEvolved(
        partial(folder_of, model_of(task)),
        _explore(task, size, searches),
        PolicyTraining(steps=budget.steps, learning_rate=budget.learning_rate, rank=budget.rank),
        _sampling(task, size, SAMPLES[size]),
        reward=None if believes == "majority" else _reward(task, budget, seed),
        choosing=Choosing(aggregate="last", select="best" if believes == "best" else "vote"),
        rounds=budget.rounds,
        seed=seed,
    )


def _explore(task: Task, size: Size, searches: bool) -> "Explore":
    from vesalius.learners.language_model.self_evolved import BySampling, ByTree
    from vesalius.learners.language_model.tree_search import Search

    if not searches:
        return BySampling(_sampling(task, size, BUDGETS[size].samples))
    budget = BUDGETS[size]
    return ByTree(
        Search(
            rounds=budget.search_rounds,
            branches=budget.branches,
            roll_outs=budget.roll_outs,
            sampling=steps_of(task, size, TEMPERATURE),
        )
    )


def _reward(task: Task, budget: Budget, seed: int) -> "Reward":
    from vesalius.learners.language_model.process_reward.reward import Reward, Training, begun_as

    network = begun_as(partial(folder_of, model_of(task)), budget.rank, seed)
    return Reward(network, Training(steps=budget.reward_steps, learning_rate=budget.reward_rate), seed=seed)


def _tuned_on_answers(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.language_model.policy.tuning import Supervised, all_records
    from vesalius.learners.prompted import Prompted

    budget = BUDGETS[size]
    tune = Supervised(steps=budget.steps, batch=16, learning_rate=budget.learning_rate, choose=all_records, protocol="letter")
    return Adapted(partial(folder_of, model_of(task)), tune, seed=seed, ask=partial(Prompted, protocol="letter"))


def _sampling(task: Task, size: Size, samples: int) -> Sampling:
    return replace(steps_of(task, size, TEMPERATURE), samples=samples)


def _learners(task: Task, size: Size) -> Arms:
    arms = {"meds3": partial(_evolved, task, size), "meds3, best": partial(_evolved, task, size, believes="best")}
    return few(arms) if size == "smoke" else arms


def _baselines(task: Task, size: Size) -> Arms:
    arms = {
        "majority": partial(_sampled, task, size),
        "greedy": partial(_greedy, task, size),
        "policy, majority": partial(_evolved, task, size, believes="majority"),
        "sampled chains, majority": partial(_evolved, task, size, believes="majority", searches=False),
        "answers alone": partial(_tuned_on_answers, task, size),
    }
    return few(arms) if size == "smoke" else arms


def clinic(size: Size) -> list[Task]:
    """Exams in words that the base knows, and in others."""
    return stepwise(EXAMS[size], COUNTS[size])


SYSTEM = System(
    id="meds3",
    number=268,
    area="language",
    kind="model",
    claim=Claim(
        "Experiments on eleven evaluation datasets demonstrate that MedS3 outperforms prior open-source models by 2 points, with "
        "the addition of the reward model further boosting performance (13 points), surpassing GPT-4o-mini.",
        metric="accuracy",
        gains={"majority": 0.02, "policy, majority": 0.13},
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa},
    takes_model="trained",
)
