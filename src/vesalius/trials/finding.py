"""What a trial shows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from vesalius.statistics.estimate import Difference, Estimate
from vesalius.statistics.verdicts import Verdict

GateOutcome = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One check of a task's records that is made before any score is shown."""

    task: str
    name: str
    outcome: GateOutcome
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one arm did on one task by one metric.

    Attributes:
        estimate: mean over seeds and records (or the statistic's mean over seeds), with its interval.
        per_seed: the value of each seed, in the order of the trial's seeds.
        outcomes: how many predictions came out how, over all seeds.
    """

    task: str
    arm: str
    metric: str
    estimate: Estimate
    per_seed: tuple[float, ...]
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A proposed learner minus a baseline on one task by one metric.

    P values are corrected over the comparisons by that metric that answer the same question.
    """

    task: str
    question: str
    metric: str
    primary: bool
    learner: str
    baseline: str
    difference: Difference
    p_adjusted: float
    p_equivalence_adjusted: float
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one arm spent on one task, mean over seeds; None where it is not known."""

    task: str
    arm: str
    trained_parameters: int
    fit_seconds: float
    predict_seconds: float
    peak_memory_mib: float | None
    tokens: float | None
    calls: float | None
    recorded_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Everything that a trial shows but what it cost, which differs between machines.

    Equal data, code and seeds give an equal finding, bit for bit, however the trial was run or interrupted.
    """

    name: str
    address: str
    claim: str
    verdict: str
    level: float
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    gates: tuple[Gate, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; NaN becomes null."""
        return cast(dict[str, Any], _plain(asdict(self)))

    @classmethod
    def from_json(cls, content: object) -> "Finding":
        """The finding that ``to_json`` gave.

        Raises:
            pydantic.ValidationError: if it is not one.
        """
        from pydantic import TypeAdapter

        return TypeAdapter(cls).validate_python(_with_nan(content))

    def digest(self) -> str:
        """SHA-256 of the finding."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case float() if value != value:
            return None
        case float() if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _with_nan(value: object, key: str = "") -> object:
    """Undo ``_plain``: null is an undefined number, except for a margin that was not declared."""
    match value:
        case Mapping():
            return {name: _with_nan(item, name) for name, item in value.items()}
        case list():
            return [_with_nan(item) for item in value]
        case None if key != "margin":
            return float("nan")
        case _:
            return value
