"""All calculators by id, and how one is called."""

from collections.abc import Mapping
from types import MappingProxyType

from vesalius.calculators import (
    acid_base,
    body,
    cardiac_risk,
    clots,
    comorbidity,
    critical,
    drugs,
    electrolytes,
    heart,
    infection,
    kidney,
    liver,
    lungs,
    metabolism,
    nerves,
    pneumonia,
    pregnancy,
)
from vesalius.calculators.form import Calculator, Result
from vesalius.calculators.reading import read
from vesalius.errors import UserError

_GROUPS: tuple[tuple[Calculator, ...], ...] = (
    body.CALCULATORS,
    kidney.CALCULATORS,
    electrolytes.CALCULATORS,
    acid_base.CALCULATORS,
    metabolism.CALCULATORS,
    heart.CALCULATORS,
    cardiac_risk.CALCULATORS,
    clots.CALCULATORS,
    lungs.CALCULATORS,
    pneumonia.CALCULATORS,
    liver.CALCULATORS,
    infection.CALCULATORS,
    critical.CALCULATORS,
    nerves.CALCULATORS,
    comorbidity.CALCULATORS,
    drugs.CALCULATORS,
    pregnancy.CALCULATORS,
)

CALCULATORS: Mapping[str, Calculator] = MappingProxyType({each.id: each for group in _GROUPS for each in group})
"""All calculators by id, those of one organ together."""


def named(id: str) -> Calculator:
    """The calculator of an id.

    >>> named("bmi").unit
    'kg/m2'

    Raises:
        UserError: if there is none.
    """
    if id not in CALCULATORS:
        raise UserError(f"calculator {id[:40]!a}: there is none; `vesalius calculate` lists them.")
    return CALCULATORS[id]


def calculate(id: str, inputs: Mapping[str, object]) -> Result:
    """What a calculator gives for inputs in any units.

    Args:
        id: of ``CALCULATORS``.
        inputs: by name; a quantity is an ``Amount``, a mapping of value and unit, or a text such as ``70 kg`` (a bare number
            where it has no unit); a finding True or False; a choice one of its options; a date a ``date`` or a text such as
            2024-05-31.

    >>> from vesalius.calculators import Amount
    >>> result = calculate("bmi", {"weight": Amount(154, "lb"), "height": "70 in"})
    >>> str(result), result.steps[0]
    ('22.1 kg/m2', ('height, m', 1.778))

    Raises:
        UserError: naming calculator, input and remedy, if an input is missing, not known, out of range or in a unit that it is
            not measured in, or if two of them contradict each other.
    """
    calculator = named(id)
    values, assumed = read(calculator, inputs)
    try:
        steps = calculator.function(**values)
    except UserError as error:
        raise UserError(f"{id}, {error}") from None
    return Result(
        calculator=id,
        value=steps[-1][1],
        unit=calculator.unit,
        decimals=calculator.decimals,
        steps=steps,
        inputs=values,
        assumed=assumed,
    )
