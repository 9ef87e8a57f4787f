"""What a learner says of one record."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["answered", "unparsed", "refused", "empty", "failed"]
"""How a prediction came out. Only ``answered`` can earn a score; the others are counted and shown."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Value = str | float | NDArray[np.generic]
"""A letter or text, a number (risk, probability), or an array (mask, class probabilities)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """A learner's answer to one record, and what it cost.

    Attributes:
        record_id: the record that it answers.
        value: the answer; None unless the outcome is ``answered``.
        outcome: how it came out.
        raw: the text from which the value was read, where there is one.
        tokens, calls, seconds: spent on this record, where known.

    Raises:
        ValueError: if an answered prediction has no value, or another has one.

    >>> Prediction(record_id="1", value="B").outcome
    'answered'
    """

    record_id: str
    value: Value | None
    outcome: Outcome = "answered"
    raw: str | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.outcome == "answered"):
            raise ValueError(f"record {self.record_id}: {self.outcome} with value {self.value!r}; only an answer has a value.")
