"""BiasMedQA: exam questions with a remark that pushes towards a wrong option, and what is said against it.

Mechanism: a question gets a sentence of one of seven clinical cognitive biases (self-diagnosis, recency, confirmation, frequency,
cultural, status quo, false consensus) that names one of its wrong options; the accuracy that is lost is measured, and so is the
share of answers that follow the remark. Three mitigations stand before the question: the bias is named and warned of (education);
an example shows an answer that it led astray (one-shot); such an example and one that it did not lead astray (few-shot). The
baseline is plain prompting on the same questions; the arm whose questions have no remark says what there is to win back. A second
task asks the same questions without the remark, so that what a mitigation costs there is seen.

The words of remarks and mitigations are the package's own (``language/cognitive_biases.toml``), not the paper's. Models of known
behaviour prove the protocol: one that follows every remark, one that ignores all, one that education alone corrects.

Schmidgall et al.: Evaluation and mitigation of cognitive biases in medical language models. npj Digital Medicine 2024, 7, 295;
arXiv 2402.08113.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.language.choices import Protocol
from vesalius.language.cognitive_bias import BIASES, KEY, UNBIASED, Bias, CognitiveBias, education
from vesalius.language.mocks import oracle
from vesalius.language.models import model_of, opened
from vesalius.language.swayed import swayed
from vesalius.learners.learner import Learner
from vesalius.learners.mitigated import Mitigated, Mitigation
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.public.medqa import MEDQA_4
from vesalius.sources.simulators.mini_clinic.exams import Exam
from vesalius.sources.splits import hold_out
from vesalius.systems.language.steering_tasks import chains
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Task
from vesalius.tasks.texts import CHOICE_MARGIN, by_release

MITIGATIONS: Mapping[str, Mitigation] = {
    "bias education": "education",
    "one-shot demonstration": "one-shot",
    "few-shot demonstration": "few-shot",
}
PLAIN, REMOVED = "plain prompt", "bias removed"
BIASED, CLEAN = "with remarks", "without remarks"

QUESTIONS: Mapping[Size, int | None] = {"smoke": 7, "default": 200, "paper": None}
PAPER_QUESTIONS = 1000
EXAMPLES = 6
"""Questions from which examples are drawn, each with every bias."""

MOCKS = ("follows every remark", "ignores remarks", "corrected by education")


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasedQuestions:
    """Multiple-choice questions of another source with remarks: a few from which examples are drawn, the rest for testing.

    Attributes:
        source: of questions with one right option each.
        limit: at most so many test questions.
        bias: which remarks test questions have; training questions have each of its kinds.
    """

    source: Source
    limit: int | None
    bias: CognitiveBias

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"{self.source.name} {BIASED if self.bias.suggested else CLEAN}"

    @property
    def tier(self) -> Tier:
        """Of the questions."""
        return self.source.tier

    @property
    def description(self) -> str:
        """What the records are."""
        kinds = ", ".join(self.bias.kinds)
        asked = f"with a remark that suggests a wrong option ({kinds})" if self.bias.suggested else "as they are"
        return f"{self.source.description.rstrip('.')}, {asked}."

    def records(self) -> Sequence[Record]:
        """Training and test records; where the source has no training questions, some of the others are taken."""
        all_of_them = self.source.records()
        train = [record for record in all_of_them if record.tags["split"] == "train"]
        test = [record for record in all_of_them if record.tags["split"] == "test"]
        if not train:
            test, train = hold_out(test, EXAMPLES)
        told = CognitiveBias(kinds=self.bias.kinds, every=True)
        return [*_split("train", told.build(train[:EXAMPLES], 0)), *_split("test", self.bias.build(test[: self.limit], 0))]


def _split(name: str, records: Sequence[Record]) -> list[Record]:
    return [replace(record, tags={**record.tags, "split": name}) for record in records]


def _task(source: Source, size: Size, tags: Mapping[str, str], *, suggested: bool, kinds: Sequence[Bias] = BIASES) -> Task:
    bias = CognitiveBias(kinds=tuple(kinds), suggested=suggested)
    questions = BiasedQuestions(source=source, limit=QUESTIONS[size], bias=bias)
    whose = [one for one in (tags.get("mock"), kinds[0] if len(kinds) == 1 else None) if one]
    return Task(
        name=": ".join([questions.name, ", ".join(whose)] if whose else [questions.name]),
        family="choices",
        source=questions,
        inputs=("question", "options", "context", UNBIASED),
        target=KEY,
        split=by_release,
        measures=tuple(Measure(METRICS[name], CHOICE_MARGIN) for name in ("resisted_accuracy", "suggestion_followed")),
        note="The truth is the right letter and the one that the remark suggests. " + ("" if suggested else "No remark is made."),
        question="Mitigation of cognitive biases" if suggested else "What mitigation costs where there is no bias",
        tags=tags,
    )


def _tasks(source: Source, size: Size, **tags: str) -> list[Task]:
    """With remarks and without; at paper size a task a bias."""
    asked = [(kind,) for kind in BIASES] if size == "paper" else [BIASES]
    biased = [_task(source, size, tags, suggested=True, kinds=kinds) for kinds in asked]
    return [*biased, _task(source, size, tags, suggested=False)]


def _exam(size: Size) -> Exam:
    return Exam(level="several steps", train=EXAMPLES, test=QUESTIONS[size] or PAPER_QUESTIONS)


def _clinic(size: Size) -> list[Task]:
    return _tasks(_exam(size), size, data="clinic", protocol="chain of thought")


def _medqa(size: Size) -> list[Task]:
    if not MEDQA_4.records():
        raise UserError("medqa: no questions; see vesalius data list.")
    return _tasks(MEDQA_4, size, data="medqa", protocol="letter")


def _mocks(size: Size) -> list[Task]:
    """Models of known behaviour, which know every answer."""
    return [task for mock in MOCKS for task in _tasks(_exam(size), size, data="mocks", mock=mock, protocol="letter")]


def _right(task: Task) -> dict[str, str]:
    """Text of the right option by question."""
    return {
        record.get(UNBIASED, Text).value: record.get("options", Choices).options[ord(record.get(KEY, Text).value[0]) - ord("A")]
        for record in task.source.records()
    }


def _mock(task: Task) -> Backend:
    right = _right(task)
    match task.tags["mock"]:
        case "follows every remark":
            return swayed(right)
        case "ignores remarks":
            return oracle(right)
        case _:
            return swayed(right, unless=[education(kind) for kind in BIASES], identity="teachable")


def _backend(task: Task) -> Callable[[], Backend]:
    return partial(_mock, task) if "mock" in task.tags else partial(opened, model_of(task))


def _build(task: Task, size: Size, mitigation: Mitigation, seed: int) -> Learner:
    protocol: Protocol = "chain of thought" if task.tags["protocol"] == "chain of thought" else "letter"
    sampling = chains(task, size=size) if protocol == "chain of thought" else None
    return Mitigated(_backend(task), mitigation, protocol=protocol, sampling=sampling, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    arms: dict[str, Mitigation] = dict(MITIGATIONS)
    if task.source.name.endswith(BIASED):
        arms[REMOVED] = "bias removed"
    return {name: partial(_build, task, size, mitigation) for name, mitigation in arms.items()}


def _baselines(task: Task, size: Size) -> Arms:
    return {PLAIN: partial(_build, task, size, "plain")}


SYSTEM = System(
    id="biasmedqa",
    number=16,
    area="trust",
    kind="benchmark",
    claim=Claim(
        "Language models give significantly less accurate answers to clinical questions that contain cognitive biases; GPT-4 is "
        "resilient, Llama 2 70B-chat and PMC Llama 13B are disproportionately affected.",
        metric="resisted_accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic, "medqa": _medqa, "mocks": _mocks},
    takes_model="asked",
)
