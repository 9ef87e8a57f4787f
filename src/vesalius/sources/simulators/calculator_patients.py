"""Patients as a calculator needs them: plausible values in units that may be written down, and older ones beside them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from vesalius.calculators import Calculator, Choice, Day, Input, Quantity, Result, WholeNumber, YesNo, calculate, convert
from vesalius.errors import UserError
from vesalius.metrics.calculations import true_work

OTHER_UNIT = 0.4
"""How often a value that has another unit is written in it."""

EARLIER = 0.5
"""How often an older value of a quantity is in the note too."""

_PRESENT, _OPTIONAL, _UNUSUAL = 0.3, 0.3, 0.35
_FIRST_DAY, _DAYS = date(2020, 1, 1), 1500
_DIFFERS = 0.05
_TRIES = 400

Values = Mapping[str, Any]
"""By name, as ``calculate`` takes them and JSON can hold them."""


@cache
def phrases() -> Mapping[str, Any]:
    """Ranges, units and words, from the file beside this module.

    >>> phrases()["range"]["sodium"]
    [122, 158, 0]
    """
    return tomllib.loads(files(__package__).joinpath("calculator_notes.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatorPatient:
    """What is true of a patient, and what was.

    Attributes:
        calculator: that is asked for.
        values: of its inputs, each in the unit in which it is written down.
        earlier: older values of some of the quantities, which are not asked for.
        result: of the values.
    """

    calculator: Calculator
    values: Values
    earlier: Values
    result: Result


def draw_patient(calculator: Calculator, rng: np.random.Generator) -> CalculatorPatient:
    """A patient for whom the calculator gives a result that survives being rounded as usual.

    >>> from vesalius.calculators import named
    >>> patient = draw_patient(named("bmi"), np.random.default_rng(0))
    >>> sorted(patient.values), patient.result == calculate("bmi", patient.values)
    (['height', 'weight'], True)

    Raises:
        UserError: if its ranges allow none.
    """
    for _ in range(_TRIES):
        values = {each.name: value for each in calculator.inputs if (value := _drawn(each, rng)) is not None}
        if "today" in values:
            begin = date.fromisoformat(values["last_menstrual_period"])
            values["today"] = (begin + timedelta(int(rng.integers(30, 280)))).isoformat()
        try:
            result = calculate(calculator.id, values)
        except UserError:
            continue
        if _survives_rounding(result, values):
            return CalculatorPatient(calculator=calculator, values=values, earlier=_older(calculator, values, rng), result=result)
    raise UserError(f"calculator {calculator.id}: no patient is possible within the ranges of calculator_notes.toml; widen them.")


def _survives_rounding(result: Result, values: Values) -> bool:
    if isinstance(result.value, date):
        return True
    rounded = f"{result.value:.{result.decimals}f}"
    return result.unit == "d" or true_work(result, values).holds(rounded)


def _drawn(each: Input, rng: np.random.Generator) -> Any:
    match each:
        case Quantity():
            return None if each.optional and rng.random() > _OPTIONAL else _quantity(each, rng)
        case WholeNumber():
            low, high, _ = phrases()["range"][each.name]
            return int(rng.integers(max(low, each.low), min(high, each.high) + 1))
        case YesNo():
            return bool(rng.random() < _PRESENT)
        case Choice():
            return _option(each, rng)
        case Day():
            return (_FIRST_DAY + timedelta(int(rng.integers(_DAYS)))).isoformat()


def _option(each: Choice, rng: np.random.Generator) -> str:
    if each.default is not None and (each.name in phrases()["question"]["of"] or rng.random() > _UNUSUAL):
        return each.default
    return str(rng.choice(list(each.options)))


def _quantity(each: Quantity, rng: np.random.Generator) -> dict[str, Any]:
    low, high, decimals = phrases()["range"][each.name]
    low, high = max(low, each.low), min(high, each.high)
    number = round(float(rng.uniform(low, high)), decimals)
    others = phrases()["units"].get(each.name, [])
    if not others or rng.random() > OTHER_UNIT:
        return {"value": number, "unit": each.unit}
    unit = str(rng.choice(others))
    # as many digits as a laboratory would give
    return {"value": float(f"{convert(number, each.unit, unit, substance=each.substance):.4g}"), "unit": unit}


def _older(calculator: Calculator, values: Values, rng: np.random.Generator) -> dict[str, Any]:
    """Of half of the quantities, a value that is another one beyond doubt, in a unit of its own."""
    older = {}
    for each in calculator.inputs:
        if not isinstance(each, Quantity) or each.name not in values or each.name in ("age", *phrases()["question"]["of"]):
            continue
        if rng.random() > EARLIER:
            continue
        value = _quantity(each, rng)
        if abs(_in_formula(each, value) - _in_formula(each, values[each.name])) > _DIFFERS * _in_formula(each, value):
            older[each.name] = value
    return older


def _in_formula(each: Quantity, value: Mapping[str, Any]) -> float:
    return convert(value["value"], value["unit"], each.unit, substance=each.substance)
