"""AntGLM-Med: verification of choice, by which a model argues for every option before it settles on one.

Mechanism: for each option the model is told to assume that it is the answer and writes its reasons; then it is shown the
question with that option and those reasons, and asked whether the option is right. The answer is the option whose check holds
best: by the log-odds of yes against no, or by the word that the model writes. Baselines are the same model's answer alone, one
chain of thought, and self-consistency with three chains an option: verification writes one chain and reads two prompts an
option, where sampled chains share their prompt, so that it takes about so many to spend as much. Where steps are short, as on
recall, prompts weigh more and the baseline still spends less; the finding has the tokens of both.

The paper's three stages of tuning (knowledge, instructions, task) are not made here: they are continued pretraining and
supervised tuning as other systems of the catalogue have them, and this one holds the prompting that the paper proposes. Its
abstract says that choices are verified, its exact prompts were not at hand: those here are the package's own.

Li et al.: From Beginner to Expert: Modeling Medical Knowledge into General LLMs. 2023, arXiv 2312.01040.
"""

from collections.abc import Mapping

from vesalius.language.steering import VerificationOfChoice
from vesalius.names import Size
from vesalius.systems.language.steering_arms import Arm, alone, built, steps
from vesalius.systems.language.steering_tasks import chains, clinic, medqa
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

CHAINS: Mapping[Size, int] = {"smoke": 4, "default": 12, "paper": 12}
"""Of self-consistency; either task has four options."""

PLAIN, STEPS = "answer alone", "chain of thought"


def consistency(size: Size) -> str:
    """Name of the arm."""
    return f"self-consistency, {CHAINS[size]} chains"


def _learners(task: Task, size: Size) -> Arms:
    return built(
        task,
        {
            "verification of choice": Arm(VerificationOfChoice(sampling=chains(task, size=size))),
            "verification of choice, written": Arm(VerificationOfChoice(verdict="written", sampling=chains(task, size=size))),
        },
        size,
    )


def _baselines(task: Task, size: Size) -> Arms:
    return built(
        task,
        {
            PLAIN: Arm(alone()),
            STEPS: Arm(steps(task, size=size)),
            consistency(size): Arm(steps(task, CHAINS[size], size=size)),
        },
        size,
    )


SYSTEM = System(
    id="antglm-med",
    number=28,
    area="language",
    kind="model",
    claim=Claim(
        "For multiple-choice questions, verification of choice significantly enhances the reasoning of language models; "
        "AntGLM-Med-10B outperforms most of them on PubMedQA, larger ones among them.",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa},
    takes_model="asked",
)
