"""Labels of a MEDS dataset: what came of a subject after a moment at which it is to be told (label schema of MEDS 0.4)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.events.meds_layout import SUBJECT
from vesalius.records.events.meds_read import listed, subject_names
from vesalius.records.events.parquet_file import columns_of, read_columns, write_columns
from vesalius.records.events.subject_ids import subject_ids

MOMENT, CAME, DAYS = "prediction_time", "boolean_value", "float_value"
FILE, FOLDER = "labels.parquet", "labels"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """N labels.

    Attributes:
        subjects: as the dataset calls them.
        moments: until which events are known, to the microsecond.
        came: whether what was asked did happen.
        days: until it happened or nobody looked any more; None where labels have no such column.
    """

    subjects: tuple[str, ...]
    moments: NDArray[np.datetime64]
    came: NDArray[np.bool_]
    days: NDArray[np.float64] | None


def read_labels(folder: Path) -> Labels:
    """The labels that lie in a dataset's folder, as ``labels.parquet`` or as files in ``labels``.

    Columns are ``subject_id``, ``prediction_time``, ``boolean_value`` and, for a time to an event, ``float_value`` in days.

    Raises:
        UserError: if there are none, or naming file, column and row (from 1) of what is missing, damaged or impossible.
    """
    files = [folder / FILE] if (folder / FILE).exists() else sorted((folder / FOLDER).rglob("*.parquet"))
    if not files:
        raise UserError(f"{folder}: no {FILE} and no file in {FOLDER}; put labels as MEDS has them there, or make them.")
    names = subject_names(folder)
    parts = [_read(file, names) for file in files]
    timed = [part.days is not None for part in parts]
    if any(timed) and not all(timed):
        raise UserError(f"{files[timed.index(False)]}, column {DAYS!r}: missing or empty, though other files have it; add it.")
    return Labels(
        subjects=tuple(name for part in parts for name in part.subjects),
        moments=np.concatenate([part.moments for part in parts]),
        came=np.concatenate([part.came for part in parts]),
        days=np.concatenate([part.days for part in parts if part.days is not None]) if all(timed) else None,
    )


def write_labels(folder: Path, labels: Labels) -> Path:
    """Write labels of a dataset's subjects into its folder as MEDS has them, in place of those that are there.

    Args:
        folder: of the dataset.
        labels: what to write.

    Returns:
        The file.
    """
    subjects = list(dict.fromkeys(labels.subjects))
    numbers = dict(zip(subjects, subject_ids(subjects).tolist(), strict=True))
    numbers |= {name: number for number, name in subject_names(folder).items()}
    columns = {
        SUBJECT: pa.array([numbers[name] for name in labels.subjects], pa.int64()),
        MOMENT: pa.array(labels.moments.astype("datetime64[us]")),
        CAME: pa.array(labels.came),
    }
    if labels.days is not None:
        columns[DAYS] = pa.array(labels.days, pa.float32())
    half, file = folder / f".{FILE}", folder / FILE
    write_columns(pa.table(columns), half)
    return half.replace(file)


def _read(file: Path, names: dict[int, str]) -> Labels:
    timed = DAYS in columns_of(file).names
    rows = read_columns(file, [SUBJECT, MOMENT, CAME, *([DAYS] if timed else [])])
    ids = listed(rows, file, SUBJECT, pa.types.is_int64, "int64", unique=False)
    listed(rows, file, MOMENT, lambda kind: pa.types.is_timestamp(kind) and kind.tz is None, "timestamp[us]", unique=False)
    came = listed(rows, file, CAME, pa.types.is_boolean, "bool", unique=False)
    timed = timed and rows[DAYS].null_count < len(rows)
    if timed:
        days = np.array(listed(rows, file, DAYS, pa.types.is_floating, "float", unique=False), dtype=np.float64)
        wrong = np.flatnonzero(~np.isfinite(days) | (days < 0))
        if len(wrong):
            raise UserError(f"{file}, column {DAYS!r}: row {wrong[0] + 1} is no time of 0 days or more; correct it.")
    return Labels(
        subjects=tuple(names.get(number, str(number)) for number in ids),
        moments=rows[MOMENT].to_numpy().astype("datetime64[us]"),
        came=np.array(came, dtype=np.bool_),
        days=days if timed else None,
    )
