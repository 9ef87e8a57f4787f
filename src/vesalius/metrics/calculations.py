"""Medical calculations, scored as MedCalc-Bench does (Khandekar et al. 2024), and each miss by what went wrong first.

A prediction is JSON: ``answer``, and where the work is shown ``calculator`` (what was calculated) and ``values`` (what was read
from the note, by name). A truth is the same with ``low`` and ``high``, between which a number is right; they are null where the
answer is a date, or a time in weeks and days, which are right to the day.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text

if TYPE_CHECKING:
    from vesalius.calculators import Result

TOLERANCE = 0.05
"""Of equations and conversions; what a score gives has to be exact."""

_NUMBER = re.compile(r"[-+]?\d{1,30}(?:\.\d{0,30})?(?:[eE][-+]?\d{1,2})?")
_WEEKS = re.compile(r"(\d{1,3}) weeks (\d) days")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Answer = float | date | tuple[int, int]
"""A number, a day, or weeks and days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was calculated.

    Attributes:
        answer: a number, a date such as 2024-05-31, or a time such as ``17 weeks 1 days``.
        calculator: what was calculated, by id or name; None where it is not said.
        values: what was read, by name, as calculators take it; empty where it is not said.
    """

    answer: str
    calculator: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """As a prediction has it.

        >>> Work(answer="22.1").line
        '{"calculator": null, "values": {}, "answer": "22.1"}'
        """
        return json.dumps({"calculator": self.calculator, "values": dict(self.values), "answer": self.answer})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueWork:
    """What is right.

    Attributes:
        work: how it comes about; its calculator is an id.
        low, high: limits of a number, both right themselves; None of a date or of weeks and days.
    """

    work: Work
    low: float | None = None
    high: float | None = None

    @property
    def line(self) -> str:
        """As a truth has it."""
        return json.dumps({**json.loads(self.work.line), "low": self.low, "high": self.high})

    def holds(self, answer: str) -> bool:
        """Whether an answer is right.

        >>> TrueWork(work=Work(answer="20"), low=19, high=21).holds("20.9")
        True
        """
        said, true = answer_of(answer), answer_of(self.work.answer)
        if isinstance(said, float) and self.low is not None and self.high is not None:
            # the last bits of five hundredths
            slack = 1e-9 * max(abs(self.low), abs(self.high))
            return self.low - slack <= said <= self.high + slack
        return said is not None and said == true


def answer_of(line: str) -> Answer | None:
    """What an answer says; None where it is none.

    >>> answer_of("17 weeks 1 days"), answer_of("2024-05-31"), answer_of("-2.5"), answer_of("high")
    ((17, 1), datetime.date(2024, 5, 31), -2.5, None)
    """
    if found := _WEEKS.fullmatch(line):
        return int(found[1]), int(found[2])
    if _DATE.fullmatch(line):
        try:
            return date.fromisoformat(line)
        except ValueError:
            return None
    return float(line) if _NUMBER.fullmatch(line) else None


def told(result: "Result") -> str:
    """What a calculator gives, as an answer; a gestational age in weeks and days.

    >>> from vesalius.calculators import calculate
    >>> told(calculate("gestational-age", {"last_menstrual_period": "2003-11-01", "today": "2004-02-29"}))
    '17 weeks 1 days'
    """
    if isinstance(result.value, date):
        return result.value.isoformat()
    if result.unit == "d":
        return f"{int(result.value) // 7} weeks {int(result.value) % 7} days"
    return f"{result.value:.6g}"


def true_work(result: "Result", values: Mapping[str, Any]) -> TrueWork:
    """What is right by a calculator: a score exactly, a number within 5 %, a date to the day.

    Args:
        result: of these values.
        values: as they were given.
    """
    work = Work(answer=told(result), calculator=result.calculator, values=values)
    if isinstance(result.value, date) or result.unit == "d":
        return TrueWork(work=work)
    share = 0.0 if _exact(result.calculator) else TOLERANCE * abs(result.value)
    return TrueWork(work=work, low=result.value - share, high=result.value + share)


def _exact(calculator: str) -> bool:
    from vesalius.calculators import named

    return named(calculator).kind == "score"


@lru_cache(maxsize=2**14)
def read_work(line: str) -> Work | None:
    """A prediction; None where it is in another form.

    >>> read_work('{"answer": "3"}').answer, read_work("3")
    ('3', None)
    """
    row = _object(line)
    if row is None or not isinstance(row.get("answer"), str):
        return None
    calculator, values = row.get("calculator"), row.get("values")
    return Work(
        answer=row["answer"],
        calculator=calculator if isinstance(calculator, str) else None,
        values=values if isinstance(values, dict) else {},
    )


@lru_cache(maxsize=2**14)
def read_true_work(line: str) -> TrueWork:
    """A truth.

    Raises:
        ValueError: if it is in another form.
    """
    row, work = _object(line), read_work(line)
    if row is None or work is None or answer_of(work.answer) is None:
        raise ValueError("truth is not a calculation in JSON with an answer and its limits; correct the record.")
    low, high = row.get("low"), row.get("high")
    if isinstance(answer_of(work.answer), float) and not (_finite(low) and _finite(high)):
        raise ValueError("truth is a number without limits; correct the record.")
    return TrueWork(work=work, low=low, high=high)


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


@metric(family="text", unanswered=0.0, properties={"identity"})
def calculation_correct(prediction: str, truth: str) -> float:
    """1 where the answer is right, else 0 (MedCalc-Bench, Khandekar et al. 2024).

    Right is a number between the limits of the truth, 5 % below and above for an equation and the same number for a score; a date
    or a time in weeks and days to the day. The benchmark's own program rounds what is said where a whole number is wanted; here
    3.4 is not 3.

    Args:
        prediction: a calculation in JSON.
        truth: the same with its limits.

    Returns:
        0 or 1; a prediction in another form: 0.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> truth = '{"answer": "25.238", "low": 23.976, "high": 26.5}'
    >>> calculation_correct('{"answer": "25"}', truth), calculation_correct('{"answer": "27"}', truth)
    (1.0, 0.0)
    """
    said, true = read_work(text(prediction)), read_true_work(text(truth, "truth"))
    return float(said is not None and true.holds(said.answer))
