from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.events.event_tables import tables
from vesalius.errors import UserError
from vesalius.records.events import EventTable
from vesalius.records.events.meds_layout import SPLITS_FILE, SplitName
from vesalius.records.events.splits import first_times, split_by_hash, split_by_time
from vesalius.records.events.windows import impossible_times, window
from vesalius.records.places import place

hours = st.none() | st.integers(0, 6).map(lambda hour: datetime(2024, 1, 1, hour))
few = tables(moments=hours)
limits = st.lists(st.tuples(st.integers(0, 4), hours, hours), max_size=6)


@given(few, limits)
def test_a_window_has_the_events_after_a_time_and_up_to_another(table, limits):
    limits = [limit for limit in limits if limit[0] < len(table.subjects)]
    after, until = (np.array([limit[side] for limit in limits], "M8[us]") for side in (1, 2))
    first, last = window(table, [limit[0] for limit in limits], after, until)
    for start, end, (subject, since, to) in zip(first, last, limits):
        wanted = [
            row
            for row in range(table.starts[subject], table.starts[subject + 1])
            for time in [None if np.isnat(table.times[row]) else table.times[row].astype(object)]
            if (since is None or (time is not None and time > since)) and (time is None or (to is not None and time <= to))
        ]
        if since is None or to is not None:
            assert list(range(start, end)) == wanted


def test_what_is_known_and_what_follows_share_no_event_and_leave_none_out():
    times = np.array(["NaT", "2024-01-01", "2024-01-02", "2024-01-03"], "M8[us]")
    table = EventTable.build("aaaa", times, "wxyz")
    known, then = window(table, [0], "NaT", times[2]), window(table, [0], times[2], np.datetime64("2100-01-01"))
    assert [known[0][0], known[1][0], then[0][0], then[1][0]] == [0, 3, 3, 4]


@given(few, st.floats(0, 0.5), st.floats(0, 0.5))
def test_by_time_nobody_who_trains_begins_later_than_one_who_is_tested(table, tuning, held_out):
    split = split_by_time(table, tuning=tuning, held_out=held_out)
    assert tuple(split) == table.subjects
    begun = dict(zip(table.subjects, first_times(table)))
    order = ("train", "tuning", "held_out")
    for one in split:
        for other in split:
            if order.index(split[one]) < order.index(split[other]):
                assert np.isnat(begun[one]) or begun[one] < begun[other]


def test_by_time_shares_are_those_asked_for_where_no_two_begin_together():
    days = np.datetime64("2024-01-01", "us") + np.arange(100).astype("m8[D]")
    split = split_by_time(EventTable.build([str(day) for day in range(100)], days, ["x"] * 100), tuning=0.25, held_out=0.25)
    assert [list(split.values()).count(name) for name in ("train", "tuning", "held_out")] == [50, 25, 25]


@given(st.integers(1, 60), st.integers(0, 20), st.integers(0, 20), st.sampled_from([20, 30, 60]))
def test_by_time_shares_of_whole_subjects_are_exact(count, tuning, held_out, parts):
    tuning, held_out = (share * count // parts for share in (tuning, held_out))
    if tuning + held_out > count:
        return
    days = np.datetime64("2024-01-01", "us") + np.arange(count).astype("m8[D]")
    table = EventTable.build([str(day) for day in range(count)], days, ["x"] * count)
    split = list(split_by_time(table, tuning=tuning / count, held_out=held_out / count).values())
    assert [split.count(name) for name in ("tuning", "held_out")] == [tuning, held_out]


@pytest.mark.parametrize(("tuning", "held_out"), [(0.7, 0.4), (-0.1, 0.2), (0.2, -0.1)])
def test_shares_of_more_than_all_are_refused(tuning, held_out):
    table = EventTable.build("a", np.array(["2024-01-01"], "M8[us]"), "x")
    for split, what in ((split_by_hash, ["a"]), (split_by_time, table)):
        with pytest.raises(UserError, match="no shares of a whole"):
            split(what, tuning=tuning, held_out=held_out)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True), st.floats(0, 0.5), st.floats(0, 0.5))
def test_by_hash_a_subject_falls_where_its_records_do(subjects, tuning, held_out):
    split = split_by_hash(subjects, tuning=tuning, held_out=held_out, salt="s")
    train = 1 - tuning - held_out
    for subject in subjects:
        at = place("s" + subject)
        assert split[subject] == ("train" if at < train else "tuning" if at < train + tuning else "held_out")


def test_splits_are_called_and_kept_as_the_standard_has_it():
    import meds

    assert set(SplitName.__args__) == {meds.train_split, meds.tuning_split, meds.held_out_split}
    assert str(SPLITS_FILE) == meds.subject_splits_filepath


def test_impossible_times_are_those_before_1900_and_beyond_tomorrow():
    said = ["NaT", "1899-12-31", "1900-01-01", "2024-06-02T00:00", "2024-06-02T00:01", "2150-01-01"]
    table = EventTable.build("abcdef", np.array(said, "M8[us]"), "xxxxxx")
    assert impossible_times(table, now=datetime(2024, 6, 1)).tolist() == [1, 4, 5]
