"""Dates of a pregnancy, from the last menstrual period."""

from datetime import date, timedelta

from vesalius.calculators.form import Calculator, Day, Steps, WholeNumber
from vesalius.calculators.inputs import LAST_PERIOD
from vesalius.errors import UserError

_LONGEST = 45 * 7


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        raise UserError("input 'last_menstrual_period': too late for the calendar; give a date such as 2024-05-31.") from None


def _due(*, last_menstrual_period: date, cycle_length: int) -> Steps:
    forty_weeks = _later(last_menstrual_period, 280)
    return (
        ("forty weeks after the last menstrual period", forty_weeks),
        ("days that the cycle is longer than 28", cycle_length - 28),
        ("estimated due date", _later(forty_weeks, cycle_length - 28)),
    )


def _conception(*, last_menstrual_period: date) -> Steps:
    return (("estimated date of conception", _later(last_menstrual_period, 14)),)


def _gestational_age(*, last_menstrual_period: date, today: date) -> Steps:
    days = (today - last_menstrual_period).days
    if not 0 <= days <= _LONGEST:
        raise UserError(f"input 'today': not within {_LONGEST} days after the last menstrual period; check both dates.")
    return ("completed weeks", days // 7), ("further days", days % 7), ("gestational age, days", days)


_NAEGELE = "Naegele's rule; ACOG Committee Opinion 700: methods for estimating the due date. Obstet Gynecol 2017;129:e150-4."

CALCULATORS = (
    Calculator(
        id="due-date",
        name="Estimated due date",
        kind="date",
        inputs=(LAST_PERIOD, WholeNumber("cycle_length", "length of the cycle in days", 20, 45)),
        unit="date",
        decimals=0,
        formula="last menstrual period + 280 days + (cycle length - 28)",
        source=_NAEGELE,
        function=_due,
        benchmark=13,
        words="pregnancy delivery Naegele LMP",
    ),
    Calculator(
        id="conception-date",
        name="Estimated date of conception",
        kind="date",
        inputs=(LAST_PERIOD,),
        unit="date",
        decimals=0,
        formula="last menstrual period + 14 days",
        source=_NAEGELE,
        function=_conception,
        benchmark=68,
        words="pregnancy LMP",
    ),
    Calculator(
        id="gestational-age",
        name="Estimated gestational age",
        kind="equation",
        inputs=(LAST_PERIOD, Day("today", "the date for which it is asked")),
        unit="d",
        decimals=0,
        formula="date - last menstrual period, in days; weeks and further days are among the steps",
        source=_NAEGELE,
        function=_gestational_age,
        benchmark=69,
        words="pregnancy weeks LMP",
    ),
)
"""Calculators of pregnancy."""
