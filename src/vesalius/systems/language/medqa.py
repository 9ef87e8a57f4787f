"""MedQA: exam questions of doctors, answered by a retriever over a corpus and a reader of what it finds.

Mechanism: a question has no text that is known to answer it, so one is looked for. Rules: information retrieval chooses the
option whose BM25 score with the question, of the best passage, is highest; pointwise mutual information the option whose words
stand oftenest within ten words of the question's, beyond chance. Readers: for each option the best passages for question and
option are retrieved, and a network scores the option in this context, trained by cross-entropy over the options. Max-out is a
bidirectional GRU over the context and over question with option, each by its maximum over the tokens; the other is a transformer
over all in one text, as BERT is fine-tuned. Baselines: an answerer by chance, plain retrieval, and the transformer without a
context.

The release's textbooks are not at hand, nor its training questions or pretrained weights: here the corpus of MedQA is MedQuAD in
passages, and both readers start from random weights. The clinic in miniature has a textbook in which every answer stands. The
paper's method section was not at hand either: what max-out makes of the two sides (their product and distance beside them)
follows related work of its time.

Jin, Pan, Oufattole, Weng, Fang, Szolovits: What Disease does this Patient Have? A Large-scale Open Domain Question Answering
Dataset from Medical Exams. Applied Sciences 2021, arXiv 2009.13081. The rules: Clark et al.: Combining Retrieval, Statistics, and
Inference to Answer Elementary Science Questions. AAAI 2016.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.public import root
from vesalius.sources.public.medqa import MEDQA_4
from vesalius.sources.public.medquad import MEDQUAD
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.systems.language.reading_tasks import documents
from vesalius.systems.language.stepwise_tasks import Counts, stepwise
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Split, Task
from vesalius.tasks.texts import by_release, choices_task

if TYPE_CHECKING:
    from vesalius.learners.option_reader import ReaderRecipe

Arm = Literal["chance", "retrieval", "pmi", "max-out", "transformer", "transformer, no context"]

VALIDATION, TEST = 0.1, 0.4
"""Of a copy of the release that has test questions only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given.

    Attributes:
        width, depth, heads: of the transformer; the GRU has the width in each direction.
        vocabulary: word pieces.
        context, asked: pieces that are read of the passages, and of question with option.
        passages: retrieved for each option.
        steps, batch: optimiser updates, and questions of each.
        learning_rate: at its highest.
        train, validation, test: questions of the clinic in miniature.
        limit: most records of each part of public sets.
    """

    width: int
    depth: int
    heads: int
    vocabulary: int
    context: int
    asked: int
    passages: int
    steps: int
    batch: int
    learning_rate: float
    train: int
    validation: int
    test: int
    limit: int | None


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        width=16,
        depth=1,
        heads=2,
        vocabulary=400,
        context=32,
        asked=24,
        passages=1,
        steps=4,
        batch=4,
        learning_rate=1e-3,
        train=40,
        validation=10,
        test=40,
        limit=40,
    ),
    "default": Budget(
        width=64,
        depth=2,
        heads=4,
        vocabulary=4_000,
        context=80,
        asked=24,
        passages=1,
        steps=200,
        batch=8,
        learning_rate=2e-3,
        train=1_200,
        validation=100,
        test=300,
        limit=None,
    ),
    "paper": Budget(
        width=768,
        depth=12,
        heads=12,
        vocabulary=30_000,
        context=384,
        asked=128,
        passages=25,
        steps=10_000,
        batch=16,
        learning_rate=2e-5,
        train=10_000,
        validation=1_000,
        test=1_000,
        limit=None,
    ),
}


def _clinic(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    counts = Counts(train=budget.train, test=budget.test, validation=budget.validation)
    note = (
        "The textbook of the clinic and its guidelines are the corpus; the answer to every question stands in it. Readers train "
        "on other diseases than they are asked of: what they learn is to read, for no answer can be learnt by heart."
    )
    return [replace(task, note=note) for task in stepwise([("recall", "known", "new diseases")], counts)]


def _split(limit: int | None, records: Sequence[Record]) -> Split:
    """As released; where only test questions are at hand, by their hash."""
    released = by_release(records)
    return thinned(released if released.train else split_by_hash(records, validation=VALIDATION, test=TEST), limit)


def _medqa(size: Size) -> list[Task]:
    root.path(*MEDQUAD.folders)
    MEDQA_4.records()
    note = (
        "The corpus is MedQuAD, written for patients, where the paper has textbooks. Where the copy at hand has test questions "
        "only, half of them train the readers and two fifths are the test: the readers see a few hundred questions, not 10,178."
    )
    return [replace(choices_task(MEDQA_4, note=note), split=partial(_split, BUDGETS[size].limit), tags={"data": "medqa"})]


def recipe(budget: Budget, arm: Arm) -> "ReaderRecipe":
    """Of a reader; without a context, it has the question and the option alone."""
    from vesalius.learners.option_reader import ReaderRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.text import TransformerSize

    length = budget.context + budget.asked
    return ReaderRecipe(
        kind="max-out" if arm == "max-out" else "transformer",
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 10, clip=1.0),
        size=TransformerSize(width=budget.width, depth=budget.depth, heads=budget.heads, positions=length),
        vocabulary=budget.vocabulary,
        batch=budget.batch,
        passages=0 if arm == "transformer, no context" else budget.passages,
        context_length=budget.context,
        asked_length=budget.asked,
    )


def _build(task: Task, size: Size, arm: Arm, seed: int) -> Learner:
    from vesalius.learners.option_scores import Chance, OptionScores, by_association, by_search

    budget = BUDGETS[size]
    corpus = partial(documents, task.tags["data"], "textbook", size)
    match arm:
        case "chance":
            return Chance(seed=seed)
        case "retrieval":
            return OptionScores(lambda: by_search(corpus()))
        case "pmi":
            return OptionScores(lambda: by_association(corpus()))
        case _:
            from vesalius.language.retrieval import Bm25
            from vesalius.learners.option_reader import OptionReader

            return OptionReader(corpus, Bm25, recipe(budget, arm), seed=seed)


def _arms(task: Task, size: Size, names: Sequence[Arm]) -> Arms:
    return {name: partial(_build, task, size, name) for name in names}


def _learners(task: Task, size: Size) -> Arms:
    return _arms(task, size, ["pmi", "max-out", "transformer"])


def _baselines(task: Task, size: Size) -> Arms:
    return _arms(task, size, ["chance", "retrieval", "transformer, no context"])


SYSTEM = System(
    id="medqa",
    number=251,
    area="language",
    kind="dataset",
    claim=Claim(
        "Rule-based and popular neural methods, sequentially combining a document retriever and a machine comprehension model: "
        "even the current best method can only achieve 36.7% of test accuracy on the English questions.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic, "medqa": _medqa},
)
