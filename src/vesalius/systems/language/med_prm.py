"""Med-PRM: a process reward model that judges each step of a solution with passages of guidelines and textbooks before its eyes.

Mechanism: solutions of training questions are sampled from a policy that stays as it is. For each question passages are
retrieved, and a judge that reads them labels every step right or wrong; what follows an error is wrong. A verifier, the same
language model with a head at the end of each step, is trained on these labels with the passages in its input. At test the
policy samples n solutions; each is worth its weakest step, and the best one is believed (best-of-n), or its answer gets that
weight in a vote.

Baselines spend the same samples: majority vote (self-consistency), an outcome reward model (the verifier, trained on whether
the answer is right alone), and the verifier without passages, which is the paper's ablation; greedy decoding spends one.

In the paper the judge is a large language model with the passages; so it is here on data without written-out solutions (the
model judges its own steps). In the clinic in miniature the true chain is known, and gives the labels, of which a tenth is made
wrong as a model's would be. The verifier's score is read from one linear unit rather than from two tokens of the vocabulary.

Yun, Sohn, Park, Kim, Tang, Shao, Koo, Ko, Chen, Gerstein, Moor, Kang: Med-PRM: Medical Reasoning Models with Stepwise,
Guideline-verified Process Rewards. EMNLP 2025, arXiv 2506.11474.
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
from vesalius.systems.language.reading_tasks import medqa_medquad, words_index
from vesalius.systems.language.stepwise_tasks import SAMPLES, TEMPERATURE, Counts, few, steps_of, stepwise
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

if TYPE_CHECKING:
    from vesalius.learners.language_model.process_reward.judges import Judge

EXAMS: Mapping[Size, tuple[tuple[Level, Part, Part], ...]] = {
    "smoke": (("recall", "known", "new diseases"),),
    "default": (("several steps", "known", "known"), ("several steps", "known", "new diseases")),
    "paper": tuple(
        (level, "known", part) for level in ("one step", "several steps") for part in ("known", "new form", "new diseases")
    ),
}
COUNTS: Mapping[Size, Counts] = {
    "smoke": Counts(train=2, test=3),
    "default": Counts(train=60, test=100),
    "paper": Counts(train=1000, test=1000),
}
JUDGE_NOISE = 0.1
"""Share of the clinic's step labels that are wrong."""

DOCUMENTS = 4
"""Passages for a question."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Training of the verifier: updates, questions in each, learning rate, rank of an adapter (0: all of the model)."""

    steps: int
    batch: int
    learning_rate: float
    rank: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(steps=1, batch=1, learning_rate=1e-3, rank=0),
    "default": Budget(steps=40, batch=4, learning_rate=1e-3, rank=0),
    "paper": Budget(steps=1000, batch=16, learning_rate=2e-4, rank=16),
}

Supervision = Literal["process", "outcome"]


def _sampled(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.language_model.process_reward.best_of import BestOf

    return BestOf(partial(opened, model_of(task)), _sampling(task, size), seed=seed)


def _greedy(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.prompted import Prompted

    return Prompted(partial(opened, model_of(task)), protocol="chain of thought", sampling=steps_of(task, size), seed=seed)


def _verified(
    task: Task,
    size: Size,
    seed: int,
    *,
    supervision: Supervision = "process",
    reads: bool = True,
    select: Literal["best", "vote"] = "best",
) -> Learner:
    from vesalius.learners.language_model.process_reward.best_of import BestOf, Choosing
    from vesalius.learners.language_model.process_reward.evidence import Evidence
    from vesalius.learners.language_model.process_reward.judges import ByOutcome
    from vesalius.learners.language_model.process_reward.reward import Reward, Training, begun_as

    budget = BUDGETS[size]
    reward = Reward(
        begun_as(partial(folder_of, model_of(task)), budget.rank, seed),
        Training(steps=budget.steps, batch=budget.batch, learning_rate=budget.learning_rate),
        evidence=Evidence(words_index(task.tags["data"], "textbook"), count=DOCUMENTS) if reads else None,
        seed=seed,
    )
    return BestOf(
        partial(opened, model_of(task)),
        _sampling(task, size),
        reward=reward,
        judge=_judge(task, seed) if supervision == "process" else ByOutcome(),
        choosing=Choosing(aggregate="min" if supervision == "process" else "last", select=select),
        seed=seed,
    )


def _judge(task: Task, seed: int) -> "Judge":
    from vesalius.learners.language_model.process_reward.judges import ByChain, ByModel

    return ByChain(noise=JUDGE_NOISE, seed=seed) if task.tags["data"] == "clinic" else ByModel(partial(opened, model_of(task)))


def _sampling(task: Task, size: Size) -> Sampling:
    return replace(steps_of(task, size, TEMPERATURE), samples=SAMPLES[size])


def _learners(task: Task, size: Size) -> Arms:
    arms = {"med-prm": partial(_verified, task, size), "med-prm, vote": partial(_verified, task, size, select="vote")}
    return few(arms) if size == "smoke" else arms


def _baselines(task: Task, size: Size) -> Arms:
    arms = {
        "majority": partial(_sampled, task, size),
        "greedy": partial(_greedy, task, size),
        "without evidence": partial(_verified, task, size, reads=False),
        "outcome reward": partial(_verified, task, size, supervision="outcome"),
    }
    return few(arms) if size == "smoke" else arms


def clinic(size: Size) -> list[Task]:
    """Exams whose step labels are known; of new diseases the policy knows nothing, and the verifier what it reads."""
    return stepwise(EXAMS[size], COUNTS[size])


SYSTEM = System(
    id="med-prm",
    number=193,
    area="language",
    kind="method",
    claim=Claim(
        "Evaluations on five medical QA benchmarks and two open-ended diagnostic tasks demonstrate that Med-PRM achieves "
        "state-of-the-art performance, with improving the performance of base models by up to 13.50% using Med-PRM.",
        metric="accuracy",
        gains={"greedy": 0.135},
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa_medquad},
    takes_model="trained",
)
