"""m1: medical reasoning by spending more, or less, on thinking when the question is asked.

Mechanism: a model that writes its steps before its answer is given a budget of thinking tokens. *Down*: at the budget its steps
are cut and the answer is forced. *Up*: where it would end its thinking early, the words that end it are withheld and "Wait" is
put in their place, once or several times (budget forcing). Each budget and number of waits is an arm, so that the finding holds
accuracy by budget with its tokens. It does not hold which answers forcing mended and which it broke: ``forced`` counts them from
the predictions of two arms. Baselines are the same model asked for its answer alone, and with its steps as long as it likes.

The paper first fine-tunes on a thousand or 23 thousand filtered traces of a teacher. The models of the clinic in miniature have
learnt to write such steps already, from ``learners/base_models``, so that here the scaling at test time is measured; a model of
the paper's is named by ``--model``. Only models that continue a text can be forced: the steps stand in what they are to
continue.

Huang et al.: m1: Unleash the Potential of Test-Time Scaling for Medical Reasoning with Large Language Models. ML4H 2025, arXiv
2504.00869. Muennighoff et al.: s1: Simple test-time scaling. 2025, arXiv 2501.19393.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vesalius.language.steering import BudgetForcing
from vesalius.names import Size
from vesalius.systems.language.steering_arms import Arm, alone, built, steps
from vesalius.systems.language.steering_tasks import clinic, medqa, without_examples
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Prediction, Task

DOWN: Mapping[str, Mapping[Size, tuple[int, ...]]] = {
    "clinic": {"smoke": (0, 32), "default": (0, 8, 16, 32, 64, 128), "paper": (0, 8, 16, 32, 48, 64, 80, 128)},
    "medqa": {"smoke": (0, 32), "default": (0, 64, 128, 256), "paper": (0, 128, 256, 512, 1024, 2048, 4096, 8192)},
}
"""Budgets of thinking tokens, by the tag ``data``."""

UP: Mapping[Size, tuple[int, ...]] = {"smoke": (1,), "default": (1, 2, 4), "paper": (1, 2, 4, 8)}
"""How often an early end is refused."""

ROOM: Mapping[str, Mapping[Size, int]] = {
    "clinic": {"smoke": 256, "default": 384, "paper": 512},
    "medqa": {"smoke": 64, "default": 512, "paper": 8192},
}
"""Budgets where thinking is made longer."""

PLAIN, STEPS = "answer alone", "steps as long as it likes"


def _learners(task: Task, size: Size) -> Arms:
    data = task.tags["data"]
    down = {f"budget {tokens}": Arm(BudgetForcing(budget=tokens)) for tokens in DOWN[data][size]}
    up = {_waits(count): Arm(BudgetForcing(budget=ROOM[data][size], waits=count)) for count in UP[size]}
    return built(task, down | up, size)


def _waits(count: int) -> str:
    return f"{count} wait{'s' if count > 1 else ''}"


def _baselines(task: Task, size: Size) -> Arms:
    return built(task, {PLAIN: Arm(alone()), STEPS: Arm(steps(task, size=size))}, size)


@dataclass(frozen=True, slots=True)
class Forced:
    """What forcing did to answers.

    Attributes:
        mended: wrong or missing before, right after.
        broken: right before, not after.
        same: neither.
    """

    mended: int
    broken: int
    same: int


def forced(before: Sequence[Prediction], after: Sequence[Prediction], truths: Sequence[str]) -> Forced:
    """Count the answers to the same records that one arm has right and another has not.

    >>> before = [Prediction(record_id="1", value="A"), Prediction(record_id="2", value="B")]
    >>> after = [Prediction(record_id="1", value="B"), Prediction(record_id="2", value="B")]
    >>> forced(before, after, ["B", "B"])
    Forced(mended=1, broken=0, same=1)
    """
    pairs = [(first.value == truth, second.value == truth) for first, second, truth in zip(before, after, truths, strict=True)]
    mended, broken = pairs.count((False, True)), pairs.count((True, False))
    return Forced(mended, broken, len(pairs) - mended - broken)


SYSTEM = System(
    id="m1",
    number=3,
    area="language",
    kind="method",
    claim=Claim(
        "Test-time scaling consistently enhances medical reasoning up to a budget of about 4 thousand thinking tokens, beyond "
        "which accuracy may fall; budget forcing does not necessarily improve it, and at times breaks answers that were right.",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": without_examples(clinic), "medqa": without_examples(medqa)},
    seeds=1,
    takes_model="asked",
)
