"""MING-MOE: a medical language model for many tasks, by a sparse mixture of low-rank experts beside each linear layer.

Mechanism (`nets/mixture_of_lora`): the base is frozen; beside each linear layer of attention and perceptron stand low-rank
experts and a router, which sends each token to the two whose softmax is highest, with weights that sum to one. Nothing tells the
model which task an instruction is of, neither in training nor later. A term beside the loss keeps tokens spread over the experts.

Compared with one LoRA of peft at the same layers, of the rank at which it has as many parameters (within 2 %), trained on the
same instructions in the same order for as many steps. The paper's own code puts the mixtures beside the perceptrons and plain
LoRA beside attention, and leaves the balance to an option; here the router is at every layer. Its tasks are Chinese and English
data sets, for which the clinic in miniature stands with thirteen types of instruction that its base models are not taught.

Liao, Jiang, Wang, Wang: MING-MOE: Enhancing Medical Multi-Task Learning in Large Language Models with Sparse Mixture of Low-Rank
Adapter Experts. 2024, arXiv 2404.09027. The balance: Fedus, Zoph, Shazeer: Switch Transformers. JMLR 2022, arXiv 2101.03961.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from vesalius.language.models import folder_of, model_of
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.sources.simulators.mini_clinic.instructions import TASKS, Instructions
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task
from vesalius.tasks.texts import CHOICE_MARGIN, writing_task

if TYPE_CHECKING:
    from vesalius.learners.language_model.mixtures import Mixture
    from vesalius.learners.language_model.trainings import Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What both arms are given, and the mixture.

    Attributes:
        train, test: instructions, the types in turn.
        steps: optimiser updates.
        batch: instructions a step.
        learning_rate: at its highest.
        experts: beside each layer.
        chosen: of them for a token.
        rank: of each.
        balance: weight of the term that spreads tokens.
    """

    train: int
    test: int
    steps: int
    batch: int
    learning_rate: float
    experts: int
    chosen: int
    rank: int
    balance: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        train=26, test=13, steps=2, batch=4, learning_rate=1e-3, experts=4, chosen=2, rank=4, balance=0.01,
    ),
    "default": Budget(
        train=1300, test=260, steps=150, batch=16, learning_rate=3e-3, experts=8, chosen=2, rank=4, balance=0.01,
    ),
    "paper": Budget(
        train=300_000, test=2600, steps=9400, batch=32, learning_rate=2e-4, experts=8, chosen=2, rank=16, balance=0.01,
    ),
}  # fmt: skip


def _instructions(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    task = writing_task(
        Instructions(train=budget.train, test=budget.test),
        inputs=("instruction",),
        target="answer",
        metrics=("exact_match", "token_f1"),
        margin=CHOICE_MARGIN,
        note=f"{len(TASKS)} types of instruction in turn, of which no arm is told which one it is.",
    )
    return [replace(task, question="Many tasks in one model")]


def _mixture(model: str, budget: Budget, seed: int) -> Learner:
    from vesalius.learners.instructed import Instructed
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.language_model.mixtures import MixtureOfLora

    mixture, training = _shape(budget), _training(budget)
    tune = MixtureOfLora(mixture=mixture, trainings=(training,))
    return Adapted(partial(folder_of, model), tune, seed=seed, ask=Instructed, rebuild=mixture.everywhere)


def _lora(model: str, budget: Budget, seed: int) -> Learner:
    from vesalius.learners.instructed import Instructed
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.language_model.mixtures import OneLora

    tune = OneLora(parameters=_shape(budget).parameters, trainings=(_training(budget),))
    return Adapted(partial(folder_of, model), tune, seed=seed, ask=Instructed)


def _shape(budget: Budget) -> "Mixture":
    from vesalius.learners.language_model.mixtures import Mixture

    return Mixture(experts=budget.experts, chosen=budget.chosen, rank=budget.rank, balance=budget.balance)


def _training(budget: Budget) -> "Training":
    from vesalius.learners.language_model.trainings import Training

    return Training(name="instructions", steps=budget.steps, batch=budget.batch, learning_rate=budget.learning_rate)


def _learners(task: Task, size: Size) -> Arms:
    return {"ming-moe": partial(_mixture, model_of(task), BUDGETS[size])}


def _baselines(task: Task, size: Size) -> Arms:
    return {"one lora": partial(_lora, model_of(task), BUDGETS[size])}


SYSTEM = System(
    id="ming-moe",
    number=20,
    area="language",
    kind="method",
    claim=Claim(
        "MING-MOE achieves state-of-the-art performance on over 20 medical tasks, illustrating a significant improvement over "
        "existing models, without task-specific annotations.",
        metric="exact_match",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"instructions": _instructions},
    takes_model="trained",
)
