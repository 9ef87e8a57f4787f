import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vesalius.errors import UserError
from vesalius.records.events import EventTable
from vesalius.records.events.labelling import label_events
from vesalius.records.events.meds_labels import Labels, read_labels, write_labels

MOMENT = np.datetime64("2024-03-01", "us")


def table(*rows):
    """Events of (subject, day of 2024, code)."""
    days = np.array(["NaT" if day is None else np.datetime64("2024-01-01") + day for _, day, _ in rows], "M8[us]")
    return EventTable.build([row[0] for row in rows], days, [row[2] for row in rows])


def labelled(*rows, **how):
    found = label_events(table(*rows), at="visit", outcome="stroke*", **how)
    days = found.labels.days
    times = [None] * len(found.labels.came) if days is None else days.tolist()
    return dict(zip(found.labels.subjects, zip(found.labels.came.tolist(), times))), dict(found.left_out)


def test_time_runs_from_the_first_mark_to_the_outcome_or_the_last_event():
    rows = [("a", 0, "visit"), ("a", 9, "visit"), ("a", 10, "stroke, left"), ("b", 0, "visit"), ("b", 7, "x"), ("b", None, "sex")]
    assert labelled(*rows) == ({"a": (True, 10.0), "b": (False, 7.0)}, {})


def test_within_a_time_an_outcome_counts_and_whoever_was_not_seen_to_its_end_has_no_label():
    rows = [
        *[("in", 0, "visit"), ("in", 30, "stroke")],
        *[("later", 0, "visit"), ("later", 31, "stroke")],
        *[("seen", 0, "visit"), ("seen", 30, "x")],
        *[("lost", 0, "visit"), ("lost", 29, "x")],
    ]
    found, left_out = labelled(*rows, within=30)
    assert found == {"in": (True, None), "later": (False, None), "seen": (False, None)}
    assert left_out == {"not known long enough": 1}


def test_who_had_the_outcome_or_no_mark_or_no_later_event_has_no_label():
    rows = [
        *[("had", 0, "stroke"), ("had", 1, "visit"), ("had", 2, "stroke")],
        *[("same day", 0, "visit"), ("same day", 0, "stroke")],
        ("never", 0, "x"),
        ("gone", 0, "visit"),
        *[("fine", 0, "visit"), ("fine", 1, "x")],
    ]
    found, left_out = labelled(*rows)
    assert list(found) == ["fine"]
    assert left_out == {"outcome came before": 2, "no such moment": 1, "nothing known later": 1}


def test_a_code_that_no_event_has_is_named():
    with pytest.raises(UserError, match=r"code 'strake\*'"):
        label_events(table(("a", 0, "visit")), at="visit", outcome="strake*")


def some(days):
    return Labels(subjects=("7", "8"), moments=np.array([MOMENT] * 2), came=np.array([True, False]), days=days)


@pytest.mark.parametrize("days", [None, np.array([1.5, 400.0])])
def test_what_was_written_is_read_and_has_the_columns_of_the_standard(tmp_path, days):
    import meds

    write_labels(tmp_path, some(days))
    found = read_labels(tmp_path)
    assert found.subjects == ("7", "8") and found.came.tolist() == [True, False] and (found.moments == MOMENT).all()
    assert found.days is None if days is None else found.days.tolist() == days.tolist()
    meds.LabelSchema.validate(pq.read_table(tmp_path / "labels.parquet"))


def test_files_of_a_folder_are_read_together(tmp_path):
    for name in ("train/0", "held_out/0"):
        file = tmp_path / f"labels/{name}.parquet"
        file.parent.mkdir(parents=True)
        write_labels(tmp_path, some(None)).rename(file)
    assert read_labels(tmp_path).subjects == ("7", "8", "7", "8")


COLUMNS = {
    "subject_id": pa.array([7], pa.int64()),
    "prediction_time": pa.array([MOMENT]),
    "boolean_value": pa.array([True]),
    "float_value": pa.array([3.0], pa.float32()),
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"subject_id": pa.array(["7"])}, "column 'subject_id'"),
        ({"subject_id": pa.array([None], pa.int64())}, "column 'subject_id': row 1 is null"),
        ({"prediction_time": pa.array(["2024"])}, "column 'prediction_time'"),
        ({"boolean_value": pa.array([None], pa.bool_())}, "column 'boolean_value': row 1 is null"),
        ({"boolean_value": None}, "column 'boolean_value': missing"),
        ({"float_value": pa.array([-1.0], pa.float32())}, "column 'float_value': row 1"),
        ({"float_value": pa.array([float("nan")], pa.float32())}, "column 'float_value': row 1"),
    ],
)
def test_a_spoilt_file_is_told_by_column_and_row(tmp_path, change, named):
    columns = {name: column for name, column in (COLUMNS | change).items() if column is not None}
    pq.write_table(pa.table(columns), tmp_path / "labels.parquet")
    with pytest.raises(UserError, match=named):
        read_labels(tmp_path)


def test_without_labels_one_is_told_so(tmp_path):
    with pytest.raises(UserError, match=r"no labels\.parquet"):
        read_labels(tmp_path)
