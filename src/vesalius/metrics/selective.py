"""What a model is worth that may abstain where it is unsure."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._classes import Booleans, Floats, read_binary, read_top_label
from vesalius.metrics.metric import metric

NAN = float("nan")


class RiskCoverage(NamedTuple):
    """Share of wrong answers (risk) among the share of records with the highest confidence (coverage), 1/n to 1."""

    coverage: Floats
    risk: Floats

    @property
    def area(self) -> float:
        """Mean risk over all coverages; NaN without a record."""
        return float(self.risk.mean()) if len(self.risk) else NAN


def risk_coverage_curve(confidences: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """Risk by coverage, answering the most confident records first (El-Yaniv and Wiener 2010).

    Records of equal confidence come in no order: each counts with the mean error of all of them, which is what a random order
    gives on average.

    Args:
        confidences: n numbers, higher is surer, on any scale.
        correct: n of 1 where the answer was right and 0 where wrong.

    Returns:
        The curve, n points; none if a confidence is missing or there is no record.

    Raises:
        ValueError: if the two differ in shape, correct is not 0 or 1, or a confidence is infinite.

    >>> risk_coverage_curve([0.9, 0.8, 0.6, 0.7], [1, 1, 0, 0]).risk.round(3).tolist()
    [0.0, 0.0, 0.333, 0.5]
    """
    read = read_binary(confidences, correct)
    return RiskCoverage(np.empty(0), np.empty(0)) if read is None else _curve(*read)


def _curve(confidences: Floats, correct: Booleans) -> RiskCoverage:
    risk, answered = np.cumsum(_expected_errors(confidences, correct)), np.arange(1.0, len(correct) + 1)
    risk /= answered
    return RiskCoverage(answered / len(correct), np.clip(risk, 0, 1, out=risk))


def _expected_errors(confidences: Floats, correct: Booleans) -> Floats:
    """From the surest on, the share of wrong answers among all of the same confidence."""
    order = np.argsort(-confidences)
    ranked, wrong = confidences[order], ~correct[order]
    del order
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(starts, append=len(ranked))
    del ranked
    return np.repeat(np.add.reduceat(wrong, starts, dtype=float) / sizes, sizes)


@metric(
    family="classification",
    unit="set",
    higher_is_better=False,
    undefined="a record has no score",
    properties={"identity", "record order"},
)
def aurc(probabilities: ArrayLike, truths: ArrayLike) -> float:
    """Area under the risk-coverage curve: the mean over k of the error among the k most confident (Geifman et al. 2019).

    The answer is the class with the largest probability (the first of equal ones; the positive class from 0.5 on) and that
    probability its confidence. For answers with a confidence of their own take `risk_coverage_curve(...).area`.

    Args:
        probabilities: n of the positive class, or n×K whose rows sum to 1.
        truths: n integers, 1 and 0, or classes from 0.

    Returns:
        The area; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: if the shapes do not fit, a truth is no class, a probability is outside [0, 1] or a row does not sum to 1.

    >>> aurc([0.9, 0.8, 0.6, 0.7], [1, 1, 0, 0]).__round__(3)
    0.208
    """
    read = read_top_label(probabilities, truths)
    return NAN if read is None else _curve(*read).area


@metric(family="classification", unit="set", undefined="a record has no score", properties={"identity", "record order"})
def selective_accuracy(probabilities: ArrayLike, truths: ArrayLike, *, coverage: float = 0.8) -> float:
    """Accuracy among the ⌈coverage · n⌉ records of the highest confidence, answers as `aurc` (Geifman and El-Yaniv 2017).

    Args:
        probabilities: n of the positive class, or n×K whose rows sum to 1.
        truths: n integers, 1 and 0, or classes from 0.
        coverage: share of the records that are answered, in (0, 1].

    Returns:
        The accuracy; NaN if a probability is missing or there is no record.

    Raises:
        ValueError: as `aurc`, or if the coverage is outside (0, 1].

    >>> selective_accuracy([0.9, 0.8, 0.6, 0.7], [1, 1, 0, 0], coverage=0.5)
    1.0
    """
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage must be above 0 and at most 1, not {coverage}.")
    read = read_top_label(probabilities, truths)
    if read is None:
        return NAN
    answered = max(1, math.ceil(round(coverage * len(read[0]), 9)))
    return float(1 - _curve(*read).risk[answered - 1])
