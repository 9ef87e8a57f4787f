"""Scores: calculators that add points."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vesalius.calculators.bands import Bands
from vesalius.calculators.form import Calculator, Choice, Input, Quantity, Steps, WholeNumber, YesNo


@dataclass(frozen=True, slots=True)
class Criterion:
    """Points of a score that depend on several inputs, or not by bands.

    Attributes:
        label: of the step.
        uses: names of the inputs.
        points: of their values, in this order.
    """

    label: str
    uses: tuple[str, ...]
    points: Callable[..., float]


def score(
    *,
    id: str,
    name: str,
    inputs: tuple[Input, ...],
    formula: str,
    source: str,
    bounds: tuple[float, float],
    criteria: tuple[Criterion, ...] = (),
    decimals: int = 0,
    benchmark: int | None = None,
    words: str = "",
) -> Calculator:
    """A calculator that adds the points of its inputs, and of criteria that take several of them together.

    Args:
        id: as of ``Calculator``, like all that follow but criteria.
        name: which is also the label of the last step.
        inputs: with their points.
        formula: in a line of text.
        source: the publication.
        bounds: the least and the most points.
        criteria: what is added beside the inputs' own points.
        decimals: of the points.
        benchmark: its number in MedCalc-Bench.
        words: by which it may be looked for.
    """

    def function(**values: Any) -> Steps:
        own = ((each.label, _points(each, values[each.name])) for each in inputs if has_points(each))
        joint = ((each.label, each.points(*(values[name] for name in each.uses))) for each in criteria)
        steps = (*own, *joint)
        return (*steps, (name, sum(points for _, points in steps)))

    return Calculator(
        id=id,
        name=name,
        kind="score",
        inputs=inputs,
        unit="points",
        decimals=decimals,
        formula=formula,
        source=source,
        function=function,
        bounds=bounds,
        benchmark=benchmark,
        words=words,
    )


def has_points(each: Input) -> bool:
    """Whether an input has points of its own."""
    match each:
        case Choice():
            return any(each.options.values())
        case YesNo():
            return each.points != 0
        case Quantity() | WholeNumber():
            return each.points is not None
    return False


def _points(each: Input, value: Any) -> float:
    match each:
        case Choice():
            return each.options[value]
        case YesNo():
            return each.points if value else 0
        case Quantity(points=Bands() as scale) | WholeNumber(points=Bands() as scale):
            return 0 if value is None else scale.of(value)
    raise AssertionError(each)
