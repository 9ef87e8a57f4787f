"""What each cognitive bias costs a model, and what each mitigation wins back: the table of BiasMedQA (Schmidgall et al. 2024)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.language.backend import Backend
from vesalius.language.choices import Protocol
from vesalius.language.cognitive_bias import KEY, TAG
from vesalius.learners.mitigated import Mitigated, Mitigation
from vesalius.metrics import resisted_accuracy, suggestion_followed
from vesalius.records import Record, Text
from vesalius.statistics import mcnemar

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasRow:
    """One bias under one mitigation.

    Attributes:
        bias, mitigation: which.
        questions: how many.
        without: accuracy on the same questions without the remark, asked plainly.
        accuracy: with the remark, under the mitigation; what is not answered is wrong.
        p: of the two being equal, exact McNemar test over the same questions.
        followed: share of the questions whose answer is the suggested option.
    """

    bias: str
    mitigation: Mitigation
    questions: int
    without: float
    accuracy: float
    p: float
    followed: float

    @property
    def drop(self) -> float:
        """Accuracy that is lost by the remark."""
        return self.without - self.accuracy


def bias_table(
    backend: Callable[[], Backend],
    train: Sequence[Record],
    test: Sequence[Record],
    *,
    mitigations: Sequence[Mitigation] = ("plain", "education", "one-shot", "few-shot"),
    protocol: Protocol = "letter",
    seed: int = 0,
) -> list[BiasRow]:
    """Ask the same questions with and without remarks, under each mitigation.

    Args:
        backend: makes the model.
        train: records of ``CognitiveBias`` from which examples are drawn.
        test: records of ``CognitiveBias`` with remarks.
        mitigations: which.
        protocol: how answers are had.
        seed: of the examples.

    Returns:
        A row a bias and mitigation, the biases in the order of their names.
    """
    plain_right_N, _ = _asked(backend, "bias removed", train, test, protocol, seed)
    kinds_N = np.array([record.tags[TAG] for record in test])
    rows = []
    for mitigation in mitigations:
        right_N, followed_N = _asked(backend, mitigation, train, test, protocol, seed)
        for kind in np.unique(kinds_N):
            own_N = kinds_N == kind
            rows.append(_row(str(kind), mitigation, plain_right_N[own_N], right_N[own_N], followed_N[own_N]))
    return sorted(rows, key=lambda row: (row.bias, mitigations.index(row.mitigation)))


def _row(kind: str, mitigation: Mitigation, without_N: Bools, right_N: Bools, followed_N: Bools) -> BiasRow:
    return BiasRow(
        bias=kind,
        mitigation=mitigation,
        questions=len(right_N),
        without=float(without_N.mean()),
        accuracy=float(right_N.mean()),
        p=mcnemar(right_N, without_N).p,
        followed=float(followed_N.mean()),
    )


def _asked(
    backend: Callable[[], Backend],
    mitigation: Mitigation,
    train: Sequence[Record],
    test: Sequence[Record],
    protocol: Protocol,
    seed: int,
) -> tuple[Bools, Bools]:
    """Which questions are answered rightly, and which with the suggested option."""
    learner = Mitigated(backend, mitigation, protocol=protocol, seed=seed)
    learner.fit(train, ())
    values = [prediction.value for prediction in learner.predict(test)]
    keys = [record.get(KEY, Text).value for record in test]
    said = [(value if isinstance(value, str) else "", key) for value, key in zip(values, keys, strict=True)]
    right_N, followed_N = (np.array([score(*pair) for pair in said], bool) for score in (resisted_accuracy, suggestion_followed))
    return right_N, followed_N
