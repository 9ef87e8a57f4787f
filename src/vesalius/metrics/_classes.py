"""Reading of scores, probabilities and classes: what the metrics of classes refuse, and what they call missing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

ROUNDING = 1e-3
"""How far the probabilities of a record may sum from 1; half-precision softmax needs that much."""


def as_numbers(name: str, values: ArrayLike) -> Floats:
    """The values as floats, NaN allowed.

    >>> as_numbers("scores", [1, None])
    array([ 1., nan])
    """
    try:
        if not np.iscomplexobj(values):
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} must be real numbers in a regular array.")


def read_binary(scores: ArrayLike, truths: ArrayLike, *, probabilities: bool = False) -> tuple[Floats, Booleans] | None:
    """One score and one truth of 0 or 1 a record; None if there is no record or one has no score.

    >>> read_binary([0.2, np.nan], [0, 1]) is None
    True
    """
    said, true = as_numbers("scores", scores), as_numbers("truths", truths)
    if said.ndim != 1 or said.shape != true.shape:
        raise ValueError(f"scores {said.shape} and truths {true.shape} are one number a record; give as many of each.")
    labels = true == 1
    if not (labels | (true == 0)).all():
        raise ValueError("truths are 1 for positive and 0 for negative; give no other value.")
    if not said.size or np.isnan(said).any():
        return None
    if probabilities:
        _check_probabilities(said)
    elif np.isinf(said).any():
        raise ValueError("scores hold an infinite value; give finite ones.")
    return said, labels


def read_multiclass(probabilities: ArrayLike, truths: ArrayLike) -> tuple[Floats, Integers] | None:
    """Probabilities n×K that sum to 1 and the true class from 0 of each; None if there is no record or one has no score.

    >>> read_multiclass([[0.2, 0.8]], [1])[1]
    array([1])
    """
    said_NK, true = as_numbers("probabilities", probabilities), as_numbers("truths", truths)
    if said_NK.ndim != 2 or said_NK.shape[1] < 2 or true.shape != said_NK.shape[:1]:
        raise ValueError(f"probabilities {said_NK.shape} are n×K of K > 1 classes, truths {true.shape} n classes from 0.")
    classes = _class_numbers(true, said_NK.shape[1])
    if not said_NK.size or np.isnan(said_NK).any():
        return None
    _check_probabilities(said_NK)
    if np.abs(said_NK.sum(axis=1) - 1).max() > ROUNDING:
        raise ValueError("the probabilities of a record must sum to 1; apply a softmax first.")
    return said_NK, classes


def _class_numbers(true: Floats, count: int) -> Integers:
    if not ((true >= 0) & (true < count) & (true == np.floor(true))).all():
        raise ValueError(f"truths are classes from 0 to {count - 1}, as there are {count} columns; number them so.")
    return true.astype(np.int64)


def _check_probabilities(said: Floats) -> None:
    if said.min() < 0 or said.max() > 1:
        raise ValueError("probabilities lie between 0 and 1; apply a sigmoid or softmax first.")


def read_top_label(probabilities: ArrayLike, truths: ArrayLike) -> tuple[Floats, Booleans] | None:
    """Confidence in the most likely class and whether it is the true one; of equal classes the first is taken.

    n probabilities are those of the positive class, which is taken from 0.5 on.

    >>> [column.tolist() for column in read_top_label([0.9, 0.25], [1, 1])]
    [[0.9, 0.75], [True, False]]
    """
    if np.ndim(probabilities) == 2:
        read = read_multiclass(probabilities, truths)
        return None if read is None else (read[0].max(axis=1), read[0].argmax(axis=1) == read[1])
    binary = read_binary(probabilities, truths, probabilities=True)
    if binary is None:
        return None
    said, labels = binary
    return np.maximum(said, 1 - said), (said >= 0.5) == labels


@dataclass(frozen=True, slots=True)
class Labels:
    """Scores n×K with, for every label, which records have it; a record may be left unlabelled."""

    scores_NK: Floats
    true: Floats

    @property
    def count(self) -> int:
        """Number of labels."""
        return int(self.scores_NK.shape[1])

    def column(self, label: int) -> tuple[Floats, Booleans]:
        """Scores and truth of the records that are labelled for one label."""
        scores = self.scores_NK[:, label]
        if self.true.ndim == 1:
            return scores, self.true == label
        true = self.true[:, label]
        known = ~np.isnan(true)
        return (scores, true == 1) if known.all() else (scores[known], true[known] == 1)

    def __iter__(self) -> Iterator[tuple[Floats, Booleans]]:
        return (self.column(label) for label in range(self.count))

    @property
    def missing(self) -> bool:
        """Whether there is no record, or a score is missing where there is a truth."""
        return not self.scores_NK.size or bool(
            np.isnan(self.scores_NK).any() and any(np.isnan(scores).any() for scores, _ in self)
        )


def read_labels(scores: ArrayLike, truths: ArrayLike) -> Labels:
    """Scores n×K, and truths: n classes from 0 (one against the rest), or n×K of 1, 0 and NaN where a record is not labelled.

    >>> read_labels([[0.1, 0.9], [0.4, 0.2]], [[0, 1], [np.nan, 0]]).column(0)[0]
    array([0.1])
    """
    said_NK, true = as_numbers("scores", scores), as_numbers("truths", truths)
    if said_NK.ndim != 2 or true.shape not in (said_NK.shape, said_NK.shape[:1]):
        raise ValueError(f"scores {said_NK.shape} are n×K; truths {true.shape} must be n classes, or n×K of 0, 1 and NaN.")
    if np.isinf(said_NK).any():
        raise ValueError("scores hold an infinite value; give finite ones.")
    if true.ndim == 1:
        _class_numbers(true, said_NK.shape[1])
    elif not ((true == 0) | (true == 1) | np.isnan(true)).all():
        raise ValueError("truths n×K are 1 where a record has the label, 0 where not, NaN where unknown; give no other value.")
    return Labels(said_NK, true)
