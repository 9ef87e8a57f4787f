"""FHIR's partial dates as the stretch of time that each covers."""

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

Span = tuple[float, float]
"""From, and up to without it, in microseconds since the beginning of year 1, UTC."""

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_DAY = 86_400_000_000
_UNITS = {"minute": 60_000_000, "second": 1_000_000}


@lru_cache(maxsize=65_536)
def span(text: str) -> Span | None:
    """The stretch that a date covers: a year, a month, a day, a minute, a second or a part of one.

    Times without a zone are read as UTC.

    Returns:
        None where the text is no date of the calendar.

    >>> day, minute = span("2024-02-29"), span("2024-02-29T10:30Z")
    >>> day[0] <= minute[0] < minute[1] <= day[1], (day[1] - day[0]) / 3.6e9
    (True, 24.0)
    >>> span("2023-02-29") is None
    True
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if hour is None:
        last_month = int(month or 12)
        last = date(first.year, last_month, int(day or calendar.monthrange(first.year, last_month)[1]))
        return first.toordinal() * _DAY, (last.toordinal() + 1) * _DAY
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    start = first.toordinal() * _DAY + (int(hour) * 60 + int(minute)) * _UNITS["minute"] + int(second or 0) * _UNITS["second"]
    start += int((fraction or "").ljust(6, "0")) - _offset(zone)
    return start, start + _resolution(second, fraction)


def _resolution(second: str | None, fraction: str | None) -> int:
    if second is None:
        return _UNITS["minute"]
    return int(10 ** (6 - len(fraction or "")))


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return (-minutes if zone[0] == "-" else minutes) * _UNITS["minute"]


def matches(prefix: str, asked: Span, kept: Span) -> bool:
    """Whether a kept stretch is what was asked for, by the prefix's rule (FHIR R4, 3.1.1.4.8).

    >>> matches("eq", span("2024"), span("2024-05-01")), matches("gt", span("2024-05"), span("2024-05-01"))
    (True, False)
    """
    return _RULES[prefix](*asked, *kept)


_RULES: Mapping[str, Callable[[float, float, float, float], bool]] = {
    "eq": lambda low, high, start, end: low <= start and end <= high,
    "ne": lambda low, high, start, end: start < low or high < end,
    "gt": lambda low, high, start, end: end > high,
    "lt": lambda low, high, start, end: start < low,
    "ge": lambda low, high, start, end: end > high or low <= start,
    "le": lambda low, high, start, end: start < low or end <= high,
    "sa": lambda low, high, start, end: start >= high,
    "eb": lambda low, high, start, end: end <= low,
}
