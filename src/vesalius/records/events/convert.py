"""From one format of events to another: MEDS, FHIR R4, and plain tables with a mapping file.

What is wrong with a FHIR resource or a row of a table is collected: the rest is kept, and the faults are written beside the
target. A spoilt MEDS dataset is refused as a whole, and so is an event that the target's format can't have; then nothing is
written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vesalius.errors import UserError
from vesalius.records.events.faults import Faults, Reading

EventForm = Literal["meds", "fhir-ndjson", "fhir-bundle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written.

    Attributes:
        target: the new folder or file.
        subjects, events: how many.
        faults: how many resources or rows have something wrong with them.
        faults_file: that tells what, a line each; None where there are none.
        left_out: resources in order that are no events, by reason.
        columns_left_out: further columns of the source that the target has no place for.
    """

    target: Path
    subjects: int
    events: int
    faults: int
    faults_file: Path | None
    left_out: Mapping[str, int]
    columns_left_out: tuple[str, ...] = ()


def convert_events(source: Path, target: Path, *, to: EventForm = "meds") -> Converted:
    """Read events and write them in another format.

    Args:
        source: a MEDS folder, a FHIR file or a folder of them, or a mapping file (``.toml``) beside its tables.
        target: a new folder, or for a bundle a new file.
        to: the format of the target.

    Raises:
        UserError: if the source is none of these or has no event, the target exists, or something can't be kept as said above.
    """
    faults_file = target.with_name(f"{target.name}.faults.txt")
    for place in (target, faults_file):
        if place.exists() or place.is_symlink():
            raise UserError(f"{place}: exists already; name another target or remove this one.")
    reading = _read(source)
    table, faults = reading.table, reading.faults
    if not len(table):
        first = f" (the first fault: {faults.sentences[0]})" if faults.count else ""
        raise UserError(f"{source}: has no event that can be kept{first}; nothing was written.")
    if faults.count:
        _write_faults(faults, faults_file)
    try:
        columns_left_out = _write(reading, target, to)
    except BaseException:
        faults_file.unlink(missing_ok=True)
        raise
    return Converted(
        target=target,
        subjects=len(table.subjects),
        events=len(table),
        faults=faults.count,
        faults_file=faults_file if faults.count else None,
        left_out=reading.left_out,
        columns_left_out=columns_left_out,
    )


def _read(source: Path) -> Reading:
    if source.suffix == ".toml":
        from vesalius.records.events.tables_read import read_tables

        return read_tables(source, strict=False)
    if source.is_dir() and (source / "data").is_dir():
        from vesalius.records.events.meds_read import read_meds

        return Reading(table=read_meds(source), faults=Faults(strict=True))
    if not source.exists():
        raise UserError(f"{source}: missing; name a MEDS folder, FHIR files, or a mapping file (.toml) beside its tables.")
    from vesalius.records.events.fhir_read import read_fhir

    return read_fhir(source, strict=False)


def _write(reading: Reading, target: Path, to: EventForm) -> tuple[str, ...]:
    if to == "meds":
        from vesalius.records.events.meds_write import write_meds

        write_meds(reading.table, target)
        return ()
    from vesalius.records.events.fhir_write import kept_columns, write_fhir

    write_fhir(reading.table, target, form="bundle" if to == "fhir-bundle" else "ndjson")
    return tuple(sorted(reading.table.extra.keys() - kept_columns(reading.table)))


def _write_faults(faults: Faults, file: Path) -> None:
    more = faults.count - len(faults.sentences)
    lines = [*faults.sentences, *([f"and {more:,} more"] if more else [])]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}); name another target.") from error
