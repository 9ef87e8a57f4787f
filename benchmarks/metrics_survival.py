"""Survival metrics beside their peers, on the same input, in one process.

python benchmarks/metrics.py survival
"""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from clock import milliseconds
from vesalius.metrics import censored_brier, survival, survival_auc

RECORDS, TIMES, REPEATS = 10_000, 100, 7


def rows() -> Iterator[tuple[str, float, float]]:
    """What and beside whom, milliseconds of the peer, and ours."""
    if not find_spec("sksurv"):
        print("scikit-survival is not installed: its rows are absent.")
        return
    from sksurv import metrics
    from sksurv.util import Surv

    rng = np.random.default_rng(0)
    hazard = rng.normal(size=RECORDS)
    time_of_event, censoring = rng.exponential(np.exp(-hazard)), rng.exponential(2, RECORDS)
    observed, events = np.minimum(time_of_event, censoring), time_of_event <= censoring
    truths, y = np.column_stack([observed, events]), Surv.from_arrays(events, observed)
    risks = hazard + rng.normal(size=RECORDS)
    times = np.quantile(observed, np.linspace(0.02, 0.95, TIMES))
    said = np.exp(-np.exp(0.5 * risks)[:, None] * times)
    size, repeats = f"n = {RECORDS:,}", 3

    yield (
        f"Harrell C, {size}; scikit-survival",
        milliseconds(lambda: metrics.concordance_index_censored(events, observed, risks), repeats=repeats),
        milliseconds(lambda: survival.c_index(risks, truths)),
    )
    theirs_uno = milliseconds(lambda: metrics.concordance_index_ipcw(y, y, risks), repeats=repeats)
    ours_uno = milliseconds(lambda: survival.uno_c(risks, truths))
    theirs_brier = milliseconds(lambda: metrics.brier_score(y, y, said, times))
    ours_brier = milliseconds(lambda: censored_brier.brier_curve(said, truths, times=times))
    yield f"Uno C, {size}; scikit-survival", theirs_uno, ours_uno
    yield f"IPCW Brier at {TIMES} times, {size}; scikit-survival", theirs_brier, ours_brier
    yield "the two together", theirs_uno + theirs_brier, ours_uno + ours_brier
    yield (
        f"cumulative/dynamic AUC at {TIMES} times, {size}; scikit-survival",
        milliseconds(lambda: metrics.cumulative_dynamic_auc(y, y, risks, times), repeats=repeats),
        milliseconds(lambda: survival_auc.cumulative_dynamic_auc(risks, truths, times=times)),
    )
    few = slice(0, 100)
    yield (
        "Harrell C, n = 100; scikit-survival",
        milliseconds(lambda: metrics.concordance_index_censored(events[few], observed[few], risks[few])),
        milliseconds(lambda: survival.c_index(risks[few], truths[few])),
    )
