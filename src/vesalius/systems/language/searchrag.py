"""SearchRAG: queries that a search engine understands, and only the finds that make the model surer.

Mechanism: the model is asked many times, at a high temperature, for a query to a search engine; all of these synthetic queries
are searched, and what they find is joined. Each snippet is then put in front of the question by itself: its gain is the
entropy that the distribution over the options loses, ΔH = H(Y | x) − H(Y | snippet, x). Snippets with a gain are read, the
highest first, and the question is answered behind them. Baselines are the same model without search, and standard retrieval
with the question itself as the query; learners also lack one of the two parts each.

The search engine is a local index over a small web: the textbooks and guidelines of the clinic in miniature, texts of no use,
and pages that are wrong. A live engine is not asked: findings could not be made again. The model must tell log-probabilities.

Shi et al.: SearchRAG: Can Search Engines Be Helpful for LLM-based Medical Question Answering? 2025, arXiv 2502.13233.
"""

from collections.abc import Mapping
from functools import partial

from vesalius.language.evidence import AsAsked, ByUncertainty, First, Generated, QueryMaker, ReadFirst, Selector
from vesalius.language.models import model_of, opened
from vesalius.learners.learner import Learner
from vesalius.learners.steered import Steered
from vesalius.names import Size
from vesalius.systems.language.reading_tasks import ROOM, clinic, medqa_medquad, reader, words_index
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

QUERIES: Mapping[Size, int] = {"smoke": 2, "default": 6, "paper": 32}
"""Sampled for each question."""

DEPTH: Mapping[Size, int] = {"smoke": 2, "default": 3, "paper": 10}
"""Snippets that each query finds."""

TEMPERATURE = 1.0

PLAIN, STANDARD = "no search", "question as query"


def synthetic(size: Size) -> Generated:
    """Sampled queries."""
    return Generated(way="search", samples=QUERIES[size], temperature=TEMPERATURE)


def _plain(task: Task, size: Size, seed: int) -> Learner:
    return Steered(partial(opened, model_of(task)), reader(task, size), seed=seed)


def _read(task: Task, size: Size, sampled: bool, chosen: bool, seed: int) -> Learner:
    data = task.tags["data"]
    room = ROOM[data]
    queries: QueryMaker = synthetic(size) if sampled else AsAsked()
    select: Selector = ByUncertainty(keep=room.keep, words=room.each) if chosen else First(room.keep)
    strategy = ReadFirst(
        lambda backend: words_index(data, "web", size),
        queries=queries,
        select=select,
        then=reader(task, size),
        depth=DEPTH[size] if sampled else DEPTH[size] * QUERIES[size],
        words=room.all,
    )
    return Steered(partial(opened, model_of(task)), strategy, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    """Both parts, and each alone."""
    both = {"SearchRAG": partial(_read, task, size, True, True)}
    if size == "smoke":
        return both
    return {
        **both,
        "synthetic queries alone": partial(_read, task, size, True, False),
        "selection alone": partial(_read, task, size, False, True),
    }


def _baselines(task: Task, size: Size) -> Arms:
    return {PLAIN: partial(_plain, task, size), STANDARD: partial(_read, task, size, False, False)}


SYSTEM = System(
    id="searchrag",
    number=121,
    area="language",
    kind="method",
    claim=Claim(
        "Synthetic queries and uncertainty-based selection of what is found significantly improve accuracy in medical question "
        "answering, most on complex questions that need detailed and current knowledge.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa_medquad},
    takes_model="asked",
)
