"""MedAgentsBench: prompting and agent methods, and thinking models, on medical exam questions that most models miss.

Mechanism: questions of established exams are kept where fewer than half of a panel of models are right; base models, thinking
models, prompting and agent frameworks answer the same questions by one protocol; accuracy is set against tokens and seconds.
The benchmark's recorded answers are read, not made again: raw texts are parsed anew, so that a refusal or an answer that names no
single option has its own outcome. With them stand the raw texts of MIRAGE (GPT-3.5 and GPT-4, retrieval of 32 snippets against
chain of thought), and simulated answers with planted effects.

Tang et al.: MedAgentsBench: Benchmarking Thinking Models and Agent Frameworks for Complex Medical Reasoning. 2025,
arXiv 2503.07459. Xiong et al.: Benchmarking Retrieval-Augmented Generation for Medicine. 2024, arXiv 2402.13178.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.learner import Learner
from vesalius.learners.recorded import Recorded
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record, Text
from vesalius.sources.public import medagentsbench, mirage, root
from vesalius.sources.public.medagentsbench import ANSWERED, MedAgentsBench
from vesalius.sources.public.mirage import DATASETS, Mirage
from vesalius.sources.recorded import RecordedAnswer
from vesalius.sources.simulators.recorded_answers import METHODS, SimulatedAnswers
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.texts import CHOICE_MARGIN

THINKING = ("DeepSeek-R1", "o3-mini", "o1-mini", "QwQ-32B-Preview")
REFERENCE = "gpt-4o"
"""The model that is not a thinking model which thinking models are compared with, fixed before any score was seen."""

ZERO_SHOT = "zero_shot"

SMOKE_RECORDS = 40
SIMULATED_QUESTIONS: Mapping[Size, int] = {"smoke": SMOKE_RECORDS, "default": 1000, "paper": 4000}

HARD_NOTE = (
    "Every one of these questions was missed by most of these very models under zero-shot, so that zero-shot is held down by the "
    "choice of questions, and part of a gain over it may be regression to the mean."
)
METHODS_NOTE = (
    " Tokens were not recorded for aflow and spo; their seconds are one figure for all questions, in the ratio 15 to 4 for every "
    "model and data set, and so computed rather than measured."
)
MODELS_NOTE = "Recorded answers of hosted models, each asked once. "


def _all_test(size: Size, records: Sequence[Record]) -> Split:
    """Nothing is learned, so everything is tested."""
    return Split(train=(), validation=(), test=records[:SMOKE_RECORDS] if size == "smoke" else records)


AGAINST_ZERO_SHOT = "Prompting and agent methods against zero-shot"
AGAINST_REFERENCE = "Thinking models against gpt-4o"


def _task(name: str, source: Source, size: Size, *, tags: Mapping[str, str], note: str, question: str) -> Task:
    return Task(
        name=name,
        family="choices",
        source=source,
        inputs=("question", "options"),
        target="answer",
        split=partial(_all_test, size),
        measures=(Measure(METRICS["accuracy"], margin=CHOICE_MARGIN),),
        note=note,
        question=question,
        tags=tags,
    )


def _medagentsbench(size: Size) -> list[Task]:
    """On hard questions, a task a model that was run under several methods; on both splits, one of all models under zero-shot."""
    root.path("medagentsbench")
    root.path("llm-outputs", "medagentsbench.csv.gz")
    tasks = []
    for dataset in ANSWERED[:1] if size == "smoke" else ANSWERED:
        hard = MedAgentsBench(dataset, "test_hard")
        tags = {"data": "medagentsbench", "dataset": dataset}
        models = [model for model, methods in medagentsbench.recorded_answers(dataset, "test_hard").items() if len(methods) > 1]
        for model in models[:1] if size == "smoke" else models:
            note = HARD_NOTE + METHODS_NOTE
            methods_tags = tags | {"split": "test_hard", "model": model}
            tasks.append(_task(f"{dataset}-hard/{model}", hard, size, tags=methods_tags, note=note, question=AGAINST_ZERO_SHOT))
        named = f"{dataset}-hard/zero-shot models"
        hard_tags = tags | {"split": "test_hard"}
        tasks.append(_task(named, hard, size, tags=hard_tags, note=MODELS_NOTE + HARD_NOTE, question=AGAINST_REFERENCE))
        if size != "smoke":
            named, everything = f"{dataset}/zero-shot models", MedAgentsBench(dataset, "test")
            full_tags = tags | {"split": "test"}
            tasks.append(_task(named, everything, size, tags=full_tags, note=MODELS_NOTE, question=AGAINST_REFERENCE))
    return tasks


def _mirage(size: Size) -> list[Task]:
    """A task a data set and model."""
    root.path("mirage")
    note = "Raw texts of hosted models, asked without the question's context; costs were not recorded."
    return [
        _task(
            f"mirage-{dataset}/{model}",
            Mirage(dataset),
            size,
            tags={"data": "mirage", "dataset": dataset, "model": model},
            note=note,
            question="Retrieval against chain of thought",
        )
        for dataset in (DATASETS[:1] if size == "smoke" else DATASETS)
        for model in list(mirage.recorded_answers(dataset))[: 1 if size == "smoke" else None]
    ]


def _simulated(size: Size) -> list[Task]:
    source = SimulatedAnswers(questions=SIMULATED_QUESTIONS[size])
    planted = ", ".join(f"{name} {method.accuracy:.2f}" for name, method in METHODS.items())
    return [
        _task(
            "simulated/planted",
            source,
            size,
            tags={"data": "simulated"},
            note=f"Planted accuracy: {planted}.",
            question="Planted effects",
        )
    ]


def _answers(task: Task, size: Size) -> Mapping[str, Mapping[str, RecordedAnswer]]:
    """The recorded answers of every arm that the task could have."""
    tags = task.tags
    match task.source:
        case MedAgentsBench(dataset, split):
            recorded = medagentsbench.recorded_answers(dataset, split)
            return recorded[tags["model"]] if "model" in tags else {model: arms[ZERO_SHOT] for model, arms in recorded.items()}
        case Mirage(dataset):
            return mirage.recorded_answers(dataset)[tags["model"]]
        case _:
            return SimulatedAnswers(questions=SIMULATED_QUESTIONS[size]).answers()


def _baseline(task: Task) -> str:
    if task.tags["data"] == "mirage":
        return "cot"
    return ZERO_SHOT if task.tags["data"] == "simulated" or "model" in task.tags else REFERENCE


def _build(task: Task, size: Size, arm: str, seed: int) -> Learner:
    return Recorded(_answers(task, size)[arm])


def _learners(task: Task, size: Size) -> Arms:
    """Every method but the baseline; of models, the thinking ones."""
    models = task.tags["data"] == "medagentsbench" and "model" not in task.tags
    names = THINKING if models else sorted(set(_answers(task, size)) - {_baseline(task)})
    return {name: partial(_build, task, size, name) for name in names}


def _baselines(task: Task, size: Size) -> Arms:
    return {_baseline(task): partial(_build, task, size, _baseline(task))}


def zero_shot_correct(dataset: medagentsbench.Dataset) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.bool_]]:
    """Which test questions which models get right under zero-shot, for ``hard_subset``.

    Returns:
        Ids of the questions, names of the models, and questions × models, true where the recorded answer is right.

    Raises:
        UserError: if the release is missing or spoilt.
    """
    records = MedAgentsBench(dataset, "test").records()
    recorded = medagentsbench.recorded_answers(dataset, "test")
    columns = [
        [
            prediction.value == record.get("answer", Text).value
            for prediction, record in zip(Recorded(methods[ZERO_SHOT]).predict(records), records, strict=True)
        ]
        for methods in recorded.values()
    ]
    return tuple(record.id for record in records), tuple(recorded), np.array(columns, dtype=bool).T


SYSTEM = System(
    id="medagentsbench",
    number=83,
    area="agents",
    kind="benchmark",
    claim=Claim(
        "The latest thinking models, DeepSeek R1 and OpenAI o3, exhibit exceptional performance in complex medical reasoning "
        "tasks, and advanced search-based agent methods offer promising performance-to-cost ratios compared to traditional "
        "approaches.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"medagentsbench": _medagentsbench, "mirage": _mirage, "simulated": _simulated},
    seeds=1,
)
