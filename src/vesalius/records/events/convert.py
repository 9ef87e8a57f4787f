"""From one format of events to another: MEDS, FHIR R4, and plain tables with a mapping file.

What is wrong with a FHIR resource or a row of a table is collected: the rest is kept, and the faults are written beside the
target. A spoilt MEDS dataset is refused as a whole, and so is an event that the target's format can't have; then nothing is
written. From MEDS to MEDS, splits, what is said of codes, and name, version and licence of the dataset are carried over.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vesalius.errors import UserError
from vesalius.records.events.faults import Faults, Reading
from vesalius.records.events.new_path import new_file
from vesalius.records.events.splits import HELD_OUT, SALT, TUNING, split_by_hash

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


def convert_events(source: Path, target: Path, *, to: EventForm = "meds", split: bool = False) -> Converted:
    """Read events and write them in another format.

    Args:
        source: a MEDS folder, a FHIR file or a folder of them, or a mapping file (``.toml``) beside its tables.
        target: a new folder, or for a bundle a new file.
        to: the format of the target.
        split: whether a MEDS dataset gets a split by the hashes of subjects (15 % tuning, 25 % held_out), instead of what it may
            have.

    Raises:
        UserError: if the source is none of these or has no event, the target exists, or something can't be kept as said above.
    """
    if not target.name:
        raise UserError(f"{str(target)!r}: names no new folder or file; name one.")
    if split and to != "meds":
        raise UserError(f"{target}: FHIR has no place for a split; convert to meds, or leave the split out.")
    faults_file = target.with_name(f"{target.name}.faults.txt")
    for place in (target, faults_file):
        if place.exists() or place.is_symlink():
            raise UserError(f"{place}: exists already; name another target or remove this one.")
    reading = _read(source)
    table, faults = reading.table, reading.faults
    if not len(table):
        first = f" (the first fault: {faults.sentences[0]})" if faults.count else ""
        raise UserError(f"{source}: has no event that can be kept{first}; nothing was written.")
    # it is there once the target is, so that nothing of a conversion that was broken off is in the way of the next
    with new_file(faults_file) if faults.count else nullcontext() as draft:
        if draft is not None:
            draft.write_text(_told(faults), encoding="utf-8", errors="backslashreplace")
        columns_left_out, withdrawn = _write(reading, source, target, to, split)
    return Converted(
        target=target,
        subjects=len(table.subjects),
        events=len(table) - sum(withdrawn.values()),
        faults=faults.count,
        faults_file=faults_file if faults.count else None,
        left_out=Counter(reading.left_out) + Counter(withdrawn),
        columns_left_out=columns_left_out,
    )


def _read(source: Path) -> Reading:
    if source.suffix == ".toml":
        from vesalius.records.events.tables_read import read_tables

        return read_tables(source, strict=False)
    if _is_meds(source):
        from vesalius.records.events.meds_read import read_meds

        return Reading(table=read_meds(source), faults=Faults(strict=True))
    if not source.exists():
        raise UserError(f"{source}: missing; name a MEDS folder, FHIR files, or a mapping file (.toml) beside its tables.")
    from vesalius.records.events.fhir_read import read_fhir

    return read_fhir(source, strict=False)


def _is_meds(source: Path) -> bool:
    return source.is_dir() and (source / "data").is_dir()


def _write(reading: Reading, source: Path, target: Path, to: EventForm, split: bool) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """The columns, and how many events by reason, that the target has no place for."""
    if to == "meds":
        from vesalius.records.events.meds_metadata import read_metadata
        from vesalius.records.events.meds_write import write_meds

        splits = split_by_hash(reading.table.subjects, tuning=TUNING, held_out=HELD_OUT, salt=SALT) if split else None
        write_meds(reading.table, target, splits=splits, metadata=read_metadata(source) if _is_meds(source) else None)
        return (), {}
    from vesalius.records.events.fhir_write import kept_columns, write_fhir

    withdrawn = write_fhir(reading.table, target, form="bundle" if to == "fhir-bundle" else "ndjson")
    return tuple(sorted(reading.table.extra.keys() - kept_columns(reading.table))), withdrawn


def _told(faults: Faults) -> str:
    more = faults.count - len(faults.sentences)
    return "".join(f"{line}\n" for line in [*faults.sentences, *([f"and {more:,} more"] if more else [])])
