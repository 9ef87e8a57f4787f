"""Writing events as FHIR R4: NDJSON with a file for each type of resource, as bulk export has it, or one bundle.

Every resource is valid R4 (and R4B, see ``fhir_kinds``) and has an id that depends on its content only. What ``fhir_read``
reads back is the same table, but for what FHIR has no place for: a midnight is a day, events of one time have no order, and
left out are blank texts, units without a number, further columns, subjects without an event, and what did not happen or was
withdrawn (cancelled, refuted, entered in error). Subjects, resources and visits that are no FHIR ids keep theirs as an
identifier. The status that R4 demands is there afterwards, and so are resource types and ids; an id that several subjects use
is made one a subject.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vesalius.errors import UserError
from vesalius.progress import track
from vesalius.records.events.columns import NOT_A_TIME, WORDS, Event
from vesalius.records.events.fhir_build import Resource, fhir_id, resources_of
from vesalius.records.events.new_path import new_file, new_folder
from vesalius.records.events.table import EventTable

FhirForm = Literal["ndjson", "bundle"]

BASE = "https://vesalius.invalid/fhir"
"""Of the full addresses in a bundle, to which its references are relative; no such server can be."""


def write_fhir(table: EventTable, target: Path, *, form: FhirForm = "ndjson") -> Mapping[str, int]:
    """Write all events; nothing is there if something goes wrong.

    Args:
        table: what to write.
        target: a new folder, or for a bundle a new file.
        form: which of the two.

    Returns:
        How many events did not happen or were withdrawn and are left out, by reason, such as ``Observation cancelled``.

    Raises:
        UserError: if the target exists or can't be written, or FHIR can't have an event (see ``fhir_build``).

    >>> import tempfile
    >>> table = EventTable.build(["1"], np.array(["2024-01-02"], "M8[us]"), ["LOINC//2823-3"], np.array([4.1]))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     left_out = write_fhir(table, Path(parent) / "cohort")
    ...     sorted(file.name for file in (Path(parent) / "cohort").iterdir()), dict(left_out)
    (['Observation.ndjson', 'Patient.ndjson'], {})
    """
    left_out = Counter[str]()
    resources = fhir_resources(table, left_out)
    if form == "ndjson":
        with new_folder(target) as draft, ExitStack() as opened:
            files: dict[str, IO[str]] = {}
            for resource in resources:
                name = resource["resourceType"]
                if name not in files:
                    files[name] = opened.enter_context((draft / f"{name}.ndjson").open("w", encoding="utf-8", newline="\n"))
                files[name].write(_line(resource) + "\n")
        return left_out
    with new_file(target) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        _write_bundle(resources, file)
    return left_out


def fhir_resources(table: EventTable, left_out: Counter[str] | None = None) -> Iterator[Resource]:
    """The resources of all subjects, one subject after another, its Patient first.

    Args:
        table: with the events.
        left_out: counts what did not happen or was withdrawn.

    Raises:
        UserError: if FHIR can't have an event.
    """
    counted = Counter[str]() if left_out is None else left_out
    shared = _shared_ids(table)
    for place in track(range(len(table.subjects)), "writing patients", len(table.subjects)):
        events = events_of_subject(table, place)
        if shared:
            events = [_told_apart(event, shared) for event in events]
        yield from resources_of(table.subjects[place], events, counted)


def _shared_ids(table: EventTable) -> set[str]:
    """Ids of resources that several subjects use, as tables from different places may."""
    if "resource_id" not in kept_columns(table):
        return set()
    places = np.repeat(np.arange(len(table.subjects)), np.diff(table.starts))
    # texts of two gigabytes and more can't be of the smaller type
    pairs = pa.table({"id": table.extra["resource_id"].cast(pa.large_string()), "place": places}).group_by("id")
    counted = pairs.aggregate([("place", "min"), ("place", "max")])
    several = pc.not_equal(counted["place_min"], counted["place_max"])
    return {own for own in counted["id"].filter(several).to_pylist() if own is not None}


def _told_apart(event: Event, shared: set[str]) -> Event:
    own, visit = event.resource_id, event.encounter
    return event._replace(
        resource_id=fhir_id(f"{event.subject} {own}") if own in shared else own,
        encounter=fhir_id(f"{event.subject} {visit}") if visit in shared else visit,
    )


def events_of_subject(table: EventTable, place: int) -> list[Event]:
    """The events of a subject, by its place; further columns that FHIR does not know are left out, and so are blank texts."""
    rows = table.rows(place)
    kept = kept_columns(table)
    texts = {name: _said(table.extra[name][rows]) for name in WORDS if name in kept}
    ends = _microseconds(table.extra["end"][rows]) if "end" in kept else None
    times = table.times[rows].astype("datetime64[us]").view(np.int64).tolist()
    numbers, words = table.numbers[rows].tolist(), _said(table.texts[rows])
    return [
        Event(
            subject=table.subjects[place],
            code=table.vocabulary[code],
            time=None if times[row] == NOT_A_TIME else times[row],
            number=None if numbers[row] != numbers[row] else numbers[row],
            text=words[row],
            end=None if ends is None else ends[row],
            **{name: column[row] for name, column in texts.items()},
        )
        for row, code in enumerate(table.codes[rows].tolist())
    ]


def _said(texts: pa.Array) -> list[str | None]:
    return [text if text is None or text.strip() else None for text in texts.to_pylist()]


def _microseconds(ends: pa.Array) -> list[int | None]:
    try:
        finer = pc.CastOptions(pa.timestamp("us"), allow_time_truncate=True)
        moments: list[int | None] = pc.cast(ends, options=finer).cast("int64").to_pylist()
    except pa.ArrowInvalid as error:
        raise UserError("column 'end': has a time that microseconds don't reach; correct it.") from error
    return moments


def kept_columns(table: EventTable) -> set[str]:
    """The further columns of a table that FHIR has a place for: those of ``fhir_read``, if they are of texts and times."""
    kept = set()
    for name, column in table.extra.items():
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        words = name in WORDS and (pa.types.is_string(kind) or pa.types.is_large_string(kind))
        if words or (name == "end" and pa.types.is_timestamp(kind) and kind.tz is None):
            kept.add(name)
    return kept


def _write_bundle(resources: Iterator[Resource], file: IO[str]) -> None:
    file.write('{"resourceType":"Bundle","type":"collection","entry":[')
    between = "\n"
    for resource in resources:
        entry = {"fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}", "resource": resource}
        file.write(between + _line(entry))
        between = ",\n"
    file.write("\n]}\n")


def _line(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
