"""What an agent came to that had a task in a record system, and how it went about it.

A prediction is a JSON object with ``outcome`` (``right``, or what was wrong, as judged on the state that the agent left behind)
and the numbers of its successful ``reads`` and ``writes``; a truth is one with ``writes``, how many the task needs.
"""

import json
from typing import Any

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text

RIGHT = "right"


@metric(family="text", unanswered=0.0)
def task_success(prediction: str, truth: str) -> float:
    """1 where state and answer at the end are what the task asks for, else 0: the success rate (Jiang et al. 2025).

    Args:
        prediction: the conduct.
        truth: what the task needs.

    Returns:
        0 or 1.

    Raises:
        ValueError: if one of them is in another form.

    >>> task_success('{"outcome": "right", "reads": 2, "writes": 0}', '{"writes": 0}')
    1.0
    """
    said, _ = _read(prediction, truth)
    return float(said["outcome"] == RIGHT)


@metric(family="text", higher_is_better=False, undefined="nothing is answered")
def solved_without_reading(prediction: str, truth: str) -> float:
    """1 where a task is solved with reads = 0, else 0: a share of the success rate that is no work in the record system.

    Such an answer was guessed or handed over beforehand (a prefetch), or nothing had to be done and nothing was looked at.

    Args:
        prediction: the conduct.
        truth: what the task needs.

    Returns:
        0 or 1.

    Raises:
        ValueError: if one of them is in another form.

    >>> solved_without_reading('{"outcome": "right", "reads": 0, "writes": 0}', '{"writes": 0}')
    1.0
    """
    said, _ = _read(prediction, truth)
    return float(said["outcome"] == RIGHT and said["reads"] == 0)


@metric(family="text", higher_is_better=False, undefined="the task needs a write, or nothing is answered")
def needless_write(prediction: str, truth: str) -> float:
    """1 where something was written (writes > 0) although the task needs no write, else 0.

    Args:
        prediction: the conduct.
        truth: what the task needs.

    Returns:
        0 or 1; NaN where the task needs a write.

    Raises:
        ValueError: if one of them is in another form.

    >>> needless_write('{"outcome": "wrong change", "reads": 2, "writes": 1}', '{"writes": 0}')
    1.0
    """
    said, needed = _read(prediction, truth)
    return float("nan") if needed["writes"] else float(said["writes"] > 0)


def _read(prediction: str, truth: str) -> tuple[dict[str, Any], dict[str, Any]]:
    said = _object(text(prediction), "prediction", ("reads", "writes"))
    if not isinstance(said.get("outcome"), str):
        raise ValueError("prediction, field 'outcome': missing or not a text; give the judged outcome.")
    return said, _object(text(truth, "truth"), "truth", ("writes",))


def _object(value: str, name: str, counts: tuple[str, ...]) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is not JSON; give a JSON object.") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is not a JSON object; give one.")
    for count in counts:
        if type(found.get(count)) is not int:
            raise ValueError(f"{name}, field {count!r}: missing or not a whole number; give one.")
    return found
