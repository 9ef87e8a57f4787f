"""Extracted structures (JSON) against the true ones, field by field."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import f1_of

MAX_DEPTH = 64

Json = Any
"""A text in JSON, or what json.loads makes of it."""


@metric(
    family="text",
    unanswered=0.0,
    undefined="neither side has a field that is filled in",
    properties={"symmetric", "identity"},
)
def json_field_f1(prediction: Json, truth: Json) -> float:
    """2·right / (filled in the prediction + filled in the truth), over the leaves of both structures.

    A field is a leaf, a value at a path of keys, that is filled in: null, an empty text, list or object is none. It is right if
    the other side has an equal value at the same path: numbers by value, texts without regard to case and spaces around and
    between words, booleans as such, never across these kinds. Lists are sets: their items are paired one to one so that most
    fields are right (Kuhn's assignment), whatever the order. The measure of slot filling (Chinchor 1992, MUC-4).

    Args:
        prediction: a structure, or a text in JSON.
        truth: a structure, or a text in JSON.

    Returns:
        0 to 1; a predicted text that is not JSON: 0; NaN if no field is filled in on either side.

    Raises:
        ValueError: if the truth is not JSON, or a structure holds something else, or is deeper than 64.

    >>> json_field_f1('{"drug": "aspirin", "dose": 100}', {"drug": "Aspirin", "dose": 100.0, "route": "oral"})
    0.8
    """
    right, predicted, true = _compared(prediction, truth)
    if predicted + true == 0:
        return float("nan")
    return f1_of(right, predicted, true)


@metric(
    family="text",
    unanswered=0.0,
    undefined="the prediction is JSON and fills in no field",
    properties={"identity"},
)
def json_field_precision(prediction: Json, truth: Json) -> float:
    """Right fields / fields filled in the prediction; definitions, odd cases and errors as in ``json_field_f1``.

    Returns:
        0 to 1; a predicted text that is not JSON: 0; NaN if the prediction fills in no field.

    >>> json_field_precision({"drugs": ["insulin", "aspirin"]}, {"drugs": ["aspirin"]})
    0.5
    """
    right, predicted, _ = _compared(prediction, truth)
    return right / predicted if predicted else float("nan")


@metric(family="text", unanswered=0.0, undefined="the truth fills in no field", properties={"identity"})
def json_field_recall(prediction: Json, truth: Json) -> float:
    """Right fields / fields filled in the truth; definitions, odd cases and errors as in ``json_field_f1``.

    Returns:
        0 to 1; a predicted text that is not JSON: 0; NaN if the truth fills in no field.

    >>> json_field_recall({"age": 61}, [{"age": 61, "sex": "f"}]), json_field_recall({"age": 61}, {"age": 61, "sex": "f"})
    (0.0, 0.5)
    """
    right, _, true = _compared(prediction, truth)
    return right / true if true else float("nan")


def _compared(prediction: Json, truth: Json) -> tuple[int, int, int]:
    """Fields right, filled in the prediction (at least one, if it can't be read), filled in the truth."""
    try:
        true, wanted = _read(truth)
    except ValueError as error:
        raise ValueError(f"truth can't be read: {error}; correct the record.") from None
    try:
        said, filled = _read(prediction)
    except ValueError:
        if isinstance(prediction, str):
            return 0, 1, wanted
        raise
    return _right(said, true), filled, wanted


def _read(value: Json) -> tuple[Json, int]:
    """The structure and how many of its fields are filled in."""
    try:
        structure = json.loads(value) if isinstance(value, str) else value
    except RecursionError:
        raise ValueError(f"deeper than {MAX_DEPTH}") from None
    return structure, _filled(structure)


def _filled(value: Json, depth: int = 0) -> int:
    if depth > MAX_DEPTH:
        raise ValueError(f"a structure is deeper than {MAX_DEPTH}; flatten it.")
    if isinstance(value, Mapping):
        return sum(_filled(each, depth + 1) for each in value.values())
    if isinstance(value, list | tuple):
        return sum(_filled(each, depth + 1) for each in value)
    return int(_leaf(value) is not None)


def _leaf(value: Json) -> tuple[str, str | float] | None:
    """Kind and comparable value of a leaf; None if it is not filled in."""
    if value is None:
        return None
    if isinstance(value, str):
        collapsed = " ".join(value.split()).casefold()
        return ("text", collapsed) if collapsed else None
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return ("number", "nan") if value != value else ("number", value)
    raise ValueError(f"{type(value).__name__} is no value of JSON; give texts, numbers, booleans, lists and objects.")


def _right(said: Json, true: Json) -> int:
    if isinstance(said, Mapping) and isinstance(true, Mapping):
        return sum(_right(value, true[key]) for key, value in said.items() if key in true)
    if isinstance(said, list | tuple) and isinstance(true, list | tuple):
        return _right_items(said, true)
    if any(isinstance(side, Mapping | list | tuple) for side in (said, true)):
        return 0
    leaf = _leaf(said)
    return int(leaf is not None and leaf == _leaf(true))


def _right_items(said: Sequence[Json], true: Sequence[Json]) -> int:
    if not said or not true:
        return 0
    from scipy.optimize import linear_sum_assignment

    right = np.array([[_right(a, b) for b in true] for a in said])
    return int(right[linear_sum_assignment(right, maximize=True)].sum())
