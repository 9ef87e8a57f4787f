"""MedCalc-Bench: patient notes with a question for a medical calculator, the answer, its limits and the steps to it.

Khandekar et al.: MedCalc-Bench: Evaluating Large Language Models for Medical Calculations. NeurIPS 2024, arXiv 2406.12036.

The release names the values of a note in words of its own; those that ``medcalc_bench.toml`` knows are turned into inputs of the
package's calculators, so that answers can be recomputed and misses told apart. Where they are not enough (criteria that one name
of the release does not settle, values in units that are none), the record has no values, and its misses stay unexplained. The
HEART, Caprini, Charlson and APACHE II scores are in that case: their names there are levels that our inputs divide otherwise.
"""

import ast
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from vesalius.calculators import CALCULATORS, Calculator, Choice, Day, Quantity, YesNo, calculate
from vesalius.errors import UserError
from vesalius.metrics.calculations import TrueWork, Work
from vesalius.records import Record, Text
from vesalius.sources.public.public_set import Placed, PublicSet, split_files
from vesalius.sources.public.rows import Row, table

FILES = {"train": "train_data.csv", "test": "test_data.csv"}
FIELDS = {"note": "Patient Note", "question": "Question", "explanation": "Ground Truth Explanation"}
LIMITS = ("Lower Limit", "Upper Limit")
COLUMNS = (
    "Row Number",
    "Calculator ID",
    "Calculator Name",
    "Category",
    "Output Type",
    "Relevant Entities",
    "Ground Truth Answer",
    *LIMITS,
    *FIELDS.values(),
)
LICENCE = "CC BY-SA 4.0"
REMEDY = "obtain the MedCalc-Bench release again"

_WEEKS = re.compile(r"\(?['\" ]*(\d{1,3}) ?weeks?['\", ]+(\d) ?days?['\" )]*")
_DOSE = re.compile(r"(.+) Dose(?P<times> Per Day)?")
_LONGEST = 20_000
_UNSETTLED = frozenset({"heart-score", "caprini", "charlson", "apache-ii"})


def _layout(folder: Path) -> Iterator[Placed]:
    for split, file in split_files(folder, FILES, REMEDY):
        for row in table(file, COLUMNS, REMEDY):
            yield row.place, _record(row, split)


def _record(row: Row, split: str) -> Record:
    """A row; its subject is the note, which several calculators may share."""
    calculator = _calculator(row)
    texts = {name: row.text(column) for name, column in FIELDS.items()}
    values = release_values(calculator, _entities(row))
    truth = _truth(row, calculator, values)
    return Record(
        id=f"{split}-{row.text('Row Number').strip()}",
        subject_id=hashlib.sha256(texts["note"].encode()).hexdigest()[:16],
        fields={name: Text(text) for name, text in texts.items()}
        | {"answer": Text(truth.line), "entities": Text(json.dumps(values))},
        licence=LICENCE,
        tags={
            "split": split,
            "language": "en",
            "calculator": calculator.id,
            "category": row.text("Category").strip(),
            "output": row.text("Output Type").strip(),
        },
    )


@cache
def _by_number() -> Mapping[str, Calculator]:
    return {str(each.benchmark): each for each in CALCULATORS.values() if each.benchmark is not None}


def _calculator(row: Row) -> Calculator:
    number = row.text("Calculator ID").strip()
    if number not in _by_number():
        raise row.wrong("Calculator ID", f"{number[:20]!a} is none of the benchmark's 55 calculators")
    return _by_number()[number]


def _truth(row: Row, calculator: Calculator, values: Mapping[str, Any]) -> TrueWork:
    """The answer of the release with its limits, which are the other way round where it is negative."""
    said = row.text("Ground Truth Answer").strip()
    if calculator.kind == "date":
        return TrueWork(work=Work(answer=_iso(row, said), calculator=calculator.id, values=values))
    if calculator.unit == "d":
        found = _WEEKS.fullmatch(said)
        if found is None:
            raise row.wrong("Ground Truth Answer", "not a time in weeks and days")
        answer = f"{int(found[1])} weeks {int(found[2])} days"
        return TrueWork(work=Work(answer=answer, calculator=calculator.id, values=values))
    low, high = sorted(_number(row, column) for column in LIMITS)
    answer = f"{_number(row, 'Ground Truth Answer'):.10g}"
    return TrueWork(work=Work(answer=answer, calculator=calculator.id, values=values), low=low, high=high)


def _number(row: Row, column: str) -> float:
    said = row.text(column).strip()
    if not re.fullmatch(r"[-+]?\d{1,15}(\.\d{0,15})?([eE][-+]?\d{1,2})?", said):
        raise row.wrong(column, f"{said[:20]!a} is not a number")
    return float(said)


def _iso(row: Row, said: str) -> str:
    day = _month_day_year(said)
    if day is None:
        raise row.wrong("Ground Truth Answer", "not a date such as 11/15/2003")
    return day


def _month_day_year(said: str) -> str | None:
    try:
        return datetime.strptime(said, "%m/%d/%Y").date().isoformat()
    except ValueError:
        return None


def _entities(row: Row) -> Mapping[str, Any]:
    """The dictionary of the release, which it writes as Python does; literals only are read, nothing is evaluated."""
    said = row.text("Relevant Entities")
    try:
        found = ast.literal_eval(said) if len(said) <= _LONGEST else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise row.wrong("Relevant Entities", "not a dictionary of values")
    return {str(name): value for name, value in found.items()}


@cache
def _names() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("medcalc_bench.toml").read_text(encoding="utf-8"))


def release_values(calculator: Calculator, entities: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a note as a calculator of the package takes them; none where they are not enough for it.

    Args:
        calculator: that is asked for.
        entities: by the release's names: ``[87, 'years']``, ``'Male'``, ``True``.

    >>> from vesalius.calculators import named
    >>> release_values(named("maintenance-fluids"), {"weight": [48.0, "kg"]})
    {'weight': {'value': 48.0, 'unit': 'kg'}}
    """
    if calculator.id in _UNSETTLED:
        return {}
    if calculator.id == "morphine-equivalents":
        values = _doses(entities)
    elif calculator.id == "steroid-conversion":
        values = _steroid(entities)
    else:
        values = {each.name: value for each in calculator.inputs if (value := _value(each, entities)) is not None}
        values |= _special(calculator, entities)
    try:
        calculate(calculator.id, values)
    except UserError:
        return {}
    return values


def _value(each: Any, entities: Mapping[str, Any]) -> Any:
    """Of an input, by any of its names in the release."""
    given = [entities[name] for name in _names()["inputs"].get(each.name, ()) if name in entities]
    if not given:
        return None
    match each:
        case YesNo():
            return any(value is True for value in given)
        case Quantity():
            return _amount(given[0], each.unit)
        case Day():
            return _month_day_year(given[0]) if isinstance(given[0], str) else None
        case Choice():
            said = str(given[0])
            return _names()["options"].get(said, said)
    return given[0][0] if isinstance(given[0], list) and given[0] else given[0]


def _amount(value: Any, unit: str) -> dict[str, Any] | None:
    if isinstance(value, list | tuple) and len(value) == 2:
        return {"value": value[0], "unit": str(value[1])}
    return {"value": value, "unit": unit} if isinstance(value, int | float) and not isinstance(value, bool) else None


def _special(calculator: Calculator, entities: Mapping[str, Any]) -> dict[str, Any]:
    """Names that mean another thing with one calculator."""
    if calculator.id == "mdrd-gfr":
        return {"black": entities.get("Race") == "Black"}
    if calculator.id == "revised-cardiac-risk-index":
        return {"insulin": entities.get("Pre-operative treatment with insulin") is True}
    return {}


def _doses(entities: Mapping[str, Any]) -> dict[str, Any]:
    """Doses a day of opioids: each dose times how often it is taken."""
    doses: dict[str, float] = {}
    units: dict[str, str] = {}
    for name, value in entities.items():
        found = _DOSE.fullmatch(name)
        if found is None or not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], int | float):
            return {}
        drug = found[1].casefold().replace(" ", "_")
        doses[drug] = doses.get(drug, 1) * value[0]
        if not found["times"]:
            units[drug] = str(value[1])
    return {
        drug: {"value": dose, "unit": f"{_plain_mass(units.get(drug, ''))}/{'h' if 'patch' in drug else 'd'}"}
        for drug, dose in doses.items()
    }


def _plain_mass(unit: str) -> str:
    return "ug" if unit in ("µg", "μg", "mcg") else unit


def _steroid(entities: Mapping[str, Any]) -> dict[str, Any]:
    given, target = entities.get("input steroid"), entities.get("target steroid")
    if not isinstance(given, list) or len(given) != 3:
        return {}
    return {"steroid": str(given[0]), "dose": {"value": given[1], "unit": str(given[2])}, "target": str(target)}


MEDCALC_BENCH = PublicSet(
    name="medcalc-bench",
    description="Patient notes with a question for one of 55 medical calculators, the answer with its limits, and the steps.",
    folders=("medcalc-bench/dataset", "medcalc-bench"),
    layout=_layout,
)
