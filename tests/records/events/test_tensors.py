import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.events.event_tables import decimals, tables
from vesalius.errors import UserError
from vesalius.records.events import EventTable
from vesalius.records.events.batches import open_tensors
from vesalius.records.events.meds_write import write_meds
from vesalius.records.events.tensors import tensorise
from vesalius.records.events.vocabulary import UNKNOWN, CodeCounts
from vesalius.records.events.windows import window

whole_seconds = st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2040, 1, 1)).map(lambda time: time.replace(microsecond=0))
any_moment = st.none() | st.datetimes(datetime(1, 1, 1), datetime(2300, 1, 1))
events = st.one_of(
    [
        tables(moments=kind, numbers=decimals | st.just(float("nan")), codes=st.sampled_from("xyz"))
        for kind in (whole_seconds, any_moment)
    ]
)


def known(table, place, time, length):
    """By hand: the last events of a subject up to a time."""
    rows = [row for row in range(table.starts[place], table.starts[place + 1]) if not table.times[row] > time]
    return rows[-length:]


@settings(max_examples=60)
@given(events, st.data())
def test_a_batch_has_the_last_events_up_to_each_time(table, data):
    count = data.draw(st.integers(1, 6))
    places = data.draw(st.lists(st.integers(0, len(table.subjects) - 1), min_size=count, max_size=count))
    near = [time + np.timedelta64(apart, "us") for time in table.times[~np.isnat(table.times)] for apart in (-1, 0, 1)]
    times = np.array([data.draw(st.sampled_from([*near, np.datetime64("2024-01-01", "us")])) for _ in places], "M8[us]")
    length = data.draw(st.integers(1, 5))
    with tempfile.TemporaryDirectory() as parent:
        tensorise(table, Path(parent) / "made")
        tensors = open_tensors(Path(parent) / "made")
        batch = tensors.batch([table.subjects[place] for place in places], times, length=length)
        vocabulary = tensors.vocabulary
    wanted = [known(table, place, time, length) for place, time in zip(places, times)]
    assert batch.mask_BL.shape == (count, max(1, *map(len, wanted)))
    assert batch.mask_BL.sum(axis=1).tolist() == [len(rows) for rows in wanted]
    for row, rows in enumerate(wanted):
        many = len(rows)
        assert batch.mask_BL[row, :many].all()
        codes = batch.codes_BL[row]
        assert [vocabulary.codes[code - 2] for code in codes[:many]] == [table.vocabulary[code] for code in table.codes[rows]]
        days = (table.times[rows] - times[row]) / np.timedelta64(1, "D")
        np.testing.assert_allclose(batch.days_BL[row, :many], days, rtol=1e-6, atol=1e-12)
        numbers = batch.numbers_BL[row, :many] * vocabulary.deviations_V[codes[:many]] + vocabulary.means_V[codes[:many]]
        np.testing.assert_allclose(numbers, table.numbers[rows], rtol=1e-4, atol=1e-3)
        assert not codes[many:].any() and not batch.days_BL[row, many:].any() and np.isnan(batch.numbers_BL[row, many:]).all()


@settings(max_examples=25)
@given(events, st.sampled_from([1, 4]), st.sets(st.integers(0, 4)), st.integers(1, 3))
def test_a_dataset_read_by_shards_gives_what_its_table_gives(table, size, train, minimum):
    train = {table.subjects[place] for place in train if place < len(table.subjects)}
    splits = {subject: "train" if subject in train else "held_out" for subject in table.subjects}
    with tempfile.TemporaryDirectory() as parent:
        write_meds(table, Path(parent) / "meds", splits=splits if train else None, events_per_shard=size)
        tensorise(Path(parent) / "meds", Path(parent) / "a", minimum_count=minimum)
        tensorise(table, Path(parent) / "b", train=train or None, minimum_count=minimum)
        read, given_ = open_tensors(Path(parent) / "a"), open_tensors(Path(parent) / "b")
        assert read.vocabulary.codes == given_.vocabulary.codes
        np.testing.assert_array_equal(read.vocabulary.counts_V, given_.vocabulary.counts_V)
        np.testing.assert_allclose(read.vocabulary.means_V, given_.vocabulary.means_V)
        np.testing.assert_allclose(read.vocabulary.deviations_V, given_.vocabulary.deviations_V, atol=1e-9)
        subjects = [table.subjects[place] for place in np.flatnonzero(np.diff(table.starts))]
        late = np.full(len(subjects), np.datetime64("2400-01-01", "us"))
        one, other = (tensors.batch(subjects, late, length=99) for tensors in (read, given_))
    for name in ("codes_BL", "days_BL", "mask_BL"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_allclose(one.numbers_BL, other.numbers_BL, rtol=1e-4, atol=1e-4)


def labs(subject, code, values):
    start = datetime(2024, 1, 1)
    return [(subject, code, value, start + timedelta(hours=hour)) for hour, value in enumerate(values)]


def built(rows):
    times = np.array([row[3] for row in rows], "M8[us]")
    return EventTable.build([row[0] for row in rows], times, [row[1] for row in rows], np.array([row[2] for row in rows], float))


def test_codes_and_numbers_are_judged_by_training_subjects_alone(tmp_path):
    nan = float("nan")
    rows = labs("a", "K", [3.0, 5.0]) + labs("a", "Na", [140.0]) + labs("a", "rare", [1.0]) + labs("a", "K", [nan, float("inf")])
    rows += labs("b", "K", [100.0, 300.0]) + labs("b", "other", [7.0] * 9) + labs("b", "Na", [141.0])
    tensorise(built(rows + labs("a", "Na", [140.0])), tmp_path / "made", train={"a"}, minimum_count=2)
    tensors = open_tensors(tmp_path / "made")
    assert tensors.vocabulary.codes == ("K", "Na")
    assert tensors.vocabulary.counts_V.tolist() == [0, 1, 4, 2]
    np.testing.assert_array_equal(tensors.vocabulary.means_V, [nan, nan, 4, 140])
    np.testing.assert_array_equal(tensors.vocabulary.deviations_V, [1, 1, 1, 1])
    batch = tensors.batch(["b"], np.array(["2025-01-01"], "M8[us]"), length=99)
    numbers = {
        (code, number) for code, number in zip(batch.codes_BL[0].tolist(), batch.numbers_BL[0].tolist()) if number == number
    }
    assert numbers == {(2, 96.0), (2, 296.0), (3, 1.0)}
    assert (batch.codes_BL == UNKNOWN).sum() == 9


@given(st.lists(st.lists(st.floats(-1e3, 1e3), max_size=9), min_size=1, max_size=5))
def test_moments_summed_up_shard_by_shard_are_those_of_all_even_far_from_zero(shards):
    rows = [
        row
        for at, values in enumerate(shards)
        for row in labs(f"s{at}", "x", [0]) + labs(f"s{at}", "K", [1e9 + v for v in values])
    ]
    table, counts = built(rows), CodeCounts()
    for at in range(len(shards)):
        counts.add(table.take([at]), None)
    values = [value for shard in shards for value in shard]
    if values:
        count, mean, squares = counts.moments_3V[:, counts.codes.index("K")]
        np.testing.assert_allclose(mean - 1e9, np.mean(values), atol=1e-5)
        deviation = np.std(values)
        assert count == len(values) and (deviation < 1e-6 or np.isclose(np.sqrt(squares / count), deviation, rtol=1e-3))


@pytest.mark.parametrize("value", [0.1, 0.21, -36.6, 7.4, 1e9 / 3, 0.0])
@pytest.mark.parametrize("count", [3, 5, 10, 49])
def test_numbers_of_a_code_that_has_one_value_are_near_zero(tmp_path, value, count):
    tensorise(built(labs("a", "K", [value] * count)), tmp_path / "made")
    numbers = open_tensors(tmp_path / "made").batch(["a"], np.array(["2100-01-01"], "M8[us]"), length=99).numbers_BL
    np.testing.assert_allclose(numbers, 0, atol=max(1, abs(value)) * 1e-6)


def test_a_spread_that_32_bits_tell_apart_is_kept(tmp_path):
    counts = CodeCounts()
    counts.add(built(labs("a", "K", [1000.0, 1000.01])), None)
    assert counts.vocabulary(minimum_count=1).deviations_V[2] == pytest.approx(0.005)


def test_at_no_time_what_is_known_is_what_has_none():
    times = np.array(["NaT", "2024-01-01", "2024-01-02"], "M8[us]")
    table = EventTable.build("aaa", times, "xyz")
    with tempfile.TemporaryDirectory() as parent:
        tensorise(table, Path(parent) / "made")
        tensors = open_tensors(Path(parent) / "made")
        batch = tensors.batch(["a"], times[:1], length=8)
    first, last = window(table, [0], "NaT", times[0])
    known = [table.vocabulary[code] for code in table.codes[first[0] : last[0]]]
    assert [tensors.vocabulary.codes[code - 2] for code in batch.codes_BL[0]] == known == ["x"]
    assert np.isnan(batch.days_BL).all()


def test_arrays_have_the_smallest_type_that_loses_nothing(tmp_path):
    def kinds(table):
        with tempfile.TemporaryDirectory(dir=tmp_path) as parent:
            tensorise(table, Path(parent) / "made")
            tensors = open_tensors(Path(parent) / "made")
            return [str(array.dtype) for array in (tensors.codes, tensors.times, tensors.numbers)]

    times = np.array(["2024-01-01"] * 70_000, "M8[us]")
    many = pa.array([str(number) for number in range(70_000)])
    every = np.arange(70_000.0)
    assert kinds(EventTable.build(["a"] * 70_000, times, ["x"] * 70_000, every % 200)) == ["uint8", "uint32", "uint8"]
    assert kinds(EventTable.build(["a"] * 70_000, times, many, every % 65_536)) == ["uint32", "uint32", "uint16"]
    assert kinds(EventTable.build(["a"] * 70_000, times, ["x"] * 70_000, every)) == ["uint8", "uint32", "float32"]
    fine = np.array(["2024-01-01", "2024-01-01T00:00:00.5"], "M8[us]")
    long = np.array(["1700-01-01", "2024-01-01"], "M8[us]")
    for apart in (fine, long):
        assert kinds(EventTable.build(["a"] * 2, apart, ["x"] * 2)) == ["uint8", "uint64", "uint8"]


def test_numbers_that_are_too_many_for_a_list_are_kept_themselves(tmp_path):
    values = np.random.default_rng(0).normal(size=70_000)
    times = np.arange(70_000).astype("M8[s]").astype("M8[us]")
    tensorise(EventTable.build(["a"] * 70_000, times, ["x"] * 70_000, values), tmp_path / "made")
    batch = open_tensors(tmp_path / "made").batch(["a"], times[-1:], length=70_000)
    np.testing.assert_allclose(batch.numbers_BL[0], (values - values.mean()) / values.std(), atol=1e-5)
    assert batch.days_BL[0, -1] == 0


def test_a_subject_that_is_not_there_and_a_spoilt_folder_are_told(tmp_path):
    table = built(labs("a", "K", [1.0, 2.0]))
    folder = tmp_path / "made"
    tensorise(table, folder)
    with pytest.raises(UserError, match="exists already"):
        tensorise(table, folder)
    with pytest.raises(UserError, match="subject 'b': not there"):
        open_tensors(folder).batch(["b"], table.times[:1], length=2)
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        for spoilt in (content[: len(content) // 2], b"", None):
            file.write_bytes(spoilt) if spoilt is not None else file.unlink()
            with pytest.raises(UserError, match=file.name):
                open_tensors(folder)
        file.write_bytes(content)
    np.save(folder / "codes.npy", np.zeros(3, np.uint8))
    with pytest.raises(UserError, match=r"codes.npy: has not the length"):
        open_tensors(folder)
    np.save(folder / "starts.npy", np.array([0, 3, 2]))
    with pytest.raises(UserError, match=r"starts.npy: damaged"):
        open_tensors(folder)


def test_a_source_that_breaks_off_leaves_no_folder(tmp_path):
    write_meds(built(labs("1", "K", [1.0]) + labs("2", "K", [2.0])), tmp_path / "meds", events_per_shard=1)
    (tmp_path / "meds/data/1.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"1\.parquet"):
        tensorise(tmp_path / "meds", tmp_path / "made")
    assert [file.name for file in tmp_path.iterdir()] == ["meds"]
