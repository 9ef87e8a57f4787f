"""Group metrics beside fairlearn."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import fairness, parity
from vesalius.metrics.classification import auroc
from vesalius.metrics.metric import METRICS

Cohort = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

NO_NEGATIVE = (
    "fairlearn gives a group without a negative a false positive rate of 0, so that the gap depends on a rate that was never "
    "seen; here the difference is then NaN."
)


def agreements() -> Iterator[Agreement]:
    """Every fairness metric that fairlearn has, where it is installed."""
    if find_spec("fairlearn"):
        yield from _with_fairlearn()


def cohorts() -> list[Cohort]:
    """Scores, truths and groups, with unequal error rates."""
    found = []
    for seed, (n, count) in enumerate(((60, 2), (500, 3), (5000, 5))):
        rng = np.random.default_rng(seed)
        groups, truths = rng.integers(0, count, n), rng.integers(0, 2, n)
        found.append((truths * (1 - 0.15 * groups) + rng.normal(size=n), truths, groups))
    return found


def _with_fairlearn() -> Iterator[Agreement]:
    from fairlearn.metrics import MetricFrame, demographic_parity_difference, equalized_odds_difference
    from sklearn.metrics import roc_auc_score

    gaps, values, odds, rates = [], [], [], []
    for scores, truths, groups in cohorts():
        frame = MetricFrame(metrics=roc_auc_score, y_true=truths, y_pred=scores, sensitive_features=groups)
        gaps.append((fairness.group_gap(auroc, scores, truths, groups, resamples=100).value, frame.difference()))
        own = fairness.group_values(auroc, scores, truths, groups, resamples=100).estimates
        values += list(zip([estimate.value for estimate in own], frame.by_group.tolist()))
        decided, packed = (scores > 0.5).astype(int), np.column_stack([truths, groups])
        odds.append(
            (
                parity.equalized_odds_difference(decided, packed),
                equalized_odds_difference(truths, decided, sensitive_features=groups),
            )
        )
        rates.append(
            (
                parity.demographic_parity_difference(decided, packed),
                demographic_parity_difference(truths, decided, sensitive_features=groups),
            )
        )
    for name, pairs in (("group_values of auroc", values), ("group_gap of auroc", gaps)):
        yield agreement(name, "fairlearn", "random cohorts of 2 to 5 groups", *zip(*pairs, strict=True))
    for name, pairs in (("equalized_odds_difference", odds), ("demographic_parity_difference", rates)):
        yield agreement(METRICS[name].identity, "fairlearn", "random cohorts of 2 to 5 groups", *zip(*pairs, strict=True))
    decided, truths, groups = np.array([1, 0, 1, 0, 1]), np.array([1, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1])
    yield agreement(
        METRICS["equalized_odds_difference"].identity,
        "fairlearn",
        "a group without a negative",
        [parity.equalized_odds_difference(decided, np.column_stack([truths, groups]))],
        [equalized_odds_difference(truths, decided, sensitive_features=groups)],
        note=NO_NEGATIVE,
    )
