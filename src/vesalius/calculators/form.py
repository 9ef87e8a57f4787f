"""What a calculator is made of: typed inputs, a formula with its source, and a function that gives every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from vesalius.calculators.bands import Bands

Kind = Literal["equation", "score", "date", "conversion"]
Value = float | bool | str | date
Step = tuple[str, float | date]
Steps = tuple[Step, ...]
"""What is worked out in turn, each with a label; the last one is the result."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, in UCUM or a common spelling.

    >>> Amount(154, "lb")
    Amount(value=154, unit='lb')
    """

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured input.

    Attributes:
        name: by which it is given.
        label: what it is, in words.
        unit: UCUM code of the unit that the formula has it in.
        low, high: in this unit, both possible; what lies outside is refused as a slip of the pen or of the unit.
        substance: of ``units.SUBSTANCES``, where mass and amount may be given.
        optional: whether the formula can do without it.
        points: of a score.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    substance: str | None = None
    optional: bool = False
    points: Bands | None = None


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A counted input, from low to high; other attributes as of ``Quantity``."""

    name: str
    label: str
    low: int
    high: int
    points: Bands | None = None


@dataclass(frozen=True, slots=True)
class YesNo:
    """A finding that is present or absent; where nothing is said it is taken as absent, and the result says so."""

    name: str
    label: str
    points: float = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several.

    Attributes:
        name, label: as of ``Quantity``.
        options: each with its points, in the order shown.
        default: what is taken, and said to be taken, where nothing is said; None where it has to be said.
    """

    name: str
    label: str
    options: Mapping[str, float]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A date of the calendar."""

    name: str
    label: str


Input = Quantity | WholeNumber | YesNo | Choice | Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculator:
    """A formula or rule of clinical practice.

    Attributes:
        id: lower-case words joined by hyphens.
        name: as the field has it.
        kind: what it gives.
        inputs: what it needs.
        unit: UCUM code of the result, ``points`` of a score, ``date`` of a date.
        decimals: to which the result is usually given.
        formula: in a line of text.
        source: the publication.
        function: of the values of all inputs by name, in the units of the formula; None for what is optional and not given.
        bounds: the least and the most points of a score.
        benchmark: its number in MedCalc-Bench (Khandekar et al. 2024), where it is one of the 55.
        words: more words by which it may be looked for.
    """

    id: str
    name: str
    kind: Kind
    inputs: tuple[Input, ...]
    unit: str
    decimals: int
    formula: str
    source: str
    function: Callable[..., Steps]
    bounds: tuple[float, float] | None = None
    benchmark: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a calculator gives.

    Attributes:
        calculator: its id.
        value: not rounded.
        unit: as of the calculator.
        decimals: to which it is usually given.
        steps: label and value of each, the value of the result last.
        inputs: the values that were calculated with, in the units of the formula.
        assumed: names of inputs that were not given, and taken as absent, as the default, or left out.
    """

    calculator: str
    value: float | date
    unit: str
    decimals: int
    steps: Steps
    inputs: Mapping[str, Any]
    assumed: tuple[str, ...]

    def __str__(self) -> str:
        """The result as it is usually given, with its unit."""
        return shown(self.value, self.unit, self.decimals)


def shown(value: float | date, unit: str, decimals: int) -> str:
    """A value as text.

    >>> shown(22.857, "kg/m2", 1), shown(date(2000, 12, 2), "date", 0), shown(2.0, "1", 2)
    ('22.9 kg/m2', '2000-12-02', '2.00')
    """
    if isinstance(value, date):
        return value.isoformat()
    number = f"{value:.{decimals}f}"
    return number if unit == "1" else f"{number} {unit}"
