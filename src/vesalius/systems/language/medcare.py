"""MedCare: a medical language model whose clinical alignment is decoupled from the gathering of its knowledge.

Mechanism (`learners/language_model/decoupled`), in two stages on a frozen base. *Knowledge*: on all records, of which a share
has wrong answers, a knowledge aggregator (a LoRA that every token goes through) is trained together with a noise aggregator (a
mixture of low-rank experts with a router, beside the layers of the perceptrons), which takes up what only some tasks and formats
need. *Alignment*: the noise aggregator is dropped, the knowledge aggregator frozen, and an alignment module trained on the tasks
that want a certain form of answer, with Σ |A_knowledge A_alignmentᵀ| beside the loss, so that it reads directions of its inputs
which the knowledge does not use.

Compared with one LoRA of as many parameters and with a mixture of LoRA at every linear layer (``ming-moe``), each trained on the
same two stages, one after the other. Knowledge (exam questions) and alignment (instructions) are two tasks of the same training,
so that each arm is trained for both. Ranks, experts and the weight of the overlap are those of the paper's own code, which leaves
the knowledge aggregator trainable in the second stage unless told otherwise; here it is frozen. Its balance of experts is off, as
there.

Liao, Jiang, Chen, Wang, Wang: MedCare: Advancing Medical LLMs through Decoupling Clinical Alignment and Knowledge Aggregation.
Findings of EMNLP 2024, arXiv 2406.17484.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.language.models import folder_of, model_of
from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Record
from vesalius.sources.simulators.mini_clinic.exams import Exam
from vesalius.sources.simulators.mini_clinic.instructions import TASKS, Instructions
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task
from vesalius.tasks.texts import CHOICE_MARGIN, by_release

if TYPE_CHECKING:
    from vesalius.learners.language_model.adapted import Rebuild, Tune
    from vesalius.learners.language_model.decoupled import Decoupled
    from vesalius.learners.language_model.mixtures import Mixture
    from vesalius.learners.language_model.trainings import Training

Kind = Literal["knowledge", "alignment"]

KNOWING = ("possible or not", "order test", "prescribe")
"""Instructions whose answer is in the textbook; the others want a form of answer, and all they need is in the instruction."""

ALIGNED = tuple(name for name in TASKS if name not in KNOWING)
KIND = "kind"
"""Tag: ``knowledge`` or ``alignment``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all arms are given, and the shapes of what they train.

    Attributes:
        questions: of the exam to train on, half of them recall and half of one step.
        noise: share of them with a wrong answer.
        instructions: to train on, of each kind by its share of the types.
        test: records of each task.
        gathering, aligning: optimiser updates of the stages.
        batch: records a step.
        learning_rate: at its highest, in both.
        experts, chosen, rank: of the mixtures.
        orthogonality: weight of the overlap.
    """

    questions: int
    noise: float
    instructions: int
    test: int
    gathering: int
    aligning: int
    batch: int
    learning_rate: float
    experts: int
    chosen: int
    rank: int
    orthogonality: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        questions=8, noise=0.2, instructions=13, test=6, gathering=2, aligning=2, batch=4, learning_rate=1e-3,
        experts=4, chosen=2, rank=2, orthogonality=1.0,
    ),
    "default": Budget(
        questions=1200, noise=0.2, instructions=1300, test=200, gathering=100, aligning=60, batch=16, learning_rate=3e-3,
        experts=8, chosen=2, rank=4, orthogonality=1.0,
    ),
    "paper": Budget(
        questions=300_000, noise=0.0, instructions=100_000, test=2000, gathering=3200, aligning=1500, batch=128,
        learning_rate=2e-4, experts=8, chosen=2, rank=16, orthogonality=1.0,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """Exam questions and instructions of the clinic to train on, and of one kind to test.

    Attributes:
        kind: what is tested.
        questions, noise, instructions, test: as a budget has them.
    """

    kind: Kind
    questions: int
    noise: float
    instructions: int
    test: int

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"clinic {self.kind}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        tested = "exam questions" if self.kind == "knowledge" else "instructions"
        return f"Exam questions and instructions of the clinic in miniature to train on, {tested} to test."

    def records(self) -> Sequence[Record]:
        """Each with the tag ``kind``."""
        asked, told = (self.test, 0) if self.kind == "knowledge" else (0, self.test)
        exams = [
            Exam(level=level, train=self.questions // 2, test=asked // 2, noise=self.noise) for level in ("recall", "one step")
        ]
        knowing = self.instructions * len(KNOWING) // len(TASKS)
        return [
            *(_tagged(record, "knowledge") for exam in exams for record in exam.records()),
            *(_tagged(record, "knowledge") for record in Instructions(train=knowing, test=0, tasks=KNOWING).records()),
            *(
                _tagged(record, "alignment")
                for record in Instructions(train=self.instructions - knowing, test=told, tasks=ALIGNED).records()
            ),
        ]


def _tagged(record: Record, kind: Kind) -> Record:
    return replace(record, tags={**record.tags, KIND: kind})


def _aligning(record: Record) -> bool:
    return record.tags[KIND] == "alignment"


def _clinic(size: Size) -> list[Task]:
    """One task of knowledge and one of alignment, after the same training."""
    budget = BUDGETS[size]
    note = f"A share of {budget.noise:g} of the exam questions trained on has a wrong answer; both stages come before both tasks."
    measures = {"knowledge": ("accuracy",), "alignment": ("exact_match", "token_f1")}
    return [
        Task(
            name=f"clinic {kind}",
            family="choices" if kind == "knowledge" else "writing",
            source=Curriculum(
                kind=kind, questions=budget.questions, noise=budget.noise, instructions=budget.instructions, test=budget.test
            ),
            inputs=("question", "options", "instruction"),
            target="answer",
            split=by_release,
            measures=tuple(Measure(METRICS[name], margin=CHOICE_MARGIN) for name in measures[kind]),
            note=note,
            question=f"{kind.capitalize()} after both stages",
        )
        for kind in _KINDS
    ]


_KINDS: tuple[Kind, ...] = ("knowledge", "alignment")


def _trainings(budget: Budget) -> tuple["Training", "Training"]:
    from vesalius.learners.language_model.trainings import Training

    train = partial(Training, batch=budget.batch, learning_rate=budget.learning_rate)
    return train(name="knowledge", steps=budget.gathering), train(name="alignment", steps=budget.aligning, takes=_aligning)


def _shape(budget: Budget) -> "Mixture":
    from vesalius.learners.language_model.mixtures import Mixture

    return Mixture(experts=budget.experts, chosen=budget.chosen, rank=budget.rank, balance=0.0)


def _decoupled(budget: Budget) -> "Decoupled":
    from vesalius.learners.language_model.decoupled import Decoupled

    gathering, aligning = _trainings(budget)
    return Decoupled(
        rank=budget.rank,
        noise=_shape(budget),
        orthogonality=budget.orthogonality,
        gathering=gathering,
        aligning=aligning,
    )


def _medcare(model: str, budget: Budget, seed: int) -> Learner:
    from vesalius.learners.instructed import QuestionsAndInstructions
    from vesalius.learners.language_model.decoupled import DecoupledLearner
    from vesalius.learners.language_model.once import Once

    tune = _decoupled(budget)
    return DecoupledLearner(partial(folder_of, model), Once(tune), seed=seed, ask=QuestionsAndInstructions, rebuild=tune.rebuild)


def _molora(model: str, budget: Budget, seed: int) -> Learner:
    from vesalius.learners.language_model.mixtures import MixtureOfLora

    mixture = _shape(budget)
    return _sequential(model, MixtureOfLora(mixture=mixture, trainings=_trainings(budget)), mixture.everywhere, seed)


def _lora(model: str, budget: Budget, seed: int) -> Learner:
    from vesalius.learners.language_model.mixtures import OneLora

    return _sequential(model, OneLora(parameters=_decoupled(budget).parameters, trainings=_trainings(budget)), None, seed)


def _sequential(model: str, tune: "Tune", rebuild: "Rebuild | None", seed: int) -> Learner:
    from vesalius.learners.instructed import QuestionsAndInstructions
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.language_model.once import Once

    return Adapted(partial(folder_of, model), Once(tune), seed=seed, ask=QuestionsAndInstructions, rebuild=rebuild)


def _learners(task: Task, size: Size) -> Arms:
    return {"medcare": partial(_medcare, model_of(task), BUDGETS[size])}


def _baselines(task: Task, size: Size) -> Arms:
    ways = {"one lora, in turn": _lora, "mixture of lora, in turn": _molora}
    return {name: partial(way, model_of(task), BUDGETS[size]) for name, way in ways.items()}


SYSTEM = System(
    id="medcare",
    number=19,
    area="language",
    kind="method",
    claim=Claim(
        "Decoupling clinical alignment from knowledge aggregation achieves state-of-the-art performance on over 20 medical tasks "
        "and on specific medical alignment tasks, and mitigates the forgetting of knowledge.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    takes_model="trained",
)
