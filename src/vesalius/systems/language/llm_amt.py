"""LLM-AMT: a language model that is not changed, augmented with medical textbooks by modules that plug in around it.

Mechanism: the *query augmenter* has the model rewrite the question in the terms of a textbook and expand it by the passage
that would answer it. The *hybrid textbook retriever* searches the question and both for passages, by words (BM25) and by
vectors, fuses the two by ranks, and re-ranks what it finds. The *reader* refines the passages before it answers behind them:
the model drops those that it judges irrelevant to the question, then those that do not help to choose an option (the knowledge
self-refiner). Baselines are the same model without retrieval, and the same modules over a corpus of general texts; each module
is also taken away in turn.

Here re-ranking is by the likelihood of the question behind a passage under the same model, and vectors are the model's own,
where the paper trains retriever and re-ranker; so a corpus of any language can be used and nothing else is needed. In the
clinic in miniature the textbook is complete, so that retrieval has all to give on diseases that the model was not taught, and
little on those that it knows. An endpoint must tell log-probabilities and embed texts.

Wang et al.: Augmenting Black-box LLMs with Medical Textbooks for Biomedical Question Answering. 2023, arXiv 2309.02233.
"""

from collections.abc import Mapping
from functools import partial

from vesalius.language.evidence import AsAsked, First, Generated, QueryMaker, ReadFirst, Refined, Selector, Several
from vesalius.language.models import model_of, opened
from vesalius.learners.learner import Learner
from vesalius.learners.steered import Steered
from vesalius.names import Size
from vesalius.systems.language.reading_tasks import ROOM, Corpus, clinic, hybrid_index, medqa_medquad, reader, words_index
from vesalius.systems.language.steering_tasks import without_examples
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

DEPTH: Mapping[Size, int] = {"smoke": 4, "default": 6, "paper": 32}
"""Passages that each query finds."""

PLAIN, GENERAL = "no retrieval", "general corpus"


def augmenter() -> QueryMaker:
    """The question, rewritten, and expanded."""
    return Several((AsAsked(), Generated(way="rewrite"), Generated(way="expand", joined=True)))


def _plain(task: Task, seed: int) -> Learner:
    return Steered(partial(opened, model_of(task)), reader(task), seed=seed)


def _read(task: Task, size: Size, corpus: Corpus, augment: bool, hybrid: bool, refine: bool, seed: int) -> Learner:
    data = task.tags["data"]
    room = ROOM[data]
    select: Selector = Refined(keep=room.keep, words=room.each) if refine else First(room.keep)
    strategy = ReadFirst(
        partial(hybrid_index, data, corpus, size) if hybrid else lambda backend: words_index(data, corpus, size),
        queries=augmenter() if augment else AsAsked(),
        select=select,
        then=reader(task),
        depth=DEPTH[size],
        words=room.all,
    )
    return Steered(partial(opened, model_of(task)), strategy, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    """The whole, and without each module."""
    whole = {"augment": True, "hybrid": True, "refine": True}
    arms = {"LLM-AMT": whole} | {
        f"without {name}": whole | {key: False}
        for key, name in (("augment", "query augmenter"), ("hybrid", "dense retrieval"), ("refine", "self-refiner"))
    }
    chosen = {"LLM-AMT": whole} if size == "smoke" else arms
    return {name: partial(_read, task, size, "textbook", *parts.values()) for name, parts in chosen.items()}


def _baselines(task: Task, size: Size) -> Arms:
    plain: Arms = {PLAIN: partial(_plain, task)}
    if task.tags["data"] == "medqa":
        return plain
    return {**plain, GENERAL: partial(_read, task, size, "general", True, True, True)}


SYSTEM = System(
    id="llm-amt",
    number=107,
    area="language",
    kind="method",
    claim=Claim(
        "Textbook augmentation improves accuracy by 11.4% to 13.2% over the language model alone, and by 9.7% to 12.2% over "
        "augmentation with Wikipedia.",
        metric="accuracy",
        gains={PLAIN: 0.114, GENERAL: 0.097},
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": without_examples(medqa_medquad)},
    seeds=1,
    takes_model="asked",
)
