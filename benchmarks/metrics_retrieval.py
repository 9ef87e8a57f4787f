"""Retrieval metrics beside ir-measures (pytrec-eval), on the same scores, in one process.

    python benchmarks/metrics.py retrieval

ir-measures takes dictionaries; its time is given with them at hand, and with them built from the arrays that ours takes.
"""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from clock import milliseconds
from vesalius.metrics.retrieval import rank_queries

QUERIES, DOCUMENTS, RELEVANT, REPEATS = 10_000, 1_000, 0.02, 5


def rows() -> Iterator[tuple[str, float, float]]:
    """What and beside whom, milliseconds of the peer, and ours."""
    if not find_spec("ir_measures"):
        print("ir-measures is not installed: its rows are absent.")
        return
    import ir_measures

    rng = np.random.default_rng(0)
    scores = rng.random((QUERIES, DOCUMENTS))
    grades = np.where(rng.random(scores.shape) < RELEVANT, rng.integers(1, 4, scores.shape), 0)
    grades[:, 0] = 1
    names = [f"d{document}" for document in range(DOCUMENTS)]

    def build() -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
        judged = {str(q): dict(zip(names, row)) for q, row in enumerate(grades.tolist())}
        return judged, {str(q): dict(zip(names, row)) for q, row in enumerate(scores.tolist())}

    measures = [ir_measures.parse_measure(name) for name in ("nDCG@10", "AP")]
    judged, run = build()
    building = milliseconds(build, repeats=1)
    theirs = milliseconds(lambda: ir_measures.calc_aggregate(measures, judged, run), repeats=2)
    ours = milliseconds(lambda: rank_queries(scores, grades))
    size = f"{QUERIES:,} queries x {DOCUMENTS:,}"
    yield f"nDCG@10 and MAP, {size}; ir-measures, dictionaries at hand", theirs, ours
    yield f"nDCG@10 and MAP, {size}; ir-measures, dictionaries built", building + theirs, ours
    tied = scores.round(2)
    yield (
        "the same with ties, averaged; ir-measures, dictionaries at hand",
        theirs,
        milliseconds(lambda: rank_queries(tied, grades)),
    )
