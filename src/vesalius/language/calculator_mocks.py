"""Models of known behaviour that calculate: they know what is right of every note, and go wrong at planted rates.

They are mocks, not language models: nothing that is measured on them says anything of a real model, only what the harness, the
prompts' parsers and the tools do with faults of known size.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from vesalius.calculators import CALCULATORS, Calculator, Quantity, YesNo, calculate, unit
from vesalius.calculators.form import Choice
from vesalius.errors import UserError
from vesalius.language.backend import Prompt, Sampling
from vesalius.language.calculator_tools import CONVERT, converted
from vesalius.language.scripted import Scripted, text_of
from vesalius.metrics.calculation_faults import other_answer
from vesalius.metrics.calculations import TrueWork, Work, answer_of, read_true_work, told
from vesalius.records import Record, Text

_NOTE = re.compile(r"Patient note:\n(.*?)\n\nQuestion: ", re.DOTALL)
_CANDIDATE = re.compile(r"^([a-z0-9-]+): ", re.MULTILINE)
_TOOL = re.compile(r"The calculator ([a-z0-9-]+) takes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often a mock goes wrong, each by a coin of its own that falls the same for a note whoever asks.

    Attributes:
        extraction: reads an older value in place of today's, or overlooks a finding.
        selection: means another calculator.
        formula: of the right one remembers another formula; an example of the same calculator, or a tool, spares it that.
        conversion: takes a number in another unit as if it were in the formula's; a converter spares it that.
        arithmetic: miscalculates, where it writes its steps; a tool spares it that.
        unwritten: the same, where it says the answer alone.
    """

    extraction: float = 0.0
    selection: float = 0.0
    formula: float = 0.0
    conversion: float = 0.0
    arithmetic: float = 0.0
    unwritten: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a mock knows of a note: what is right, and older values."""

    true: TrueWork
    earlier: Mapping[str, Any]


def cases_of(records: Sequence[Record]) -> dict[str, Case]:
    """By note, of records that still have their ``answer``, those whose values are known."""
    found = {}
    for record in records:
        true = read_true_work(record.get("answer", Text).value)
        if true.work.values:
            earlier = json.loads(record.get("earlier", Text).value) if "earlier" in record.fields else {}
            found[record.get("note", Text).value] = Case(true=true, earlier=earlier)
    return found


def calculating_mock(cases: Mapping[str, Case], faults: Faults = Faults(), *, seed: int = 0) -> Scripted:
    """A mock that answers every prompt of ``calculations.toml``; without faults it is the oracle.

    Args:
        cases: by note; it declines notes that are not among them.
        faults: their rates.
        seed: of the coins.
    """
    planted = ", ".join(f"{each.name} {getattr(faults, each.name):g}" for each in fields(faults) if getattr(faults, each.name))
    mock = _Mock(cases, faults, seed)
    return Scripted(mock.answer, identity=f"mock calculator {seed} ({planted or 'no faults'})")


class _Mock:
    def __init__(self, cases: Mapping[str, Case], faults: Faults, seed: int) -> None:
        self._cases, self._faults, self._seed = cases, faults, seed

    def answer(self, prompt: Prompt, sampling: Sampling, sample: int) -> str:
        text = text_of(prompt).rstrip()
        notes = _NOTE.findall(text)
        case = self._cases.get(notes[-1]) if notes else None
        if case is None:
            return "I cannot help with that."
        match text.rsplit("\n", 1)[-1]:
            case "Calculator:":
                return CALCULATORS[case.true.work.calculator or ""].name
            case "Id:":
                return self._chosen(notes[-1], case, _CANDIDATE.findall(text))
            case "Arguments:":
                return self._filled(notes[-1], case, CALCULATORS[_TOOL.findall(text)[-1]], can_convert=f'"{CONVERT}"' in text)
        work = self._work(notes[-1], case, shown=len(notes) > 1, written=text.endswith("Steps:"))
        return f"I calculate.\n{work.line}" if text.endswith("Steps:") else json.dumps({"answer": work.answer})

    def _wrong(self, fault: str, note: str) -> bool:
        return coin(f"{self._seed}\0{fault}\0{note}") < float(getattr(self._faults, fault))

    def _chosen(self, note: str, case: Case, candidates: Sequence[str]) -> str:
        right = case.true.work.calculator or ""
        others = [each for each in candidates if each != right]
        return others[0] if others and (right not in candidates or self._wrong("selection", note)) else right

    def _read(self, note: str, case: Case) -> dict[str, Any]:
        values = dict(case.true.work.values)
        return misread(case) if self._wrong("extraction", note) else values

    def _filled(self, note: str, case: Case, calculator: Calculator, *, can_convert: bool) -> str:
        values = self._read(note, case)
        arguments = {}
        for each in calculator.inputs:
            if each.name in values:
                value = values[each.name]
                arguments[each.name] = self._number(note, each, value, can_convert) if isinstance(each, Quantity) else value
        return json.dumps(arguments)

    def _number(self, note: str, each: Quantity, value: Mapping[str, Any], can_convert: bool) -> Any:
        if unit(value["unit"]) == unit(each.unit) or (not can_convert and self._wrong("conversion", note)):
            return value["value"]
        about = {"substance": each.substance} if each.substance else {}
        call = {"value": value["value"], "from": value["unit"], "to": each.unit, **about}
        if can_convert:
            return {"tool": CONVERT, "arguments": call}
        return converted(call)["value"]

    def _work(self, note: str, case: Case, *, shown: bool, written: bool) -> Work:
        right = CALCULATORS[case.true.work.calculator or ""]
        values = self._read(note, case)
        read = Work(answer=_given(right, values) or case.true.work.answer, calculator=right.id, values=values)
        if self._wrong("selection", note) or (not shown and self._wrong("formula", note)):
            return misformed(case.true, values)
        if self._wrong("conversion", note):
            unconverted = _given(right, _as_if_converted(right, values))
            read = Work(answer=unconverted or _off(read.answer), calculator=right.id, values=values)
        if self._wrong("arithmetic" if written else "unwritten", note):
            return Work(answer=_off(read.answer), calculator=right.id, values=values)
        return read


def coin(text: str) -> float:
    """From 0 to 1, the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def misread(case: Case) -> dict[str, Any]:
    """The values with one misread so that the answer is wrong: an older one, or a half more, or a finding that is overlooked."""
    true = case.true
    calculator = CALCULATORS[true.work.calculator or ""]
    for name, value in _misreadings(calculator, case):
        changed = {**true.work.values, name: value}
        answer = _given(calculator, changed)
        if answer is not None and not true.holds(answer):
            return changed
    return dict(true.work.values)


def _misreadings(calculator: Calculator, case: Case) -> list[tuple[str, Any]]:
    values = case.true.work.values
    found: list[tuple[str, Any]] = list(case.earlier.items())
    for each in calculator.inputs:
        value = values.get(each.name)
        match each:
            case Quantity() if isinstance(value, Mapping):
                found += [(each.name, {**value, "value": round(value["value"] * factor, 3)}) for factor in (1.5, 0.6, 0.3)]
            case YesNo():
                found.append((each.name, not value))
            case Choice():
                found += [(each.name, option) for option in each.options if option != value]
        if isinstance(value, int) and not isinstance(value, bool):
            found += [(each.name, value + step) for step in (-3, 3, 6, -6)]
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            found.append((each.name, (date.fromisoformat(value) - timedelta(7)).isoformat()))
    return found


def misformed(true: TrueWork, values: Mapping[str, Any]) -> Work:
    """By another calculator that the values are enough for; where there is none, another is named and its number invented."""
    for other in CALCULATORS.values():
        answer = None if other.id == true.work.calculator else other_answer(other, values)
        if answer is not None and not true.holds(answer):
            return Work(answer=answer, calculator=other.id, values=values)
    named = next(id for id in CALCULATORS if id != true.work.calculator)
    return Work(answer=_off(true.work.answer), calculator=named, values=values)


def _given(calculator: Calculator, values: Mapping[str, Any]) -> str | None:
    try:
        return told(calculate(calculator.id, values))
    except UserError:
        return None


def _as_if_converted(calculator: Calculator, values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they are, in the units of the formula."""
    units = {each.name: each.unit for each in calculator.inputs if isinstance(each, Quantity)}
    return {name: {**value, "unit": units[name]} if name in units else value for name, value in values.items()}


def _off(answer: str) -> str:
    """Another answer of the same kind, out of the limits."""
    match answer_of(answer):
        case (weeks, days):
            return f"{weeks + 1} weeks {days} days"
        case date() as day:
            return (day + timedelta(7)).isoformat()
        case float(number):
            return f"{number + 1:.6g}" if number.is_integer() and abs(number) < 20 else f"{number * 1.13:.6g}"
    return "0"
