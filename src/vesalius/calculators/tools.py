"""What a language model has to know of a calculator to call it."""

from typing import Any

from vesalius.calculators.form import Calculator, Choice, Input, Quantity, WholeNumber, YesNo
from vesalius.calculators.reading import remedy, required
from vesalius.calculators.units import taken


def schema(calculator: Calculator) -> dict[str, Any]:
    """Name, description and JSON schema of the inputs, as tool calling takes it; ``calculate`` takes what it allows.

    >>> from vesalius.calculators import CALCULATORS
    >>> schema(CALCULATORS["qtc-bazett"])["parameters"]["properties"]["qt_interval"]["properties"]["unit"]["enum"][0]
    'ms'
    """
    return {
        "name": calculator.id,
        "description": f"{calculator.name}. {calculator.formula}. Gives {calculator.unit}.",
        "parameters": {
            "type": "object",
            "properties": {each.name: _property(each) for each in calculator.inputs},
            "required": [each.name for each in calculator.inputs if required(each)],
            "additionalProperties": False,
        },
    }


def _property(each: Input) -> dict[str, Any]:
    about = {"description": remedy(each)}
    match each:
        case Quantity(unit="1"):
            return {"type": "number", "minimum": each.low, "maximum": each.high, **about}
        case Quantity():
            return {
                "type": "object",
                "properties": {
                    "value": {"type": "number"},
                    "unit": {"type": "string", "enum": list(taken(each.unit, substance=each.substance))},
                },
                "required": ["value", "unit"],
                "additionalProperties": False,
                **about,
            }
        case WholeNumber():
            return {"type": "integer", "minimum": each.low, "maximum": each.high, **about}
        case YesNo():
            return {"type": "boolean", **about}
        case Choice():
            return {"type": "string", "enum": list(each.options), **about}
    return {"type": "string", "format": "date", **about}
