"""What went wrong first in a calculation: a value, the formula, or the arithmetic (the errors of MedCalc-Bench, 2024)."""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from vesalius.calculators import CALCULATORS, Calculator, calculate, find
from vesalius.calculators.reading import required
from vesalius.errors import UserError
from vesalius.metrics.calculations import TrueWork, Work, answer_of, read_true_work, read_work, told
from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text

Fault = Literal["none", "extraction", "formula", "arithmetic", "unknown"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

SAME = 0.003
"""How far, as a share, a measured value may be from the true one: what is rounded after conversion is still read right."""

_ALIKE = 0.005
"""How far, as a share, an answer may be from what another formula gives for it to be that formula's."""


def fault_of(said: Work, true: TrueWork) -> Fault:
    """What went wrong first.

    - ``none``: the answer is right.
    - ``extraction``: a value that is shown is not the note's; or the formula is right, and one that it needs is not among them.
    - ``formula``: another calculator is named; or none is, and the answer is what another equation gives for the right values.
    - ``arithmetic``: values and formula are right, and the answer is not what they give; so with units that were not converted.
    - ``unknown``: the work is not shown, or the truth has no values to compare with.

    >>> from vesalius.metrics.calculations import true_work
    >>> values = {"weight": "70 kg", "height": "175 cm"}
    >>> true = true_work(calculate("bmi", values), values)
    >>> fault_of(Work(answer="26.0", calculator="BMI", values=values), true)
    'arithmetic'
    >>> fault_of(Work(answer="26.1", calculator="BMI", values=values | {"weight": "80 kg"}), true)
    'extraction'
    >>> fault_of(Work(answer="1.84", values=values), true)
    'formula'
    """
    if true.holds(said.answer):
        return "none"
    calculator = CALCULATORS.get(true.work.calculator or "")
    if calculator is None or not true.work.values:
        return "unknown"
    shown = _by_input(calculator, said.values)
    chosen = chosen_calculator(said.calculator)
    another = chosen is not None and chosen != calculator.id
    if any(not _same(calculator, name, value, true.work.values) for name, value in shown.items()):
        return "extraction"
    if another:
        return "formula"
    if not shown:
        return "unknown"
    if any(name not in shown for name in _needed(calculator, true.work.values)):
        return "extraction"
    return "formula" if chosen is None and _by_another(calculator, said.answer, true.work.values) else "arithmetic"


def chosen_calculator(said: str | None) -> str | None:
    """The id of the calculator that a text names; None where it names none.

    >>> chosen_calculator("MDRD equation"), chosen_calculator("bmi"), chosen_calculator("guess")
    ('mdrd-gfr', 'bmi', None)
    """
    if said is None or said in CALCULATORS:
        return said
    wanted = _plain(said)
    for calculator in CALCULATORS.values():
        if wanted in (_plain(calculator.id), _plain(calculator.name)):
            return calculator.id
    found = find(said, most=1)
    return found[0].id if found else None


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def _by_input(calculator: Calculator, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are an input's, by its name; a model may call it by its label."""
    names = {alias: each.name for each in calculator.inputs for alias in (_plain(each.label), _plain(each.name))}
    return {names[plain]: value for name, value in values.items() if value is not None and (plain := _plain(name)) in names}


def _needed(calculator: Calculator, values: Mapping[str, Any]) -> list[str]:
    """Inputs that are not as they would be taken to be if nothing were said."""
    return [
        each.name
        for each in calculator.inputs
        if required(each) or (each.name in values and not _as_assumed(calculator, each.name, values))
    ]


def _as_assumed(calculator: Calculator, name: str, values: Mapping[str, Any]) -> bool:
    without = {key: values[key] for key in values if key != name}
    return bool(_taken(calculator, name, values) == _taken(calculator, name, without))


def _taken(calculator: Calculator, name: str, values: Mapping[str, Any]) -> Any:
    """What is calculated with, in the unit of the formula; an absent finding where it is refused."""
    try:
        return calculate(calculator.id, values).inputs[name]
    except UserError:
        return _Refused


class _Refused:
    """In place of a value that a calculator refuses."""


def _same(calculator: Calculator, name: str, value: Any, true: Mapping[str, Any]) -> bool:
    """Whether a value is the note's; a finding that the note does not mention is absent."""
    given = _taken(calculator, name, {**true, name: value})
    wanted = _taken(calculator, name, true)
    if isinstance(given, float) and isinstance(wanted, float):
        return abs(given - wanted) <= SAME * abs(wanted)
    return bool(given == wanted)


def _by_another(calculator: Calculator, answer: str, values: Mapping[str, Any]) -> bool:
    """Whether another equation gives this answer; of scores, which are small whole numbers, nothing follows from that."""
    number = answer_of(answer)
    if not isinstance(number, float):
        return False
    for other in CALCULATORS.values():
        if other.id == calculator.id or other.kind == "score":
            continue
        found = answer_of(other_answer(other, values) or "")
        if isinstance(found, float) and abs(found - number) <= _ALIKE * abs(found):
            return True
    return False


def other_answer(other: Calculator, values: Mapping[str, Any]) -> str | None:
    """What a calculator gives for those of the values that it takes; None where they are not enough, or not possible.

    >>> from vesalius.calculators import named
    >>> other_answer(named("maintenance-fluids"), {"weight": "70 kg", "height": "175 cm"}), other_answer(named("bmi"), {})
    ('110', None)
    """
    taken = {each.name: values[each.name] for each in other.inputs if each.name in values}
    try:
        return told(calculate(other.id, taken)) if taken else None
    except UserError:
        return None


def _is(prediction: str, truth: str, fault: Fault) -> float:
    said, true = read_work(text(prediction)), read_true_work(text(truth, "truth"))
    return float(said is not None and fault_of(said, true) == fault)


@metric(family="text", higher_is_better=False)
def extraction_error(prediction: str, truth: str) -> float:
    """1 where the answer is wrong and a value is not the note's, else 0 (type of error in MedCalc-Bench, 2024); see ``fault_of``.

    Args:
        prediction: a calculation in JSON.
        truth: the same with its limits.

    Returns:
        0 or 1; a prediction in another form, or that does not show its work: 0.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> truth = '{"calculator": "maintenance-fluids", "values": {"weight": "70 kg"}, "answer": "110", "low": 105, "high": 115}'
    >>> extraction_error('{"values": {"weight": "60 kg"}, "answer": "100"}', truth)
    1.0
    """
    return _is(prediction, truth, "extraction")


@metric(family="text", higher_is_better=False)
def formula_error(prediction: str, truth: str) -> float:
    """1 where values are right and another formula or score is used, else 0 (MedCalc-Bench, 2024); see ``fault_of``.

    Args, returns and raises as ``extraction_error``.

    >>> truth = '{"calculator": "maintenance-fluids", "values": {"weight": "70 kg"}, "answer": "110", "low": 105, "high": 115}'
    >>> formula_error('{"calculator": "BMI", "values": {"weight": "70 kg"}, "answer": "22"}', truth)
    1.0
    """
    return _is(prediction, truth, "formula")


@metric(family="text", higher_is_better=False)
def arithmetic_error(prediction: str, truth: str) -> float:
    """1 where values and formula are right and the number is not, else 0 (MedCalc-Bench, 2024); see ``fault_of``.

    Args, returns and raises as ``extraction_error``.

    >>> truth = '{"calculator": "maintenance-fluids", "values": {"weight": "70 kg"}, "answer": "110", "low": 105, "high": 115}'
    >>> arithmetic_error('{"calculator": "maintenance fluids", "values": {"weight": "70 kg"}, "answer": "170"}', truth)
    1.0
    """
    return _is(prediction, truth, "arithmetic")
