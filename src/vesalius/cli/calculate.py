"""``vesalius calculate``: medical calculators."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from vesalius.cli.options import Json
from vesalius.errors import UserError


def command(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="A calculator; all are listed where none is named.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Argument(help="As weight=70kg; what it takes is shown where none is given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Calculate a clinical score or formula, with its steps and source. Not for the care of patients."""
    from vesalius.calculators import CALCULATORS, calculate, named, schema
    from vesalius.calculators.reading import remedy, required

    if id is None:
        if as_json:
            print(json.dumps([schema(each) for each in CALCULATORS.values()], ensure_ascii=False))
            return
        width = max(map(len, CALCULATORS))
        for each in CALCULATORS.values():
            print(f"{each.id:{width}}  {each.kind:10}  {each.name}")
        return
    calculator = named(id)
    if not inputs:
        if as_json:
            print(json.dumps(schema(calculator), ensure_ascii=False))
            return
        print(f"{calculator.name}\n{calculator.formula}\n{calculator.source}\n")
        for one in calculator.inputs:
            print(f"{'*' if required(one) else ' '} {one.name}: {remedy(one)}")
        return
    result = calculate(id, _named(inputs))
    if as_json:
        print(json.dumps(asdict(result), default=str, ensure_ascii=False))
        return
    print(f"{calculator.name}: {result}\n")
    for label, value in result.steps:
        print(f"  {label}: {value:.6g}" if isinstance(value, float) else f"  {label}: {value}")
    if result.assumed:
        print(f"\nNot given, taken as absent or as the default: {', '.join(result.assumed)}")
    print(f"\n{calculator.formula}\n{calculator.source}")


def _named(inputs: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for each in inputs:
        name, separator, value = each.partition("=")
        if not separator or name in given:
            raise UserError(
                f"input {name[:40]!a}: {'given twice' if separator else 'no value'}; write each once, as weight=70kg."
            )
        given[name] = value
    return given
