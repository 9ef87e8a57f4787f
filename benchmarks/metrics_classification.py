"""Classification metrics beside their peers, on the same input, in one process.

    python benchmarks/metrics.py classification

DeLong's interval has no peer here: our areas with their intervals stand beside scikit-learn's areas alone.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np

from clock import milliseconds
from vesalius.metrics import calibration, classification, confusion, rater_agreement

RECORDS, LABELS, REPEATS = 100_000, 14, 7


def rows() -> Iterator[tuple[str, float, float]]:
    """What and beside whom, milliseconds of the peer, and ours."""
    if not find_spec("sklearn"):
        print("scikit-learn is not installed: its rows are absent.")
        return
    from sklearn import metrics
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    truths = (rng.random((RECORDS, LABELS)) < np.linspace(0.02, 0.4, LABELS)).astype(int)
    scores = 1 / (1 + np.exp(-truths - rng.normal(size=truths.shape)))
    both = truths[:, 0], scores[:, 0]
    grades = rng.integers(0, 5, RECORDS)
    said = np.where(rng.random(RECORDS) < 0.7, grades, rng.integers(0, 5, RECORDS))
    size = f"{LABELS} labels x {RECORDS:,}"

    def each(theirs: Callable[..., object]) -> Callable[[], object]:
        return lambda: [theirs(truths[:, k], scores[:, k]) for k in range(LABELS)]

    yield (
        f"AUROC with DeLong, {size}; scikit-learn AUROC alone",
        milliseconds(each(metrics.roc_auc_score)),
        milliseconds(lambda: classification.delong_by_label(scores, truths)),
    )
    yield (
        f"macro average precision, {size}; scikit-learn",
        milliseconds(each(metrics.average_precision_score)),
        milliseconds(lambda: classification.macro_auprc(scores, truths)),
    )
    yield (
        f"macro F1 of 5 classes, {RECORDS:,}; scikit-learn",
        milliseconds(lambda: metrics.f1_score(grades, said, average="macro")),
        milliseconds(lambda: confusion.macro_f1(said, grades)),
    )
    yield (
        f"quadratic kappa, {RECORDS:,}; scikit-learn",
        milliseconds(lambda: metrics.cohen_kappa_score(grades, said, weights="quadratic")),
        milliseconds(lambda: rater_agreement.quadratic_kappa(said, grades)),
    )
    yield (
        f"reliability curve of 15 equal-mass bins, {RECORDS:,}; scikit-learn",
        milliseconds(lambda: calibration_curve(*both, n_bins=15, strategy="quantile")),
        milliseconds(lambda: calibration.reliability_curve(*both[::-1], binning="mass")),
    )
