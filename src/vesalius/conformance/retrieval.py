"""Retrieval metrics beside ir-measures (trec_eval through pytrec-eval) and scikit-learn."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import retrieval
from vesalius.metrics.metric import METRICS
from vesalius.metrics.retrieval import RankingMetric

Queries = tuple[NDArray[np.float64], NDArray[np.int64]]

TIES = (
    "trec_eval orders equal scores by the name of the document, which the file decides; here the value is the mean over all "
    "their orders, as in scikit-learn's nDCG. Equal to all digits where scores differ."
)
NONE_RELEVANT = "trec_eval gives 0 to a query without a relevant document; no order is better than another, and here it is NaN."

_NAMES: dict[RankingMetric, str] = {
    "ndcg": "nDCG@10",
    "average_precision": "AP",
    "reciprocal_rank": "RR",
    "recall_at_k": "R@10",
    "precision_at_k": "P@10",
    "hit_at_k": "Success@10",
}

_LISTED_NAMES = {
    "listed_precision_at_1": "P@1",
    "listed_recall_at_10": "R@10",
    "listed_reciprocal_rank": "RR",
    "listed_average_precision": "AP",
    "listed_ndcg_at_10": "nDCG@10",
}


def agreements() -> Iterator[Agreement]:
    """Every retrieval metric that an installed peer has."""
    distinct, tied = random_queries(), random_queries(decimals=1)
    partly = random_queries(seed=1)
    partly[0][partly[0] < 0.4] = np.nan
    empty = random_queries(seed=2)
    empty[1][::3] = 0
    if find_spec("ir_measures") and find_spec("pytrec_eval"):
        yield from _lists_with_ir_measures()
        yield from _with_ir_measures("random scores", distinct)
        yield from _with_ir_measures("random scores, 40 % not retrieved", partly)
        yield from _with_ir_measures("random scores with ties", tied, note=TIES)
        yield from _with_ir_measures("a third of the queries without a relevant document", empty, note=NONE_RELEVANT)
    if find_spec("sklearn"):
        from sklearn.metrics import ndcg_score

        for name, (scores, grades) in (("random scores", distinct), ("random scores with ties", tied)):
            ours = retrieval.rank_queries(scores, grades)["ndcg"]
            theirs = [float(ndcg_score(true[None], said[None], k=10)) for said, true in zip(scores, grades)]
            yield _row("ndcg", "scikit-learn", name, ours.tolist(), theirs)


def random_queries(queries: int = 300, documents: int = 60, *, decimals: int | None = None, seed: int = 0) -> Queries:
    """Scores that lean to the graded relevant documents, each query with at least one of them."""
    rng = np.random.default_rng(seed)
    grades = np.where(rng.random((queries, documents)) < 0.1, rng.integers(1, 4, (queries, documents)), 0)
    grades[:, 0] = 1
    scores = rng.random((queries, documents)) + 0.2 * grades
    return (scores if decimals is None else scores.round(decimals)), grades


def _with_ir_measures(name: str, queries: Queries, *, note: str = "") -> Iterator[Agreement]:
    import ir_measures

    scores, grades = queries
    ours = retrieval.rank_queries(scores, grades, metrics=tuple(_NAMES))
    run = {
        str(q): {f"{d:03d}": float(score) for d, score in enumerate(row) if not np.isnan(score)} for q, row in enumerate(scores)
    }
    judged = {str(q): {f"{d:03d}": int(grade) for d, grade in enumerate(row)} for q, row in enumerate(grades)}
    measures = {key: ir_measures.parse_measure(theirs) for key, theirs in _NAMES.items()}
    found: dict[tuple[str, str], float] = {}
    for each in ir_measures.iter_calc(list(measures.values()), judged, run):
        found[str(each.measure), str(each.query_id)] = float(each.value)
    for key, measure in measures.items():
        theirs = [found[str(measure), str(q)] for q in range(len(scores))]
        yield _row(key, "ir-measures", name, ours[key].tolist(), theirs, note=note)


def _lists_with_ir_measures(lists: int = 300, documents: int = 60, *, seed: int = 3) -> Iterator[Agreement]:
    """Metrics of answers that are lists of ids."""
    import ir_measures

    rng = np.random.default_rng(seed)
    orders = [[f"d{d:02d}" for d in rng.permutation(documents)[: rng.integers(1, 25)]] for _ in range(lists)]
    right = [[f"d{d:02d}" for d in rng.permutation(documents)[: rng.integers(1, 5)]] for _ in range(lists)]
    run = {str(q): {name: float(-rank) for rank, name in enumerate(order)} for q, order in enumerate(orders)}
    judged = {str(q): dict.fromkeys(names, 1) for q, names in enumerate(right)}
    for key, theirs in _LISTED_NAMES.items():
        found = {
            each.query_id: float(each.value) for each in ir_measures.iter_calc([ir_measures.parse_measure(theirs)], judged, run)
        }
        ours = [METRICS[key].function(",".join(order), ",".join(names)) for order, names in zip(orders, right)]
        yield _row(key, "ir-measures", "random lists", ours, [found[str(q)] for q in range(lists)])


def _row(key: str, peer: str, inputs: str, ours: Sequence[float], theirs: Sequence[float], *, note: str = "") -> Agreement:
    row = agreement(METRICS[key].identity, peer, inputs, ours, theirs)
    return agreement(row.metric, peer, inputs, ours, theirs, note=note) if row.digits < 12 else row
