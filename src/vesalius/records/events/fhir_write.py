"""Writing events as FHIR R4: NDJSON with a file for each type of resource, as bulk export has it, or one bundle.

Every resource is valid R4 (and R4B, see ``fhir_kinds``) and has an id that depends on its content only. What ``fhir_read`` reads
back is the same table, but for what FHIR has no place for: a midnight is a day, events of one time have no order, blank texts and
units without a number are left out, and so are further columns and subjects without an event. Subjects that are no FHIR ids keep
theirs as an identifier. The status that R4 demands is there afterwards, and so are resource types and ids; an id that several
subjects use is made one a subject.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vesalius.progress import track
from vesalius.records.events.columns import NOT_A_TIME, WORDS, Event
from vesalius.records.events.fhir_build import Resource, fhir_id, resources_of
from vesalius.records.events.new_path import new_file, new_folder
from vesalius.records.events.table import EventTable

FhirForm = Literal["ndjson", "bundle"]

BASE = "https://vesalius.invalid/fhir"
"""Of the full addresses in a bundle, to which its references are relative; no such server can be."""


def write_fhir(table: EventTable, target: Path, *, form: FhirForm = "ndjson") -> None:
    """Write all events; nothing is there if something goes wrong.

    Args:
        table: what to write.
        target: a new folder, or for a bundle a new file.
        form: which of the two.

    Raises:
        UserError: if the target exists or can't be written, or FHIR can't have an event (see ``fhir_build``).

    >>> import tempfile
    >>> table = EventTable.build(["1"], np.array(["2024-01-02"], "M8[us]"), ["LOINC//2823-3"], np.array([4.1]))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     write_fhir(table, Path(parent) / "cohort")
    ...     sorted(file.name for file in (Path(parent) / "cohort").iterdir())
    ['Observation.ndjson', 'Patient.ndjson']
    """
    if form == "ndjson":
        with new_folder(target) as draft, ExitStack() as opened:
            files: dict[str, IO[str]] = {}
            for resource in fhir_resources(table):
                name = resource["resourceType"]
                if name not in files:
                    files[name] = opened.enter_context((draft / f"{name}.ndjson").open("w", encoding="utf-8", newline="\n"))
                files[name].write(_line(resource) + "\n")
        return
    with new_file(target) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        _write_bundle(table, file)


def fhir_resources(table: EventTable) -> Iterator[Resource]:
    """The resources of all subjects, one subject after another, its Patient first.

    Raises:
        UserError: if FHIR can't have an event.
    """
    shared = _shared_ids(table)
    for place in track(range(len(table.subjects)), "writing patients", len(table.subjects)):
        events = events_of_subject(table, place)
        if shared:
            events = [_told_apart(event, shared) for event in events]
        yield from resources_of(table.subjects[place], events)


def _shared_ids(table: EventTable) -> set[str]:
    """Ids of resources that several subjects use, as tables from different places may."""
    if "resource_id" not in kept_columns(table):
        return set()
    places = np.repeat(np.arange(len(table.subjects)), np.diff(table.starts))
    pairs = pa.table({"id": table.extra["resource_id"].cast(pa.string()), "place": places}).group_by("id")
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
    """The events of a subject, by its place; further columns that FHIR does not know are left out."""
    rows = table.rows(place)
    kept = kept_columns(table)
    texts = {name: [text or None for text in table.extra[name][rows].to_pylist()] for name in WORDS if name in kept}
    ends = table.extra["end"][rows].cast("timestamp[us]").cast("int64").to_pylist() if "end" in kept else None
    times = table.times[rows].astype("datetime64[us]").view(np.int64).tolist()
    numbers, words = table.numbers[rows].tolist(), table.texts[rows].to_pylist()
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


def kept_columns(table: EventTable) -> set[str]:
    """The further columns of a table that FHIR has a place for: those of ``fhir_read``, if they are of texts and times."""
    kept = set()
    for name, column in table.extra.items():
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        words = name in WORDS and (pa.types.is_string(kind) or pa.types.is_large_string(kind))
        if words or (name == "end" and pa.types.is_timestamp(kind) and kind.tz is None):
            kept.add(name)
    return kept


def _write_bundle(table: EventTable, file: IO[str]) -> None:
    file.write('{"resourceType":"Bundle","type":"collection","entry":[')
    between = "\n"
    for resource in fhir_resources(table):
        entry = {"fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}", "resource": resource}
        file.write(between + _line(entry))
        between = ",\n"
    file.write("\n]}\n")


def _line(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
