"""Named entities: spans with a type, compared strictly, by boundaries, by part and by type (SemEval-2013 task 9, MUC-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vesalius.metrics.metric import metric

Span = tuple[int, int, str]
"""Start, end (exclusive) and type of an entity, in tokens or characters."""

Scheme = Literal["strict", "exact", "partial", "type"]

_COMPARED = {"strict": slice(0, 3), "exact": slice(0, 2), "partial": slice(0, 2), "type": slice(2, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCounts:
    """What became of the entities of one or more records; counts add up.

    Attributes:
        correct: pairs that agree in all that the scheme asks for.
        incorrect: pairs that don't.
        partial: pairs that only overlap, where the scheme pays half.
        missed: true entities that no predicted one overlaps.
        spurious: predicted entities that overlap no true one.
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    def __add__(self, other: "EntityCounts") -> "EntityCounts":
        """The counts of both together."""
        return EntityCounts(
            correct=self.correct + other.correct,
            incorrect=self.incorrect + other.incorrect,
            partial=self.partial + other.partial,
            missed=self.missed + other.missed,
            spurious=self.spurious + other.spurious,
        )

    @property
    def predicted(self) -> int:
        """How many entities were predicted."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def true(self) -> int:
        """How many entities there are."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def precision(self) -> float:
        """(correct + ½ partial) / predicted; NaN if none was predicted."""
        return (self.correct + self.partial / 2) / self.predicted if self.predicted else float("nan")

    @property
    def recall(self) -> float:
        """(correct + ½ partial) / true; NaN if there is none."""
        return (self.correct + self.partial / 2) / self.true if self.true else float("nan")

    @property
    def f1(self) -> float:
        """2 (correct + ½ partial) / (predicted + true); NaN if there is no entity on either side."""
        both = self.predicted + self.true
        return (2 * self.correct + self.partial) / both if both else float("nan")


def spans_of_tags(tags: Sequence[str]) -> list[Span]:
    """The entities of a sequence of IOB1, IOB2 or IOBES tags, such as ``B-Disease``.

    Read as conlleval does: B, S or a change of type opens an entity, and so does an I or E without one; E or S closes it.

    Raises:
        ValueError: if a tag is not O, or a letter of BIES, a hyphen and a type.

    >>> spans_of_tags(["B-Disease", "I-Disease", "O", "I-Drug"])
    [(0, 2, 'Disease'), (3, 4, 'Drug')]
    """
    spans: list[Span] = []
    open_type: str | None = None
    start = 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if tag != "O" and (prefix not in ("B", "I", "E", "S") or not kind):
            raise ValueError(f"{tag!r} at place {place} is no IOB tag; write O or, for example, B-Disease.")
        if open_type is not None and (prefix in ("O", "B", "S") or kind != open_type):
            spans.append((start, place, open_type))
            open_type = None
        if open_type is None and tag != "O":
            open_type, start = kind, place
        if prefix in ("E", "S") and open_type is not None:
            spans.append((start, place + 1, open_type))
            open_type = None
    return spans


def entity_counts(prediction: Sequence[Span], truth: Sequence[Span], *, scheme: Scheme = "strict") -> EntityCounts:
    """Pair the entities of one record one to one, and count by scheme.

    Only entities that overlap pair; among all pairings that with the highest score counts, of several that with the most correct,
    then the most pairs, as MUC aligns (Chinchor 1992). strict: span and type must agree; exact: the span; type: the type;
    partial: a pair of the same span is correct, any other partial.

    Args:
        prediction: spans, in any order; they may overlap or be nested.
        truth: spans.
        scheme: what a pair must agree in.

    Raises:
        ValueError: if a span is empty or negative, or not (start, end, type).

    >>> entity_counts([(0, 2, "Drug")], [(0, 3, "Drug"), (5, 6, "Drug")], scheme="partial")
    EntityCounts(correct=0, incorrect=0, partial=1, missed=1, spurious=0)
    """
    said, true = _checked(prediction), _checked(truth)
    overlaps = _overlaps(said, true)
    correct = {(i, j) for i, j in overlaps if said[i][_COMPARED[scheme]] == true[j][_COMPARED[scheme]]}
    pairs = _best_pairs(overlaps, correct, paid=scheme == "partial")
    right = sum(pair in correct for pair in pairs)
    rest = len(pairs) - right
    return EntityCounts(
        correct=right,
        incorrect=0 if scheme == "partial" else rest,
        partial=rest if scheme == "partial" else 0,
        missed=len(true) - len(pairs),
        spurious=len(said) - len(pairs),
    )


def _checked(spans: Sequence[Span]) -> list[Span]:
    found = []
    for span in spans:
        if isinstance(span, str) or len(span) != 3:
            raise ValueError(f"{span!r} is no entity; give (start, end, type).")
        start, end, kind = span
        if not 0 <= start < end:
            raise ValueError(f"An entity from {start} to {end} is empty or negative; its end is exclusive.")
        found.append((int(start), int(end), str(kind)))
    return sorted(found)


def _overlaps(said: list[Span], true: list[Span]) -> list[tuple[int, int]]:
    found = []
    for i, (start, end, _) in enumerate(said):
        for j, (other_start, other_end, _) in enumerate(true):
            if other_start >= end:
                break
            if start < other_end:
                found.append((i, j))
    return found


def _best_pairs(overlaps: list[tuple[int, int]], correct: set[tuple[int, int]], *, paid: bool) -> list[tuple[int, int]]:
    """The pairing with the highest score, then the most correct, then the most pairs; what is not correct scores ½ if paid."""
    left, right = ({pair[side] for pair in overlaps} for side in (0, 1))
    if len(overlaps) == len(left) == len(right):
        return overlaps
    from scipy.optimize import linear_sum_assignment

    unit = len(overlaps) + 1
    weights = np.zeros((max(left) + 1, max(right) + 1))
    for pair in overlaps:
        weights[pair] = 1 + (unit + 2 * unit**2 if pair in correct else unit**2 * paid)
    return [(int(i), int(j)) for i, j in zip(*linear_sum_assignment(weights, maximize=True)) if weights[i, j]]


def _f1(predictions: Sequence[Sequence[Span]], truths: Sequence[Sequence[Span]], scheme: Scheme) -> float:
    if len(predictions) != len(truths) or len(predictions) == 0:
        raise ValueError("give one list of predicted and one of true entities a record, and at least one record.")
    counts = (entity_counts(said, true, scheme=scheme) for said, true in zip(predictions, truths))
    return sum(counts, start=EntityCounts()).f1


@metric(
    family="text",
    unit="set",
    undefined="no record has an entity on either side",
    properties={"symmetric", "identity", "record order"},
)
def entity_strict_f1(predictions: Sequence[Sequence[Span]], truths: Sequence[Sequence[Span]]) -> float:
    """Micro F1 of entities that agree in start, end and type, 2·correct / (predicted + true) (Tjong Kim Sang 2003).

    For resampling, sum ``entity_counts`` of the records drawn.

    Args:
        predictions: n lists of (start, end, type), for example from ``spans_of_tags``.
        truths: n lists.

    Returns:
        0 to 1; NaN if no record has an entity on either side.

    Raises:
        ValueError: if lengths differ, there is no record, or a span is empty, negative or no triple.

    >>> entity_strict_f1([[(0, 2, "Drug")], []], [[(0, 2, "Drug")], [(4, 5, "Drug")]]).__round__(3)
    0.667
    """
    return _f1(predictions, truths, "strict")


@metric(
    family="text",
    unit="set",
    undefined="no record has an entity on either side",
    properties={"symmetric", "identity", "record order"},
)
def entity_exact_f1(predictions: Sequence[Sequence[Span]], truths: Sequence[Sequence[Span]]) -> float:
    """Micro F1 of entities that agree in start and end, whatever their type (SemEval-2013 task 9); else as ``entity_strict_f1``.

    >>> entity_exact_f1([[(0, 2, "Disease")]], [[(0, 2, "Drug")]])
    1.0
    """
    return _f1(predictions, truths, "exact")


@metric(
    family="text",
    unit="set",
    undefined="no record has an entity on either side",
    properties={"symmetric", "identity", "record order"},
)
def entity_partial_f1(predictions: Sequence[Sequence[Span]], truths: Sequence[Sequence[Span]]) -> float:
    """Micro F1 that pays one for equal boundaries and half for an overlap, whatever the type; else as ``entity_strict_f1``.

    (2·correct + partial) / (predicted + true) (MUC-5, Chinchor and Sundheim 1993; SemEval-2013 task 9).

    >>> entity_partial_f1([[(0, 2, "Drug")]], [[(0, 3, "Drug")]])
    0.5
    """
    return _f1(predictions, truths, "partial")


@metric(
    family="text",
    unit="set",
    undefined="no record has an entity on either side",
    properties={"symmetric", "identity", "record order"},
)
def entity_type_f1(predictions: Sequence[Sequence[Span]], truths: Sequence[Sequence[Span]]) -> float:
    """Micro F1 of overlapping entities of the same type, whatever their boundaries (SemEval-2013 task 9).

    Else as ``entity_strict_f1``.

    >>> entity_type_f1([[(0, 2, "Drug")]], [[(1, 3, "Drug")]])
    1.0
    """
    return _f1(predictions, truths, "type")
