import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.records.events import EventTable

rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 5), st.sampled_from(["x", "y"]), st.integers(0, 9)), max_size=20
)


def built(rows):
    times = np.array(["NaT" if hour is None else f"2024-01-01T0{hour}" for _, hour, _, _ in rows], "M8[us]")
    numbers = np.array([number for *_, number in rows], float)
    texts = pa.array([None if number % 2 else str(number) for *_, number in rows], pa.large_string())
    unit = pa.array([str(number) for *_, number in rows])
    return EventTable.build([row[0] for row in rows], times, [row[2] for row in rows], numbers, texts, {"unit": unit})


def told(table):
    hours = table.times.astype("M8[h]").astype(object)
    return [
        (
            subject,
            None if hours[event] is None else hours[event].hour,
            table.vocabulary[table.codes[event]],
            int(table.numbers[event]),
        )
        for place, subject in enumerate(table.subjects)
        for event in range(table.starts[place], table.starts[place + 1])
    ]


@given(rows)
def test_events_stand_by_subject_then_static_ones_then_by_time_and_else_as_they_came(rows):
    first = list(dict.fromkeys(row[0] for row in rows))
    wanted = sorted(rows, key=lambda row: (first.index(row[0]), row[1] is not None, row[1] or 0))
    table = built(rows)
    assert told(table) == wanted
    assert table.extra["unit"].to_pylist() == [str(row[3]) for row in wanted]
    assert table.texts.to_pylist() == [None if row[3] % 2 else str(row[3]) for row in wanted]


@given(rows, st.permutations("abc"))
def test_taking_subjects_keeps_their_events(rows, order):
    table = built(rows)
    places = [table.subjects.index(name) for name in order if name in table.subjects]
    assert told(table.take(places)) == [row for name in order for row in told(table) if row[0] == name]


def test_a_history_has_the_timed_events_alone():
    table = built([("a", None, "x", 1), ("a", 3, "y", 2)])
    ((subject, events),) = table.histories()
    assert subject == "a" and events.codes == ("y",) and events.times[0].hour == 3


def test_columns_that_do_not_fit_are_refused():
    table = built([("a", 1, "x", 1), ("a", 2, "x", 2)])
    parts = {name: getattr(table, name) for name in ("subjects", "starts", "times", "codes", "vocabulary", "numbers", "texts")}
    for wrong in ({"times": table.times[::-1]}, {"numbers": table.numbers[:1]}, {"starts": np.array([0, 1])}):
        with pytest.raises(ValueError, match=r"order them|differ in length"):
            EventTable(**(parts | wrong))
