"""SPBERTQA: passages that answer a health question, shortlisted by BM25 and put in order by a sentence encoder.

Mechanism: BM25 hands on the candidates of a corpus of answers. A sentence encoder, the mean over the tokens of a transformer's
last layer, is trained on pairs of a question and its answer by the multiple negatives ranking loss: cross-entropy of the scaled
cosines between each question and all answers of its batch, its own being right. The candidates are put in order by the cosine.

Baselines: BM25 and TF-IDF alone; the same two stages with the encoder's random weights; and the trained encoder over the whole
corpus, without the first stage, which shows what the shortlist gives or costs. All name as many passages.

The paper's 10,015 Vietnamese pairs are not at hand, nor is PhoBERT. Here are MedQuAD's English questions, on diseases that
training did not have, and simulated questions in plain words whose answers are in clinical terms; the encoder is a small
transformer that is trained from random weights, with its word pieces, on the training pairs alone. Answers are
not split into sentences first. The paper size has a transformer of PhoBERT's size, still from random weights.

Nguyen, Ha, Nguyen, Nguyen, Nguyen: SPBERTQA: A Two-Stage Question Answering System Based on Sentence Transformers for Medical
Texts. KSEM 2022, arXiv 2206.09600. The loss: Henderson et al.: Efficient Natural Language Response Suggestion for Smart Reply.
2017, arXiv 1705.00652.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.sources.answer_retrieval import AnswerRetrieval
from vesalius.sources.public import root
from vesalius.sources.public.medquad import MEDQUAD
from vesalius.sources.simulators.health_questions import HealthQuestions
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task
from vesalius.tasks.texts import by_release

if TYPE_CHECKING:
    from vesalius.language.retrieval import Document
    from vesalius.learners.text_encoder import EncoderRecipe

MARGIN = 0.02
"""Two questions in a hundred."""
METRIC_NAMES = ("listed_precision_at_1", "listed_average_precision", "listed_reciprocal_rank", "listed_recall_at_10")

FRESH = 1
"""Seed of the simulated pairs: those of seed 0 were looked at while the simulator was made."""

Arm = Literal["bm25", "tf-idf", "two-stage", "two-stage, untrained", "encoder alone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given.

    Attributes:
        width, depth, heads: of the transformer.
        vocabulary: word pieces.
        passage: pieces that are read of a passage.
        steps, batch: optimiser updates, and pairs of each.
        learning_rate: at its highest.
        candidates: passages of the first stage, and most that any arm names.
        pairs: simulated ones.
        limit: most records of each part of a public set.
    """

    width: int
    depth: int
    heads: int
    vocabulary: int
    passage: int
    steps: int
    batch: int
    learning_rate: float
    candidates: int
    pairs: int
    limit: int | None


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        width=16,
        depth=1,
        heads=2,
        vocabulary=400,
        passage=32,
        steps=4,
        batch=8,
        learning_rate=1e-3,
        candidates=10,
        pairs=120,
        limit=60,
    ),
    "default": Budget(
        width=128,
        depth=2,
        heads=4,
        vocabulary=8_000,
        passage=48,
        steps=150,
        batch=32,
        learning_rate=1e-3,
        candidates=50,
        pairs=1_000,
        limit=None,
    ),
    "paper": Budget(
        width=768,
        depth=12,
        heads=12,
        vocabulary=32_000,
        passage=256,
        steps=20_000,
        batch=32,
        learning_rate=2e-5,
        candidates=300,
        pairs=10_000,
        limit=None,
    ),
}


def _task(source: AnswerRetrieval, note: str) -> Task:
    return Task(
        name=source.name,
        family="retrieval",
        source=source,
        inputs=("question",),
        target="passages",
        split=by_release,
        measures=tuple(Measure(METRICS[name], MARGIN) for name in METRIC_NAMES),
        note=note,
    )


def _simulated(size: Size) -> list[Task]:
    source = HealthQuestions(pairs=BUDGETS[size].pairs, seed=FRESH)
    note = (
        "Each condition stands in the training pairs; which two are asked about together does not. The first stage can't hand on "
        "a passage that shares no word with the question."
    )
    return [_task(AnswerRetrieval(source), note)]


def _medquad(size: Size) -> list[Task]:
    root.path(*MEDQUAD.folders)
    note = (
        "No disease of the test questions is in training, and the corpus is the answers to the test questions. Its pages answer "
        "many kinds of question on one disease: the disease's name finds the page, the kind of question has to find the passage."
    )
    return [_task(AnswerRetrieval(MEDQUAD, BUDGETS[size].limit), note)]


def _corpus(source: AnswerRetrieval) -> "list[Document]":
    from vesalius.language.retrieval import Document

    return [Document(name, "", text) for name, text in source.corpus().items()]


def recipe(budget: Budget, *, trained: bool = True) -> "EncoderRecipe":
    """Of the encoder; untrained, it has the same pieces of words and random weights."""
    from vesalius.learners.text_encoder import EncoderRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.text import TransformerSize

    steps = budget.steps if trained else 0
    return EncoderRecipe(
        regime=Regime(steps=steps, learning_rate=budget.learning_rate, warmup=steps // 10),
        size=TransformerSize(width=budget.width, depth=budget.depth, heads=budget.heads, positions=budget.passage),
        vocabulary=budget.vocabulary,
        batch=budget.batch,
        question_length=min(48, budget.passage),
        passage_length=budget.passage,
    )


def _build(task: Task, size: Size, arm: Arm, seed: int) -> Learner:
    from vesalius.language.retrieval import Bm25, TfIdf
    from vesalius.learners.passage_search import PassageSearch, TwoStage

    assert isinstance(task.source, AnswerRetrieval)
    corpus, budget = partial(_corpus, task.source), BUDGETS[size]
    if arm in ("bm25", "tf-idf"):
        return PassageSearch(corpus, Bm25 if arm == "bm25" else TfIdf, listed=budget.candidates)
    made = recipe(budget, trained=arm != "two-stage, untrained")
    first = None if arm == "encoder alone" else Bm25
    return TwoStage(corpus, first, made, candidates=budget.candidates, seed=seed)


def _arms(task: Task, size: Size, names: Sequence[Arm]) -> Arms:
    return {name: partial(_build, task, size, name) for name in names}


def _learners(task: Task, size: Size) -> Arms:
    return _arms(task, size, ["two-stage"])


def _baselines(task: Task, size: Size) -> Arms:
    return _arms(task, size, ["bm25", "tf-idf", "two-stage, untrained", "encoder alone"])


SYSTEM = System(
    id="spbertqa",
    number=274,
    area="clinical_text",
    kind="method",
    claim=Claim(
        "A two-stage question answering system based on Sentence-BERT with multiple negatives ranking loss, combined with BM25, "
        "achieves better performance than traditional methods.",
        metric="listed_precision_at_1",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"medquad": _medquad, "simulated": _simulated},
)
