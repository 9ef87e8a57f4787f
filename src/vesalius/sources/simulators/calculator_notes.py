"""Short notes with known values and a question that a medical calculator answers, with truth, limits and every step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from vesalius.calculators import CALCULATORS, Calculator, Input, Quantity, Result, YesNo
from vesalius.metrics.calculations import Work, told, true_work
from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.sources.simulators.calculator_patients import CalculatorPatient, Values, draw_patient, phrases

LICENCE = "CC0-1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatorNotes:
    """Notes of invented patients, the layout of MedCalc-Bench's instances, and answers by the package's own calculators.

    Values are plausible and drawn one by one, so that a patient need not be a likely one. Some are written in another unit than
    the formula has, and of half of the quantities the note has an older value too, which is not meant. What of findings is not
    mentioned is absent. The tag ``calculator`` has the id; who chooses a calculator must not look at it.

    Attributes:
        train, test: notes of each calculator.
        calculators: ids; by default all.
        seed: of everything that is drawn.

    >>> record = CalculatorNotes(calculators=("maintenance-fluids",), test=1).records()[0]
    >>> record.get("question", Text).value
    "What is the patient's maintenance fluids (4-2-1 rule), in mL/h?"
    """

    train: int = 0
    test: int = 1
    calculators: tuple[str, ...] = tuple(CALCULATORS)
    seed: int = 0

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return "calculator-notes"

    @property
    def tier(self) -> Tier:
        """A simulator."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return "Invented notes with a question for a medical calculator; published formulas, all else invented."

    def records(self) -> Sequence[Record]:
        """Notes with ``note``, ``question``, ``answer``, ``entities``, ``earlier`` and ``explanation``, by calculator."""
        return [
            _record(CALCULATORS[id], split, number, self.seed)
            for id in self.calculators
            for split, count in (("train", self.train), ("test", self.test))
            for number in range(count)
        ]


def _record(calculator: Calculator, split: str, number: int, seed: int) -> Record:
    # every note has draws of its own: how many others there are does not change it
    place = [seed, list(CALCULATORS).index(calculator.id), split == "test", number]
    rng = np.random.default_rng(place)
    patient = draw_patient(calculator, rng)
    texts = {
        "note": _note(patient, rng),
        "question": _question(patient),
        "answer": true_work(patient.result, patient.values).line,
        "entities": json.dumps(dict(patient.values)),
        "earlier": json.dumps(dict(patient.earlier)),
        "explanation": explanation(calculator, patient.values, patient.result),
    }
    name = f"{calculator.id}-{split}-{number}"
    return Record(
        id=name,
        subject_id=name,
        fields={field: Text(text) for field, text in texts.items()},
        licence=LICENCE,
        tags={"split": split, "language": "en", "calculator": calculator.id, "kind": calculator.kind},
    )


def shown_value(value: Any) -> str:
    """A value as a note has it.

    >>> shown_value({"value": 154.0, "unit": "[lb_av]"}), shown_value({"value": 7.4, "unit": "1"}), shown_value("2024-05-31")
    ('154 lb', '7.4', '31 May 2024')
    """
    if isinstance(value, dict):
        unit = phrases()["spelling"].get(value["unit"], value["unit"])
        return f"{value['value']:g}" if unit == "1" else f"{value['value']:g} {unit}"
    if isinstance(value, str) and value[:4].isdigit():
        return f"{date.fromisoformat(value):%d %B %Y}".lstrip("0")
    return str(value)


def _label(each: Input) -> str:
    return str(phrases()["label"].get(each.name, each.label))


def _question(patient: CalculatorPatient) -> str:
    words, calculator = phrases()["question"], patient.calculator
    name = calculator.name[0].lower() + calculator.name[1:] if calculator.name[1].islower() else calculator.name
    spelled = phrases()["spelling"].get(calculator.unit, calculator.unit)
    unit = {"d": "weeks and days", "date": "", "1": "", "points": ""}.get(calculator.unit, spelled)
    ask = words["ask"].format(name=name, unit=words["unit"].format(unit=unit) if unit else "")
    given = [
        f"{_label(each)}: {shown_value(patient.values[each.name])}"
        for each in calculator.inputs
        if each.name in words["of"] and each.name in patient.values
    ]
    return str(words["given"].format(ask=ask, given="; ".join(given))) if given else str(ask)


def _note(patient: CalculatorPatient, rng: np.random.Generator) -> str:
    words, asked = phrases()["note"], phrases()["question"]["of"]
    told_here = [each for each in patient.calculator.inputs if each.name in patient.values and each.name not in asked]
    lines = [_line(each, patient.values[each.name], rng) for each in told_here if not isinstance(each, YesNo)]
    lines += [
        _said("earlier", _label(each), patient.earlier[each.name], rng) for each in told_here if each.name in patient.earlier
    ]
    lines += _findings([each for each in told_here if isinstance(each, YesNo)], patient.values, rng)
    order = rng.permutation(len(lines))
    return " ".join([str(rng.choice(words["opening"])), *(lines[place] for place in order)])


def _line(each: Input, value: Any, rng: np.random.Generator) -> str:
    return _said("finding" if isinstance(each, Quantity) and each.name != "age" else "fact", _label(each), value, rng)


def _said(kind: str, label: str, value: Any, rng: np.random.Generator) -> str:
    frame = str(rng.choice(phrases()["note"][kind]))
    return frame.format(label=label, Label=label[0].upper() + label[1:], value=shown_value(value))


def _findings(inputs: Sequence[YesNo], values: Values, rng: np.random.Generator) -> list[str]:
    """All that are present, and of those that are not, half; the others are not mentioned."""
    present = [each.label for each in inputs if values[each.name]]
    absent = [each.label for each in inputs if not values[each.name] and rng.random() < 0.5]
    words = phrases()["note"]
    lines = [words["present"].format(list="; ".join(present))] if present else []
    return [*lines, words["absent"].format(list="; ".join(absent))] if absent else lines


def explanation(calculator: Calculator, values: Values, result: Result) -> str:
    """How the answer comes about: formula, values with their conversions, each step, and at last the answer with its work.

    >>> from vesalius.calculators import calculate, named
    >>> values = {"weight": {"value": 154, "unit": "[lb_av]"}}
    >>> print(explanation(named("maintenance-fluids"), values, calculate("maintenance-fluids", values)).splitlines()[1])
    body weight: 154 lb = 69.8532 kg.
    """
    lines = [f"{calculator.name}: {calculator.formula}."]
    for each in calculator.inputs:
        if each.name in values:
            lines.append(f"{_label(each)}: {_converted(each, values[each.name], result)}.")
    lines += [f"{label} = {_shown_step(value)}" for label, value in result.steps]
    return "\n".join([*lines, Work(answer=told(result), calculator=calculator.name, values=_as_shown(values)).line])


def _as_shown(values: Values) -> dict[str, Any]:
    return {name: value if isinstance(value, bool) else _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """A measured value as a text, anything else as it is."""
    return shown_value(value) if isinstance(value, dict) else value


def _converted(each: Input, value: Any, result: Result) -> str:
    if not isinstance(each, Quantity) or value["unit"] == each.unit:
        return shown_value(value)
    return f"{shown_value(value)} = {shown_value({'value': result.inputs[each.name], 'unit': each.unit})}"


def _shown_step(value: float | date) -> str:
    return value.isoformat() if isinstance(value, date) else f"{value:.6g}"
