"""The limited impact of medical adaptation: adapted models and their bases, prompted, and fine-tuned on the task in question.

Mechanism (the protocol of the study): every adapted model against its own base in three regimes: zero-shot and with examples,
with the prompt chosen for each model separately by its own answers to validation questions; and after supervised fine-tuning of
both on the same training questions of the task, in the same steps. Two families of task: exam questions, and questions about
what stands in a clinical note. Every comparison is a win, a tie or a loss; ``win_tie_loss`` counts them by
regime and family. What the study finds, and this shows or not: fine-tuning may let an adapted model gain on exams, and the gain
doesn't carry over to notes.

Ten language models and two vision-language models in the study; here those that the catalogue's systems make of one base, as in
``med-dapt-progress``, and through recorded answers a vision-language model fine-tuned on the very task (`recorded_pairs`).

Jeong, Mani, Garg, Lipton, Oberst: The Limited Impact of Medical Adaptation of Large Language and Vision-Language Models. 2024,
arXiv 2411.08870.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from vesalius.names import Size
from vesalius.sources.simulators.mini_clinic.exams import Exam
from vesalius.sources.simulators.mini_clinic.note_questions import NoteQuestions
from vesalius.systems.language import recorded_pairs
from vesalius.systems.language.adapted_pairs import MODELS, adapted_arm, base_arm
from vesalius.systems.language.fine_tuned_pairs import Budget, fine_tuned_base, fine_tuned_pair
from vesalius.systems.language.med_dapt_progress import candidates
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Source, Task
from vesalius.tasks.texts import choices_task

Regime = Literal["zero-shot", "few-shot", "fine-tuned"]

REGIMES: Mapping[Size, tuple[Regime, ...]] = {
    "smoke": ("zero-shot", "fine-tuned"),
    "default": ("zero-shot", "few-shot", "fine-tuned"),
    "paper": ("zero-shot", "few-shot", "fine-tuned"),
}
QUESTIONS: Mapping[Size, tuple[int, int, int]] = {"smoke": (4, 4, 4), "default": (300, 40, 120), "paper": (10_000, 200, 2000)}
"""To train on and take examples from, to choose prompts by, and of the test."""

TUNING: Mapping[Size, Budget] = {
    "smoke": Budget(steps=1, batch=2, learning_rate=1e-3),
    "default": Budget(steps=30, batch=16, learning_rate=1e-3),
    "paper": Budget(steps=2000, batch=64, learning_rate=1e-5),
}
_ADAPTED: Mapping[Size, tuple[str, ...]] = {"smoke": ("me-llama",), "default": tuple(MODELS), "paper": tuple(MODELS)}


def _clinic(size: Size) -> list[Task]:
    train, validation, test = QUESTIONS[size]
    sources: dict[str, Source] = {
        "exams": Exam(level="recall", part="new diseases", train=train, validation=validation, test=test, seed=11),
        "notes": NoteQuestions(train=train, validation=validation, test=test, seed=11),
    }
    tasks = []
    for regime in REGIMES[size]:
        for family, source in sources.items():
            task = choices_task(source, context=family == "notes")
            tags = {"regime": regime, "family": family}
            tasks.append(replace(task, name=f"{regime}, {task.name}", question=f"{regime}, {family}", tags=tags))
    return tasks


def _learners(task: Task, size: Size) -> Arms:
    if recorded_pairs.is_recorded(task):
        return recorded_pairs.learners(task)
    names = _ADAPTED[size]
    if task.tags["regime"] == "fine-tuned":
        return {name: fine_tuned_pair(task, name, size, TUNING[size]) for name in names}
    tried = candidates(task.tags["regime"], size)  # type: ignore[arg-type]  # one of the two prompted regimes
    return {name: adapted_arm(task, name, size, tried) for name in names}


def _baselines(task: Task, size: Size) -> Arms:
    if recorded_pairs.is_recorded(task):
        return recorded_pairs.baselines(task)
    if task.tags["regime"] == "fine-tuned":
        return {"base": fine_tuned_base(task, size, TUNING[size])}
    return {"base": base_arm(task, candidates(task.tags["regime"], size))}  # type: ignore[arg-type]


SYSTEM = System(
    id="medical-adaptation-limits",
    number=11,
    area="language",
    kind="study",
    claim=Claim(
        "With three examples medical models outperform their bases in only 22.7% of cases, tie in 36.8% and are significantly "
        "worse in 40.5%; after fine-tuning on such a task they can gain, which does not carry over to clinical notes.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic, "recorded": recorded_pairs.recorded},
    takes_model="trained",
)
