"""Values as they are given, turned into those that a formula takes; whatever is odd is told in a sentence."""

import math
import re
from collections.abc import Mapping
from datetime import date

from vesalius.calculators.form import Amount, Calculator, Choice, Day, Input, Quantity, Value, WholeNumber, YesNo
from vesalius.calculators.units import convert, taken
from vesalius.errors import UserError

_YES, _NO = {"yes", "true", "present"}, {"no", "false", "absent"}
_DECIMAL = r"\s*([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*"
_NUMBER = re.compile(rf"{_DECIMAL}(.*)", re.DOTALL)


def read(calculator: Calculator, given: Mapping[str, object]) -> tuple[dict[str, Value | None], tuple[str, ...]]:
    """The values of all inputs in the units of the formula, and the names of those that were not given.

    Raises:
        UserError: naming calculator, input and remedy.
    """
    names = [each.name for each in calculator.inputs]
    for name in given:
        if name not in names:
            raise UserError(f"{calculator.id}: there is no such input as {str(name)[:40]!a}; it takes {', '.join(names)}.")
    values: dict[str, Value | None] = {}
    assumed = []
    for each in calculator.inputs:
        value = given.get(each.name)
        if value is None:
            values[each.name] = _absent(calculator, each)
            assumed.append(each.name)
        else:
            values[each.name] = _value(calculator, each, value)
    return values, tuple(assumed)


def required(each: Input) -> bool:
    """Whether an input has to be given."""
    match each:
        case YesNo():
            return False
        case Choice():
            return each.default is None
        case Quantity():
            return not each.optional
    return True


def remedy(each: Input) -> str:
    """What an input takes, in words.

    >>> remedy(Quantity("weight", "body weight", "kg", 0.3, 650))
    'body weight from 0.3 to 650 kg, in kg, g, mg, ug, [lb_av], [oz_av]'
    """
    match each:
        case Quantity():
            where = f"{each.label} from {each.low:g} to {each.high:g}"
            return (
                where if each.unit == "1" else f"{where} {each.unit}, in {', '.join(taken(each.unit, substance=each.substance))}"
            )
        case WholeNumber():
            return f"{each.label}, a whole number from {each.low} to {each.high}"
        case YesNo():
            return f"{each.label}, yes or no"
        case Choice():
            return f"{each.label}, one of {', '.join(each.options)}"
        case Day():
            return f"{each.label}, a date such as 2024-05-31"


def amount(text: str) -> Amount:
    """A number in the digits 0 to 9 and its unit from a text; the unit is blank where none is said.

    >>> amount("70kg"), amount(".4")
    (Amount(value=70.0, unit='kg'), Amount(value=0.4, unit=''))

    Raises:
        UserError: if it doesn't begin with a number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise UserError("an amount: it doesn't begin with a number; write it as 70 kg.")
    return Amount(float(found[1]), found[2].strip())


def _absent(calculator: Calculator, each: Input) -> Value | None:
    if required(each):
        raise UserError(f"{calculator.id}, input {each.name!r}: missing; give {remedy(each)}.")
    match each:
        case YesNo():
            return False
        case Choice():
            return each.default
    return None


class _Wrong(Exception):
    """What is wrong with a value, before it is known of which input."""


def _value(calculator: Calculator, each: Input, value: object) -> Value:
    try:
        match each:
            case Quantity():
                return _quantity(each, value)
            case WholeNumber():
                return _whole(each, value)
            case YesNo():
                return _yes(value)
            case Choice():
                return _option(each, value)
            case Day():
                return _day(value)
    except _Wrong as wrong:
        raise UserError(f"{calculator.id}, input {each.name!r}: {wrong}; give {remedy(each)}.") from None


def _quantity(each: Quantity, value: object) -> float:
    given = _amount(value)
    # a share of one and a percentage are too easily taken for one another where nothing is said
    if not given.unit and each.unit != "1":
        raise _Wrong("no unit")
    try:
        # ten digits: what has been turned into another unit and back is the same, also at a limit
        number = float(f"{convert(given.value, given.unit or '1', each.unit, substance=each.substance):.10g}")
    except UserError:
        raise _Wrong("not a unit that it is measured in") from None
    if not each.low <= number <= each.high:
        raise _Wrong("out of range")
    return number


def _amount(value: object) -> Amount:
    match value:
        case str():
            try:
                return amount(value)
            except UserError:
                raise _Wrong("not a number") from None
        case Amount(number, unit) | {"value": number, "unit": unit}:
            if not isinstance(unit, str):
                raise _Wrong("a unit that is no text")
            return Amount(_finite(number), unit.strip())
    return Amount(_finite(value), "")


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong("not a number")
    try:
        number = float(value)
    except OverflowError:
        raise _Wrong("out of range") from None
    if not math.isfinite(number):
        raise _Wrong("not a number")
    return number


def _whole(each: WholeNumber, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(_DECIMAL, value):
        value = float(value)
    number = _finite(value)
    if not number.is_integer():
        raise _Wrong("not a whole number")
    if not each.low <= number <= each.high:
        raise _Wrong("out of range")
    return int(number)


def _yes(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in _YES | _NO:
        return value.strip().casefold() in _YES
    raise _Wrong("neither yes nor no")


def _option(each: Choice, value: object) -> str:
    if isinstance(value, str):
        for option in each.options:
            if option.casefold() == value.strip().casefold():
                return option
    raise _Wrong("not one of its options")


def _day(value: object) -> date:
    # a moment is a date too, by inheritance, but cannot be compared with one
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise _Wrong("not a date")
