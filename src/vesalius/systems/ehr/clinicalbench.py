"""ClinicalBench: can language models beat traditional ones in telling death, readmission and length of stay?

Mechanism: each admission is seen as a table (age, sex and which codes of conditions, procedures and drugs it has) and as a text
that says the same. Eleven traditional models learn from the table. Language models read the text and are asked for the number of
a class: directly, as a doctor (role play), after written steps, with a reflection upon a first answer, and with solved examples.
As in the paper, classes of training records are made equally frequent by leaving some out, and those of test records are not.

*Learners are the language models, baselines the traditional ones*: the paper's claim, that none of the former beats any of the
latter, holds where no comparison is "better". The measure is macro F1, in which an answer that can't be parsed is wrong (the
paper takes macro F1 for length of stay and F1 of the positive class for the others), and on tasks of their own AUROC, of
traditional models' probabilities or margins and of the likelihoods of the class numbers, which need no parsing.

What differs from the paper. XGBoost is not among the package's dependencies; scikit-learn's boosting over histograms stands for
it. Transformer and LSTM read codes one by one. Traditional models are fitted once a seed, where the authors take the best of 20
by validation. Fine-tuning language models (LoRA) is left out. The shipped model, "resident", reads a small controlled language
and not these texts: it is near chance or can't be parsed, and says nothing of language models at large; name one by ``--model``.

Data are simulated, with planted effects. MIMIC-III and IV are not at hand. The SMART sample patients, which are, have no
admissions, discharges, deaths or readmissions, nor are 67 patients enough to learn from: no task is made of them, for any label
made up of what they have (number of problems, gaps between refills) would be none of these outcomes.

Chen, Yu, Chen, Liu, Wan, Bitterman, Wang, Shu: ClinicalBench: Can LLMs Beat Traditional ML Models in Clinical Prediction? 2024,
arXiv 2411.06469.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vesalius.language.clinical_prediction import WAYS, Predicted, Way
from vesalius.language.models import model_of, opened
from vesalius.learners.learner import Learner
from vesalius.learners.prompted_prediction import PromptedPrediction
from vesalius.learners.tabular import MODELS, Answer, Model, Tabular
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Label, Record
from vesalius.sources.simulators.admissions import ANSWER, CLASSES, OUTCOMES, Admissions, Outcome
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Split, Task
from vesalius.tasks.texts import by_release

if TYPE_CHECKING:
    from vesalius.nets.code_sequences import Reader

READERS: Mapping[str, "Reader"] = {"transformer": "transformer", "rnn": "rnn"}

DATA: Mapping[str, Outcome] = {"mortality": "mortality", "readmission": "readmission", "los": "length of stay"}
"""By the name that ``--data`` takes."""

ANSWERS: Mapping[Answer, str] = {"class": "", "score": ", ranked"}
"""What is told of a record, and how a task's name ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of a size.

    Attributes:
        train, validation, test: admissions, before classes are balanced.
        width, depth, heads: of transformer and LSTM.
        steps: of their training.
        learning_rate: at its highest.
        shots: examples in a prompt, where there are any.
        models: scikit-learn's.
        ways: of asking a language model.
    """

    train: int
    validation: int
    test: int
    width: int
    depth: int
    heads: int
    steps: int
    learning_rate: float
    shots: int
    models: tuple[Model, ...] = MODELS
    ways: tuple[Way, ...] = WAYS


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        train=150,
        validation=12,
        test=10,
        width=8,
        depth=1,
        heads=2,
        steps=3,
        learning_rate=1e-3,
        shots=2,
        models=("logistic regression",),
        ways=("direct",),
    ),
    "default": Budget(train=4000, validation=400, test=400, width=32, depth=1, heads=4, steps=300, learning_rate=3e-3, shots=3),
    "paper": Budget(
        train=32_000, validation=2500, test=5000, width=64, depth=2, heads=4, steps=5000, learning_rate=1e-4, shots=3
    ),
}


def _split(outcome: Outcome, records: Sequence[Record]) -> Split:
    """As the source has it, with training records of the commoner classes left out until all are equally frequent."""
    whole = by_release(records)
    places = np.array([record.get(outcome, Label).index for record in whole.train])
    rarest = min(np.bincount(places, minlength=len(CLASSES[outcome])))
    before = [int((places[:row] == place).sum()) for row, place in enumerate(places)]
    train = [record for record, earlier in zip(whole.train, before, strict=True) if earlier < rarest]
    return Split(train, whole.validation, whole.test)


def _task(outcome: Outcome, answer: Answer, size: Size) -> Task:
    budget = BUDGETS[size]
    measured = "strict_macro_f1" if answer == "class" else "auroc" if len(CLASSES[outcome]) == 2 else "macro_auroc"
    return Task(
        name=outcome + ANSWERS[answer],
        family="classification",
        source=Admissions(train=budget.train, validation=budget.validation, test=budget.test),
        inputs=("covariates", "patient"),
        target=outcome + ANSWER if answer == "class" else outcome,
        split=partial(_split, outcome),
        measures=(Measure(METRICS[measured], margin=0.03 if answer == "class" else 0.02),),
        note="Simulated; chance decides much, so that nobody predicts without error. Answers that can't be parsed are wrong.",
        question=f"Can language models beat traditional ones? {outcome.capitalize()}",
        tags={"outcome": outcome, "answer": answer},
    )


def _tasks(outcome: Outcome, size: Size) -> list[Task]:
    return [_task(outcome, answer, size) for answer in ANSWERS]


def _asked(task: Task) -> tuple[Outcome, Answer]:
    outcome = next(outcome for outcome in OUTCOMES if outcome == task.tags["outcome"])
    return outcome, "score" if task.tags["answer"] == "score" else "class"


def _prompted(task: Task, way: Way, shots: int, seed: int) -> Learner:
    outcome, answer = _asked(task)
    asked = Predicted(outcome, CLASSES[outcome])
    return PromptedPrediction(partial(opened, model_of(task)), asked, way=way, shots=shots, answer=answer, seed=seed)


def _tabular(task: Task, model: Model, seed: int) -> Learner:
    outcome, answer = _asked(task)
    return Tabular(model, target=outcome, answer=answer, seed=seed)


def _codes(task: Task, reader: "Reader", size: Size, seed: int) -> Learner:
    from vesalius.learners.code_sequences import CodeClassifier, CodeRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.code_sequences import CodeSize

    outcome, answer = _asked(task)
    budget = BUDGETS[size]
    recipe = CodeRecipe(
        reader=reader,
        size=CodeSize(width=budget.width, depth=budget.depth, heads=budget.heads),
        batch=32,
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 10, checks=8),
    )
    return CodeClassifier(recipe, target=outcome, answer=answer, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    """Ways of asking; where likelihoods are told, those that ask for the number alone."""
    budget = BUDGETS[size]
    ways = budget.ways if task.tags["answer"] == "class" else tuple(way for way in budget.ways if way in ("direct", "role play"))
    arms = {f"language model, {way}": partial(_prompted, task, way, 0) for way in ways}
    return arms | {f"language model, {budget.shots} examples": partial(_prompted, task, "direct", budget.shots)}


def _baselines(task: Task, size: Size) -> Arms:
    arms = {model: partial(_tabular, task, model) for model in BUDGETS[size].models}
    return arms | {name: partial(_codes, task, reader, size) for name, reader in READERS.items()}


SYSTEM = System(
    id="clinicalbench",
    number=154,
    area="ehr",
    kind="benchmark",
    claim=Claim(
        "Both general-purpose and medical language models, even with different model scales, diverse prompting or fine-tuning "
        "strategies, still cannot beat traditional models in clinical prediction.",
        metric="strict_macro_f1",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={name: partial(_tasks, outcome) for name, outcome in DATA.items()},
    takes_model="asked",
)
