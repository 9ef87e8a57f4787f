"""Reading plain tables as a mapping file says.

A row with a fault (a time that there is not, a number that is none, an unknown value or status, an impossible code) gives none
of its events, and the rest is kept where the reader is not strict. An event that did not happen or was withdrawn, as its status
says, is left out and counted. What makes a whole table unreadable, such as a missing file or column, is raised always. Times
without a zone are taken as they stand where the mapping names none; ``<0.5`` is the number 0.5 with its comparator as text, as
FHIR's are read.
"""

import math
import re
from collections import Counter
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from vesalius.errors import UserError
from vesalius.progress import track
from vesalius.records.events.codes import impossible, joined, system_named
from vesalius.records.events.columns import Columns, Event
from vesalius.records.events.faults import Faults, LeftOut, Reading
from vesalius.records.events.fhir_kinds import check_status, kind_of
from vesalius.records.events.mapping import Cell, EventOf, Moment, TableOf, read_mapping
from vesalius.records.events.moments import microseconds
from vesalius.records.events.table_rows import REMEDY, Row, rows_of

_SWAPPED = str.maketrans(",.", ".,")
"""A decimal comma; a point, which may stand between thousands, makes it no number."""

_COMPARED = re.compile(r"(<=|>=|<|>)?\s*([^\s_]+)")
_DAY, _HOURS = len("2024-12-31"), re.compile("%[HIXc]")
"""What is written shorter, or without hours, is a day, and that is the same in all zones."""


def read_tables(mapping: Path, *, folder: Path | None = None, strict: bool = True) -> Reading:
    """Read the events of all tables of a mapping, in their order.

    Args:
        mapping: the mapping file.
        folder: of the tables; by default that of the mapping.
        strict: whether the first fault of a row is raised; otherwise they are collected.

    Raises:
        UserError: naming file, line and column.
    """
    faults, columns, left_out = Faults(strict=strict), Columns(), Counter[str]()
    tables = read_mapping(mapping).table
    for table in track(tables, "reading tables", len(tables)):
        file = (folder or mapping.parent) / table.file
        for place, row in rows_of(file, table, faults):
            try:
                events = _events(place, row, table, left_out)
            except UserError as error:
                faults.add(error)
            else:
                for event in events:
                    columns.add(event)
    return Reading(table=columns.table(), faults=faults, left_out=left_out)


def _events(place: str, row: Row, table: TableOf, left_out: Counter[str]) -> list[Event]:
    events = []
    for one in table.event:
        try:
            event = _event(place, row, table, one)
        except LeftOut as reason:
            left_out[str(reason)] += 1
        else:
            events += [] if event is None else [event]
    return events


def _event(place: str, row: Row, table: TableOf, one: EventOf) -> Event | None:
    """What a row gives; None where it gives nothing."""
    if any(not str(row[name]).strip() for name in one.needs):
        return None
    if any(str(row[name]).strip() not in values for name, values in one.where.items()):
        return None
    subject = _cell(place, row, Cell(column=table.subject))
    if not subject:
        raise _wrong(place, table.subject, "is blank")
    own = _cell(place, row, one.code)
    if not own:
        return None
    code = _coded(place, one.code.column, one.system if isinstance(one.system, str) else _cell(place, row, one.system), own)
    status = _status(place, row, one, code)
    answer = _cell(place, row, one.value_code)
    number, text = _number_and_text(place, row, one, table.decimal)
    time, end = _moment(place, row, one.time, table.zone), _moment(place, row, one.end, table.zone)
    if one.end is not None and time is not None and end is not None and end < time:
        raise _wrong(place, one.end.column, "is before the event begins")
    return Event(
        subject=subject,
        code=code,
        time=time,
        number=number,
        unit=_cell(place, row, one.unit) or None,
        text=text,
        value_code=_coded(place, one.value_code.column, one.value_system, answer) if answer and one.value_code else None,
        display=_cell(place, row, one.display) or None,
        end=end,
        resource=one.resource,
        resource_id=_cell(place, row, one.id) or None,
        encounter=_cell(place, row, one.encounter) or None,
        status=status,
    )


def _status(place: str, row: Row, one: EventOf, code: str) -> str | None:
    status = _cell(place, row, one.status) or None
    kind = kind_of(one.resource, code)
    try:
        check_status(kind, status)
    except ValueError as error:
        column = (one.status.column if one.status else None) or "status"
        raise _wrong(place, column, f"{error} for {kind.name}, which has {', '.join((*kind.statuses, *kind.not_done))}") from None
    return status


def _coded(place: str, column: str | None, system: str | None, own: str) -> str:
    code = joined(system_named(system) if system else None, own)
    why = impossible(code)
    if why is not None:
        raise _wrong(place, column or "code", f"{code[:60]!a} {why}")
    return code


def _cell(place: str, row: Row, cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.constant is not None:
        return cell.constant
    column = cell.column or ""
    try:
        return cell.of(str(row[column]))
    except ValueError as error:
        raise _wrong(place, column, str(error)) from error


def _number_and_text(place: str, row: Row, one: EventOf, decimal: str) -> tuple[float | None, str | None]:
    number, text = _cell(place, row, one.number), _cell(place, row, one.text) or None
    if one.number is None or not number:
        return None, text
    either = one.text is not None and one.text.column == one.number.column
    comparator, value = _compared(number if decimal == "." else number.translate(_SWAPPED))
    beside = None if either else text
    if math.isfinite(value) and not (comparator and beside):
        return value, comparator or beside
    if either:
        return None, text
    what = "is compared, for which there is no place beside a text" if math.isfinite(value) else "is no number"
    raise _wrong(place, one.number.column or "number", what)


def _compared(said: str) -> tuple[str | None, float]:
    """The comparator before a number, and this; NaN where it is none."""
    found = _COMPARED.fullmatch(said)
    try:
        return (found[1], float(found[2])) if found else (None, math.nan)
    except ValueError:
        return None, math.nan


def _moment(place: str, row: Row, moment: Moment | None, zone: str | None) -> int | None:
    if moment is None:
        return None
    value = row[moment.column]
    try:
        if isinstance(value, datetime):
            return microseconds(value, zone)
        return _parsed(value.strip(), moment.formats, zone) if value.strip() else None
    except ValueError:
        how = f"as {' or '.join(moment.formats)}" if moment.formats else "in ISO 8601, such as 2024-12-31T23:59"
        raise _wrong(place, moment.column, f"is no time that there is, or not written {how}") from None


@lru_cache(1 << 16)
def _parsed(text: str, formats: tuple[str, ...], zone: str | None) -> int:
    if not formats:
        return microseconds(datetime.fromisoformat(text), zone if len(text) > _DAY else None)
    for form in formats:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return microseconds(moment, zone if _HOURS.search(form) else None)
    raise ValueError(text)


def _wrong(place: str, column: str, what: str) -> UserError:
    return UserError(f"{place}, column {column!r}: {what}; {REMEDY}.")
