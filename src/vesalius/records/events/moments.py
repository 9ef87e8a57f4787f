"""Points in time as FHIR writes them, and as microseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00))?)?)?", re.ASCII
)


@lru_cache(1 << 16)
def parse_moment(text: str) -> int:
    """A FHIR date, dateTime or instant as microseconds since 1970, UTC.

    A year or month alone is its beginning; what is finer than microseconds is cut off.

    Raises:
        ValueError: if FHIR does not write times so, as without a zone, there is no such day or time, or as ``microseconds``.

    >>> parse_moment("1970-01-02"), parse_moment("1970-01-01T01:00:00.5+01:00")
    (86400000000, 500000)
    """
    found = _FORM.fullmatch(text)
    if found is None:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+", text):
            raise ValueError("is a time without a zone")
        raise ValueError("is not written as YYYY, YYYY-MM, YYYY-MM-DD or with a time")
    try:
        if found[4] is None:
            moment = datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is a day or time that there is not") from None
    return microseconds(moment)


def microseconds(moment: datetime, zone: str | None = None) -> int:
    """Since 1970, UTC.

    Args:
        moment: with a zone or without one.
        zone: of a moment without one, such as ``Europe/Berlin``; else UTC. Of an hour that comes twice it is the first.

    Raises:
        ValueError: if it is before the year 1 or after 9999 in UTC, though not in its zone, or clocks there went past it.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1)), microseconds(datetime(1970, 1, 1, 2), "Europe/Berlin")
    (1000000, 3600000000)
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC if zone is None else ZoneInfo(zone))
    since = (aware - _EPOCH) // timedelta(microseconds=1)
    if not has_year(since):
        raise ValueError("is before the year 1 or after 9999 in UTC")
    if moment.tzinfo is None and (_EPOCH + timedelta(microseconds=since)).astimezone(aware.tzinfo).replace(tzinfo=None) != moment:
        raise ValueError("is a time that clocks went past")
    return since


def has_year(time: int) -> bool:
    """Whether microseconds since 1970 are in a year from 1 to 9999, which is what can be written.

    >>> has_year(0), has_year(300_000_000_000_000_000)
    (True, False)
    """
    return _FIRST <= time <= _LAST


def day_or_moment(time: int) -> str:
    """As a FHIR dateTime; midnight is written as the day alone.

    >>> day_or_moment(0), day_or_moment(1_500_000)
    ('1970-01-01', '1970-01-01T00:00:01.500000Z')
    """
    moment = _EPOCH + timedelta(microseconds=time)
    if time % _DAY == 0:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat() + "Z"


def full_moment(time: int) -> str:
    """As a FHIR instant, with its time.

    >>> full_moment(0)
    '1970-01-01T00:00:00Z'
    """
    return (_EPOCH + timedelta(microseconds=time)).replace(tzinfo=None).isoformat() + "Z"
