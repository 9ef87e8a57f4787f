"""LLM-AMT: a language model that is not changed, augmented with medical textbooks by modules that plug in around it.

Mechanism: the *query augmenter* has the model rewrite the question in the terms of a textbook and expand it by the passage
that would answer it. The *hybrid textbook retriever* searches the question and both for passages, by words (BM25) and by
vectors, fuses the two by ranks, and re-ranks what it finds. The *reader* refines the passages before it answers behind them:
the model drops those that it judges irrelevant to the question, then those that do not help to choose an option (the knowledge
self-refiner). Baselines are the same model without retrieval, and the same modules over a corpus of general texts; each module
is also taken away in turn, re-ranking apart from the self-refiner.

Here re-ranking is by the likelihood of the question behind a passage under the same model, and vectors are the model's own,
where the paper trains retriever and re-ranker; so a corpus of any language can be used and nothing else is needed. In the
clinic in miniature the textbook is complete, so that retrieval has all to give on diseases that the model was not taught, and
little on those that it knows. An endpoint must tell log-probabilities and embed texts.

Wang et al.: Augmenting Black-box LLMs with Medical Textbooks for Biomedical Question Answering. 2023, arXiv 2309.02233.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from vesalius.language.evidence import AsAsked, Generated, QueryMaker, ReadFirst, Refined, Several
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """Which of them are there."""

    augment: bool = True
    hybrid: bool = True
    rerank: bool = True
    refine: bool = True


WHOLE = Modules()
TAKEN_AWAY: Mapping[str, Modules] = {
    "without query augmenter": replace(WHOLE, augment=False),
    "without dense retrieval": replace(WHOLE, hybrid=False),
    "without re-ranking": replace(WHOLE, rerank=False),
    "without self-refiner": replace(WHOLE, refine=False),
}


def _plain(task: Task, size: Size, seed: int) -> Learner:
    return Steered(partial(opened, model_of(task)), reader(task, size), seed=seed)


def _read(task: Task, size: Size, corpus: Corpus, parts: Modules, seed: int) -> Learner:
    data = task.tags["data"]
    room = ROOM[data]
    refine = parts.refine
    select = Refined(keep=room.keep, words=room.each, rerank=parts.rerank, relevance=refine, usefulness=refine)
    strategy = ReadFirst(
        partial(hybrid_index, data, corpus, size) if parts.hybrid else lambda backend: words_index(data, corpus, size),
        queries=augmenter() if parts.augment else AsAsked(),
        select=select,
        then=reader(task, size),
        depth=DEPTH[size],
        words=room.all,
    )
    return Steered(partial(opened, model_of(task)), strategy, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    """The whole, and without each module."""
    arms = {"LLM-AMT": WHOLE, **({} if size == "smoke" else TAKEN_AWAY)}
    return {name: partial(_read, task, size, "textbook", parts) for name, parts in arms.items()}


def _baselines(task: Task, size: Size) -> Arms:
    plain: Arms = {PLAIN: partial(_plain, task, size)}
    if task.tags["data"] == "medqa":
        return plain
    return {**plain, GENERAL: partial(_read, task, size, "general", WHOLE)}


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
