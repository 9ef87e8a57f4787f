"""Are we making progress?: adapted models head to head with the very base that each was made of.

Mechanism (the protocol of the study): every adapted model of the catalogue is compared with its own base and no other; prompts
are chosen for each model separately, by its own answers to validation questions, among protocols and draws of examples; and every
comparison is a win, a loss, or a tie where the difference cannot be told from none. The same is done with the prompt that
suits the base given to both, to see how much that habit changes the counts. Zero-shot and with examples (two, where the study has
three: the positions of the clinic's models end there). ``win_tie_loss`` gives the study's table from the finding.

The study has seven medical language models and two vision-language models; here are the models that the catalogue's systems make
of the clinic's base: continued pretraining, domain training that is to be merged, decoupled alignment, and reinforcement by
group-relative and proximal policy optimisation; and, through recorded answers, a real vision-language model and its fine-tuned
form (`recorded_pairs`). The study's ties are differences whose own interval holds zero; a finding's verdicts are stricter, being
corrected for the number of comparisons, and hold what is tied against a margin.

Jeong, Garg, Lipton, Oberst: Medical Adaptation of Large Language and Vision-Language Models: Are We Making Progress? EMNLP 2024,
arXiv 2411.04118.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from vesalius.language.choices import Protocol
from vesalius.learners.prompt_chosen import Candidate
from vesalius.names import Size
from vesalius.sources.simulators.mini_clinic.exams import Exam, Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.systems.language import recorded_pairs
from vesalius.systems.language.adapted_pairs import MODELS, SHARED, adapted_arm, base_arm
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task

Regime = Literal["zero-shot", "few-shot"]

SHOTS: Mapping[Regime, int] = {"zero-shot": 0, "few-shot": 2}

EXAMS: Mapping[Size, tuple[tuple[Level, Part], ...]] = {
    "smoke": (("recall", "new diseases"),),
    "default": (("recall", "new diseases"), ("several steps", "known")),
    "paper": tuple(
        (level, part) for level in ("recall", "one step", "several steps") for part in ("known", "new form", "new diseases")
    ),
}
QUESTIONS: Mapping[Size, tuple[int, int, int]] = {"smoke": (4, 4, 4), "default": (20, 40, 120), "paper": (100, 200, 2000)}
"""To take examples from, to choose prompts by, and of the test."""

_PROTOCOLS: Mapping[Size, tuple[Protocol, ...]] = {
    "smoke": ("letter",),
    "default": ("letter", "generation", "chain of thought"),
    "paper": ("letter", "text by length", "generation", "chain of thought"),
}
_CHAIN_TOKENS: Mapping[Size, int] = {"smoke": 32, "default": 128, "paper": 512}
"""Of a chain of thought; the clinic's models have 768 positions, of which a note and its examples take up to half."""
_DRAWS: Mapping[Size, int] = {"smoke": 2, "default": 2, "paper": 10}
_ADAPTED: Mapping[Size, tuple[str, ...]] = {"smoke": ("me-llama",), "default": tuple(MODELS), "paper": tuple(MODELS)}


def candidates(regime: Regime, size: Size) -> list[Candidate]:
    """Prompts that are tried: every protocol, with every draw of examples where there are any."""
    shots, draws = SHOTS[regime], _DRAWS[size] if SHOTS[regime] else 1
    return [
        Candidate(protocol=name, shots=shots, draw=draw, max_tokens=_CHAIN_TOKENS[size] if name == "chain of thought" else None)
        for name in _PROTOCOLS[size]
        for draw in range(draws)
    ]


def _clinic(size: Size) -> list[Task]:
    train, validation, test = QUESTIONS[size]
    tasks = []
    for regime in SHOTS:
        for level, part in EXAMS[size]:
            task = choices_task(Exam(level=level, part=part, train=train, validation=validation, test=test, seed=5))
            tasks.append(replace(task, name=f"{regime}, {task.name}", question=regime, tags={"regime": regime}))
    return tasks


def _learners(task: Task, size: Size) -> Arms:
    if recorded_pairs.is_recorded(task):
        return recorded_pairs.learners(task)
    tried = candidates(task.tags["regime"], size)  # type: ignore[arg-type]  # as the tasks above name it
    own = {name: adapted_arm(task, name, size, tried) for name in _ADAPTED[size]}
    return own | {f"{name}, {SHARED}": adapted_arm(task, name, size, tried, shared=True) for name in _ADAPTED[size]}


def _baselines(task: Task, size: Size) -> Arms:
    if recorded_pairs.is_recorded(task):
        return recorded_pairs.baselines(task)
    return {"base": base_arm(task, candidates(task.tags["regime"], size))}  # type: ignore[arg-type]


SYSTEM = System(
    id="med-dapt-progress",
    number=5,
    area="language",
    kind="study",
    claim=Claim(
        "Medical models nearly all fail to consistently improve over their base models: with three examples they win in 12.1% of "
        "cases, tie in 49.8% and are significantly worse in 38.2%.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic, "recorded": recorded_pairs.recorded},
    takes_model="trained",
)
