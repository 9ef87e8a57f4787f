"""AntGLM-Med: verification of choice, by which a model argues for every option before it settles on one.

Mechanism: for each option the model is told to assume that it is the answer and writes its reasons; then it is shown the
question with that option and those reasons, and asked whether the option is right. The answer is the option whose check holds
best: by the log-odds of yes against no, or by the word that the model writes. Baselines are the same model's answer alone, one
chain of thought, and self-consistency with as many chains as there are options, which spends about the same.

The paper's three stages of tuning (knowledge, instructions, task) are not made here: they are continued pretraining and
supervised tuning as other systems of the catalogue have them, and this one holds the prompting that the paper proposes. Its
abstract says that choices are verified, its exact prompts were not at hand: those here are the package's own.

Li et al.: From Beginner to Expert: Modeling Medical Knowledge into General LLMs. 2023, arXiv 2312.01040.
"""

from vesalius.language.steering import VerificationOfChoice
from vesalius.names import Size
from vesalius.systems.language.steering_arms import Arm, alone, built, steps
from vesalius.systems.language.steering_tasks import chains, clinic, medqa
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

OPTIONS = 4
"""Of a question of either task."""

PLAIN, STEPS, CONSISTENCY = "answer alone", "chain of thought", f"self-consistency, {OPTIONS} chains"


def _learners(task: Task, size: Size) -> Arms:
    return built(
        task,
        {
            "verification of choice": Arm(VerificationOfChoice(sampling=chains(task))),
            "verification of choice, written": Arm(VerificationOfChoice(verdict="written", sampling=chains(task))),
        },
    )


def _baselines(task: Task, size: Size) -> Arms:
    return built(task, {PLAIN: Arm(alone()), STEPS: Arm(steps(task)), CONSISTENCY: Arm(steps(task, OPTIONS))})


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
