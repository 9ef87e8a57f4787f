"""Tables of events for tests, and whether two are the same."""

from datetime import datetime

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from vesalius.records.events import EventTable

names = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.integers(-3, 120).map(str) | st.sampled_from(["007", "-0"])
)
moments = st.none() | st.datetimes(datetime(1, 1, 1), datetime(2300, 1, 1))
decimals = st.integers(-999, 99999).map(lambda value: value / 100)
codes = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
numbers = decimals | st.just(float("nan")) | st.floats(allow_nan=False)


@st.composite
def tables(draw, names=names, moments=moments, numbers=numbers, codes=codes):
    """Few subjects with few events, static ones, long numbers and further columns; the order of subjects is any."""
    subjects = draw(st.lists(names, unique=True, min_size=1, max_size=5))
    each = st.tuples(st.sampled_from(subjects), moments, codes, numbers, st.none() | st.text("ab\n\U0001f600", max_size=3))
    rows = draw(st.lists(each, max_size=20))
    table = EventTable.build(
        pa.array([row[0] for row in rows], pa.string()),
        np.array([row[1] for row in rows], "M8[us]"),
        pa.array([row[2] for row in rows], pa.string()),
        np.array([row[3] for row in rows], float),
        pa.array([row[4] for row in rows], pa.large_string()),
        {"unit": pa.array([row[4] for row in rows], pa.string()), "ward": pa.array([len(row[2]) for row in rows], pa.int16())},
    )
    # a subject without an event, and a code that no event has
    without = [name for name in subjects if name not in table.subjects]
    return EventTable(
        subjects=(*table.subjects, *without),
        starts=np.append(table.starts, np.full(len(without), len(table))),
        times=table.times,
        codes=table.codes,
        vocabulary=(*table.vocabulary, "unused"),
        numbers=table.numbers,
        texts=table.texts,
        extra=table.extra,
    )


def assert_same(one, other):
    """Every column of them."""
    assert one.subjects == other.subjects and one.vocabulary == other.vocabulary
    for name in ("starts", "times", "codes", "numbers"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert one.texts.equals(other.texts)
    assert dict(one.extra) == dict(other.extra)
