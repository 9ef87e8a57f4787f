"""Calculators as tools that take each number in one unit, and calls within calls that bring it there (MeNTi, Zhu et al. 2024)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vesalius.calculators import CALCULATORS, Calculator, Quantity, Result, calculate, convert, unit
from vesalius.errors import UserError

CONVERT = "convert"
DEEPEST = 4
"""Calls within calls."""


class Refused(Exception):
    """A call that a tool refuses, with what is wrong in a sentence."""


class ConversionRefused(Refused):
    """The same, of a call within another one."""


@dataclass(slots=True)
class Toolkit:
    """All calculators and a converter of units.

    Args:
        nested: whether an argument may be a call itself.

    Attributes:
        calls: how often each kind of tool was called: ``convert``, ``nested calculator``, ``calculator``.

    >>> weight = {"tool": "convert", "arguments": {"value": 154, "from": "lb", "to": "kg"}}
    >>> str(Toolkit().run("maintenance-fluids", {"weight": weight})[0])
    '110 mL/h'
    """

    nested: bool = True
    calls: dict[str, int] = field(default_factory=lambda: {CONVERT: 0, "nested calculator": 0, "calculator": 0})

    def run(self, id: str, arguments: Mapping[str, Any]) -> tuple[Result, dict[str, Any]]:
        """Call a calculator.

        Args:
            id: of ``CALCULATORS``.
            arguments: by name; a number is in the unit of the formula, or a call that gives it.

        Returns:
            What it gives, and the arguments when all calls within are done.

        Raises:
            ConversionRefused: if a call within is refused.
            Refused: if the call itself is.
        """
        self.calls["calculator"] += 1
        return self._run(id, arguments, depth=0)

    def _run(self, id: str, arguments: Mapping[str, Any], depth: int) -> tuple[Result, dict[str, Any]]:
        if id not in CALCULATORS:
            raise Refused(f"There is no calculator {id[:40]!a}.")
        calculator = CALCULATORS[id]
        values = {name: self._argument(calculator, name, value, depth) for name, value in arguments.items() if value is not None}
        try:
            return calculate(id, values), values
        except UserError as error:
            raise Refused(str(error)) from None

    def _argument(self, calculator: Calculator, name: str, value: Any, depth: int) -> Any:
        quantity = next((each for each in calculator.inputs if each.name == name and isinstance(each, Quantity)), None)
        if _is_call(value):
            if not self.nested or depth >= DEEPEST:
                raise ConversionRefused(f"Argument {name[:40]!a}: no call is taken here; give a number.")
            value = self._called(value, depth)
        if not isinstance(value, Mapping):
            return value if quantity is None else {"value": value, "unit": quantity.unit}
        if value.get("value") is None:
            raise Refused(f"Argument {name[:40]!a}: an object without a value; give the value itself.")
        if quantity is not None and not _same_unit(value.get("unit"), quantity.unit):
            raise Refused(f"Argument {name!r}: not in {quantity.unit}; convert it.")
        return value.get("value") if quantity is None else {"value": value.get("value"), "unit": quantity.unit}

    def _called(self, call: Mapping[str, Any], depth: int) -> Any:
        """The value that a call within gives."""
        tool, arguments = call["tool"], call["arguments"]
        try:
            if tool == CONVERT:
                self.calls[CONVERT] += 1
                return converted(arguments)
            self.calls["nested calculator"] += 1
            result, _ = self._run(str(tool), arguments, depth + 1)
            # a number stands in the unit of the calculator that gave it
            return (
                {"value": result.value, "unit": result.unit}
                if isinstance(result.value, float | int)
                else result.value.isoformat()
            )
        except ConversionRefused:
            raise
        except Refused as error:
            raise ConversionRefused(str(error)) from None


def _same_unit(said: Any, wanted: str) -> bool:
    try:
        return isinstance(said, str) and unit(said) == unit(wanted)
    except UserError:
        return False


def _is_call(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("arguments"), Mapping) and "tool" in value


def converted(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the converter gives.

    Args:
        arguments: ``value``, ``from``, ``to``, and ``substance`` where a concentration needs it.

    >>> converted({"value": 1, "from": "mg/dL", "to": "umol/L", "substance": "creatinine"})
    {'value': 88.4016973126, 'unit': 'umol/L'}

    Raises:
        Refused: if something is missing or wrong.
    """
    value, source, target, substance = (arguments.get(name) for name in ("value", "from", "to", "substance"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("Argument 'value': not a number.")
    if not isinstance(source, str) or not isinstance(target, str) or not isinstance(substance, str | None):
        raise Refused("Arguments 'from' and 'to': give the names of two units, and as 'substance' a name or nothing.")
    try:
        return {"value": convert(value, source, target, substance=substance), "unit": target}
    except (UserError, OverflowError) as error:
        raise Refused(str(error)) from None
