"""OpenMedLM: a ladder of prompts by which an open model, unchanged, answers medical exams better.

Mechanism: the same model is asked without examples; with examples drawn once, or those nearest to each question by the model's
own vectors; with written steps, alone or behind such examples, whose steps the model wrote itself and of which only right ones
are kept; and several times, with the majority as its answer: chains sampled for one prompt (self-consistency), or one for each
of several orders of the options, told back to the record's letters. The baseline is the first rung. Tokens and calls of every
rung are in the finding, with those that writing the examples took.

The paper sets these prompts, on Yi 34B, against models fine-tuned at great cost; what fine-tuning gives is measured in the
systems that adapt a model. Here the models of the clinic in miniature stand for the model, or any that is named by ``--model``.

Maharjan et al.: OpenMedLM: Prompt engineering can out-perform fine-tuning in medical question-answering with open-source large
language models. Scientific Reports 14, 14156, 2024, arXiv 2402.19371.
"""

from collections.abc import Mapping

from vesalius.names import Size
from vesalius.systems.language.steering_arms import Arm, alone, built, steps
from vesalius.systems.language.steering_tasks import clinic, medqa, shots
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

VOTES: Mapping[Size, int] = {"smoke": 3, "default": 5, "paper": 5}
"""Answers of which the majority is taken."""

ZERO_SHOT = "zero-shot"


def _learners(task: Task, size: Size) -> Arms:
    shown, votes = shots(task, size), VOTES[size]
    return built(
        task,
        {
            "random few-shot": Arm(alone(), shown, "random"),
            "nearest few-shot": Arm(alone(), shown, "embedding"),
            "chain of thought": Arm(steps(task, size=size)),
            "random few-shot, chain of thought": Arm(steps(task, size=size), shown, "random"),
            "nearest few-shot, chain of thought": Arm(steps(task, size=size), shown, "embedding"),
            "self-consistency": Arm(steps(task, votes, size=size)),
            "nearest few-shot, self-consistency": Arm(steps(task, votes, size=size), shown, "embedding"),
            "nearest few-shot, shuffled ensemble": Arm(steps(task, votes, shuffle=True, size=size), shown, "embedding"),
        },
        size,
    )


def _baselines(task: Task, size: Size) -> Arms:
    return built(task, {ZERO_SHOT: Arm(alone())}, size)


SYSTEM = System(
    id="openmedlm",
    number=233,
    area="language",
    kind="method",
    claim=Claim(
        "Prompt engineering can outperform fine-tuning: OpenMedLM delivers an accuracy of 72.6% on MedQA, 2.4% above the best "
        "open-source model before, which was fine-tuned, and 81.7% on the medical subset of MMLU.",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa},
    takes_model="asked",
)
