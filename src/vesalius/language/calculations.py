"""Asking a language model for a medical calculation, and reading the number, date, or weeks and days that it settles on."""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from vesalius.calculators import Calculator, Choice, Input, Quantity, WholeNumber, YesNo
from vesalius.calculators.reading import required
from vesalius.language.json_objects import json_objects
from vesalius.language.prompts import Template, packaged_templates
from vesalius.metrics.calculations import Work, answer_of
from vesalius.tasks import Outcome

FILE = "calculations.toml"
NEXT_NOTE = "\n\nPatient note:"
"""Where a text model goes on with a note of its own, its answer has ended."""

_LONGEST = 20_000
_MOST_OBJECTS = 40
_MONTHS = {
    month: number
    for number, month in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}
# the digits 0 to 9 alone; others are looked for where they would go on with a number, which is then none
_NUMBER = r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?"
_LEADING = re.compile(
    rf"[\W_]{{0,8}}?(?:(?:about|approximately|approx\.?|roughly|around|a?\s?score of|is)\s{{1,3}}){{0,2}}"
    rf"({_NUMBER})(?![\d.]*\d|[,:·٫٬'’ \u00a0\u2009\u202f]\d|[¼½¾]|e[-+]?\d|x\w)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_RANGE = re.compile(
    rf"\s{{0,3}}(?:[-±/+×^·x]|\*{{1,2}}|to|or|and|(?:weeks?|wks?|w)\W{{0,8}}(?:and )?)\s{{0,3}}{_NUMBER}", re.IGNORECASE
)
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9][0-9]{0,2}(?:,[0-9]{3}){1,9}(?!,?\d)")
_DASHES = str.maketrans(dict.fromkeys("−–‑", "-"))
_WEEKS = re.compile(
    r"(?<![\w.,/-])([0-9]{1,3})['\" ]{0,3}(?:weeks?|wks?)\b['\",+ ]{0,4}(?:and )?['\" ]{0,2}([0-9])['\" ]{0,3}(?:days?)\b",
    re.IGNORECASE,
)
_PAIR = re.compile(r"\(\s?([0-9]{1,3})\s?,\s?([0-9])\s?\)")
_ISO = re.compile(r"\b([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\b")
_AMERICAN = re.compile(r"\b([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})\b")
_DAY_MONTH = re.compile(r"\b([0-9]{1,2})(?:st|nd|rd|th)? (?:of )?([A-Za-z]{3,9})\.?,? ([0-9]{4})\b")
_MONTH_DAY = re.compile(r"\b([A-Za-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})\b")
# what is stated, up to the end of a word, is looked at without being passed, for it may hold the next "answer is"
_STATED = re.compile(r"\b(?:answer|result)\b(?: is| would be)?[\s:=*]{1,6}(?=([^\n]{1,200}(?!\S)))", re.IGNORECASE)
_DECLINED = re.compile(r"\b(?:i'm sorry|i am sorry|i cannot|i can't|i am unable|i'm unable|as an ai)\b", re.IGNORECASE)


@cache
def calculation_templates() -> Mapping[str, Template]:
    """The prompts, by name.

    >>> sorted(calculation_templates()["choose"].fields)
    ['candidates', 'note', 'question']
    """
    return packaged_templates("vesalius.language", FILE)


def read_calculation(said: str) -> tuple[Work | None, Outcome]:
    r"""What a model's text settles on, with its work where that is shown.

    The last JSON object that has an answer counts; without one, the last ``answer is ...`` that can be read, or the last line. An
    answer is one number, with or without a unit behind it, one date, or one time in weeks and days; a range, a fraction, a sum, a
    decimal comma or two different dates are none.

    Returns:
        The work, and ``answered``; or None, and ``empty``, ``refused`` or ``unparsed``.

    >>> read_calculation('70 / 1.75^2 = 22.9\n{"calculator": "BMI", "values": {"weight": "70 kg"}, "answer": 22.9}')[0].answer
    '22.9'
    >>> read_calculation("The answer is 50 mL/min/1.73 m2.")[0].answer, read_calculation("The answer is 3 or 4.")[1]
    ('50', 'unparsed')
    """
    text = said[-_LONGEST:].strip()
    if not re.search(r"[^\W_]", text):
        return None, "empty"
    row = _last_object(text)
    if row is not None:
        answer = normal_answer(row["answer"])
        calculator, values = row.get("calculator"), row.get("values")
        work = Work(
            answer=answer or "",
            calculator=calculator if isinstance(calculator, str) else None,
            values=values if isinstance(values, dict) else {},
        )
        return (work, "answered") if answer else (None, "unparsed")
    stated = _STATED.findall(text) or [_behind_equals(text.splitlines()[-1])]
    if answer := next(filter(None, map(normal_answer, reversed(stated))), None):
        return Work(answer=answer), "answered"
    return None, "refused" if _DECLINED.search(text) else "unparsed"


def last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object of a text; None where there is none.

    >>> last_object('Here: {"age": 70} and {"sex": "male"}.')
    {'sex': 'male'}
    """
    found = list(json_objects(text[-_LONGEST:], most=_MOST_OBJECTS))
    return found[-1] if found else None


def _last_object(text: str) -> dict[str, Any] | None:
    found = [row for row in json_objects(text, most=_MOST_OBJECTS) if row.get("answer") is not None]
    return found[-1] if found else None


def normal_answer(said: object) -> str | None:
    """An answer in the form of metrics: a number, 2024-05-31, or ``17 weeks 1 days``; None where a text is none of them.

    >>> normal_answer("(17 weeks, 1 day)"), normal_answer("11/15/2003"), normal_answer("about 1,234.5 mL"), normal_answer("4-5")
    ('17 weeks 1 days', '2003-11-15', '1234.5', None)
    """
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    text = str(said).strip().translate(_DASHES)
    if weeks := {*_WEEKS.findall(text), *_PAIR.findall(text)}:
        ((one, two), *others) = weeks
        return None if others else f"{int(one)} weeks {int(two)} days"
    if days := _dates(text):
        return days.pop().isoformat() if len(days) == 1 else None
    found = _LEADING.match(_THOUSANDS.sub(lambda number: number[0].replace(",", ""), _behind_equals(text)))
    if found is None or _RANGE.match(found[2]):
        return None
    number = re.sub(r"^([-+]?)\.", r"\g<1>0.", found[1])
    return number if answer_of(number) is not None else None


def _behind_equals(line: str) -> str:
    return re.split(r"[=≈]", line)[-1]


def _dates(text: str) -> set[date]:
    named = [(year, _MONTHS.get(month[:3].casefold()), day) for day, month, year in _DAY_MONTH.findall(text)]
    named += [(year, _MONTHS.get(month[:3].casefold()), day) for month, day, year in _MONTH_DAY.findall(text)]
    parts = [*_ISO.findall(text), *((year, month, day) for month, day, year in _AMERICAN.findall(text))]
    parts += [(year, month, day) for year, month, day in named if month]
    found = set()
    for year, month, day in parts:
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def slots(calculator: Calculator) -> str:
    """What a calculator takes, a line an input, each number in one unit.

    >>> from vesalius.calculators import named
    >>> print(slots(named("maintenance-fluids")))
    - weight: body weight, number in kg
    """
    return "\n".join(
        f"- {each.name}: {each.label}, {_takes(each)}{'' if required(each) else ', may be left out'}"
        for each in calculator.inputs
    )


def _takes(each: Input) -> str:
    match each:
        case Quantity(unit="1"):
            return "number"
        case Quantity():
            return f"number in {each.unit}" + (f" (substance {each.substance})" if each.substance else "")
        case WholeNumber():
            return "whole number"
        case YesNo():
            return "true or false"
        case Choice():
            return f"one of {', '.join(json.dumps(option) for option in each.options)}"
    return "date such as 2024-05-31"
