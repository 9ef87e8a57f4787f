"""Labels from events: what came after a moment that an event marks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events.meds_labels import Labels
from vesalius.records.events.table import EventTable

_DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Labels, and how many subjects have none, by reason."""

    labels: Labels
    left_out: Mapping[str, int]


def label_events(table: EventTable, *, at: str, outcome: str, within: float | None = None) -> Labelled:
    """One label a subject: whether and when an outcome comes after the first event of a kind.

    Observation ends with a subject's last event. Subjects who had the outcome by the moment already have no label, nor have those
    of whom nothing is known later, or where a time is given, not until it is over.

    Args:
        table: events.
        at: code of the event that marks the moment; ``*`` stands for anything, as in ``ICD10CM//E11*``.
        outcome: code of the outcome, likewise.
        within: days in which it is to come; None for the time until it does.

    Raises:
        UserError: if no event has such a code.

    >>> days = np.array(["2024-01-01", "2024-01-11", "2024-01-01", "2024-01-03"], "M8[us]")
    >>> table = EventTable.build(["p", "p", "q", "q"], days, ["visit", "stroke", "visit", "visit"])
    >>> labels = label_events(table, at="visit", outcome="str*").labels
    >>> labels.came.tolist(), labels.days.tolist()
    ([True, False], [10.0, 2.0])
    """
    marks, outcomes = _coded(table, at), _coded(table, outcome)
    subjects, moments, came, days, left_out = [], [], [], [], Counter[str]()
    for place, subject in enumerate(table.subjects):
        rows = table.rows(place)
        found = _told(table.times[rows], marks[rows], outcomes[rows], within)
        if isinstance(found, str):
            left_out[found] += 1
            continue
        subjects.append(subject)
        moments.append(found[0])
        came.append(found[1])
        days.append(found[2])
    return Labelled(
        labels=Labels(
            subjects=tuple(subjects),
            moments=np.array(moments, dtype="datetime64[us]"),
            came=np.array(came, dtype=np.bool_),
            days=np.array(days, dtype=np.float64) if within is None else None,
        ),
        left_out=left_out,
    )


def _coded(table: EventTable, pattern: str) -> NDArray[np.bool_]:
    """Events with a time whose code fits."""
    fits = np.array([fnmatchcase(code, pattern) for code in table.vocabulary], dtype=np.bool_)
    there: NDArray[np.bool_] = fits[table.codes] & ~np.isnat(table.times) if len(fits) else np.zeros(len(table), np.bool_)
    if not there.any():
        raise UserError(
            f"code {pattern!r}: no event with a time has it; codes look like SYSTEM//CODE, and * stands for anything."
        )
    return there


def _told(
    times: NDArray[np.datetime64], marks: NDArray[np.bool_], outcomes: NDArray[np.bool_], within: float | None
) -> tuple[np.datetime64, bool, float] | str:
    """Moment, whether the outcome came, and days until then or the end; or why there is no label."""
    if not marks.any():
        return "no such moment"
    moment = times[marks][0]
    if (times[outcomes] <= moment).any():
        return "outcome came before"
    later = times[outcomes & (times > moment)]
    end = later[0] if len(later) else times[-1]
    days = float((end - moment) / _DAY)
    if days <= 0:
        return "nothing known later"
    if within is None:
        return moment, bool(len(later)), days
    if days < within and not len(later):
        return "not known long enough"
    return moment, bool(len(later)) and days <= within, days
