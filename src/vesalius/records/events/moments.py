"""Points in time as FHIR writes them, and as microseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00))?)?)?", re.ASCII
)


@lru_cache(1 << 16)
def parse_moment(text: str) -> int:
    """A FHIR date, dateTime or instant as microseconds since 1970, UTC.

    A year or month alone is its beginning; what is finer than microseconds is cut off.

    Raises:
        ValueError: if FHIR does not write times so, as without a zone, or there is no such day or time.

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


def microseconds(moment: datetime) -> int:
    """Since 1970, UTC; a moment without a zone is taken as UTC.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1))
    1000000
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


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
